"""Faces in paintings are found, compared with the photo's, and judged like the rest of the picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
from filelock import FileLock
from PIL import Image, ImageFilter
from torch import Tensor

from engine import weights
from engine.benchmark.faces import FaceComparison, FaceJudge, measure
from engine.benchmark.judge import Judge
from engine.errors import WeightsError
from engine.painting.tensors import to_tensor

if TYPE_CHECKING:
    from engine.benchmark.mtcnn import Mtcnn
    from engine.faces import FaceFinder


def finder_of(state: dict[str, Tensor]) -> Mtcnn:
    """Make a finder. Its module, which imports torchvision, is imported late: that takes seconds."""
    from engine.benchmark.mtcnn import Mtcnn

    return Mtcnn(state)


@pytest.fixture(scope="module")
def mtcnn(weights_cache: Path) -> Mtcnn:
    with FileLock(weights_cache.parent / "weights.lock"):
        return finder_of(weights.resolve_faces_judge(weights_cache).state)


@pytest.fixture(scope="module")
def portrait(hopper: Image.Image) -> Image.Image:
    return hopper.resize((218, 256), Image.Resampling.LANCZOS)


@pytest.fixture(scope="module")
def other(hopper: Image.Image) -> Tensor:
    """A picture to take a style from: the flag beside the portrait."""
    return to_tensor(hopper.crop((0, 0, 150, 260)), (96, 160))


def test_the_two_finders_agree(mtcnn: Mtcnn, finder: FaceFinder, portrait: Image.Image) -> None:
    (face,) = finder.find(portrait)
    (box,), (landmarks,) = mtcnn.find(to_tensor(portrait))
    assert float(box[0] + box[2]) / 2 == pytest.approx(face.x, abs=6)
    assert float(box[1] + box[3]) / 2 == pytest.approx(face.y, abs=8)
    assert float(box[2] - box[0]) == pytest.approx(2 * face.width, rel=0.2)
    left, right, nose, *mouth = landmarks.tolist()
    assert left[0] < nose[0] < right[0]
    assert max(left[1], right[1]) < nose[1] < min(corner[1] for corner in mouth)
    assert mouth[0][0] < mouth[1][0]


def test_several_faces_are_found_and_none_in_an_empty_picture(mtcnn: Mtcnn, portrait: Image.Image) -> None:
    pair = torch.cat((to_tensor(portrait), to_tensor(portrait)), 3)
    assert len(mtcnn.find(pair)[0]) == 2
    for level in (0.0, 0.5):
        boxes, landmarks = mtcnn.find(torch.full((1, 3, 60, 70), level))
        assert (boxes.shape, landmarks.shape) == ((0, 4), (0, 5, 2))
    assert len(mtcnn.find(torch.zeros(1, 3, 8, 8))[0]) == 0


def test_other_weights_are_refused() -> None:
    with pytest.raises(WeightsError, match=r"not MTCNN's: pnet\.conv4_2\.weight is missing"):
        finder_of({"onet.conv1.weight": torch.zeros(1)})


def test_a_photo_is_its_own_likeness(
    mtcnn: Mtcnn, judge: Judge, portrait: Image.Image, other: Tensor
) -> None:
    pixels = to_tensor(portrait)
    comparison = FaceJudge(mtcnn, judge).compare(pixels, pixels, other)
    assert comparison is not None
    assert (comparison.faces, comparison.distances) == (1, (0.0,))
    assert comparison.style == pytest.approx(1)


def test_a_face_that_moved_or_is_gone_is_told(
    mtcnn: Mtcnn, judge: Judge, portrait: Image.Image, other: Tensor
) -> None:
    faces, photo = FaceJudge(mtcnn, judge), to_tensor(portrait)
    moved = faces.compare(to_tensor(portrait.transform(
        portrait.size, Image.Transform.AFFINE, (1, 0, -6, 0, 1, 0)
    )), photo, other)  # fmt: skip
    assert moved is not None
    # Six pixels of the forty between the eyes.
    assert moved.distances[0] == pytest.approx(6 / 40, abs=0.06)
    gone = portrait.copy()
    gone.paste(portrait.crop((0, 0, 90, 120)).filter(ImageFilter.GaussianBlur(9)), (80, 40))
    comparison = faces.compare(to_tensor(gone), photo, other)
    assert comparison is not None
    assert (comparison.faces, comparison.distances) == (1, ())
    assert faces.compare(photo, torch.zeros_like(photo), other) is None


def test_the_style_of_a_face_is_compared_with_that_of_the_rest(
    mtcnn: Mtcnn, judge: Judge, portrait: Image.Image, other: Tensor
) -> None:
    photo = to_tensor(portrait)
    tiled = other.repeat(1, 1, 2, 3)[..., : photo.shape[2], : photo.shape[3]]
    rest_painted = tiled.clone()
    face = (slice(None), slice(None), slice(40, 170), slice(70, 175))
    rest_painted[face] = photo[face]
    comparison = FaceJudge(mtcnn, judge).compare(rest_painted, photo, other)
    assert comparison is not None
    assert comparison.style > 1.5


def test_measures_of_several_paintings_are_put_together() -> None:
    found = measure(
        [
            FaceComparison(2, (0.02, 0.04), 1.0),
            None,
            FaceComparison(1, (0.09,), 2.0),
            FaceComparison(1, (), 4.0),
        ]
    )
    assert found is not None
    assert (found.found, found.distance, found.style) == (0.75, 0.04, 2.0)
    lost = measure([FaceComparison(1, (), 1.0)])
    assert lost is not None
    assert (lost.found, lost.distance) == (0, None)
    assert measure([None]) is None


def test_a_style_may_be_judged_in_one_part(
    judge: Judge, photo_pixels: Tensor, painting_pixels: Tensor
) -> None:
    everywhere = torch.ones_like(photo_pixels[:, :1])
    whole = judge.style(photo_pixels, painting_pixels)
    assert judge.style(photo_pixels, painting_pixels, everywhere) == pytest.approx(whole, rel=1e-4)
    half = everywhere.clone()
    half[..., 48:] = 0
    half_painted = torch.cat((photo_pixels[..., :48], torch.zeros_like(photo_pixels[..., 48:])), 3)
    one, same = (judge.style(picture, painting_pixels, half) for picture in (photo_pixels, half_painted))
    assert one != pytest.approx(whole, rel=1e-2)
    assert same == pytest.approx(one, rel=0.3)
