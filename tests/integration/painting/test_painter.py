"""Whole paintings, tiny ones: by the whole network where they are looked at, else by a narrow one."""

from __future__ import annotations

import hashlib
import math
import os
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps
from torch import Tensor

from engine.errors import NumericalError, OutOfMemoryError, RecipeError
from engine.painting import commission, memory_prediction, objective, painter
from engine.painting.colours import match_colours
from engine.painting.commission import Commission
from engine.painting.features import stride_of
from engine.painting.loss import FeatureExtractor, Losses, StyleTransferLoss
from engine.painting.memory_prediction import Method
from engine.painting.network import Network
from engine.painting.objective import DEFAULT
from engine.painting.painter import Step, paint
from engine.painting.placement import MATCHED, Seen, cell_means, place_paint
from engine.painting.recipe import STRENGTHS, Recipe
from engine.painting.result import NOTES, Painting
from engine.painting.scales import canvas, plan
from engine.painting.statistic import Moments
from engine.painting.tensors import to_image, to_tensor
from tests.support.forked import ForkedProcess
from tests.support.narrow import NarrowNetwork
from tests.support.painting_runs import (
    COARSE,
    FINE,
    Run,
    alike,
    colour_distance,
    difference,
    draft,
    finish,
    small_plan,
)
from tests.support.pictures import sample

FACTS = {
    *("optimizer", "tile", "classic", "faces"),
    *("width", "height", "iterations", "megapixel_iterations", "seconds", "device", "precision", "network"),
    *("content_loss", "style_loss", "notes"),
}


def one_scale() -> Any:
    """Let a plan have its final canvas only."""
    return mock.patch.object(commission, "plan", lambda *given, **more: plan(*given, **more)[-1:])


@pytest.fixture(scope="module")
def dial(whole_network: Network, photo: Image.Image, painting: Image.Image) -> list[Run]:
    """The photo at 128 px, from photo over balanced to painting, painted for all tests once."""
    with small_plan(10, 10), one_scale():
        return [
            finish(whole_network, Commission(photo, [painting], draft(alpha=STRENGTHS[name])))
            for name in ("photo", "balanced", "painting")
        ]


def test_a_painting_has_the_size_that_was_asked_for_in_the_photos_ratio(dial: list[Run]) -> None:
    image = dial[1].image
    assert image.mode == "RGB"
    assert image.size == (157, 105)
    assert image.width * image.height == pytest.approx(128**2, rel=0.02)


def test_a_painting_takes_the_paintings_style_and_keeps_the_photos_shapes(
    dial: list[Run], photo: Image.Image
) -> None:
    run = dial[1]
    assert run.facts["style_loss"] < 0.5 * run.style[0]
    assert run.style[-1] == pytest.approx(run.facts["style_loss"], abs=1e-5)
    assert alike(run.image, photo) > 0.5
    assert difference(run.image, photo.resize(run.image.size)) > 5


def test_the_dial_of_strength_goes_one_way(dial: list[Run], photo: Image.Image) -> None:
    content = [run.facts["content_loss"] for run in dial]
    style = [run.facts["style_loss"] for run in dial]
    likeness = [alike(run.image, photo) for run in dial]
    assert 1.5 * content[0] < content[1] < content[2] / 1.2
    assert style[0] > 1.2 * style[1] > 1.2 * style[2]
    assert likeness[0] > likeness[1] > likeness[2]


def test_the_dial_goes_the_same_way_for_layers_that_nobody_optimised(
    dial: list[Run], whole_network: Network, photo: Image.Image, painting: Image.Image
) -> None:
    features = whole_network.features(torch.float32)
    held = ("relu2_2", "relu3_3", "relu4_3")
    look = [
        features(to_tensor(image), frozenset(held), "max")
        for image in (photo.resize((157, 105)), painting.resize((128, 128)), *(run.image for run in dial))
    ]
    original, style, *painted = look
    for layer in held:
        away = [float((seen[layer] - original[layer]).norm()) for seen in painted]
        assert away[0] < away[1] < away[2], layer
        moments = Moments()
        wanted = moments.values(moments.sums(style[layer]))
        apart = [
            float(moments.distance(moments.values(moments.sums(seen[layer])), wanted)) for seen in painted
        ]
        assert apart[0] > apart[1] > apart[2], layer


@pytest.mark.parametrize(("name", "size"), [("vgg16", 160), ("vgg19", 128)])
def test_the_dial_goes_one_way_at_another_size_and_with_the_larger_network(
    name: str, size: int, request: pytest.FixtureRequest, painting: Image.Image
) -> None:
    state: dict[str, Tensor] = request.getfixturevalue(name)
    extractor, photo = Network(state, torch.device("cpu")), sample("china.jpg")
    alphas = (1e-2, 1e-4, 1e-6)
    with small_plan(8, 8), one_scale():
        runs = [
            finish(extractor, Commission(photo, [painting], draft(size=size, alpha=alpha)))
            for alpha in alphas
        ]
    for fact, rises in (("content_loss", True), ("style_loss", False)):
        losses = [run.facts[fact] for run in runs]
        assert losses == sorted(losses, reverse=not rises), fact
        least, most = sorted((losses[0], losses[-1]))
        assert most > 1.5 * least, fact
    likeness = [alike(run.image, photo) for run in runs]
    assert likeness[0] > likeness[1] > likeness[2]


def test_progress_rises_to_one_and_every_scale_is_told(
    network: Network, view: Image.Image, swirls: Image.Image, small: None
) -> None:
    run = finish(network, Commission(view, [swirls], draft()))
    assert [mark[1:] for mark in run.marks] == [
        *((0, 2, iteration, iteration == 4) for iteration in (1, 2, 3, 4)),
        *((1, 2, iteration, iteration == 3) for iteration in (1, 2, 3)),
    ]
    done = [mark[0] for mark in run.marks]
    assert all(later > earlier for earlier, later in pairwise([0.0, *done]))
    assert done[-1] == pytest.approx(1.0)
    assert (run.first[0].size, run.image.size) == (COARSE, FINE)


def test_the_facts_of_a_painting_are_told(
    network: Network, view: Image.Image, swirls: Image.Image, small: None
) -> None:
    facts = finish(network, Commission(view, [swirls], draft())).facts
    assert set(facts) == FACTS
    assert (facts["width"], facts["height"], facts["iterations"]) == (*FINE, 7)
    assert facts["megapixel_iterations"] == pytest.approx((49 * 33 * 4 + 96 * 64 * 3) / 1e6, abs=1e-3)
    assert facts["seconds"] > 0
    assert (facts["device"], facts["network"]) == ("cpu", "vgg16")
    assert facts["precision"] == str(network.precision).removeprefix("torch.")
    assert facts["content_loss"] > 0
    assert facts["style_loss"] > 0


def noted(network: Network, commission: Commission, memory: int | None = None) -> list[str]:
    found: list[str] = finish(network, commission, memory=memory).facts["notes"]
    assert set(found) <= set(NOTES)
    return found


def test_nothing_is_noted_when_all_is_as_asked_for(
    network: Network, photo: Image.Image, painting: Image.Image, small: None
) -> None:
    assert noted(network, Commission(photo, [painting], draft())) == []


def test_a_photo_smaller_than_the_size_is_noted_and_not_enlarged(
    network: Network, view: Image.Image, painting: Image.Image, small: None
) -> None:
    commission = Commission(view, [painting], draft(size=400))
    run = finish(network, commission)
    assert run.facts["notes"] == ["photo-smaller-than-size"]
    assert run.image.size == view.size


@pytest.mark.parametrize(("edge", "stroke"), [(60, 1.0), (150, 2.0)])
def test_a_painting_smaller_than_the_canvas_is_noted_and_never_enlarged(
    edge: int, stroke: float, network: Network, photo: Image.Image, painting: Image.Image, small: None
) -> None:
    shown: list[tuple[int, ...]] = []
    look = FeatureExtractor.style

    def watched(self: FeatureExtractor, picture: Tensor) -> Any:
        shown.append(tuple(picture.shape[2:]))
        return look(self, picture)

    with mock.patch.object(FeatureExtractor, "style", watched):
        found = noted(
            network, Commission(photo, [painting.resize((edge, edge)), painting], recipe(stroke, 2))
        )
    assert found == ["painting-smaller-than-canvas"]
    assert max(shown[0::2]) == (edge, edge)
    assert all(height == width <= edge for height, width in shown[0::2])


def recipe(stroke: float, styles: int) -> Recipe:
    return draft(stroke=stroke, style_weights=(1.0,) * styles)


def poisoned(state: dict[str, Tensor], *precisions: torch.dtype) -> Network:
    """Build a network whose fast precision is bf16, and which sees no numbers in these precisions."""
    network = NarrowNetwork(state, torch.device("cpu"))
    network.precision = torch.bfloat16
    for precision in precisions:
        poison(network, precision)
    return network


def poison(network: Network, precision: torch.dtype) -> None:
    for parameter in network.features(precision).convolutions[4].parameters():
        parameter.data = torch.full_like(parameter, torch.nan)  # the weights themselves are shared


def test_what_is_not_finite_in_16_bits_is_painted_in_32_and_noted(
    vgg16: dict[str, Tensor], photo: Image.Image, painting: Image.Image, small: None
) -> None:
    run = finish(poisoned(vgg16, torch.bfloat16), Commission(photo, [painting], draft()))
    assert run.facts["precision"] == "float32"
    assert run.facts["notes"] == ["fell-back-to-fp32"]
    assert np.isfinite(run.facts["style_loss"])
    assert alike(run.image, photo) > 0.5
    assert len(run.checkpoints) == run.marks[-1][2], "a canvas that is not finite was offered as a checkpoint"


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_the_fallback_goes_on_from_the_last_good_canvas_even_by_another_optimizer(
    optimizer: Any, vgg16: dict[str, Tensor], view: Image.Image, swirls: Image.Image, small: None
) -> None:
    network = poisoned(vgg16)

    def break_down(step: Step) -> None:
        if step.scale == 0 and step.finishes_scale:
            poison(network, torch.bfloat16)

    def choose(network: Network, precision: torch.dtype, *_: object) -> Method:
        return Method(None, "adam" if precision == torch.float32 else optimizer)

    commissions = [Commission(view, [swirls], draft(seed=seed, optimizer=optimizer)) for seed in (1, 2)]
    with mock.patch.object(painter, "choose_method", choose):
        run = finish(network, *commissions, watch=break_down)
    assert [mark[1:4:2] for mark in run.marks] == [(0, 1), (0, 2), (0, 3), (0, 4), (1, 1), (1, 2), (1, 3)]
    done = [mark[0] for mark in run.marks]
    assert done == sorted(done)
    for painting in run.paintings:
        assert painting.facts["precision"] == "float32"
        assert ("painted-by-adam" in painting.facts["notes"]) == (optimizer == "lbfgs")
        assert alike(painting.image, view) > 0.5


def test_what_is_not_finite_in_32_bits_either_fails_clearly(
    vgg16: dict[str, Tensor], view: Image.Image, swirls: Image.Image, small: None
) -> None:
    network = poisoned(vgg16, torch.bfloat16, torch.float32)
    with pytest.raises(NumericalError, match="diverged") as caught:
        finish(network, Commission(view, [swirls], draft()))
    assert caught.value.code == "painting-diverged"


def test_with_too_little_memory_it_is_painted_in_tiles_then_by_adam_and_noted(
    network: Network, photo: Image.Image, painting: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_prediction, "MAX_TILE", 160)
    monkeypatch.setattr(memory_prediction, "MIN_TILE", 160)
    monkeypatch.setattr(memory_prediction, "WASTE", {"whole": 0, "tiles": 0})
    commission = Commission(photo, [painting.resize((192, 192))], draft(size=156))
    final, reach = plan(*photo.size, 156, "draft")[-1], network.features().reach
    methods = (Method(None, "lbfgs"), Method(160, "lbfgs"), Method(160, "adam"))
    costs = [
        memory_prediction.predict(final, 1, network.precision, method, reach=reach) for method in methods
    ]
    assert costs == sorted(costs, reverse=True)
    with small_plan(1, 2):
        whole = finish(network, commission, memory=costs[0])
        tiled = finish(network, commission, memory=costs[1])
        thrifty = finish(network, commission, memory=costs[2])
        with pytest.raises(OutOfMemoryError, match="pixels need"):
            finish(network, commission, memory=costs[2] - 1)
    assert whole.facts["notes"] == []
    assert tiled.facts["notes"] == ["painted-in-tiles"]
    assert thrifty.facts["notes"] == ["painted-in-tiles", "painted-by-adam"]
    assert difference(tiled.image, whole.image) < 1
    assert tiled.facts["style_loss"] == pytest.approx(whole.facts["style_loss"], rel=0.05)
    assert alike(thrifty.image, photo) > 0.5


@pytest.mark.parametrize("words", ["CUDA error: out of memory", "CUDA error: CUBLAS_STATUS_ALLOC_FAILED"])
def test_a_device_with_less_memory_than_it_said_paints_the_last_canvas_again_in_tiles(
    words: str,
    vgg16: dict[str, Tensor],
    photo: Image.Image,
    painting: Image.Image,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = NarrowNetwork(vgg16, torch.device("cpu"), torch.float32)
    commission = Commission(photo, [painting.resize((192, 192))], draft(size=156))
    evaluate = StyleTransferLoss.evaluate

    def small_device(self: StyleTransferLoss, canvas: Tensor) -> tuple[Losses, Tensor]:
        if canvas.shape[3] > 160 and len(self.tiles) == 1:
            raise RuntimeError(words)
        return evaluate(self, canvas)

    monkeypatch.setattr(memory_prediction, "MAX_TILE", 160)
    monkeypatch.setattr(memory_prediction, "MIN_TILE", 160)
    with small_plan(2, 2):
        whole = finish(network, commission)
        monkeypatch.setattr(StyleTransferLoss, "evaluate", small_device)
        run = finish(network, commission)
        with pytest.raises(OutOfMemoryError, match="together"):
            finish(network, commission, commission)
    assert run.facts["notes"] == ["painted-in-tiles"]
    assert run.facts["tile"] == 160
    assert [mark[1:4:2] for mark in run.marks] == [mark[1:4:2] for mark in whole.marks], "no canvas twice"
    assert difference(run.image, whole.image) < 1


def test_a_broad_stroke_needs_no_more_memory_than_the_painting_has_pixels_for(
    network: Network, view: Image.Image, swirls: Image.Image, small: None
) -> None:
    """A painting is never enlarged, so the stroke that was asked for is not what is looked at."""
    final, reach = plan(*view.size, 128, "draft")[-1], network.features().reach
    whole = Method(None, "lbfgs")
    room, asked = (
        memory_prediction.predict(final, 1, network.precision, whole, reach=reach, stroke=stroke)
        for stroke in (math.sqrt(96 * 96 / (final.width * final.height)), 4.0)
    )
    assert room < asked
    commission = Commission(view, [swirls], draft(stroke=4.0))
    assert "painting-smaller-than-canvas" in finish(network, commission, memory=room).facts["notes"]
    with pytest.raises(OutOfMemoryError):
        finish(network, replace(commission, styles=[swirls.resize((384, 384))]), memory=room)


def test_the_same_seed_gives_the_same_painting_anywhere_and_another_seed_another(
    network: Network,
    weights_cache: Path,
    view: Image.Image,
    swirls: Image.Image,
    repo: Path,
    tmp_path: Path,
    small: None,
) -> None:
    one, again, other = (
        finish(network, Commission(view, [swirls], draft(seed=seed))).image.tobytes() for seed in (7, 7, 8)
    )
    assert one == again
    assert one != other
    for name, image in (("view", view), ("swirls", swirls)):
        image.save(tmp_path / f"{name}.png")
    program, log = tmp_path / "elsewhere.py", tmp_path / "log"
    program.write_text(ELSEWHERE)
    with log.open("wb") as output:
        words = (str(weights_cache), str(tmp_path))
        process = ForkedProcess(words, env=dict(os.environ), cwd=repo, output=output, program=program)
    assert process.wait() == 0, log.read_text()
    assert log.read_text().strip() == hashlib.sha256(one).hexdigest()


ELSEWHERE = """
import hashlib, sys
from pathlib import Path
import torch
from PIL import Image
from engine import weights
from engine.painting.commission import Commission
from tests.support.narrow import NarrowNetwork
from tests.support.painting_runs import draft, finish, small_plan

state = weights.from_cache(Path(sys.argv[1])).state
view, swirls = (Image.open(Path(sys.argv[2]) / f"{name}.png") for name in ("view", "swirls"))
with small_plan(4, 3):
    run = finish(NarrowNetwork(state, torch.device("cpu")), Commission(view, [swirls], draft(seed=7)))
print(hashlib.sha256(run.image.tobytes()).hexdigest())
"""
"""Paint in another process."""


def test_whoever_stops_waits_for_no_further_evaluation(
    network: Network, view: Image.Image, swirls: Image.Image, small: None
) -> None:
    with mock.patch.object(
        StyleTransferLoss, "evaluate", autospec=True, side_effect=StyleTransferLoss.evaluate
    ) as evaluate:
        steps: Any = paint(network, Commission(view, [swirls], draft()))
        assert evaluate.call_count == 0
        for taken in range(1, 6):
            next(steps)
            assert evaluate.call_count == taken
        steps.close()
        with pytest.raises(StopIteration):
            next(steps)
        assert evaluate.call_count == 5
    assert finish(network, Commission(view, [swirls], draft())).image.size == FINE


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
@pytest.mark.parametrize("masked", [False, True])
def test_looking_at_a_painting_does_not_change_it(
    optimizer: Any, network: Network, view: Image.Image, swirls: Image.Image, small: None, *, masked: bool
) -> None:
    mask = Image.linear_gradient("L") if masked else None
    commission = Commission(view, [swirls], draft(optimizer=optimizer), mask)
    kept: list[tuple[Tensor, Tensor]] = []

    def look(step: Step) -> None:
        step.checkpoint()
        step.picture().putdata([(0, 0, 0)] * 9)
        shown = step.snapshot()
        kept.append((shown, shown.clone()))
        step.snapshot().zero_()

    watched = finish(network, commission, watch=look).image
    (unwatched,) = [step for step in paint(network, commission) if isinstance(step, Painting)]
    assert watched.tobytes() == unwatched.image.tobytes()
    assert all(torch.equal(shown, before) for shown, before in kept), "a later step changed a preview"
    assert difference(to_image(kept[-1][0][0]), watched) < 1


def test_my_colours_are_kept(network: Network, view: Image.Image, swirls: Image.Image) -> None:
    red = ImageOps.colorize(swirls.convert("L"), "black", "red")
    with small_plan(12, 8):
        kept, taken = (
            finish(network, Commission(view, [red], draft(alpha=1e-6, keep_colours=keep))).image
            for keep in (True, False)
        )
    assert colour_distance(kept, view) < 0.5 * colour_distance(taken, view)


def misplaced(network: Network, picture: Image.Image, photo: Image.Image, painting: Image.Image) -> float:
    """Measure how far a picture's cells are, on the coarsest canvas, from the paint that belongs to them."""
    extractor = FeatureExtractor(network.features(torch.float32))
    layers = frozenset((*MATCHED, *DEFAULT.placement))
    style = to_tensor(painting, canvas(*painting.size, round(math.sqrt(COARSE[0] * COARSE[1]))))
    ours, wanted, paint = (
        Seen(pixels, extractor.activations(pixels, layers))
        for pixels in (to_tensor(picture, COARSE), match_colours(to_tensor(photo, COARSE), style), style)
    )
    return sum(
        float((cell_means(ours.activations[layer], stride_of(layer)) - aim).square().mean() / unit)
        for layer, (aim, unit) in place_paint(wanted, paint, DEFAULT.placement).items()
    )


def test_like_places_get_like_paint(network: Network, view: Image.Image, swirls: Image.Image) -> None:
    told: dict[int, bool] = {}

    def painted() -> Image.Image:
        told.clear()
        with small_plan(20, 6):
            return finish(
                network,
                Commission(view, [swirls], draft()),
                watch=lambda step: told.update({step.scale: bool(step.loss.placement)}),
            ).image

    placed = painted()
    assert told == {0: True, 1: False}
    with mock.patch.object(objective, "DEFAULT", replace(DEFAULT, placement={})):
        anywhere = painted()
    assert told == {0: False, 1: False}
    assert misplaced(network, placed, view, swirls) < 0.9 * misplaced(network, anywhere, view, swirls)


def test_the_size_of_the_strokes_and_the_statistic_make_a_difference(
    network: Network, view: Image.Image, painting: Image.Image, small: None
) -> None:
    settings: list[dict[str, Any]] = [
        {"stroke": 0.5},
        {"stroke": 1.0},
        {"stroke": 2.0},
        {"statistic": "gram"},
    ]
    images = {
        finish(network, Commission(view, [painting], draft(**each))).image.tobytes() for each in settings
    }
    assert len(images) == len(settings)


def test_two_paintings_blend_by_their_weights(
    vgg16: dict[str, Tensor], view: Image.Image, swirls: Image.Image, small: None
) -> None:
    exact = NarrowNetwork(vgg16, torch.device("cpu"), torch.float32)
    other = ImageOps.invert(swirls)

    def blend(styles: list[Image.Image], *weights: float) -> Image.Image:
        return finish(exact, Commission(view, styles, draft(style_weights=weights))).image

    one, both = blend([swirls], 1.0), blend([swirls, other], 1.0, 1.0)
    assert blend([swirls, swirls], 1.0, 1.0).tobytes() == one.tobytes()
    assert difference(blend([swirls, other], 1e3, 1e-3), one) < 1
    assert difference(blend([other, swirls], 3.0, 3.0), both) < 1
    last = blend([swirls, other], 1e-3, 1e3)
    assert colour_distance(one, last) > max(colour_distance(one, both), colour_distance(last, both)) > 1


def test_a_painting_starts_from_the_photo_from_noise_or_from_the_painting(
    network: Network, view: Image.Image, swirls: Image.Image, small: None
) -> None:
    first = {
        init: finish(network, Commission(view, [swirls], draft(init=init))).first[0]
        for init in ("photo", "noise", "painting")
    }
    fitted = ImageOps.fit(swirls, COARSE)
    assert alike(first["photo"], view) > 0.9
    assert abs(alike(first["noise"], view)) < 0.3
    assert alike(first["painting"], fitted) > 0.8
    assert abs(alike(first["noise"], fitted)) < 0.3


def test_what_does_not_belong_together_is_refused_before_anything_is_painted(
    network: Network, photo: Image.Image, view: Image.Image, swirls: Image.Image
) -> None:
    def refused(match: str, *commissions: Commission) -> None:
        with pytest.raises(RecipeError, match=match):
            next(paint(network, *commissions))

    good = Commission(view, [swirls], draft())
    refused("nothing to paint")
    refused("Each style needs one weight: 2, not 1", Commission(view, [swirls, swirls], draft()))
    refused("all black", good, Commission(view, [swirls], draft(), Image.new("L", view.size, 0)))
    for other in (
        Commission(photo, [swirls], draft()),
        Commission(view, [swirls], draft(quality="fine")),
        Commission(view, [swirls], draft(statistic="gram")),
        Commission(view, [swirls], draft(optimizer="adam")),
    ):
        refused("one canvas shape", good, other)


def test_running_out_of_memory_is_said_in_words_and_any_other_error_stays_what_it_is(
    network: Network, view: Image.Image, swirls: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    commission = Commission(view, [swirls], draft())

    def too_much(self: StyleTransferLoss, canvas: Tensor) -> tuple[Losses, Tensor]:
        torch.empty(2**50)  # the real allocator refuses
        raise AssertionError("a petabyte was given")

    monkeypatch.setattr(StyleTransferLoss, "evaluate", too_much)
    with pytest.raises(OutOfMemoryError, match="try a smaller size"):
        list(paint(network, commission))

    def full(self: StyleTransferLoss, canvas: Tensor) -> tuple[Losses, Tensor]:
        raise RuntimeError("could not create a primitive")  # as oneDNN says it

    monkeypatch.setattr(StyleTransferLoss, "evaluate", full)
    with pytest.raises(OutOfMemoryError, match="try a smaller size"):
        list(paint(network, commission))

    def broken(self: StyleTransferLoss, canvas: Tensor) -> tuple[Losses, Tensor]:
        raise RuntimeError("something else")

    monkeypatch.setattr(StyleTransferLoss, "evaluate", broken)
    with pytest.raises(RuntimeError, match="something else"):
        list(paint(network, commission))
