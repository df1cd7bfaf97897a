"""A mask: the style goes where it is white, and the photo stays where it is black."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from engine.errors import RecipeError
from engine.painting.commission import Commission
from engine.painting.network import Network
from engine.painting.painter import Step, paint
from tests.support.painting_runs import FINE, draft, finish, levels


def half(width: int, height: int, left: int = 255, right: int = 0) -> Image.Image:
    """Make a mask of two levels, side by side."""
    mask = Image.new("L", (width, height), right)
    mask.paste(left, (0, 0, width // 2, height))
    return mask


def paint_over(
    narrow_network: Network, view: Image.Image, swirls: Image.Image, mask: Image.Image
) -> npt.NDArray[np.float64]:
    """Give the change of each pixel of the photo, in levels of 255."""
    image = finish(narrow_network, Commission(view, [swirls], draft(alpha=1e-6), mask)).image
    change: npt.NDArray[np.float64] = np.abs(levels(image) - levels(view)).max(axis=2)
    return change


@pytest.mark.parametrize("size", [FINE, (12, 8), (384, 256)])
def test_outside_the_white_the_picture_is_the_photo_exactly(
    size: tuple[int, int], narrow_network: Network, view: Image.Image, swirls: Image.Image, small: None
) -> None:
    change = paint_over(narrow_network, view, swirls, half(*size))
    assert change[:, FINE[0] // 2 :].max() == 0
    assert change[:, : FINE[0] // 2].mean() > 5


def test_previews_show_the_photo_outside_the_white_too(
    narrow_network: Network, view: Image.Image, swirls: Image.Image, small: None
) -> None:
    run = finish(narrow_network, Commission(view, [swirls], draft(init="noise"), half(24, 16)))
    shown = levels(run.first[0])
    photo = levels(view.resize(run.first[0].size, Image.Resampling.LANCZOS))
    right = slice(shown.shape[1] // 2 + 1, None)
    assert np.array_equal(shown[:, right], photo[:, right])
    assert np.abs(shown - photo)[:, : shown.shape[1] // 2].mean() > 5


def test_grey_is_partial(
    narrow_network: Network, view: Image.Image, swirls: Image.Image, small: None
) -> None:
    change = [paint_over(narrow_network, view, swirls, half(*FINE, left=level)) for level in (255, 80)]
    white, grey = (each[:, : FINE[0] // 2].mean() for each in change)
    assert 0.1 * white < grey < 0.6 * white
    assert change[1][:, FINE[0] // 2 :].max() == 0


@pytest.mark.parametrize("mode", ["L", "1", "RGB", "RGBA", "P", "LA"])
def test_a_mask_may_be_a_picture_of_any_kind(
    mode: str, narrow_network: Network, view: Image.Image, swirls: Image.Image
) -> None:
    step = next(
        paint(narrow_network, Commission(view, [swirls], draft(init="noise"), half(*FINE).convert(mode)))
    )
    assert isinstance(step, Step)
    picture = step.snapshot()[0]
    assert bool(picture.isfinite().all())
    right = picture[:, :, picture.shape[2] // 2 + 1 :]
    photo = levels(view.resize((picture.shape[2], picture.shape[1]), Image.Resampling.LANCZOS))
    expected = photo[:, picture.shape[2] // 2 + 1 :].transpose(2, 0, 1) / 255
    assert np.abs(right.numpy() - expected).max() < 1e-6


@pytest.mark.parametrize("mode", ["L", "1", "RGB"])
def test_a_mask_that_is_all_black_is_refused(
    mode: str, narrow_network: Network, view: Image.Image, swirls: Image.Image
) -> None:
    commission = Commission(view, [swirls], draft(), Image.new(mode, (40, 30), 0))
    with pytest.raises(RecipeError, match="all black"):
        next(paint(narrow_network, commission))


def test_a_mask_with_a_single_white_pixel_paints_there(
    narrow_network: Network, view: Image.Image, swirls: Image.Image, small: None
) -> None:
    mask = Image.new("L", FINE, 0)
    mask.putpixel((50, 30), 255)
    change = paint_over(narrow_network, view, swirls, mask)
    change[30, 50] = 0
    assert change.max() == 0
