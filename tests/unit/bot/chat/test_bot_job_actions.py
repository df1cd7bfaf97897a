"""A double tap on a job's button is told from two taps."""

from __future__ import annotations

from bot.chat.job_actions import DoubleTaps


def test_a_double_tap_is_told_from_two_taps() -> None:
    taps = DoubleTaps(within=60)
    assert not taps.is_double((1, 2, "again"), "a")
    assert taps.is_double((1, 2, "again"), "b")
    assert not taps.is_double((1, 2, "stronger"), "c")
    assert not taps.is_double((2, 2, "again"), "d")


def test_a_tap_that_is_tried_again_is_no_second_and_a_second_stays_one() -> None:
    taps = DoubleTaps(within=60)
    assert not taps.is_double((1, 2, "file"), "a")
    assert not taps.is_double((1, 2, "file"), "a")
    assert taps.is_double((1, 2, "file"), "b")
    assert taps.is_double((1, 2, "file"), "b")


def test_taps_of_long_ago_are_forgotten() -> None:
    taps = DoubleTaps(within=0)
    for number in range(1000):
        assert not taps.is_double(number, "a")
        assert not taps.is_double(number, "b")
    assert len(taps._latest) == 1
