"""``python -m engine work`` as a process of its own, on a queue in SQLite."""

from __future__ import annotations

import asyncio
import io
import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from PIL import Image
from sklearn.datasets import load_sample_image

from engine.gallery.presets import preset
from engine.painting.ladder import cost, plan
from engine.painting.recipe import Quality
from engine.queue import (
    CHECKPOINT,
    PREVIEW,
    RESULT,
    Condition,
    Job,
    Limits,
    Queue,
    State,
    Worker,
    create_schema,
    open_database,
)

T = TypeVar("T")

PATIENCE = 120.0
"""Seconds after which a test gives up; what it waits for takes a few on a quiet machine."""
FOREVER = 3600.0
"""Seconds of a lease that no test outlives: what ends sooner did not wait for it."""

FACTS = {
    *("optimiser", "tile"),
    *("width", "height", "iterations", "megapixel_iterations", "seconds", "device", "precision", "network"),
    *("content_loss", "style_loss", "notes"),
}


@dataclass(frozen=True)
class Studio:
    """A running worker."""

    process: subprocess.Popen[bytes]
    log: Path

    def living(self) -> None:
        assert self.process.poll() is None, self.log.read_text()

    def end(self) -> int:
        """Wait until it has ended by itself."""
        return self.process.wait(PATIENCE)


@dataclass(frozen=True)
class House:
    """A data folder, and the workers in it."""

    data: Path
    repo: Path

    @property
    def database(self) -> str:
        return f"sqlite+aiosqlite:///{self.data / 'atelier.db'}"

    @contextmanager
    def worker(self, *options: str, **settings: str) -> Iterator[Studio]:
        """Run a worker; kill it in the end if it still runs."""
        kept = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "VGG_WEIGHTS")}
        environment = {
            **kept,
            "DATA_DIR": str(self.data),
            "DEVICE": "cpu",
            "LEASE_SECONDS": str(FOREVER),
            "LOG_LEVEL": "INFO",
            "PYTHONPATH": str(self.repo),
            **settings,
        }
        log = self.data / f"log-{time.monotonic_ns()}.txt"
        with log.open("wb") as sink:
            process = subprocess.Popen(
                [sys.executable, "-m", "engine", "work", *options],
                env=environment,
                cwd=self.data,
                stdin=subprocess.PIPE,
                stdout=sink,
                stderr=sink,
            )
        assert process.stdin is not None
        try:
            yield Studio(process, log)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            process.stdin.close()

    @asynccontextmanager
    async def queue(self) -> AsyncIterator[Queue]:
        database = open_database(self.database)
        await create_schema(database)
        try:
            yield Queue(database, Limits(lease=FOREVER))
        finally:
            await database.dispose()


def furnish(folder: Path, weights_cache: Path, repo: Path) -> House:
    (folder / "weights").symlink_to(weights_cache, target_is_directory=True)
    return House(folder, repo)


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


async def until(look: Callable[[], Awaitable[T | None]], *workers: Studio) -> T:
    """Look again and again until there is something to see."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if (seen := await look()) is not None:
            return seen
        for worker in workers:
            worker.living()
        await asyncio.sleep(0.05)
    raise AssertionError(f"nothing to see in {PATIENCE:.0f} seconds; {[w.log.read_text() for w in workers]}")


def jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=95)
    return out.getvalue()


def photo() -> bytes:
    """640 × 427 pixels, so that there is room for a ladder."""
    return jpeg(Image.fromarray(load_sample_image("china.jpg")))


async def enqueue(
    queue: Queue, name: str, *, content: bytes | None = None, style: bytes | None = None, **settings: Any
) -> Job:
    recipe = {"size": 128, "quality": "draft", **settings}
    work = cost(plan(640, 427, recipe["size"], recipe["quality"]))
    blobs = {"content": content or photo(), "style0": style or preset("mosaic").read()}
    return await queue.enqueue(id=name, owner=name, recipe=recipe, cost=work, shape="one", blobs=blobs)


async def ended(queue: Queue, name: str, *workers: Studio) -> Job:
    async def look() -> Job | None:
        job = await queue.get(name)
        return job if job and job.state.terminal else None

    return await until(look, *workers)


async def begun(queue: Queue, name: str, *workers: Studio) -> Job:
    """Wait until a heartbeat has brought progress."""

    async def look() -> Job | None:
        job = await queue.get(name)
        return job if job and job.progress > 0 else None

    return await until(look, *workers)


async def announced(queue: Queue, worker: Studio) -> Worker:
    """Wait until a worker has shown that it lives."""

    async def look() -> Worker | None:
        return next(iter(await queue.workers()), None)

    return await until(look, worker)


def paint_of(result: bytes | None) -> Image.Image:
    assert result is not None
    image = Image.open(io.BytesIO(result))
    image.load()
    return image


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
        return {file.name for file in (home.data / "styles").iterdir()}

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
        with home.worker("--with-parent") as second:

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
            rate = (await announced(queue, first)).rate
            assert rate is not None
            # The last of two canvases has to take some three heartbeats, on a fast machine too.
            quality: Quality = "draft" if rate < 0.35 else "fine"
            size = max(160, math.isqrt(int(3 * rate * 1e6 / 16))) if quality == "draft" else 256
            _, fine = plan(640, 427, size, quality)
            await enqueue(queue, "long", size=size, quality=quality)

            async def look() -> bytes | None:
                return await queue.read("long", CHECKPOINT)

            await until(look, first)
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
            assert paint_of(await queue.read("long", RESULT)).size == (fine.width, fine.height)
            assert len(await queue.workers()) == 1
            second.process.send_signal(signal.SIGINT)
            assert second.end() == 0
            assert "queued again" in second.log.read_text()
            assert "Traceback" not in second.log.read_text()
