"""The recorder of a job's timelapse."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import torch
from PIL import Image
from torch import Tensor

from engine.painting.commission import Commission
from engine.painting.network import Network
from engine.painting.painter import Step, paint
from engine.painting.recipe import Recipe
from engine.painting.result import Painting
from engine.painting.timelapse import HOLD, RATE, SECONDS, Timelapse
from engine.worker.timelapse_recorder import Recorder
from tests.support.pictures import film_of

FRAMES = round((SECONDS + HOLD) * RATE)


@pytest.fixture(scope="module")
def commission() -> Commission:
    """Two canvases, the first of them half as large."""
    grey = Image.linear_gradient("L").convert("RGB").resize((144, 144))
    return Commission(grey, [grey.rotate(90)], Recipe(size=144, quality="draft"))


@pytest.fixture(scope="module")
def steps(network: Network, commission: Commission) -> list[tuple[Step, Tensor]]:
    """A whole painting's steps, each with its canvas as it was then."""
    return [(step, step.snapshot()) for step in paint(network, commission) if isinstance(step, Step)]


def filmed(steps: list[tuple[Step, Tensor]], final: Image.Image) -> bytes | None:
    with Recorder("a", *final.size) as recorder:
        for step, canvas in steps:
            recorder.record(step, 0, lambda canvas=canvas: canvas)  # type: ignore[misc]
        return recorder.finish(final)


def test_a_painting_that_is_gone_on_with_is_filmed_from_there(
    network: Network, commission: Commission
) -> None:
    checkpoint = next(step.checkpoint() for step in _until_checkpoint(network, commission))
    resumed = [
        (step, step.snapshot())
        for step in paint(network, replace(commission, checkpoint=checkpoint))
        if isinstance(step, Step)
    ]
    assert resumed[0][0].scale == 1
    shown: list[float] = []
    film = film_of(_noting(shown, lambda: filmed(resumed, Image.new("RGB", (144, 144)))))
    assert film.seconds == pytest.approx(FRAMES / RATE)
    # Not one long look at the canvas that it began with, but the first of its iterations at once.
    assert shown[0] < 1.5 / len(resumed)
    assert shown == sorted(shown)
    assert shown[-1] == pytest.approx(1.0)


def test_a_run_that_is_made_again_is_filmed_on(steps: list[tuple[Step, Tensor]]) -> None:
    half = len(steps) // 2
    film = film_of(filmed(steps[:half] + steps, Image.new("RGB", (144, 144))))
    assert film.seconds == pytest.approx(FRAMES / RATE)


def test_a_canvas_that_cannot_be_had_ends_the_film_and_that_is_said_once(
    steps: list[tuple[Step, Tensor]], caplog: pytest.LogCaptureFixture
) -> None:
    def nothing() -> Tensor:
        raise torch.OutOfMemoryError("none left")

    with caplog.at_level(logging.WARNING), Recorder("a", 144, 144) as recorder:
        for step, _ in steps:
            recorder.record(step, 0, nothing)
        assert recorder.finish(Image.new("RGB", (144, 144))) is None
    (said,) = caplog.messages
    assert said.startswith("job a: no timelapse")
    assert "none left" in said


def test_an_encoder_that_fails_behind_the_painters_back_is_noticed(
    steps: list[tuple[Step, Tensor]], caplog: pytest.LogCaptureFixture
) -> None:
    with Recorder("a", 144, 144) as recorder:
        for step, _ in steps:
            recorder.record(step, 0, lambda: torch.zeros(1, 4, 10, 10, 1))
        assert recorder.finish(Image.new("RGB", (144, 144))) is None
    assert len(caplog.messages) == 1


def _until_checkpoint(network: Network, commission: Commission) -> Iterator[Step]:
    for step in paint(network, commission):
        assert not isinstance(step, Painting)
        if step.leaves_checkpoint:
            yield step


def _noting(shown: list[float], film: Callable[[], bytes | None]) -> bytes | None:
    """Note at which shares of the work a canvas is shown."""
    add = Timelapse.add

    def noted(timelapse: Timelapse, done: float, canvas: Tensor) -> None:
        shown.append(done)
        add(timelapse, done, canvas)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Timelapse, "add", noted)
        return film()
