"""Under load a painting gets smaller rather than refused."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.chat.orders import eased, stored_size
from engine.painting import scales


@pytest.mark.parametrize("backlog", [None, 0.0, 599.0, 600.0])
def test_a_quiet_house_paints_as_asked(backlog: float | None) -> None:
    assert eased(512, backlog, 600.0) == 512


@pytest.mark.parametrize(("backlog", "size"), [(900.0, 416), (1200.0, 352), (2400.0, 256), (1e6, 256)])
def test_a_busy_house_paints_smaller_down_to_half_the_size(backlog: float, size: int) -> None:
    assert eased(512, backlog, 600.0) == size


def test_a_host_may_want_none_of_that() -> None:
    assert eased(512, 1e6, 0.0) == 512


@given(st.integers(128, 4096), st.floats(0, 1e9), st.floats(0, 1e6), st.floats(1, 2))
def test_more_load_never_means_a_larger_painting(
    size: int, backlog: float, busy_after: float, more: float
) -> None:
    light, heavy = eased(size, backlog, busy_after), eased(size, backlog * more, busy_after)
    assert size // 2 <= heavy <= light <= size


@given(st.integers(300, 6000), st.floats(0.5, 2), st.sampled_from([128, 256, 512, 768]))
@example(4000, 0.75, 512)
@example(902, 1.333, 256)
@example(5159, 282 / 5159, 512)
def test_a_stored_photo_has_the_canvas_that_its_original_has(width: int, ratio: float, size: int) -> None:
    height = round(width * ratio)
    stored = stored_size(width, height, size)
    canvas = scales.canvas(width, height, size)
    assert scales.canvas(*stored, size) == canvas
    assert all(here <= there for here, there in zip(canvas, stored, strict=True))
