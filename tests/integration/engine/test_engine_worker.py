"""``python -m engine work`` as a process of its own, on a queue in SQLite."""

from __future__ import annotations

import io
import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from engine.painting.scales import plan
from engine.queue import CHECKPOINT, PREVIEW, RESULT, TIMELAPSE, Condition, Job, State
from tests.integration.engine.house import (
    House,
    Studio,
    announced,
    apart,
    begun,
    checkpointed,
    done,
    ended,
    enqueue,
    film_of,
    furnish,
    jpeg,
    paint_of,
    painting,
    photo,
    png,
    small,
    two_canvases,
    until,
)

FACTS = {
    *("optimizer", "tile", "classic"),
    *("width", "height", "iterations", "megapixel_iterations", "seconds", "device", "precision", "network"),
    *("content_loss", "style_loss", "notes"),
}


@pytest.fixture
def house(tmp_path: Path, weights_cache: Path, repo: Path) -> House:
    """A house without a worker."""
    return furnish(tmp_path, weights_cache, repo)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, weights_cache: Path, repo: Path) -> House:
    """A house with a worker that the tests of this module share."""
    return furnish(tmp_path_factory.mktemp("home"), weights_cache, repo)


@pytest.fixture(scope="module")
def studio(home: House) -> Iterator[Studio]:
    with home.worker() as studio:
        yield studio


async def test_a_job_is_painted_and_its_facts_are_kept(home: House, studio: Studio) -> None:
    async with home.queue() as queue:
        await enqueue(queue, "one", seed=5)
        job = await ended(queue, "one", studio)
        assert (job.state, job.error, job.progress, job.attempts) == (State.DONE, None, 1.0, 1), job
        assert job.facts is not None
        assert set(job.facts) == FACTS
        image = paint_of(await queue.read("one", RESULT))
        assert (image.format, image.size) == ("PNG", (157, 105))
        assert (job.facts["width"], job.facts["height"]) == image.size
        made_with = json.loads(image.info["Recipe"])
        assert made_with["recipe"]["seed"] == 5
        assert made_with["presets"] == ["mosaic"]
        assert await queue.read("one", "content") is None
        assert await queue.read("one", CHECKPOINT) is None


async def test_a_preset_is_remembered_and_a_persons_painting_is_not(home: House, studio: Studio) -> None:
    def kept() -> set[str]:
        return {file.name for file in (home.data / "cache" / "styles").iterdir()}

    async with home.queue() as queue:
        await enqueue(queue, "preset")
        assert (await ended(queue, "preset", studio)).state is State.DONE
        of_presets = kept()
        assert of_presets
        await enqueue(queue, "own", style=jpeg(Image.effect_noise((200, 200), 90).convert("RGB")))
        assert (await ended(queue, "own", studio)).state is State.DONE
        assert kept() == of_presets
        own = paint_of(await queue.read("own", RESULT))
        assert json.loads(own.info["Recipe"])["presets"] == [None]


async def test_of_an_animation_the_first_frame_is_painted_and_that_is_noted(
    home: House, studio: Studio
) -> None:
    still = Image.open(io.BytesIO(photo())).resize((160, 107))
    out = io.BytesIO()
    still.save(out, "GIF", save_all=True, append_images=[Image.new("RGB", still.size)])
    async with home.queue() as queue:
        await enqueue(queue, "moving", content=out.getvalue())
        job = await ended(queue, "moving", studio)
        assert job.facts is not None
        assert "animation-first-frame" in job.facts["notes"]


async def test_a_worker_says_who_it_is_and_how_fast(home: House, studio: Studio) -> None:
    async with home.queue() as queue:
        worker = await announced(queue, studio)
        assert (worker.device, worker.network, worker.state) == ("cpu", "vgg16", Condition.IDLE)
        assert worker.rate is not None
        assert worker.rate > 0


async def test_progress_and_previews_are_shown_and_cancel_means_cancel(home: House, studio: Studio) -> None:
    async with home.queue() as queue:
        await enqueue(queue, "long", size=512, quality="fine")
        seen: list[float] = []

        async def look() -> Job | None:
            job = await queue.get("long")
            assert job is not None
            seen.append(job.progress)
            return job if job.previews >= 1 and len(set(seen)) > 3 else None

        job = await until(look, studio)
        assert (job.state, job.stage) == (State.RUNNING, "painting")
        assert seen == sorted(seen)
        assert 0 < seen[-1] < 1
        preview = paint_of(await queue.read("long", PREVIEW))
        assert preview.format == "JPEG"
        assert preview.width / preview.height == pytest.approx(640 / 427, rel=0.02)

        asked = time.monotonic()
        assert await queue.cancel("long", "long") == State.RUNNING
        job = await ended(queue, "long", studio)
        assert job.state == State.CANCELLED
        assert time.monotonic() - asked < 20
        assert await queue.read("long", RESULT) is None
        assert await queue.read("long", PREVIEW) is None


async def test_a_painting_comes_with_a_film_of_how_it_was_painted(home: House, studio: Studio) -> None:
    async with home.queue() as queue:
        await enqueue(queue, "filmed")
        await done(queue, "filmed", studio)
        film = film_of(await queue.read("filmed", TIMELAPSE))
        assert film.seconds <= 10
        final = paint_of(await queue.read("filmed", RESULT))
        assert apart(film.last, final) < apart(film.first, final)


async def test_where_no_films_are_wanted_none_are_made(house: House) -> None:
    async with house.queue() as queue:
        await enqueue(queue, "plain", content=png(small()), style=painting())
        with house.worker(TIMELAPSE="false") as worker:
            await done(queue, "plain", worker)
        assert paint_of(await queue.read("plain", RESULT)).size == (96, 64)
        assert await queue.read("plain", TIMELAPSE) is None


async def test_a_film_that_cannot_be_made_costs_no_painting(house: House) -> None:
    async with house.queue() as queue:
        for name in ("one", "two"):
            await enqueue(queue, name, content=png(small()), style=painting())
        with house.worker(fault="blind") as worker:
            for name in ("one", "two"):
                job = await done(queue, name, worker)
                assert job.attempts == 1
                assert await queue.read(name, TIMELAPSE) is None
                await worker.says(f"job {name}: no film")


async def test_a_forgotten_job_is_dropped_by_its_worker_which_paints_the_next(
    home: House, studio: Studio
) -> None:
    async with home.queue() as queue:
        await enqueue(queue, "secret", size=512, quality="fine", owner="forgotten")
        await enqueue(queue, "waiting", size=512, quality="fine", owner="forgotten")
        await begun(queue, "secret", studio)
        assert await queue.forget("forgotten") == 2
        await studio.says("job secret: the lease was lost; dropped")
        await enqueue(queue, "next", content=png(small()), style=painting())
        await done(queue, "next", studio)
        for name in ("secret", "waiting"):
            assert await queue.get(name) is None
            for blob in ("content", "style0", PREVIEW, CHECKPOINT, RESULT, TIMELAPSE):
                assert await queue.read(name, blob) is None
        assert "Traceback" not in studio.said()


@pytest.mark.parametrize(
    ("name", "change", "code"),
    [
        ("text", {"content": b"Dear sir or madam, this is not a picture."}, "image-unreadable"),
        ("cut", {"content": photo()[:20_000]}, "image-truncated"),
        ("stroke", {"stroke": 99}, "recipe-invalid"),
        ("future", {"brush": "sable"}, "recipe-invalid"),
    ],
)
async def test_a_job_that_cannot_be_painted_fails_by_its_code_and_the_next_is_painted(
    home: House, studio: Studio, name: str, change: dict[str, Any], code: str
) -> None:
    async with home.queue() as queue:
        await enqueue(queue, name, **change)
        job = await ended(queue, name, studio)
        assert (job.state, job.error) == (State.FAILED, code), job
        assert job.error_detail
        studio.living()


async def test_two_workers_of_one_house_have_two_names_and_one_ends_with_its_parent(
    home: House, studio: Studio
) -> None:
    async with home.queue() as queue:
        first = await announced(queue, studio)
        with home.worker("--with-parent", number=1) as second:

            async def look() -> dict[str, Condition] | None:
                states = {worker.name: worker.state for worker in await queue.workers()}
                return states if len(states) == 2 else None

            states = await until(look, studio, second)
            assert set(states.values()) == {Condition.IDLE}
            assert second.process.stdin is not None
            second.process.stdin.close()
            assert second.end() == 0
            assert "Traceback" not in second.log.read_text()
        after = {worker.name: worker.state for worker in await queue.workers()}
        assert after == {name: Condition.IDLE if name == first.name else Condition.RETIRED for name in states}
        studio.living()


async def test_a_worker_that_is_asked_to_stop_gives_its_job_back_unspent(house: House) -> None:
    async with house.queue() as queue:
        await enqueue(queue, "long", size=512, quality="fine")
        with house.worker() as worker:
            assert (await begun(queue, "long", worker)).attempts == 1
            worker.process.send_signal(signal.SIGTERM)
            assert worker.end() == 0
            assert "Traceback" not in worker.log.read_text()
        job = await queue.get("long")
        assert job is not None
        assert (job.state, job.attempts, job.worker, job.lease) == (State.QUEUED, 0, None, None)
        assert [studio.state for studio in await queue.workers()] == [Condition.RETIRED]


async def test_a_worker_that_is_killed_finds_its_job_again_and_goes_on_where_it_was(house: House) -> None:
    async with house.queue() as queue:
        with house.worker(OMP_NUM_THREADS="1") as first:
            chosen = two_canvases((await announced(queue, first)).rate)
            _, fine = plan(640, 427, **chosen)
            await enqueue(queue, "long", **chosen)
            await checkpointed(queue, "long", first)
            first.process.kill()
            first.end()
        job = await queue.get("long")
        assert job is not None
        assert (job.state, job.attempts) == (State.RUNNING, 1)
        assert job.lease is not None

        with house.worker() as second:
            job = await ended(queue, "long", second)
            assert (job.state, job.attempts) == (State.DONE, 2), job
            assert job.facts is not None
            assert job.facts["iterations"] == fine.iterations
            final = paint_of(await queue.read("long", RESULT))
            assert final.size == (fine.width, fine.height)
            film = film_of(await queue.read("long", TIMELAPSE))
            assert apart(film.last, final) < apart(film.first, final)
            assert len(await queue.workers()) == 1
            second.process.send_signal(signal.SIGINT)
            assert second.end() == 0
            assert "queued again" in second.log.read_text()
            assert "Traceback" not in second.log.read_text()
