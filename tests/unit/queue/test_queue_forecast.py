"""Positions and times, as arithmetic; and as promises, in a simulation."""

from __future__ import annotations

import random
import statistics
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.queue import Forecast, Job, Limits, State, forecasts
from tests.unit.queue.simulation import COSTS, Simulation, job, steady_mix

ENDED = [state for state in State if state.terminal]
UNLIMITED = 1_000_000
"""Jobs of one owner that may run at once, where that is not what a test is about."""


def running(
    id: str,  # noqa: A002 - the column's name
    cost: float,
    progress: float,
    worker: str = "w",
    owner: str = "A",
) -> Job:
    """A job that is being painted."""
    return job(id, cost, owner, state=State.RUNNING, progress=progress, worker=worker)


def etas(told: dict[str, Forecast]) -> dict[str, float | None]:
    """The times alone."""
    return {job_id: forecast.eta for job_id, forecast in told.items()}


def lists(states: st.SearchStrategy[State]) -> st.SearchStrategy[list[Job]]:
    """Jobs of a few owners."""
    one = st.builds(
        job,
        id=st.uuids().map(str),
        owner=st.sampled_from("ABC"),
        cost=st.floats(0, 1e6),
        state=states,
        progress=st.floats(0, 1),
        worker=st.sampled_from(["v", "w"]),
    )
    return st.lists(one, unique_by=lambda each: each.id)


queues = lists(st.sampled_from(State))
waiting = lists(st.just(State.QUEUED))
paces = st.dictionaries(st.sampled_from(["v", "w", "x"]), st.floats(0.01, 1e3))
some_paces = st.dictionaries(st.sampled_from(["v", "w", "x"]), st.floats(0.01, 1e3), min_size=1)
limits = st.integers(1, 3)


def test_the_next_job_waits_for_what_runs_and_for_itself() -> None:
    jobs = [running("A", 40.0, 0.75), job("B", 20.0, "B"), job("C", 30.0, "C")]
    assert forecasts(jobs, {"w": 10.0}) == {
        "A": Forecast(None, 1.0),
        "B": Forecast(0, 3.0),
        "C": Forecast(1, 6.0),
    }


def test_a_waiting_job_is_painted_by_the_worker_that_is_free_first_alone() -> None:
    jobs = [running("A", 20.0, 0.5, "v"), running("B", 30.0, 0.0, "w", "B"), job("C", 20.0, "C")]
    assert forecasts(jobs, {"v": 10.0, "w": 5.0}) == {
        "A": Forecast(None, 1.0),
        "B": Forecast(None, 6.0),
        "C": Forecast(0, 3.0),
    }


def test_of_two_free_workers_the_faster_takes_the_first_job() -> None:
    jobs = [job("A", 20.0, "A"), job("B", 20.0, "B")]
    assert etas(forecasts(jobs, {"slow": 5.0, "fast": 10.0})) == {"A": 2.0, "B": 4.0}


def test_a_batch_ends_together() -> None:
    jobs = [running("A", 20.0, 0.5), running("B", 30.0, 0.0, owner="B")]
    assert forecasts(jobs, {"w": 10.0}) == {"A": Forecast(None, 4.0), "B": Forecast(None, 4.0)}


def test_a_painting_that_is_only_encoded_ends_now_and_holds_up_neither_its_owner_nor_the_others() -> None:
    jobs = [running("A0", 100.0, 1.0), running("B", 300.0, 0.0, owner="B"), job("A1", 10.0)]
    assert forecasts(jobs, {"w": 1.0, "idle": 1.0}) == {
        "A0": Forecast(None, 0.0),
        "B": Forecast(None, 300.0),
        "A1": Forecast(0, 10.0),
    }


def test_nobody_can_say_when_without_a_rate() -> None:
    jobs = [running("A", 20.0, 0.5), job("B", 20.0)]
    told = {"A": Forecast(None, None), "B": Forecast(0, None)}
    assert forecasts(jobs, {}) == told
    assert forecasts(jobs, {"w": 0.0}) == told


def test_a_second_job_of_an_owner_waits_for_the_first_although_a_worker_is_free() -> None:
    jobs = [job("A0", 20.0, "A"), job("A1", 20.0, "A"), job("B0", 50.0, "B")]
    rates = {"v": 10.0, "w": 10.0}
    assert etas(forecasts(jobs, rates)) == {"A0": 2.0, "A1": 4.0, "B0": 5.0}
    assert etas(forecasts(jobs, rates, 2)) == {"A0": 2.0, "A1": 2.0, "B0": 7.0}


def test_a_job_waits_for_the_running_one_of_its_owner() -> None:
    jobs = [running("A0", 50.0, 0.0, "v"), job("A1", 20.0, "A"), job("B0", 20.0, "B")]
    rates = {"v": 10.0, "w": 10.0}
    assert etas(forecasts(jobs, rates)) == {"A0": 5.0, "A1": 7.0, "B0": 2.0}
    assert etas(forecasts(jobs, rates, 2)) == {"A0": 5.0, "A1": 2.0, "B0": 4.0}


def test_an_owner_over_a_limit_that_was_lowered_starts_nothing_until_under_it() -> None:
    jobs = [running("A0", 20.0, 0.0, "v"), running("A1", 40.0, 0.0, "w"), job("A2", 10.0)]
    assert etas(forecasts(jobs, {"v": 10.0, "w": 10.0})) == {"A0": 2.0, "A1": 4.0, "A2": 5.0}


def test_a_job_whose_worker_is_gone_has_no_time_but_holds_up_the_queue_at_its_whole_cost() -> None:
    jobs = [running("A", 20.0, 0.5, "gone"), job("B", 20.0, "B")]
    assert forecasts(jobs, {"w": 10.0}) == {"A": Forecast(None, None), "B": Forecast(0, 4.0)}


def test_a_job_whose_worker_is_gone_holds_its_place_in_its_owners_limit() -> None:
    jobs = [running("A0", 20.0, 0.5, "gone"), job("A1", 10.0), job("B0", 30.0, "B")]
    rates = {"v": 10.0, "w": 10.0}
    assert etas(forecasts(jobs, rates)) == {"A0": None, "A1": 3.0, "B0": 3.0}


@given(queues, paces, limits)
def test_positions_count_up_from_zero_whatever_the_rates(
    jobs: list[Job], rates: dict[str, float], limit: int
) -> None:
    told = forecasts(jobs, rates, limit)
    queued = [told[each.id].position for each in jobs if each.state is State.QUEUED]
    assert queued == list(range(len(queued)))
    assert all(told[each.id].position is None for each in jobs if each.state is not State.QUEUED)


@given(queues, some_paces, limits)
def test_every_queued_job_has_a_time_and_none_is_painted_sooner_than_the_fastest_worker_could(
    jobs: list[Job], rates: dict[str, float], limit: int
) -> None:
    told = forecasts(jobs, rates, limit)
    for each in jobs:
        eta = told[each.id].eta
        if each.state is State.QUEUED:
            assert eta is not None
            assert eta >= each.cost / max(rates.values())
        elif each.state is State.RUNNING:
            assert (eta is None) == (each.worker not in rates)


@given(waiting, some_paces, limits)
def test_all_is_not_over_before_all_workers_together_could_be_through(
    jobs: list[Job], rates: dict[str, float], limit: int
) -> None:
    last = max((told.eta or 0.0 for told in forecasts(jobs, rates, limit).values()), default=0.0)
    assert last >= sum(each.cost for each in jobs) / sum(rates.values()) * (1 - 1e-9)


@given(waiting, st.floats(0.01, 1e3))
def test_with_one_worker_every_job_ends_when_all_before_it_are_painted(jobs: list[Job], rate: float) -> None:
    told = [forecast.eta for forecast in forecasts(jobs, {"w": rate}, UNLIMITED).values()]
    assert told == pytest.approx([total / rate for total in accumulate(each.cost for each in jobs)])


@given(waiting, some_paces)
def test_an_owners_jobs_never_overlap_if_one_may_run(jobs: list[Job], rates: dict[str, float]) -> None:
    told = forecasts(jobs, rates)
    for owner in "ABC":
        ends = [(told[each.id].eta or 0.0, each.cost) for each in jobs if each.owner == owner]
        for (before, _), (end, cost) in pairwise(ends):
            assert end >= before + cost / max(rates.values()) * (1 - 1e-9)


@given(queues, some_paces)
def test_without_a_limit_who_comes_last_delays_nobody(jobs: list[Job], rates: dict[str, float]) -> None:
    told = forecasts(jobs, rates, UNLIMITED)
    assert forecasts([*jobs, job("last", 7.0, "A")], rates, UNLIMITED).items() >= told.items()


@given(waiting, st.integers(1, 5), st.floats(0.01, 1e3))
def test_without_a_limit_one_more_equal_worker_makes_nothing_later(
    jobs: list[Job], workers: int, rate: float
) -> None:
    # Not so in general: with unequal workers or with a limit, the order may turn out worse for somebody.
    few, more = (
        forecasts(jobs, {f"w{number}": rate for number in range(count)}, UNLIMITED)
        for count in (workers, workers + 1)
    )
    assert all((more[each.id].eta or 0.0) <= (few[each.id].eta or 0.0) * (1 + 1e-9) for each in jobs)


@given(queues, paces, limits)
def test_ended_jobs_have_no_forecast_and_delay_nobody(
    jobs: list[Job], rates: dict[str, float], limit: int
) -> None:
    told = forecasts(jobs, rates, limit)
    assert all(told[each.id] == Forecast(None, None) for each in jobs if each.state in ENDED)
    live = [each for each in jobs if each.state not in ENDED]
    assert forecasts(live, rates, limit) == {each.id: told[each.id] for each in live}


@pytest.mark.parametrize("limit", [1, 2])
@pytest.mark.parametrize("seed", range(10))
def test_what_is_told_comes_true_if_nobody_comes_and_nothing_varies(seed: int, limit: int) -> None:
    chance = random.Random(seed)
    rates = dict.fromkeys("uvw", 2.0)  # equal ones, as any idle worker may be the first to claim
    simulation = Simulation(rates, chance, limits=Limits(running=limit), noise=0.0)
    for number in range(60):
        simulation.enqueue(f"job-{number}", f"owner-{chance.randrange(7)}", chance.choice(COSTS))
        simulation.pass_time(simulation.now + chance.uniform(0.0, 3.0))
    now, told = simulation.now, etas(simulation.forecasts())
    assert len(told) > 10
    simulation.pass_time(float("inf"))
    assert told == pytest.approx({job_id: simulation.ends[job_id] - now for job_id in told})


@pytest.mark.parametrize("rates", [{"a": 10.0}, {"a": 10.0, "b": 5.0, "c": 2.5}], ids=["one", "three"])
@pytest.mark.parametrize("seed", range(3))
def test_in_a_steady_mix_half_of_the_etas_are_within_a_quarter_of_the_truth(
    rates: dict[str, float], seed: int
) -> None:
    told = steady_mix(rates, seed)
    assert len(told) > 300
    assert statistics.median(each.error for each in told) < 0.25


@pytest.mark.parametrize("state", State)
def test_three_states_are_terminal(state: State) -> None:
    assert state.terminal == (state in {State.DONE, State.FAILED, State.CANCELLED})


def test_a_draining_worker_ends_its_jobs_and_starts_nothing() -> None:
    jobs = [job("a", 4.0, state=State.RUNNING, worker="w"), job("b", 6.0, "B"), job("c", 2.0, "C")]
    rates = {"v": 2.0, "w": 1.0}
    half = forecasts(jobs, rates, draining={"w"})
    assert {name: forecast.eta for name, forecast in half.items()} == {"a": 4.0, "b": 3.0, "c": 4.0}
    paused = forecasts(jobs, rates, draining={"v", "w"})
    assert {name: forecast.eta for name, forecast in paused.items()} == {"a": 4.0, "b": None, "c": None}
