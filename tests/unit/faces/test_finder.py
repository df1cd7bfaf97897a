"""Faces are found where they are: one or several, large or small, upright or tilted."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps

from engine.errors import WeightsError
from engine.faces import FaceFinder
from engine.faces.yunet import Found, YuNet, shapes
from engine.painting.faces import Face
from tests.support.pictures import sample

EYES = (266, 208)
"""The point between the eyes in the portrait, in pixels."""
FACE = (268, 227)
"""The middle of the face."""


def inside(face: Face, x: float, y: float) -> bool:
    """Return whether a point lies in the middle half of a face."""
    return math.hypot(x - face.x, y - face.y) < face.width / 2


def test_a_face_is_found_in_the_photos_own_pixels(finder: FaceFinder, hopper: Image.Image) -> None:
    (face,) = finder.find(hopper)
    assert inside(face, *FACE)
    assert 75 < face.width < 95
    assert 95 < face.height < 120
    assert abs(face.tilt) < 0.1
    assert face.y - face.height < EYES[1] < face.y


def test_the_same_photo_has_the_same_faces(finder: FaceFinder, hopper: Image.Image) -> None:
    assert finder.find(hopper) == finder.find(hopper)


@pytest.mark.parametrize("name", ["china.jpg", "flower.jpg"])
def test_a_photo_of_something_else_has_none(finder: FaceFinder, name: str) -> None:
    assert finder.find(sample(name)) == ()


@pytest.mark.parametrize("ground", ["black", "white", "#808080"])
@pytest.mark.parametrize("size", [(1, 1), (33, 7), (3000, 20), (640, 480)])
def test_an_empty_picture_has_none_of_whatever_shape(
    finder: FaceFinder, ground: str, size: tuple[int, int]
) -> None:
    assert finder.find(Image.new("RGB", size, ground)) == ()


@pytest.mark.parametrize("factor", [0.1, 0.25, 3.0])
def test_the_size_of_the_photo_does_not_matter(
    finder: FaceFinder, hopper: Image.Image, factor: float
) -> None:
    width, height = round(512 * factor), round(600 * factor)
    (face,) = finder.find(hopper.resize((width, height), Image.Resampling.LANCZOS))
    assert inside(face, FACE[0] * factor, FACE[1] * factor)
    assert face.height == pytest.approx(106 * factor, rel=0.15)


@pytest.mark.parametrize("edge", [56, 96, 180])
def test_several_faces_are_found_though_small(finder: FaceFinder, hopper: Image.Image, edge: int) -> None:
    group = Image.new("RGB", (960, 640), "#567")
    small = hopper.resize((edge, round(edge * 600 / 512)), Image.Resampling.LANCZOS)
    places = [(100, 80), (420, 300), (700, 120)]
    for place in places:
        group.paste(small, place)
    faces = finder.find(group)
    assert len(faces) == len(places)
    for left, top in places:
        x, y = left + FACE[0] * edge / 512, top + FACE[1] * edge / 512
        assert sum(inside(face, x, y) for face in faces) == 1


def test_a_face_that_fills_the_photo_is_found(finder: FaceFinder, hopper: Image.Image) -> None:
    (face,) = finder.find(hopper.crop((168, 100, 368, 350)).resize((2400, 3000)))
    assert inside(face, 1200, 1524)


@pytest.mark.parametrize("degrees", [-30, -15, 15, 30])
def test_a_tilted_face_is_an_ellipse_of_the_same_tilt(
    finder: FaceFinder, hopper: Image.Image, degrees: int
) -> None:
    (face,) = finder.find(hopper.rotate(-degrees, Image.Resampling.BICUBIC, fillcolor="#567"))
    assert math.degrees(face.tilt) == pytest.approx(degrees, abs=12)
    assert face.height == pytest.approx(106, rel=0.15)


def test_a_black_and_white_or_mirrored_photo_has_the_same_face(
    finder: FaceFinder, hopper: Image.Image
) -> None:
    (grey,) = finder.find(hopper.convert("L").convert("RGB"))
    assert inside(grey, *FACE)
    (mirrored,) = finder.find(ImageOps.mirror(hopper))
    assert inside(mirrored, 512 - FACE[0], FACE[1])


def test_of_a_phones_photo_the_network_sees_a_megapixel_or_two(
    finder: FaceFinder, hopper: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, find = [], YuNet.find

    def watched(network: YuNet, pixels: torch.Tensor, threshold: float) -> Found:
        seen.append(pixels.shape[2] * pixels.shape[3])
        return find(network, pixels, threshold)

    monkeypatch.setattr(YuNet, "find", watched)
    assert finder.find(hopper.resize((3024, 4032)))
    assert 0.5e6 < sum(seen) < 2e6


def test_other_weights_are_refused() -> None:
    state = {
        f"{number}.{part}": torch.zeros(shape if part == "weight" else shape[:1])
        for number, shape in enumerate(shapes())
        for part in ("weight", "bias")
    }
    assert YuNet(state).find(torch.zeros(1, 3, 32, 32), 0.9).scores.numel() == 0
    with pytest.raises(WeightsError, match="layer 7 is missing or misshapen"):
        YuNet({**state, "7.bias": torch.zeros(3)})
    del state["52.weight"]
    with pytest.raises(WeightsError, match="layer 52 is missing or misshapen"):
        FaceFinder(state)


def test_nothing_is_said_about_what_is_found(
    finder: FaceFinder, hopper: Image.Image, caplog: pytest.LogCaptureFixture
) -> None:
    pixels = np.asarray(hopper).copy()
    with caplog.at_level("DEBUG"):
        finder.find(hopper)
    assert not caplog.records
    assert (np.asarray(hopper) == pixels).all()
