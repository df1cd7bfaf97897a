"""The painting thread and the event loop share a job's state."""

from __future__ import annotations

import io
from typing import Any

import pytest
import torch
from PIL import Image

from engine.errors import ImageTruncatedError, RecipeError
from engine.imaging.encoding import encode_png
from engine.painting.network import Network
from engine.painting.tensors import to_levels
from engine.queue import Job, State
from engine.worker import painting_thread as thread
from engine.worker.active_job import ActiveJob, take
from engine.worker.painting_thread import (
    PREVIEW_EDGE,
    Painted,
    Result,
    encode,
    paint_together,
    prepare,
    render,
)
from tests.support.pictures import film_of, mean_difference


def job(**said: Any) -> Job:
    """Make a running job; ``said`` replaces defaults."""
    usual: dict[str, Any] = {
        "id": "a",
        "owner": "o",
        "priority": 0,
        "tag": 1,
        "state": State.RUNNING,
        "shape": "s",
        "recipe": {"size": 128, "quality": "draft"},
        "cost": 1.0,
        "address": None,
        "attempts": 1,
        "worker": "w",
        "lease": 1.0,
        "renewed": 0.0,
        "cancel": False,
        "progress": 0.0,
        "stage": None,
        "previews": 0,
        "reduced": False,
        "facts": None,
        "error": None,
        "error_detail": None,
        "created": 0.0,
        "started": 0.0,
        "finished": None,
        "delivered": None,
    }
    return Job(**{**usual, **said})


@pytest.fixture
def picture(photo: Image.Image) -> Image.Image:
    """A photo that is painted in a second."""
    return photo.resize((72, 64))


def ready(picture: Image.Image, **said: Any) -> ActiveJob:
    """An active job with everything set."""
    active = ActiveJob(job(**said))
    data = encode_png(picture, {})
    active.commission = prepare(active.job, data, [data], None)
    return active


def finished(active_jobs: list[ActiveJob], painted: list[Painted | None] | None) -> list[Result | None]:
    """Encode what was painted."""
    assert painted is not None
    return [encode(active, each) if each else None for active, each in zip(active_jobs, painted, strict=True)]


def test_pictures_and_recipe_are_checked(picture: Image.Image) -> None:
    data = encode_png(picture, {})
    made = prepare(job(), data, [data], b"checkpoint")
    assert (made.photo.size, made.recipe.quality, made.checkpoint) == (picture.size, "draft", b"checkpoint")
    assert list(made.presets) == [None]
    with pytest.raises(ImageTruncatedError):
        prepare(job(), data[:2000], [data], None)
    with pytest.raises(RecipeError):
        prepare(job(recipe={"brush": "sable"}), data, [data], None)


def test_of_several_paintings_the_unwanted_is_left_out(network: Network, picture: Image.Image) -> None:
    active_jobs = [ready(picture), ready(picture, reduced=True)]
    active_jobs[0].unwanted.set()
    active_jobs[1].preview_wanted = True
    results = finished(active_jobs, paint_together(network, None, active_jobs))
    assert results[0] is None
    result = results[1]
    assert result is not None
    assert Image.open(io.BytesIO(result.data)).size == picture.size
    assert "painted-smaller" in result.facts["notes"]
    assert active_jobs[1].stage == "finishing"
    assert active_jobs[1].progress == 1.0
    preview = take(active_jobs[1].preview)
    assert preview is not None
    assert preview().shape == (64, 72, 3)


def test_the_file_of_a_transparent_photo_is_as_transparent(network: Network, picture: Image.Image) -> None:
    clear = picture.copy()
    alpha = Image.new("L", picture.size, 255)
    alpha.paste(0, (0, 0, 36, 64))
    clear.putalpha(alpha)
    opaque = picture.copy()
    opaque.putalpha(255)
    active_jobs = [ready(clear), ready(opaque)]
    results = finished(active_jobs, paint_together(network, None, active_jobs))
    painted = [Image.open(io.BytesIO(result.data)) for result in results if result]
    assert [image.mode for image in painted] == ["RGBA", "RGB"]
    assert painted[0].getchannel("A").tobytes() == alpha.tobytes()


def test_each_of_several_paintings_has_its_film(network: Network, picture: Image.Image) -> None:
    active_jobs = [ready(picture), ready(picture.rotate(180)), ready(picture)]
    active_jobs[2].unwanted.set()
    results = finished(active_jobs, paint_together(network, None, active_jobs, timelapse=True))
    assert results[2] is None
    films, finals = [], []
    for result in results[:2]:
        assert result is not None
        films.append(film_of(result.timelapse).last)
        finals.append(Image.open(io.BytesIO(result.data)))
    assert mean_difference(films[0], finals[0]) < mean_difference(films[0], finals[1])
    assert mean_difference(films[1], finals[1]) < mean_difference(films[1], finals[0])


def test_a_film_changes_nothing_in_the_painting(network: Network, picture: Image.Image) -> None:
    active_jobs = [ready(picture)]
    with_film, without = (
        finished(active_jobs, paint_together(network, None, active_jobs, timelapse=recorded))[0]
        for recorded in (True, False)
    )
    assert with_film
    assert without
    assert with_film.data == without.data
    assert without.timelapse is None


def test_when_nobody_wants_any_it_ends_after_one_iteration(
    network: Network, picture: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[Any] = []
    paint = thread.paint  # type: ignore[attr-defined]

    def counted(*arguments: Any, **settings: Any) -> Any:
        for step in paint(*arguments, **settings):
            steps.append(step)
            yield step

    monkeypatch.setattr(thread, "paint", counted)
    active = ready(picture)
    active.unwanted.set()
    assert paint_together(network, None, [active]) is None
    assert len(steps) == 1


def test_the_newest_is_taken_once() -> None:
    active = ActiveJob(job())
    assert take(active.checkpoint) is None
    active.checkpoint.append(b"old")
    active.checkpoint.append(b"new")
    assert take(active.checkpoint) == b"new"
    assert take(active.checkpoint) is None


def test_a_preview_is_a_small_jpeg() -> None:
    image = Image.open(io.BytesIO(render(to_levels(torch.rand(3, 700, 1400)).numpy())))
    assert (image.format, image.size) == ("JPEG", (PREVIEW_EDGE, PREVIEW_EDGE // 2))
