"""A worker that paints several pictures in one pass."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from engine.queue import PREVIEW, RESULT, TIMELAPSE, Job, Queue, State
from tests.support.pictures import apart, film_of, paint_of, painting, png, small
from tests.support.workers import (
    House,
    Studio,
    address,
    announced,
    begun,
    done,
    ended,
    enqueue,
    furnish,
    lasting,
    resting,
    sight,
    until,
)

TOGETHER = ("one", "two", "three")
ALIKE = 0.1
"""Relative difference of two losses: a pass of several rounds otherwise in 16 bits, and the optimisation
amplifies that. In 32 bits the paintings are the same, as the painter's own tests show."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def home(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, weights_cache: Path, repo: Path
) -> House:
    """The house of the worker that the tests share."""
    return furnish(tmp_path_factory.mktemp("batches"), weights_cache, repo, address(request))


@pytest.fixture(scope="module")
def studio(home: House) -> Iterator[Studio]:
    """A worker for three at once."""
    with home.worker(BATCH="3", RUNNING_PER_PERSON="1") as studio:
        yield studio


@asynccontextmanager
async def waiting(home: House, studio: Studio) -> AsyncIterator[Queue]:
    """A queue of which the worker sees all that is put into it in one look, at the first ``resume``."""
    async with home.office() as (queue, queue_admin):
        await announced(queue, studio)
        await resting(queue, studio)
        await queue_admin.drain(studio.name)
        yield queue
        await queue_admin.resume(studio.name)


def photos(width: int) -> dict[str, Image.Image]:
    """Three photos that nobody takes for one another, of one shape."""
    return {
        "one": small(width=width),
        "two": small(width=width, flower=True),
        "three": small(width=width, flipped=True),
    }


def nearest(image: Image.Image, paintings: dict[str, Image.Image]) -> str:
    """Tell which of the paintings this is, or is to become."""
    return min(paintings, key=lambda name: apart(image, paintings[name]))


async def together(queue: Queue, names: list[str], studio: Studio) -> list[Job]:
    """Wait until these jobs are running at once."""

    async def look() -> list[Job] | None:
        jobs = [job for job in await queue.jobs() if job.state is State.RUNNING]
        return jobs if {job.id for job in jobs} == set(names) else None

    return await until(look, studio)


async def test_three_of_a_shape_run_at_once_each_with_its_own_previews(home: House, studio: Studio) -> None:
    async with waiting(home, studio) as queue:
        width = lasting((await announced(queue, studio)).rate, 6, together=3)
        fine: dict[str, Any] = {"style": painting(), "size": 512, "quality": "fine"}
        one, *others = photos(width).items()
        await enqueue(queue, one[0], content=png(one[1]), **fine)
        await enqueue(queue, "other", content=png(small()), style=painting(), shape="other")
        for name, picture in others:
            await enqueue(queue, name, content=png(picture), **fine)
    async with home.queue() as queue:
        jobs = await together(queue, list(TOGETHER), studio)
        assert {(job.worker, job.attempts) for job in jobs} == {(studio.name, 1)}
        assert len({job.started for job in jobs}) == 1
        previews, paintings = {}, {}
        for name in TOGETHER:
            await sight(queue, name, lambda job: job.previews > 0, studio)
            previews[name] = paint_of(await queue.read(name, PREVIEW))
        for name in TOGETHER:
            await done(queue, name, studio)
            paintings[name] = paint_of(await queue.read(name, RESULT))
        for name, preview in previews.items():
            assert nearest(preview, paintings) == name
        after = await done(queue, "other", studio)
        assert (after.started or 0.0) >= max(job.started or 0.0 for job in jobs)


async def test_each_of_a_pass_is_painted_as_if_it_were_alone(home: House, studio: Studio) -> None:
    async with waiting(home, studio) as queue:
        for name, picture in photos(96).items():
            await enqueue(queue, f"among-{name}", content=png(picture), style=painting())
    async with home.queue() as queue:
        among = {name: await done(queue, f"among-{name}", studio) for name in TOGETHER}
        assert len({job.started for job in among.values()}) == 1
        films = {name: film_of(await queue.read(job.id, TIMELAPSE)).last for name, job in among.items()}
        paintings = {name: paint_of(await queue.read(job.id, RESULT)) for name, job in among.items()}
        assert {name: nearest(film, paintings) for name, film in films.items()} == {
            name: name for name in TOGETHER
        }
        for name, picture in photos(96).items():
            await enqueue(queue, f"alone-{name}", content=png(picture), style=painting())
            alone = await done(queue, f"alone-{name}", studio)
            assert nearest(paint_of(await queue.read(alone.id, RESULT)), paintings) == name
            for loss in ("content_loss", "style_loss"):
                assert (among[name].facts or {})[loss] == pytest.approx((alone.facts or {})[loss], rel=ALIKE)


async def test_one_of_a_pass_is_cancelled_and_the_others_are_painted(home: House, studio: Studio) -> None:
    async with waiting(home, studio) as queue:
        width = lasting((await announced(queue, studio)).rate, 6, together=3)
        for name, picture in photos(width).items():
            content = png(picture)
            await enqueue(queue, f"part-{name}", content=content, style=painting(), size=512, quality="fine")
    async with home.queue() as queue:
        await together(queue, [f"part-{name}" for name in TOGETHER], studio)
        await begun(queue, "part-two", studio)
        assert await queue.cancel("part-two", "part-two") is State.RUNNING
        assert (await ended(queue, "part-two", studio)).state is State.CANCELLED
        for name in ("part-one", "part-three"):
            assert (await done(queue, name, studio)).attempts == 1
            assert paint_of(await queue.read(name, RESULT)).width == width
        assert await queue.read("part-two", RESULT) is None


async def test_a_broken_picture_of_a_pass_fails_alone(home: House, studio: Studio) -> None:
    async with waiting(home, studio) as queue:
        await enqueue(queue, "sound-one", content=png(small()), style=painting())
        await enqueue(queue, "broken", content=png(small())[:5000], style=painting())
        await enqueue(queue, "sound-two", content=png(small(flower=True)), style=painting())
    async with home.queue() as queue:
        job = await ended(queue, "broken", studio)
        assert (job.state, job.error) == (State.FAILED, "image-truncated")
        sound = [await done(queue, name, studio) for name in ("sound-one", "sound-two")]
        assert len({each.started for each in [job, *sound]}) == 1
        assert all(each.attempts == 1 for each in sound)
