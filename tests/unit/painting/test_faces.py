"""Faces that are kept stay recognisable, and are painted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps
from torch import Tensor

from engine.faces import FaceFinder
from engine.painting import painter
from engine.painting.commission import Commission
from engine.painting.faces import REACH, Face, face_map
from engine.painting.memory_prediction import MIN_TILE, Method
from engine.painting.network import Network
from engine.painting.objective import FACE_WEIGHT, face_weight
from engine.painting.recipe import STRENGTHS, Recipe
from tests.support.narrow import NarrowNetwork
from tests.support.painting_runs import Run, difference, draft, finish, levels, small_plan

# The map

FACE = Face(50, 40, 12, 16)


def at(drawn: Tensor, x: float, y: float) -> float:
    return float(drawn[0, 0, math.floor(y), math.floor(x)])


def test_the_map_is_whole_on_a_face_and_falls_softly_to_nothing() -> None:
    drawn = face_map([FACE], (100, 80), (100, 80))
    assert drawn.shape == (1, 1, 80, 100)
    assert (float(drawn.min()), float(drawn.max())) == (0, 1)
    for x, y in ((50.0, 40.0), (40.0, 40.0), (61.0, 40.0), (50.0, 25.0), (50.0, 55.0)):
        assert at(drawn, x, y) == 1
    for x, y in ((50 - 12 * REACH - 1, 40), (50, 40 + 16 * REACH + 1), (0, 0)):
        assert at(drawn, x, y) == 0
    along = drawn[0, 0, 40, 50:]
    assert (along.diff() <= 0).all()
    assert along.diff().abs().max() < 0.25
    assert 0.3 < at(drawn, 50 + 12 * (1 + REACH) / 2, 40) < 0.7


def test_the_map_lies_on_every_canvas_at_the_same_place() -> None:
    small, large = (face_map([FACE], (100, 80), size) for size in ((50, 40), (200, 160)))
    averaged = torch.nn.functional.avg_pool2d(large, 4)
    assert (small - averaged).abs().max() < 0.1
    assert (small - averaged).abs().mean() < 0.005


def test_a_tilted_face_has_a_tilted_map() -> None:
    drawn = face_map([Face(50, 40, 8, 20, math.radians(45))], (100, 80), (100, 80))
    # Clockwise: the forehead is to the right.
    assert at(drawn, 50 + 12, 40 - 12) == at(drawn, 50 - 12, 40 + 12) == 1
    assert at(drawn, 50 - 12, 40 - 12) == at(drawn, 50 + 12, 40 + 12) == 0


def test_faces_close_together_count_once() -> None:
    other = replace(FACE, x=66)
    both = face_map([FACE, other], (100, 80), (100, 80))
    one, two = (face_map([face], (100, 80), (100, 80)) for face in (FACE, other))
    assert torch.equal(both, torch.maximum(one, two))
    assert not face_map([], (100, 80), (100, 80)).any()


# The dial


def test_faces_weigh_most_at_photo_and_balanced_and_nothing_more_at_painting() -> None:
    assert face_weight(STRENGTHS["photo"]) == face_weight(STRENGTHS["balanced"]) == FACE_WEIGHT
    assert face_weight(STRENGTHS["painting"]) == face_weight(1e-8) == 1
    assert face_weight(1e-5) == pytest.approx((1 + FACE_WEIGHT) / 2)


@given(st.floats(1e-8, 1.0), st.floats(1.0, 100.0))
def test_faces_never_weigh_less_for_a_lighter_style(alpha: float, factor: float) -> None:
    assert 1 <= face_weight(alpha) <= face_weight(min(1.0, alpha * factor)) <= FACE_WEIGHT


# Paintings


class Known:
    """Finds one face, where it is known to be, and counts how often it is asked."""

    def __init__(self, *faces: Face) -> None:
        self.faces, self.asked = faces, 0

    def find(self, photo: Image.Image) -> Sequence[Face]:
        self.asked += 1
        return self.faces


@pytest.fixture(scope="module")
def portrait(hopper: Image.Image) -> Image.Image:
    return hopper.resize((96, 112), Image.Resampling.LANCZOS)


def place(portrait: Image.Image, finder: FaceFinder, size: tuple[int, int]) -> npt.NDArray[np.float64]:
    """H×W of the face's map on a canvas."""
    drawn: npt.NDArray[np.float64] = (
        face_map(finder.find(portrait), portrait.size, size)[0, 0].double().numpy()
    )
    return drawn


def likeness(run: Run, portrait: Image.Image, where: npt.NDArray[np.bool_]) -> float:
    """Correlation of the luminances in one part of the picture."""
    one, other = (levels(image.convert("L"))[where] for image in (run.image, portrait.resize(run.image.size)))
    return float(np.corrcoef(one, other)[0, 1])


@pytest.fixture(scope="module")
def runs(
    network: Network, portrait: Image.Image, painting: Image.Image, finder: FaceFinder
) -> dict[str, Run]:
    """The portrait with its face kept and painted, at balanced strength."""
    with small_plan(16, 10):
        return {
            faces: finish(network, Commission(portrait, [painting], draft(faces=faces)), finder=finder)
            for faces in ("keep", "paint")
        }


def test_a_kept_face_is_nearer_to_the_photos_and_the_rest_is_as_free(
    runs: dict[str, Run], portrait: Image.Image, finder: FaceFinder
) -> None:
    keep, paint = runs["keep"], runs["paint"]
    mask = place(portrait, finder, keep.image.size)
    face, rest = mask == 1, mask == 0
    assert face.sum() > 1000
    kept, painted = (likeness(run, portrait, face) for run in (keep, paint))
    assert 1 - kept < 0.85 * (1 - painted)
    elsewhere, free = (likeness(run, portrait, rest) for run in (keep, paint))
    assert elsewhere == pytest.approx(free, abs=0.05)
    assert keep.facts["style_loss"] < 2 * paint.facts["style_loss"]
    assert (keep.facts["faces"], paint.facts["faces"]) == (1, 0)


def test_a_kept_face_is_painted_and_not_pasted_in(
    runs: dict[str, Run], portrait: Image.Image, painting: Image.Image, finder: FaceFinder
) -> None:
    keep, paint = (levels(runs[faces].image) for faces in ("keep", "paint"))
    face = place(portrait, finder, runs["keep"].image.size) == 1
    photo = levels(portrait.resize(runs["keep"].image.size))
    # Its colours are about those of the face that is painted freely, and far from the photo's.
    colour = keep[face].mean(0)
    assert np.linalg.norm(colour - paint[face].mean(0)) < 0.5 * np.linalg.norm(colour - photo[face].mean(0))
    assert np.abs(keep[face] - photo[face]).mean() > 15


def test_without_a_finder_or_a_face_all_is_painted_alike(
    narrow_network: Network, view: Image.Image, swirls: Image.Image, small: None
) -> None:
    wanted = finish(narrow_network, Commission(view, [swirls], draft(faces="paint")), finder=Known(FACE))
    for finder in (None, Known()):
        found = finish(narrow_network, Commission(view, [swirls], draft()), finder=finder)
        assert found.image.tobytes() == wanted.image.tobytes()
        assert found.facts["faces"] == 0


@pytest.mark.parametrize(
    "recipe",
    [draft(faces="paint"), draft(alpha=1e-6), Recipe.of(size=128, quality="draft", classic=True)],
    ids=["paint", "at painting strength", "classic"],
)
def test_nobody_looks_for_faces_that_are_not_kept(
    recipe: Recipe,
    narrow_network: Network,
    view: Image.Image,
    swirls: Image.Image,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    finder = Known(FACE)
    steps = painter.paint(narrow_network, Commission(view, [swirls], recipe), finder=finder)
    next(steps)
    assert finder.asked == 0


def test_the_same_photo_gives_the_same_bytes_and_is_looked_at_once(
    narrow_network: Network, view: Image.Image, swirls: Image.Image, small: None
) -> None:
    finder = Known(Face(50, 30, 10, 14, 0.2))
    commission = Commission(view, [swirls], draft())
    one, other = (finish(narrow_network, commission, finder=finder) for _ in range(2))
    assert one.image.tobytes() == other.image.tobytes()
    assert finder.asked == 2


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_a_resumed_run_keeps_the_same_faces(
    optimizer: Any, narrow_network: Network, view: Image.Image, swirls: Image.Image, small: None
) -> None:
    finder = Known(Face(50, 30, 10, 14))
    commission = Commission(view, [swirls], draft(optimizer=optimizer), Image.linear_gradient("L"))
    straight = finish(narrow_network, commission, finder=finder)
    resumed = finish(
        narrow_network, replace(commission, checkpoint=straight.checkpoints[0][0]), finder=finder
    )
    assert resumed.image.tobytes() == straight.image.tobytes()
    assert resumed.facts["faces"] == 1


def test_a_pass_of_several_keeps_each_ones_faces(
    vgg16: dict[str, Tensor], view: Image.Image, swirls: Image.Image
) -> None:
    exact = NarrowNetwork(vgg16, torch.device("cpu"), torch.float32)
    finder = Known(Face(50, 30, 10, 14))
    commissions = [
        Commission(view, [swirls], draft()),
        Commission(ImageOps.mirror(view), [swirls], draft(faces="paint")),
        Commission(view, [swirls], draft(alpha=1e-2), Image.linear_gradient("L")),
    ]
    # The gradients agree to a millionth. With each iteration more places' maxima go to another pixel by a
    # rounding, and the gradient jumps there: after six iterations the canvases differ by 0.2 levels and more.
    with small_plan(2, 1):
        together = finish(exact, *commissions, finder=finder)
        alone = [finish(exact, commission, finder=finder) for commission in commissions]
    assert together.facts_of("faces") == [1, 0, 1]
    for found, run in zip(together.paintings, alone, strict=True):
        assert difference(found.image, run.image) < 0.1
        assert found.facts["content_loss"] == pytest.approx(run.facts["content_loss"], rel=1e-3)


def test_tiles_keep_faces_as_the_whole_does(
    vgg16: dict[str, Tensor], hopper: Image.Image, painting: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = NarrowNetwork(vgg16, torch.device("cpu"), torch.float32)
    finder = Known(Face(134, 113, 42, 53))
    commission = Commission(hopper.resize((256, 300)), [painting], draft(size=300))
    with small_plan(3, 2):
        whole = finish(exact, commission, finder=finder)
        monkeypatch.setattr(painter, "choose_method", lambda *_: Method(MIN_TILE // 2, "lbfgs"))
        tiled = finish(exact, commission, finder=finder)
    assert tiled.facts["notes"].count("painted-in-tiles") == 1
    assert tiled.facts["faces"] == 1
    assert difference(tiled.image, whole.image) < 0.5
