"""What a button carries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.callback_data import owned, read


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40), st.integers(0, 2**52))
def test_a_button_gives_back_what_it_carries_and_whose_it_is(data: str, person: int) -> None:
    assert read(owned(data, person)) == (data, person)


def test_the_longest_button_fits_into_telegrams_64_bytes() -> None:
    assert len(owned("a:painting:" + 18 * "f", 2**52).encode()) <= 64
    assert len(owned("z:4096:" + 18 * "f", 2**52).encode()) <= 64


@pytest.mark.parametrize("data", ["", "cancel:job-1", "s:mosaic"])
def test_a_button_from_before_there_were_owners_has_none(data: str) -> None:
    assert read(data) == (data, None)


@given(st.text())
def test_anything_can_be_read(data: str) -> None:
    text, owner = read(data)
    assert isinstance(text, str)
    assert owner is None or isinstance(owner, int)


@given(st.text())
def test_what_no_button_of_ours_carries_is_nothing(data: str) -> None:
    ours = data.isascii() and data.isprintable() and len(data) <= 64
    assert ours or read(data) == ("", None)
