"""Positions and times, as arithmetic."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.queue import Job, Outlook, State, outlooks

ENDED = [state for state in State if state.terminal]


def job(
    id: str,  # noqa: A002 - the column's name
    cost: float,
    state: State = State.QUEUED,
    *,
    progress: float = 0.0,
    worker: str | None = None,
) -> Job:
    """A job of which only this matters."""
    return Job(
        id=id, owner="A", priority=0, tag=1, state=state, recipe={}, shape="s", cost=cost, address=None,
        attempts=1, worker=worker, lease=None, cancel=False, progress=progress, stage=None, previews=0,
            reduced=False,
        facts=None, error=None, error_detail=None, created=0.0, started=None, finished=None, delivered=None,
    )  # fmt: skip


def running(id: str, cost: float, progress: float, worker: str = "w") -> Job:  # noqa: A002
    """A job that is being painted."""
    return job(id, cost, State.RUNNING, progress=progress, worker=worker)


queues = st.lists(
    st.builds(
        job,
        id=st.uuids().map(str),
        cost=st.floats(0, 1e6),
        state=st.sampled_from(State),
        progress=st.floats(0, 1),
        worker=st.sampled_from(["v", "w"]),
    ),
    unique_by=lambda each: each.id,
)
paces = st.dictionaries(st.sampled_from(["v", "w", "x"]), st.floats(0.01, 1e3))


def test_the_next_job_waits_for_what_runs_and_for_itself() -> None:
    jobs = [running("A", 40.0, 0.75), job("B", 20.0), job("C", 30.0)]
    assert outlooks(jobs, {"w": 10.0}) == {
        "A": Outlook(None, 1.0),
        "B": Outlook(0, 3.0),
        "C": Outlook(1, 6.0),
    }


def test_two_workers_share_what_waits_but_not_what_runs() -> None:
    jobs = [running("A", 20.0, 0.5, "v"), running("B", 30.0, 0.0, "w"), job("C", 20.0)]
    assert outlooks(jobs, {"v": 10.0, "w": 5.0}) == {
        "A": Outlook(None, 1.0),
        "B": Outlook(None, 6.0),
        "C": Outlook(0, 4.0),
    }


def test_a_batch_ends_together() -> None:
    jobs = [running("A", 20.0, 0.5), running("B", 30.0, 0.0)]
    assert outlooks(jobs, {"w": 10.0}) == {"A": Outlook(None, 4.0), "B": Outlook(None, 4.0)}


def test_nobody_can_say_when_without_a_rate() -> None:
    jobs = [running("A", 20.0, 0.5), job("B", 20.0)]
    assert outlooks(jobs, {}) == {"A": Outlook(None, None), "B": Outlook(0, None)}


def test_a_job_whose_worker_is_gone_has_no_time_but_holds_up_the_queue() -> None:
    jobs = [running("A", 20.0, 0.5, "gone"), job("B", 20.0)]
    assert outlooks(jobs, {"w": 10.0}) == {"A": Outlook(None, None), "B": Outlook(0, 3.0)}


@given(queues, paces)
def test_positions_count_up_from_zero(jobs: list[Job], rates: dict[str, float]) -> None:
    told = outlooks(jobs, rates)
    queued = [told[each.id].position for each in jobs if each.state is State.QUEUED]
    assert queued == list(range(len(queued)))
    assert all(told[each.id].position is None for each in jobs if each.state is not State.QUEUED)


@given(queues, paces)
def test_times_never_fall_along_the_queue(jobs: list[Job], rates: dict[str, float]) -> None:
    told = outlooks(jobs, rates)
    times = [told[each.id].eta for each in jobs if each.state is State.QUEUED]
    if rates:
        known = [time for time in times if time is not None]
        assert known == sorted(known)
        assert len(known) == len(times)
    else:
        assert set(times) <= {None}


@given(queues, paces)
def test_ended_jobs_have_no_outlook_and_delay_nobody(jobs: list[Job], rates: dict[str, float]) -> None:
    told = outlooks(jobs, rates)
    assert all(told[each.id] == Outlook(None, None) for each in jobs if each.state in ENDED)
    live = [each for each in jobs if each.state not in ENDED]
    assert outlooks(live, rates) == {each.id: told[each.id] for each in live}


@pytest.mark.parametrize("state", State)
def test_three_states_are_terminal(state: State) -> None:
    assert state.terminal == (state in {State.DONE, State.FAILED, State.CANCELLED})
