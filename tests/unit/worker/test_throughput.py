"""The measured rate of a worker."""

from __future__ import annotations

import pytest

from engine.worker.throughput import EARLIER_SECONDS, Throughput


def test_a_new_pace_is_what_it_was_told() -> None:
    assert Throughput(0.4).rate == pytest.approx(0.4)


def test_a_pace_learns_what_it_sees_and_forgets_what_it_saw() -> None:
    throughput = Throughput(10.0)
    for _ in range(40):
        throughput.add(6.0, 20.0)
    assert throughput.rate == pytest.approx(0.3, rel=0.01)


def test_a_small_job_that_was_slow_counts_for_little() -> None:
    throughput = Throughput(1.0)
    throughput.add(100.0, 100.0)
    throughput.add(0.1, 2.0)
    assert throughput.rate == pytest.approx(1.0, rel=0.05)


def test_the_first_picture_outweighs_the_self_test_but_not_an_earlier_life() -> None:
    fresh, known = Throughput(1.0), Throughput(1.0, EARLIER_SECONDS)
    for throughput in (fresh, known):
        throughput.add(0.5, 1.0)
    assert fresh.rate == pytest.approx(0.5, rel=0.05)
    assert known.rate == pytest.approx(5.5 / 6.0)
