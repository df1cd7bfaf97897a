"""The contact with the database: what counts as a gap in it, and for how long."""

from __future__ import annotations

import pytest

from engine.queue import contact
from engine.queue.contact import Contact
from tests.support.monotonic import Clock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the module."""
    clock = Clock()
    monkeypatch.setattr(contact, "time", clock)
    return clock


@pytest.mark.parametrize(("passed", "told", "settled"), [
    (10.0, 10.5, True),
    (3600.0, 3603.0, True),
    (10.0, 3610.0, False),
    (10.0, -3590.0, False),
    (0.1, 30.0, False),
])  # fmt: skip
def test_a_jump_of_the_databases_clock_is_a_gap(
    clock: Clock, passed: float, told: float, settled: bool
) -> None:
    ours = Contact(5.0)
    ours.look(1.8e9)
    clock.now += passed
    ours.look(1.8e9 + told)
    assert ours.settled is settled
    clock.now += 5.0
    assert ours.settled


def test_a_new_process_cannot_know(clock: Clock) -> None:
    ours = Contact(5.0, new=True)
    clock.now += 4.0
    assert not ours.settled
    clock.now += 1.0
    assert ours.settled, "seconds later"


def test_a_call_that_fails_is_a_gap(clock: Clock) -> None:
    ours = Contact(5.0)

    def fails() -> None:
        with ours.call():
            raise OSError("away")

    with pytest.raises(OSError, match="away"):
        fails()
    assert not ours.settled
    clock.now += 5.0
    assert ours.settled


def test_calls_that_are_always_slow_keep_nobody_from_the_jobs_of_the_dead(clock: Clock) -> None:
    ours = Contact(5.0)
    settled = []
    for _ in range(100):
        with ours.call():
            clock.now += 2.0
        settled.append(ours.settled)
    assert not settled[0]
    assert sum(settled) > 40
