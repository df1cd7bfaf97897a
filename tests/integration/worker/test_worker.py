"""``python -m engine work`` as a process of its own, on a queue in SQLite."""

from __future__ import annotations

import io
import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from engine.imaging.encoding import as_png
from engine.painting.scales import plan
from engine.queue import CHECKPOINT, PREVIEW, RESULT, TIMELAPSE, Condition, Job, State
from tests.support.pictures import (
    china_jpeg,
    film_of,
    image_of,
    jpeg,
    mean_difference,
    png,
    small_painting,
    small_photo,
)
from tests.support.workers import (
    DataFolder,
    WorkerProcess,
    announced,
    begun,
    checkpointed,
    done,
    ended,
    enqueue,
    idle,
    make_data_folder,
    wait_until,
)

FACTS = {
    *("optimizer", "tile", "classic", "faces"),
    *("width", "height", "iterations", "megapixel_iterations", "seconds", "device", "precision", "network"),
    *("content_loss", "style_loss", "notes"),
}


@pytest.fixture(scope="module")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, weights_cache: Path, repo: Path) -> DataFolder:
    """The data folder of the worker that the tests share."""
    return make_data_folder(tmp_path_factory.mktemp("worker"), weights_cache, repo)


@pytest.fixture(scope="module")
def shared_worker(shared_folder: DataFolder) -> Iterator[WorkerProcess]:
    with shared_folder.worker(TIMELAPSE="true") as process:
        yield process


async def test_a_job_is_painted_and_its_facts_are_kept(
    shared_folder: DataFolder, shared_worker: WorkerProcess
) -> None:
    async with shared_folder.queue() as queue:
        await enqueue(queue, "one", seed=5)
        job = await ended(queue, "one", shared_worker)
        assert (job.state, job.error, job.progress, job.attempts) == (State.DONE, None, 1.0, 1), job
        assert job.facts is not None
        assert set(job.facts) == FACTS
        image = Image.open(io.BytesIO(as_png(await queue.read("one", RESULT) or b"")))
        assert (image.format, image.size) == ("PNG", (157, 105))
        assert (job.facts["width"], job.facts["height"]) == image.size
        made_with = json.loads(image.info["Recipe"])
        assert made_with["recipe"]["seed"] == 5
        assert made_with["presets"] == ["mosaic"]
        assert await queue.read("one", "content") is None
        assert await queue.read("one", CHECKPOINT) is None


async def test_a_preset_is_remembered_and_a_persons_painting_is_not(
    shared_folder: DataFolder, shared_worker: WorkerProcess
) -> None:
    def kept() -> set[str]:
        return {file.name for file in (shared_folder.data / "cache" / "styles").iterdir()}

    async with shared_folder.queue() as queue:
        await enqueue(queue, "preset")
        assert (await ended(queue, "preset", shared_worker)).state is State.DONE
        of_presets = kept()
        assert of_presets
        await enqueue(queue, "own", style=jpeg(Image.effect_noise((200, 200), 90).convert("RGB")))
        assert (await ended(queue, "own", shared_worker)).state is State.DONE
        assert kept() == of_presets
        own = Image.open(io.BytesIO(as_png(await queue.read("own", RESULT) or b"")))
        assert json.loads(own.info["Recipe"])["presets"] == [None]


async def test_of_an_animation_the_first_frame_is_painted_and_that_is_noted(
    shared_folder: DataFolder, shared_worker: WorkerProcess
) -> None:
    still = Image.open(io.BytesIO(china_jpeg())).resize((160, 107))
    out = io.BytesIO()
    still.save(out, "GIF", save_all=True, append_images=[Image.new("RGB", still.size)])
    async with shared_folder.queue() as queue:
        await enqueue(queue, "moving", content=out.getvalue())
        job = await ended(queue, "moving", shared_worker)
        assert job.facts is not None
        assert "animation-first-frame" in job.facts["notes"]


async def test_a_worker_says_who_it_is_and_how_fast(
    shared_folder: DataFolder, shared_worker: WorkerProcess
) -> None:
    async with shared_folder.queue() as queue:
        worker = await idle(queue, shared_worker)
        assert (worker.device, worker.network) == ("cpu", "vgg16")
        assert worker.rate is not None
        assert worker.rate > 0


async def test_progress_and_previews_are_shown_and_cancel_means_cancel(
    shared_folder: DataFolder, shared_worker: WorkerProcess
) -> None:
    async with shared_folder.queue() as queue:
        await enqueue(queue, "long", quality="fine")
        seen: list[float] = []

        async def look() -> Job | None:
            job = await queue.get("long")
            assert job is not None
            seen.append(job.progress)
            return job if job.previews >= 1 and len(set(seen)) > 3 else None

        job = await wait_until(look, shared_worker)
        assert (job.state, job.stage) == (State.RUNNING, "painting")
        assert seen == sorted(seen)
        assert 0 < seen[-1] < 1
        preview = image_of(await queue.read("long", PREVIEW))
        assert preview.format == "JPEG"
        assert preview.width / preview.height == pytest.approx(640 / 427, rel=0.02)

        assert await queue.cancel("long", "long") == State.RUNNING
        job = await ended(queue, "long", shared_worker)
        assert job.state == State.CANCELLED
        assert job.progress < 0.5, "it takes minutes to paint"
        assert await queue.read("long", RESULT) is None
        assert await queue.read("long", PREVIEW) is None


async def test_a_painting_comes_with_a_film_of_how_it_was_painted(
    shared_folder: DataFolder, shared_worker: WorkerProcess
) -> None:
    async with shared_folder.queue() as queue:
        await enqueue(queue, "filmed")
        await done(queue, "filmed", shared_worker)
        film = film_of(await queue.read("filmed", TIMELAPSE))
        assert film.seconds <= 10
        final = image_of(await queue.read("filmed", RESULT))
        assert mean_difference(film.last, final) < mean_difference(film.first, final)


async def test_where_no_films_are_wanted_none_are_made(data_folder: DataFolder) -> None:
    async with data_folder.queue() as queue:
        await enqueue(queue, "plain", content=png(small_photo()), style=small_painting())
        with data_folder.worker(TIMELAPSE="false") as worker:
            await done(queue, "plain", worker)
        assert image_of(await queue.read("plain", RESULT)).size == (96, 64)
        assert await queue.read("plain", TIMELAPSE) is None


async def test_a_film_that_cannot_be_made_costs_no_painting(data_folder: DataFolder) -> None:
    async with data_folder.queue() as queue:
        for name in ("one", "two"):
            await enqueue(queue, name, content=png(small_photo()), style=small_painting())
        with data_folder.worker(fault="no_encoder", TIMELAPSE="true") as worker:
            for name in ("one", "two"):
                job = await done(queue, name, worker)
                assert job.attempts == 1
                assert await queue.read(name, TIMELAPSE) is None
                await worker.says(f"job {name}: no timelapse")


async def test_a_forgotten_job_is_dropped_by_its_worker_which_paints_the_next(
    shared_folder: DataFolder, shared_worker: WorkerProcess
) -> None:
    async with shared_folder.queue() as queue:
        await enqueue(queue, "secret", quality="fine", owner="forgotten")
        await enqueue(queue, "waiting", quality="fine", owner="forgotten")
        await begun(queue, "secret", shared_worker)
        assert await queue.forget("forgotten") == 2
        await shared_worker.says("job secret: the lease was lost; dropped")
        await enqueue(queue, "next", content=png(small_photo()), style=small_painting())
        await done(queue, "next", shared_worker)
        for name in ("secret", "waiting"):
            assert await queue.get(name) is None
            for blob in ("content", "style0", PREVIEW, CHECKPOINT, RESULT, TIMELAPSE):
                assert await queue.read(name, blob) is None
        assert "Traceback" not in shared_worker.output


@pytest.mark.parametrize(
    ("name", "change", "code"),
    [
        ("text", {"content": b"Dear sir or madam, this is not a picture."}, "image-unreadable"),
        ("cut", {"content": china_jpeg()[:20_000]}, "image-truncated"),
        ("stroke", {"stroke": 99}, "recipe-invalid"),
        ("future", {"brush": "sable"}, "recipe-invalid"),
    ],
)
async def test_a_job_that_cannot_be_painted_fails_by_its_code_and_the_next_is_painted(
    shared_folder: DataFolder, shared_worker: WorkerProcess, name: str, change: dict[str, Any], code: str
) -> None:
    async with shared_folder.queue() as queue:
        await enqueue(queue, name, **change)
        job = await ended(queue, name, shared_worker)
        assert (job.state, job.error) == (State.FAILED, code), job
        assert job.error_detail
        shared_worker.assert_running()


async def test_two_workers_of_one_data_folder_have_two_names_and_one_ends_with_its_parent(
    shared_folder: DataFolder, shared_worker: WorkerProcess
) -> None:
    async with shared_folder.queue() as queue:
        first = await announced(queue, shared_worker)
        with shared_folder.worker("--with-parent", number=1) as second:

            async def look() -> dict[str, Condition] | None:
                states = {worker.name: worker.state for worker in await queue.workers()}
                return states if len(states) == 2 else None

            states = await wait_until(look, shared_worker, second)
            assert set(states.values()) == {Condition.IDLE}
            assert second.process.stdin is not None
            second.process.stdin.close()
            assert second.wait() == 0
            assert "Traceback" not in second.log.read_text()
        after = {worker.name: worker.state for worker in await queue.workers()}
        assert after == {name: Condition.IDLE if name == first.name else Condition.RETIRED for name in states}
        shared_worker.assert_running()


async def test_a_worker_that_is_asked_to_stop_gives_its_job_back_unspent(data_folder: DataFolder) -> None:
    async with data_folder.queue() as queue:
        await enqueue(queue, "long", quality="fine")
        with data_folder.worker() as worker:
            assert (await begun(queue, "long", worker)).attempts == 1
            worker.process.send_signal(signal.SIGTERM)
            assert worker.wait() == 0
            assert "Traceback" not in worker.log.read_text()
        job = await queue.get("long")
        assert job is not None
        assert (job.state, job.attempts, job.worker, job.lease) == (State.QUEUED, 0, None, None)
        assert [worker.state for worker in await queue.workers()] == [Condition.RETIRED]


async def test_a_worker_that_is_killed_finds_its_job_again_and_goes_on_where_it_was(
    data_folder: DataFolder,
) -> None:
    async with data_folder.queue() as queue:
        with data_folder.worker(TIMELAPSE="true") as first:
            _, fine = plan(640, 427, 160, "normal")
            await enqueue(queue, "long", size=160, quality="normal")
            await checkpointed(queue, "long", first)
            first.process.kill()
            first.wait()
        job = await queue.get("long")
        assert job is not None
        assert (job.state, job.attempts) == (State.RUNNING, 1)
        assert job.lease is not None

        with data_folder.worker(TIMELAPSE="true") as second:
            job = await ended(queue, "long", second)
            assert (job.state, job.attempts) == (State.DONE, 2), job
            assert job.facts is not None
            assert job.facts["iterations"] == fine.iterations
            final = image_of(await queue.read("long", RESULT))
            assert final.size == (fine.width, fine.height)
            film = film_of(await queue.read("long", TIMELAPSE))
            assert mean_difference(film.last, final) < mean_difference(film.first, final)
            assert len(await queue.workers()) == 1
            second.process.send_signal(signal.SIGINT)
            assert second.wait() == 0
            assert "queued again" in second.log.read_text()
            assert "Traceback" not in second.log.read_text()
