"""Whole paintings, tiny ones, by the real network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps
from safetensors.torch import save as save_safetensors
from torch import Tensor

from engine.errors import NumericalError
from engine.painting import ladder
from engine.painting.ladder import plan
from engine.painting.network import Network
from engine.painting.painter import Painting, Step, paint, read_checkpoint, to_image, to_tensor
from engine.painting.recipe import STRENGTHS, Recipe

FACTS = {
    *("width", "height", "iterations", "megapixel_iterations", "seconds", "device", "precision", "network"),
    *("content_loss", "style_loss", "notes"),
}


@pytest.fixture(autouse=True)
def few_iterations(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan that is over in a second or two: 12 iterations on the coarsest canvas, 5 on the finest."""
    monkeypatch.setitem(ladder._BUDGET, "draft", (12, 5))


@pytest.fixture
def hurried(few_iterations: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan for tests that do not look at the painting's quality."""
    monkeypatch.setitem(ladder._BUDGET, "draft", (4, 3))


@dataclass(frozen=True)
class Run:
    """A finished painting and the way to it."""

    marks: list[tuple[float, int, int, int, bool]]
    """done, rung, rungs, iteration, finishes_rung of every step."""
    style: list[float]
    checkpoints: list[bytes]
    first: Image.Image
    """The canvas after one iteration."""
    painting: Painting

    @property
    def image(self) -> Image.Image:
        return self.painting.image

    @property
    def facts(self) -> dict[str, Any]:
        return self.painting.facts


def draft(**settings: Any) -> Recipe:
    return Recipe.of(**{"size": 128, "quality": "draft", **settings})


def finish(
    network: Network,
    photo: Image.Image,
    styles: Sequence[Image.Image],
    recipe: Recipe,
    checkpoint: bytes | None = None,
) -> Run:
    marks: list[tuple[float, int, int, int, bool]] = []
    style: list[float] = []
    checkpoints: list[bytes] = []
    pictures: list[Image.Image] = []
    for step in paint(network, photo, styles, recipe, checkpoint):
        if isinstance(step, Painting):
            return Run(marks, style, checkpoints, pictures[0], step)
        marks.append((step.done, step.rung, step.rungs, step.iteration, step.finishes_rung))
        style.append(float(step.losses.style))
        if not pictures:
            pictures.append(step.picture())
        if step.finishes_rung:
            checkpoints.append(step.checkpoint())
    raise AssertionError("there was no painting")


_runs: dict[tuple[float, int], Run] = {}


def by_strength(network: Network, photo: Image.Image, painting: Image.Image, alpha: float) -> Run:
    """Paint at this α, once for all tests."""
    key = (alpha, ladder._BUDGET["draft"][0])
    if key not in _runs:
        _runs[key] = finish(network, photo, [painting], draft(alpha=alpha))
    return _runs[key]


def pixels(image: Image.Image) -> Any:
    return np.asarray(image, dtype=np.float64)


def alike(one: Image.Image, other: Image.Image) -> float:
    """Correlation of the luminances."""
    grey = [pixels(image.resize((96, 64)).convert("L")).ravel() for image in (one, other)]
    return float(np.corrcoef(*grey)[0, 1])


def colour_distance(one: Image.Image, other: Image.Image) -> float:
    """Distance of the mean colours, in levels of 255."""
    return float(np.linalg.norm(pixels(one).mean((0, 1)) - pixels(other).mean((0, 1))))


def test_a_painting_has_the_size_that_was_asked_for_in_the_photos_ratio(
    network: Network, photo: Image.Image, painting: Image.Image
) -> None:
    image = by_strength(network, photo, painting, 1e-4).image
    assert image.mode == "RGB"
    assert image.size == (157, 105)
    assert image.width * image.height == pytest.approx(128**2, rel=0.02)


def test_a_painting_takes_the_paintings_style_and_keeps_the_photos_shapes(
    network: Network, photo: Image.Image, painting: Image.Image
) -> None:
    run = by_strength(network, photo, painting, 1e-4)
    assert run.facts["style_loss"] < 0.5 * run.style[0]
    assert run.style[-1] == pytest.approx(run.facts["style_loss"], abs=1e-5)
    assert alike(run.image, photo) > 0.5
    assert float(np.abs(pixels(run.image) - pixels(photo.resize(run.image.size))).mean()) > 5


def test_the_dial_of_strength_goes_one_way(
    network: Network, photo: Image.Image, painting: Image.Image
) -> None:
    runs = [
        by_strength(network, photo, painting, STRENGTHS[name]) for name in ("photo", "balanced", "painting")
    ]
    content = [run.facts["content_loss"] for run in runs]
    style = [run.facts["style_loss"] for run in runs]
    likeness = [alike(run.image, photo) for run in runs]
    assert 2 * content[0] < content[1] < content[2] / 1.5
    assert style[0] > 1.5 * style[1] > 1.5 * style[2]
    assert likeness[0] > likeness[1] > likeness[2]


def test_progress_rises_to_one_and_every_rung_is_told(
    network: Network, photo: Image.Image, painting: Image.Image, hurried: None
) -> None:
    run = finish(network, photo, [painting], draft(size=192))
    assert [mark[1:] for mark in run.marks] == [
        *((0, 2, iteration, iteration == 4) for iteration in (1, 2, 3, 4)),
        *((1, 2, iteration, iteration == 3) for iteration in (1, 2, 3)),
    ]
    done = [mark[0] for mark in run.marks]
    assert all(later > earlier for earlier, later in zip([0.0, *done], done, strict=False))
    assert done[-1] == pytest.approx(1.0)
    assert run.facts["iterations"] == len(run.marks)


def test_the_facts_of_a_painting_are_told(
    network: Network, photo: Image.Image, painting: Image.Image, hurried: None
) -> None:
    facts = finish(network, photo, [painting], draft()).facts
    assert set(facts) == FACTS
    assert (facts["width"], facts["height"], facts["iterations"]) == (157, 105, 4)
    assert facts["megapixel_iterations"] == pytest.approx(157 * 105 * 4 / 1e6, abs=1e-3)
    assert facts["seconds"] > 0
    assert (facts["device"], facts["network"]) == ("cpu", "vgg16")
    assert facts["precision"] == str(network.precision).removeprefix("torch.")
    assert facts["content_loss"] > 0
    assert facts["notes"] == []


def test_what_was_done_differently_is_noted(
    network: Network, photo: Image.Image, painting: Image.Image, hurried: None
) -> None:
    small = finish(network, photo, [painting.resize((80, 80))], draft(size=400))
    assert small.image.size == photo.size
    assert small.facts["notes"] == ["photo-smaller-than-size", "painting-smaller-than-canvas"]
    broad = finish(network, photo, [painting], draft(stroke=4.0))
    assert broad.facts["notes"] == ["painting-smaller-than-canvas"]


def test_the_same_seed_gives_the_same_painting_and_another_seed_another(
    network: Network, photo: Image.Image, painting: Image.Image, hurried: None
) -> None:
    one, again, other = (
        finish(network, photo, [painting], draft(seed=seed)).image.tobytes() for seed in (7, 7, 8)
    )
    assert one == again
    assert one != other


def test_a_run_that_is_resumed_ends_in_exactly_the_straight_runs_painting(
    network: Network, photo: Image.Image, painting: Image.Image, hurried: None
) -> None:
    recipe = draft(size=192)
    straight = finish(network, photo, [painting], recipe)
    resumed = finish(network, photo, [painting], recipe, straight.checkpoints[0])
    assert resumed.image.tobytes() == straight.image.tobytes()
    assert [mark[1:] for mark in resumed.marks] == [mark[1:] for mark in straight.marks[4:]]
    assert resumed.marks[0][0] == pytest.approx(straight.marks[4][0])
    assert resumed.facts["iterations"] == 3


def test_the_last_rungs_checkpoint_paints_anew_and_ends_the_same(
    network: Network, photo: Image.Image, painting: Image.Image, hurried: None
) -> None:
    recipe = draft()
    straight = finish(network, photo, [painting], recipe)
    resumed = finish(network, photo, [painting], recipe, straight.checkpoints[-1])
    assert resumed.image.tobytes() == straight.image.tobytes()


def checkpoint(rung: Tensor, canvas: Tensor) -> bytes:
    return save_safetensors({"rung": rung, "canvas": canvas})


ODD_CHECKPOINTS = {
    "empty": b"",
    "nonsense": b"not a checkpoint at all",
    "another size": checkpoint(torch.tensor(0), torch.zeros(1, 3, 50, 50)),
    "beyond the ladder": checkpoint(torch.tensor(9), torch.zeros(1, 3, 105, 157)),
    "before the ladder": checkpoint(torch.tensor(-1), torch.zeros(1, 3, 128, 192)),
    "two canvases": checkpoint(torch.tensor(0), torch.zeros(2, 3, 105, 157)),
    "not a number": checkpoint(torch.tensor(0), torch.full((1, 3, 105, 157), torch.nan)),
    "two rungs": checkpoint(torch.tensor([0, 1]), torch.zeros(1, 3, 105, 157)),
    "no canvas": save_safetensors({"rung": torch.tensor(0)}),
}


@pytest.mark.parametrize("name", ODD_CHECKPOINTS)
def test_a_checkpoint_that_does_not_fit_is_passed_over(
    name: str, network: Network, photo: Image.Image, painting: Image.Image, hurried: None
) -> None:
    steps = paint(network, photo, [painting], draft(size=192), ODD_CHECKPOINTS[name])
    first = next(steps)
    assert isinstance(first, Step)
    assert (first.rung, first.iteration) == (0, 1)
    assert bool(first.losses.total.isfinite())


def test_the_plan_of_these_tests_is_what_they_think(few_iterations: None) -> None:
    assert [(rung.width, rung.height) for rung in plan(192, 128, 192, "draft")] == [(157, 105), (192, 128)]


@pytest.mark.parametrize("name", ["empty", "nonsense", "two rungs", "no canvas"])
def test_a_damaged_checkpoint_is_called_damaged(name: str) -> None:
    with pytest.raises(ValueError, match="damaged"):
        read_checkpoint(ODD_CHECKPOINTS[name])


def test_whoever_watches_may_stop_at_any_time(
    network: Network, photo: Image.Image, painting: Image.Image, hurried: None
) -> None:
    steps: Any = paint(network, photo, [painting], draft())
    next(steps)
    next(steps)
    steps.close()
    with pytest.raises(StopIteration):
        next(steps)
    assert finish(network, photo, [painting], draft()).image.size == (157, 105)


def test_my_colours_are_kept(network: Network, photo: Image.Image, painting: Image.Image) -> None:
    red = ImageOps.colorize(painting.convert("L"), "black", "red")
    kept = finish(network, photo, [red], draft(alpha=1e-6, keep_colours=True)).image
    taken = finish(network, photo, [red], draft(alpha=1e-6)).image
    assert colour_distance(kept, photo) < 0.5 * colour_distance(taken, photo)


def test_the_size_of_the_strokes_makes_a_difference(
    network: Network, photo: Image.Image, painting: Image.Image, hurried: None
) -> None:
    fine, middling, broad = (
        finish(network, photo, [painting], draft(stroke=stroke)).image.tobytes()
        for stroke in (0.25, 1.0, 1.5)
    )
    assert len({fine, middling, broad}) == 3


def test_two_paintings_blend_by_their_weights(
    network: Network, photo: Image.Image, painting: Image.Image, hurried: None
) -> None:
    other = ImageOps.invert(painting)
    half = finish(network, photo, [painting, other], draft(style_weights=(1.0, 1.0)))
    first = finish(network, photo, [painting, other], draft(style_weights=(1.0, 1e-6)))
    alone = by_strength(network, photo, painting, 1e-4)
    assert first.facts["style_loss"] == pytest.approx(alone.facts["style_loss"], rel=0.05)
    assert colour_distance(first.image, alone.image) < 3
    assert colour_distance(half.image, alone.image) > colour_distance(first.image, alone.image)


def test_a_painting_starts_from_the_photo_from_noise_or_from_the_painting(
    network: Network, photo: Image.Image, painting: Image.Image, hurried: None
) -> None:
    runs = {
        init: finish(network, photo, [painting], draft(init=init)) for init in ("photo", "noise", "painting")
    }
    assert alike(runs["photo"].first, photo) > 0.9
    assert abs(alike(runs["noise"].first, photo)) < 0.3
    fitted = ImageOps.fit(painting, (157, 105))
    assert alike(runs["painting"].first, fitted) > 0.8
    assert abs(alike(runs["noise"].first, fitted)) < 0.3


def poisoned(state: dict[str, Tensor], *precisions: torch.dtype) -> Network:
    """Build a network whose fast precision is bf16, and which sees no numbers in these precisions."""
    network = Network(state, torch.device("cpu"))
    network.precision = torch.bfloat16
    for precision in precisions:
        poison(network, precision)
    return network


def poison(network: Network, precision: torch.dtype) -> None:
    for parameter in network.features(precision).convolutions[4].parameters():
        parameter.fill_(torch.nan)


def test_what_is_not_finite_in_16_bits_is_painted_in_32(
    vgg16: dict[str, Tensor], photo: Image.Image, painting: Image.Image, hurried: None
) -> None:
    run = finish(poisoned(vgg16, torch.bfloat16), photo, [painting], draft())
    assert run.facts["precision"] == "float32"
    assert run.facts["notes"] == ["fell-back-to-fp32"]
    assert np.isfinite(run.facts["style_loss"])
    assert alike(run.image, photo) > 0.5
    assert len(run.checkpoints) == 1, "a canvas that is not finite was offered as a checkpoint"


def test_the_fallback_goes_on_from_the_last_good_canvas(
    vgg16: dict[str, Tensor], photo: Image.Image, painting: Image.Image, hurried: None
) -> None:
    network = poisoned(vgg16)
    marks: list[tuple[int, int]] = []
    done: list[float] = []
    for step in paint(network, photo, [painting], draft(size=192)):
        if isinstance(step, Painting):
            assert step.facts["precision"] == "float32"
            break
        marks.append((step.rung, step.iteration))
        done.append(step.done)
        if step.rung == 0 and step.finishes_rung:
            poison(network, torch.bfloat16)
    assert marks == [(0, 1), (0, 2), (0, 3), (0, 4), (1, 1), (1, 2), (1, 3)]
    assert done == sorted(done)


def test_what_is_not_finite_in_32_bits_either_fails_clearly(
    vgg16: dict[str, Tensor], photo: Image.Image, painting: Image.Image, hurried: None
) -> None:
    network = poisoned(vgg16, torch.bfloat16, torch.float32)
    with pytest.raises(NumericalError, match="diverged") as caught:
        finish(network, photo, [painting], draft())
    assert caught.value.code == "painting-diverged"


def test_a_picture_survives_being_a_tensor(photo: Image.Image) -> None:
    tensor = to_tensor(photo)
    assert tensor.shape == (1, 3, 128, 192)
    assert float(tensor.min()) >= 0
    assert float(tensor.max()) <= 1
    assert to_image(tensor).tobytes() == photo.tobytes()
    assert to_tensor(photo, (60, 40)).shape == (1, 3, 40, 60)
    assert to_image(torch.full((1, 3, 2, 2), 7.0)).getpixel((0, 0)) == (255, 255, 255)
