"""A worker's device gets the next painting while the one before is encoded, from pictures decoded ahead.

The device paints nothing, so that what it waits for is seen.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.painting.commission import Commission
from engine.queue import RESULT, TIMELAPSE, Condition, Job, State
from engine.worker import painting_thread
from engine.worker import worker as worker_module
from engine.worker.look_ahead import LookAhead
from engine.worker.selftest import DeviceError
from tests.support.pictures import film_of, image_of
from tests.support.stage import SECONDS, Stage, photo
from tests.support.workers import job_when, wait_until


async def test_the_next_painting_begins_while_the_one_before_is_encoded(
    on_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    second_begins = threading.Event()
    encode, late = painting_thread.encode, []

    def waiting(active: Any, painted: Any) -> Any:
        if active.job.id == "first" and not second_begins.wait(SECONDS):
            late.append(active.job.id)
        return encode(active, painted)

    monkeypatch.setattr(painting_thread, "encode", waiting)

    def begins(grey: int) -> None:
        if grey == 20:
            assert on_stage.ask(on_stage.queue.get("first")).state is State.RUNNING
            second_begins.set()

    on_stage.painter.begins = begins
    await on_stage.add("first", 10)
    await on_stage.add("second", 20)
    jobs = await on_stage.run("first", "second")
    assert not late, "the second waited for the first one's film and file"
    assert [job.state for job in jobs] == [State.DONE, State.DONE]
    for name in ("first", "second"):
        assert image_of(await on_stage.queue.read(name, RESULT)).size == (64, 64)
        assert film_of(await on_stage.queue.read(name, TIMELAPSE)).seconds > 9


async def test_a_painting_that_is_stored_late_is_not_taken_for_lost(
    on_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    leases = on_stage.worker.leases
    monkeypatch.setattr(leases, "limits", replace(leases.limits, lease=0.001))  # as after an outage
    claim, finish, looks = leases.claim, leases.finish, asyncio.Semaphore(0)

    async def counted(*arguments: Any, **options: Any) -> Any:
        jobs = await claim(*arguments, **options)
        looks.release()
        return jobs

    async def late(*arguments: Any, **options: Any) -> bool:
        for _ in range(4):
            await looks.acquire()
        return await finish(*arguments, **options)

    monkeypatch.setattr(leases, "claim", counted)
    monkeypatch.setattr(leases, "finish", late)
    await on_stage.add("first", 10)
    (first,) = await on_stage.run("first")
    assert (first.state, first.attempts) == (State.DONE, 1)
    assert on_stage.painter.greys == [10]


async def test_the_next_photo_is_decoded_before_the_painting_ends_and_its_job_is_not_claimed(
    on_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[str] = []
    prepare = painting_thread.prepare

    def noting(job: Job, *pictures: Any, **settings: Any) -> Commission:
        decoded.append(job.id)
        return prepare(job, *pictures, **settings)

    monkeypatch.setattr(painting_thread, "prepare", noting)

    def begins(grey: int) -> None:
        if grey == 10:
            on_stage.decoded("second")
            waiting = on_stage.ask(on_stage.queue.get("second"))
            assert (waiting.state, waiting.worker, waiting.attempts) == (State.QUEUED, None, 0)

    on_stage.painter.begins = begins
    # One owner's: the second may not be claimed before the first has ended, and is decoded all the same.
    await on_stage.add("first", 10, owner="one")
    await on_stage.add("second", 20, owner="one")
    jobs = await on_stage.run("first", "second")
    assert [job.state for job in jobs] == [State.DONE, State.DONE], jobs
    assert on_stage.painter.greys == [10, 20]
    assert decoded == ["first", "second"], "and not again once it was claimed"


async def test_a_job_that_is_cancelled_or_corrected_meanwhile_is_not_painted_from_what_was_decoded(
    on_stage: Stage,
) -> None:
    def begins(grey: int) -> None:
        if grey == 10:
            on_stage.decoded("second")
            assert on_stage.ask(on_stage.queue.cancel("second", "second")) is State.CANCELLED
        elif grey == 30:
            on_stage.decoded("fourth")
            job = on_stage.ask(on_stage.queue.get("fourth"))
            blobs = {"content": photo(99), "style0": photo(0)}
            revise = on_stage.queue.revise("fourth", {"a": 1}, recipe=job.recipe, blobs=blobs, address={})
            assert on_stage.ask(revise)

    on_stage.painter.begins = begins
    await on_stage.add("first", 10)
    await on_stage.add("second", 20)
    await on_stage.add("third", 30)
    await on_stage.add("fourth", 40, address={"a": 1})
    jobs = await on_stage.run("first", "third", "fourth")
    assert [each.state for each in jobs] == [State.DONE] * 3
    assert on_stage.painter.greys == [10, 30, 99]


async def test_a_worker_that_stops_ends_the_painting_that_is_encoded_and_gives_the_other_back(
    on_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    going = threading.Event()
    encode = painting_thread.encode

    def waiting(active: Any, painted: Any) -> Any:
        assert going.wait(SECONDS)
        return encode(active, painted)

    monkeypatch.setattr(painting_thread, "encode", waiting)

    def begins(grey: int) -> None:
        if grey == 20:
            on_stage.loop.call_soon_threadsafe(on_stage.stop.set)
            going.set()

    on_stage.painter.begins = begins
    await on_stage.add("first", 10)
    await on_stage.add("second", 20, quality="fine")
    (first,) = await on_stage.run("first")
    assert first.state is State.DONE
    second = await on_stage.queue.get("second")
    assert second is not None
    assert (second.state, second.attempts) in {(State.QUEUED, 0), (State.DONE, 1)}


async def test_a_picture_that_kills_its_worker_ahead_is_left_until_it_is_claimed(
    tmp_path: Path, on_stage: Stage
) -> None:
    await on_stage.add("deadly", 10)
    note = tmp_path / "note"
    notes: list[str] = []
    decoded: list[str] = []

    async def look(prepare: Callable[[Job, Any], Any]) -> None:
        ahead = LookAhead(on_stage.queue, on_stage.worker.leases, "w", prepare, note)
        await ahead.look(2)
        await asyncio.gather(*(each.decoding for each in ahead._ahead.values()))

    await look(lambda *_: notes.append(note.read_text()))
    assert notes == ["deadly"]
    assert note.read_text() == ""
    note.write_text(notes[0])  # as a process leaves it that is killed while it decodes
    await on_stage.add("harmless", 20)
    for _ in range(2):
        await look(lambda job, _: decoded.append(job.id))
    assert decoded == ["harmless", "harmless"]


async def test_pictures_decoded_ahead_are_kept_until_the_last_of_a_batch_is_ready(
    on_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead, holds = on_stage.worker.ahead, on_stage.queue.holds
    assert ahead is not None
    decoded: list[str] = []
    prepare = painting_thread.prepare

    def noting(job: Job, *pictures: Any, **settings: Any) -> Commission:
        decoded.append(job.id)
        return prepare(job, *pictures, **settings)

    async def slow(job_id: str, blobs: Any) -> bool:
        if job_id == "second":
            await ahead.look(3)  # the next look comes before the database has answered
        return await holds(job_id, blobs)

    monkeypatch.setattr(painting_thread, "prepare", noting)
    monkeypatch.setattr(on_stage.queue, "holds", slow)
    batch = {"second": 20, "third": 30, "fourth": 40}

    def begins(grey: int) -> None:
        if grey == 10:
            for name in batch:
                on_stage.decoded(name)

    on_stage.worker.batch = 3
    on_stage.painter.begins = begins
    await on_stage.add("first", 10, shape="another")
    for name, grey in batch.items():
        await on_stage.add(name, grey)
    jobs = await on_stage.run("first", *batch)
    assert [job.state for job in jobs] == [State.DONE] * 4
    assert sorted(decoded) == sorted(["first", *batch])


async def test_an_idle_worker_keeps_no_pictures_of_a_job_that_was_cancelled(on_stage: Stage) -> None:
    worker = on_stage.worker
    assert worker.ahead is not None

    def begins(_: int) -> None:
        on_stage.decoded("second")
        assert on_stage.ask(on_stage.queue.cancel("second", "second")) is State.CANCELLED

    async def idle() -> bool | None:
        return worker._condition is Condition.IDLE or None

    on_stage.painter.begins = begins
    await on_stage.add("first", 10)
    await on_stage.add("second", 20)
    working = asyncio.create_task(worker.run(on_stage.stop))
    await on_stage.ended("first", working)
    await wait_until(idle)
    kept = {**worker.ahead._ahead}
    on_stage.stop.set()
    await working
    assert not kept


async def test_a_painting_of_a_batch_that_is_painted_one_by_one_is_stored_before_the_next_is_painted(
    on_stage: Stage,
) -> None:
    def begins(grey: int) -> None:
        if grey == 20:
            on_stage.ask(job_when(on_stage.queue, "first", lambda job: job.state is State.DONE))

    on_stage.painter.begins = begins  # which refuses two at once, as a device does that is short of memory
    on_stage.worker.batch = 2
    await on_stage.add("first", 10)
    await on_stage.add("second", 20)
    jobs = await on_stage.run("first", "second")
    assert [job.state for job in jobs] == [State.DONE, State.DONE]
    assert jobs[0].started == jobs[1].started


async def test_a_device_that_breaks_over_one_of_a_batch_takes_no_painting_with_it_that_was_done(
    on_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Any) -> float:
        raise DeviceError("It is broken.")

    def begins(grey: int) -> None:
        if grey == 20:
            raise RuntimeError("CUDA error")

    monkeypatch.setattr(worker_module, "examine", broken)
    on_stage.painter.begins = begins
    on_stage.worker.batch = 2
    await on_stage.add("first", 10)
    await on_stage.add("second", 20)
    with pytest.raises(DeviceError):
        await asyncio.wait_for(on_stage.worker.run(on_stage.stop), SECONDS)
    first, second = [await on_stage.queue.get(name) for name in ("first", "second")]
    assert first is not None
    assert second is not None
    assert (first.state, second.state) == (State.DONE, State.QUEUED)
    assert image_of(await on_stage.queue.read("first", RESULT)).size == (64, 64)


async def test_a_job_over_which_a_worker_has_died_is_not_begun_beside_another(
    on_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []
    encode = painting_thread.encode

    def encoding(active: Any, painted: Any) -> Any:
        if active.job.id == "first":  # until the second has been claimed for a heartbeat
            on_stage.ask(job_when(on_stage.queue, "second", _beaten))
        result = encode(active, painted)
        events.append(f"{active.job.id} encoded")
        return result

    monkeypatch.setattr(painting_thread, "encode", encoding)
    on_stage.painter.begins = lambda grey: events.append({10: "first", 20: "second"}[grey])
    await on_stage.add("first", 10)
    await on_stage.add("second", 20)
    await on_stage.died_over("second", among=2)
    jobs = await on_stage.run("first", "second")
    assert [(job.state, job.attempts) for job in jobs] == [(State.DONE, 1), (State.DONE, 2)]
    assert events == ["first", "first encoded", "second", "second encoded"]


async def test_beside_a_job_over_which_a_worker_has_died_nothing_is_decoded_or_begun(
    on_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []
    encode = painting_thread.encode

    def encoding(active: Any, painted: Any) -> Any:
        if active.job.id == "first":  # for a heartbeat
            now = on_stage.ask(on_stage.queue.get("first")).renewed
            on_stage.ask(job_when(on_stage.queue, "first", lambda job: (job.renewed or 0.0) > now))
        result = encode(active, painted)
        events.append(f"{active.job.id} encoded")
        return result

    async def looking(_: int) -> None:
        events.append("look")

    monkeypatch.setattr(painting_thread, "encode", encoding)
    monkeypatch.setattr(on_stage.worker.ahead, "keep_looking", looking)
    on_stage.painter.begins = lambda grey: events.append({10: "first", 20: "second"}[grey])
    await on_stage.add("first", 10)
    await on_stage.died_over("first")
    await on_stage.add("second", 20)
    jobs = await on_stage.run("first", "second")
    assert [(job.state, job.attempts) for job in jobs] == [(State.DONE, 2), (State.DONE, 1)]
    assert events[:2] == ["first", "first encoded"]


def _beaten(job: Job) -> bool:
    """Return whether a job has had a heartbeat since its start, or has ended."""
    return job.state.terminal or (job.renewed or 0.0) > (job.started or 0.0)
