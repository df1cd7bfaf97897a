"""The poll interval of idle workers."""

from __future__ import annotations

import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.queue import poll_interval, polling


@given(st.integers(0, 10_000))
def test_every_pause_lies_around_the_bounds(idle: int) -> None:
    assert 0.5 * polling.MIN_INTERVAL <= poll_interval(idle) <= 1.5 * polling.MAX_INTERVAL


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.integers())
def test_the_more_workers_idle_the_longer_each_pauses(fewer: int, more: int, seed: int) -> None:
    fewer, more = sorted((fewer, more))
    random.seed(seed)
    short = poll_interval(fewer)
    random.seed(seed)
    assert short <= poll_interval(more)


def test_a_worker_that_idles_alone_looks_three_times_a_second() -> None:
    assert statistics.fmean(poll_interval(1) for _ in range(4000)) == pytest.approx(0.3, rel=0.05)


@pytest.mark.parametrize("idle", [10, 60, 200])
def test_all_idle_workers_together_look_twenty_times_a_second(idle: int) -> None:
    looks = idle / statistics.fmean(poll_interval(idle) for _ in range(4000))
    assert looks == pytest.approx(polling.POLLS_PER_SECOND, rel=0.05)
    assert looks < 30


def test_no_two_workers_keep_step() -> None:
    assert len({poll_interval(200) for _ in range(100)}) == 100
