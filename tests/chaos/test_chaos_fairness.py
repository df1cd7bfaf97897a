"""The judge of the storms: it sees what is unfair, and blames nobody without being certain."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.queue import State
from tests.chaos.fairness import Judge, Judgement, Suspension
from tests.chaos.plan import orders
from tests.chaos.recording import Phase, Snapshot

EVER = 1000.0
"""When everything is over."""


def job(name: str, tag: int, created: float) -> list[Phase]:
    """A job that waits; its owner is the first letter of its name."""
    return [Phase(Snapshot(name, name[0], tag, created, State.QUEUED), created + 0.1, created + 0.1)]


def started(phases: list[Phase], at: float, worker: str = "w", seen: float = 0.1) -> list[Phase]:
    """The same, and then a start that was seen a little later."""
    before = phases[-1]
    before.last = max(before.last, at - 0.1)
    running = replace(
        before.snapshot,
        state=State.RUNNING,
        attempts=before.snapshot.attempts + 1,
        worker=worker,
        started=at,
    )
    return [*phases, Phase(running, at + seen, at + seen)]


def done(phases: list[Phase], at: float, seen: float = 0.1) -> list[Phase]:
    """The same, and then its end."""
    phases[-1].last = at - 0.1
    ended = replace(phases[-1].snapshot, state=State.DONE, finished=at)
    return [*phases, Phase(ended, at + seen, EVER)]


def lost(phases: list[Phase], last: float, seen: float) -> list[Phase]:
    """The same, and then a return to the queue at some time between two looks."""
    phases[-1].last = last
    return [*phases, Phase(replace(phases[-1].snapshot, state=State.QUEUED, worker=None), seen, seen)]


def judge(*jobs: list[Phase], serial: bool = True, suspended: Suspension | None = None) -> Judgement:
    """Judge these jobs, with worker ``w`` suspended for a while if one says so."""
    suspensions = {"w": [suspended] if suspended else []}
    return Judge({each[0].snapshot.id: each for each in jobs}, suspensions, serial=serial).judge()


def test_in_turn_is_fair() -> None:
    first, second = done(started(job("A1", 1, 1.0), 5.0), 6.0), done(started(job("B1", 1, 2.0), 7.0), 8.0)
    judgement = judge(first, second)
    assert (judgement.broken, judgement.starts, judgement.alone) == ([], 2, 2)


@pytest.mark.parametrize("serial", [True, False])
def test_who_starts_before_an_earlier_place_is_seen(serial: bool) -> None:
    late, early = done(started(job("B1", 1, 2.0), 5.0), 6.0), done(started(job("A1", 1, 1.0), 7.0), 8.0)
    broken = judge(late, early, serial=serial).broken
    assert len(broken) == 2
    assert broken[0].startswith("B1 (tag 1) was started by w at 5.000 while A1 (tag 1) waited")
    assert broken[1] == "B1 came after A1, which was alone, and overtook it"


def test_a_job_whose_owner_has_one_running_is_passed_by_rightly() -> None:
    running = done(started(job("A1", 1, 1.0), 2.0), 9.0)
    waiting = done(started(job("A2", 2, 1.5), 9.5), 10.0)
    other = done(started(job("B1", 2, 3.0), 5.0, "v"), 6.0)
    running[1].last = 8.9
    judgement = judge(running, waiting, other)
    assert (judgement.broken, judgement.passed) == ([], 1)


def test_on_sqlite_the_very_next_claim_has_to_know_of_an_end() -> None:
    running = done(started(job("A1", 1, 1.0), 2.0, "v"), 5.0)
    waiting = done(started(job("A2", 2, 1.5), 9.5), 10.0)
    other = done(started(job("B1", 2, 3.0), 5.01), 6.0)
    assert len(judge(running, waiting, other).broken) == 1
    judgement = judge(running, waiting, other, serial=False)
    assert (judgement.broken, judgement.unsure) == ([], 1)


def test_on_postgresql_a_worker_may_have_claimed_while_it_reported() -> None:
    running = done(started(job("A1", 1, 1.0), 2.0), 5.0)
    waiting = done(started(job("A2", 2, 1.5), 9.5), 10.0)
    soon = judge(running, waiting, done(started(job("B1", 2, 3.0), 5.01), 6.0), serial=False)
    assert (soon.broken, soon.unsure) == ([], 1)
    assert len(judge(running, waiting, done(started(job("B1", 2, 3.0), 6.5), 7.0), serial=False).broken) == 1


def test_a_job_that_went_back_has_its_old_place_from_when_that_was_seen() -> None:
    back = done(started(lost(started(job("A1", 1, 1.0), 2.0), 4.0, 4.2), 9.5, "v"), 10.0)
    assert len(judge(back, done(started(job("B1", 2, 3.0), 4.3, "v"), 6.0)).broken) == 1
    judgement = judge(back, done(started(job("B1", 2, 3.0), 4.1, "v"), 6.0))
    assert (judgement.broken, judgement.unsure) == ([], 1)


def test_what_others_did_while_a_claim_was_suspended_does_not_count_on_postgresql() -> None:
    back = done(started(lost(started(job("A1", 1, 1.0), 2.0, "v"), 4.0, 4.2), 9.5, "v"), 10.0)
    other = done(started(job("B1", 2, 3.0), 8.0), 8.5)
    assert len(judge(back, other, serial=False).broken) == 1
    judgement = judge(back, other, serial=False, suspended=Suspension(3.9, 7.9))
    assert (judgement.broken, judgement.unsure) == ([], 1)


@pytest.mark.parametrize(("tag", "fair"), [(1, False), (2, False), (3, True), (4, False)])
def test_a_tag_is_one_more_than_the_last_start_and_than_the_owners_live_ones(tag: int, fair: bool) -> None:
    first = done(started(job("A1", 1, 1.0), 2.0), 30.0)
    second = done(started(job("A2", 2, 3.0), 31.0), 32.0)
    third = done(started(job("A3", tag, 4.0), 33.0), 34.0)
    broken = [each for each in judge(first, second, third).broken if "has the tag" in each]
    assert broken == ([] if fair else [f"A3 has the tag {tag}, not one of 3 to 3"])


def test_a_start_that_no_look_showed_is_counted() -> None:
    phases = started(lost(started(job("A1", 1, 1.0), 2.0), 4.0, 4.2), 6.0)
    phases[-1].snapshot = replace(phases[-1].snapshot, attempts=3)
    assert judge(done(phases, 7.0)).unseen == 1


def test_the_same_seed_plans_the_same_storm() -> None:
    assert orders(1, 60, 6, 60.0) == orders(1, 60, 6, 60.0) != orders(2, 60, 6, 60.0)
    planned = orders(1, 60, 6, 60.0)
    owners = [order.owner for order in planned]
    assert {owner: owners.count(owner) for owner in "ABCDEF"} == dict(
        zip("ABCDEF", (25, 12, 9, 6, 5, 3), strict=True)
    )
    assert len({order.id for order in planned}) == 60
    assert planned[0].request == planned[0].request
