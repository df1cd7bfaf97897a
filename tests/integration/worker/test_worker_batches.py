"""A worker that paints several pictures in one pass."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from engine.queue import PREVIEW, RESULT, TIMELAPSE, Job, Queue, State
from tests.support.pictures import film_of, image_of, mean_difference, png, small_painting, small_photo
from tests.support.postgresql import installed
from tests.support.workers import (
    DataFolder,
    WorkerProcess,
    announced,
    begun,
    database_url,
    done,
    ended,
    enqueue,
    idle,
    job_when,
    make_data_folder,
    wait_until,
)

TOGETHER = ("one", "two", "three")
ALIKE = 0.1
"""Relative difference of two losses: a pass of several rounds otherwise in 16 bits, and the optimisation
amplifies that. In 32 bits the paintings are the same, as the painter's own tests show."""


@pytest.fixture(scope="module")
def shared_folder(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, weights_cache: Path, repo: Path
) -> DataFolder:
    """The data folder of the worker that the tests share, on PostgreSQL, where reports may meet."""
    kind = "postgresql" if installed() else "sqlite"
    return make_data_folder(
        tmp_path_factory.mktemp("batches"), weights_cache, repo, database_url(kind, request)
    )


@pytest.fixture(scope="module")
def shared_worker(shared_folder: DataFolder) -> Iterator[WorkerProcess]:
    """A worker for three at once."""
    with shared_folder.worker(BATCH="3", RUNNING_PER_PERSON="1", TIMELAPSE="true") as process:
        yield process


@asynccontextmanager
async def waiting(shared_folder: DataFolder, shared_worker: WorkerProcess) -> AsyncIterator[Queue]:
    """Open the queue with the worker drained; after ``resume`` it claims all that was queued."""
    async with shared_folder.queue_and_admin() as (queue, queue_admin):
        await announced(queue, shared_worker)
        await idle(queue, shared_worker)
        await queue_admin.drain(shared_worker.name)
        yield queue
        await queue_admin.resume(shared_worker.name)


def photos(width: int) -> dict[str, Image.Image]:
    """Three photos that nobody takes for one another, of one shape."""
    return {
        "one": small_photo(width=width),
        "two": small_photo(width=width, flower=True),
        "three": small_photo(width=width, flipped=True),
    }


def nearest(image: Image.Image, paintings: dict[str, Image.Image]) -> str:
    """Tell which of the paintings this is, or is to become."""
    return min(paintings, key=lambda name: mean_difference(image, paintings[name]))


async def together(queue: Queue, names: list[str], shared_worker: WorkerProcess) -> list[Job]:
    """Wait until these jobs are running at once."""

    async def look() -> list[Job] | None:
        jobs = [job for job in await queue.jobs() if job.state is State.RUNNING]
        return jobs if {job.id for job in jobs} == set(names) else None

    return await wait_until(look, shared_worker)


async def test_three_of_a_shape_run_at_once_each_with_its_own_previews(
    shared_folder: DataFolder, shared_worker: WorkerProcess
) -> None:
    async with waiting(shared_folder, shared_worker) as queue:
        normal: dict[str, Any] = {"style": small_painting(), "quality": "normal"}
        one, *others = photos(96).items()
        await enqueue(queue, one[0], content=png(one[1]), **normal)
        await enqueue(queue, "other", content=png(small_photo()), style=small_painting(), shape="other")
        for name, picture in others:
            await enqueue(queue, name, content=png(picture), **normal)
    async with shared_folder.queue() as queue:
        jobs = await together(queue, list(TOGETHER), shared_worker)
        assert {(job.worker, job.attempts) for job in jobs} == {(shared_worker.name, 1)}
        assert len({job.started for job in jobs}) == 1
        previews, paintings = {}, {}
        for name in TOGETHER:
            await job_when(queue, name, lambda job: job.previews > 0, shared_worker)
            previews[name] = image_of(await queue.read(name, PREVIEW))
        for name in TOGETHER:
            await done(queue, name, shared_worker)
            paintings[name] = image_of(await queue.read(name, RESULT))
        for name, preview in previews.items():
            assert nearest(preview, paintings) == name
        after = await done(queue, "other", shared_worker)
        assert (after.started or 0.0) >= max(job.started or 0.0 for job in jobs)


async def test_each_of_a_pass_is_painted_as_if_it_were_alone(
    shared_folder: DataFolder, shared_worker: WorkerProcess
) -> None:
    async with waiting(shared_folder, shared_worker) as queue:
        for name, picture in photos(96).items():
            await enqueue(queue, f"among-{name}", content=png(picture), style=small_painting())
    async with shared_folder.queue() as queue:
        among = {name: await done(queue, f"among-{name}", shared_worker) for name in TOGETHER}
        assert len({job.started for job in among.values()}) == 1
        films = {name: film_of(await queue.read(job.id, TIMELAPSE)).last for name, job in among.items()}
        paintings = {name: image_of(await queue.read(job.id, RESULT)) for name, job in among.items()}
        assert {name: nearest(film, paintings) for name, film in films.items()} == {
            name: name for name in TOGETHER
        }
        for name, picture in photos(96).items():
            await enqueue(queue, f"alone-{name}", content=png(picture), style=small_painting())
            alone = await done(queue, f"alone-{name}", shared_worker)
            assert nearest(image_of(await queue.read(alone.id, RESULT)), paintings) == name
            for loss in ("content_loss", "style_loss"):
                assert (among[name].facts or {})[loss] == pytest.approx((alone.facts or {})[loss], rel=ALIKE)


async def test_one_of_a_pass_is_cancelled_and_the_others_are_painted(
    shared_folder: DataFolder, shared_worker: WorkerProcess
) -> None:
    async with waiting(shared_folder, shared_worker) as queue:
        for name, picture in photos(96).items():
            content = png(picture)
            await enqueue(queue, f"part-{name}", content=content, style=small_painting(), quality="normal")
    async with shared_folder.queue() as queue:
        await together(queue, [f"part-{name}" for name in TOGETHER], shared_worker)
        await begun(queue, "part-two", shared_worker)
        assert await queue.cancel("part-two", "part-two") is State.RUNNING
        assert (await ended(queue, "part-two", shared_worker)).state is State.CANCELLED
        for name in ("part-one", "part-three"):
            assert (await done(queue, name, shared_worker)).attempts == 1
            assert image_of(await queue.read(name, RESULT)).width == 96
        assert await queue.read("part-two", RESULT) is None


async def test_a_broken_picture_of_a_pass_fails_alone(
    shared_folder: DataFolder, shared_worker: WorkerProcess
) -> None:
    async with waiting(shared_folder, shared_worker) as queue:
        await enqueue(queue, "sound-one", content=png(small_photo()), style=small_painting())
        await enqueue(queue, "broken", content=png(small_photo())[:5000], style=small_painting())
        await enqueue(queue, "sound-two", content=png(small_photo(flower=True)), style=small_painting())
    async with shared_folder.queue() as queue:
        job = await ended(queue, "broken", shared_worker)
        assert (job.state, job.error) == (State.FAILED, "image-truncated")
        sound = [await done(queue, name, shared_worker) for name in ("sound-one", "sound-two")]
        assert len({each.started for each in [job, *sound]}) == 1
        assert all(each.attempts == 1 for each in sound)
