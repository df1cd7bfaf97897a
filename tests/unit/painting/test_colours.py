"""Keep my colours: the painting's colours become the photo's."""

from __future__ import annotations

import pytest
import torch
from PIL import Image
from torch import Tensor

from engine.painting import colours
from engine.painting.colours import match_colours, recolour
from engine.painting.tensors import to_tensor


def mean_and_covariance(picture: Tensor) -> tuple[Tensor, Tensor]:
    colours = picture.double().flatten(2).squeeze(0)
    return colours.mean(1), torch.cov(colours, correction=0)


def faint(seed: int, mix: Tensor, middle: tuple[float, float, float]) -> Tensor:
    """Make a picture whose colours vary so little that no mapping of them leaves [0, 1]."""
    noise = torch.rand(3, 40 * 30, generator=torch.Generator().manual_seed(seed)) - 0.5
    return (0.2 * (mix @ noise) + torch.tensor(middle).view(3, 1)).view(1, 3, 40, 30)


def test_mean_and_covariance_become_the_photos() -> None:
    photo = faint(0, torch.tensor([[1.0, 0.5, 0.0], [0.0, 0.7, 0.2], [0.3, 0.0, 0.4]]), (0.6, 0.5, 0.4))
    painting = faint(1, torch.tensor([[0.3, 0.0, 0.9], [0.5, 0.6, 0.0], [0.0, 0.2, 1.0]]), (0.3, 0.4, 0.6))
    mapped = match_colours(painting, photo)
    assert mapped.shape == painting.shape
    assert mapped.dtype == torch.float32
    (mean, covariance), (wanted_mean, wanted_covariance) = (
        mean_and_covariance(mapped),
        mean_and_covariance(photo),
    )
    torch.testing.assert_close(mean, wanted_mean, rtol=0, atol=1e-4)
    torch.testing.assert_close(covariance, wanted_covariance, rtol=0, atol=2e-5)
    assert float(wanted_covariance.diagonal().max()) > 1e-3


def test_a_real_painting_comes_nearer_to_a_real_photo(photo: Image.Image, painting: Image.Image) -> None:
    ours, theirs = to_tensor(photo), to_tensor(painting)
    mapped = match_colours(theirs, ours)
    assert mapped.min() >= 0
    assert mapped.max() <= 1
    wanted = ours.mean((2, 3))
    assert float((mapped.mean((2, 3)) - wanted).norm()) < 0.2 * float((theirs.mean((2, 3)) - wanted).norm())


def test_equal_colours_stay_as_they_are(photo: Image.Image) -> None:
    picture = to_tensor(photo)
    torch.testing.assert_close(match_colours(picture, picture), picture, rtol=0, atol=5e-3)


def flat(red: float, green: float, blue: float) -> Tensor:
    return torch.tensor([red, green, blue]).view(1, 3, 1, 1).expand(1, 3, 20, 24).contiguous()


def two_colours() -> Tensor:
    picture = flat(0.9, 0.1, 0.1).clone()
    picture[..., :10, :] = flat(0.1, 0.1, 0.8)[..., :10, :]
    return picture


def grey() -> Tensor:
    return torch.linspace(0, 1, 480).view(1, 1, 20, 24).repeat(1, 3, 1, 1)


FLAT = {
    "black": flat(0.0, 0.0, 0.0),
    "white": flat(1.0, 1.0, 1.0),
    "red": flat(1.0, 0.0, 0.0),
}
POOR = {
    **FLAT,
    "grey": grey(),
    "two": two_colours(),
}


@pytest.mark.parametrize("painting", POOR)
@pytest.mark.parametrize("photo", POOR)
def test_pictures_that_are_poor_in_colours_are_mapped_too(painting: str, photo: str) -> None:
    mapped = match_colours(POOR[painting], POOR[photo])
    assert bool(mapped.isfinite().all())
    assert mapped.min() >= 0
    assert mapped.max() <= 1
    if painting in FLAT:  # all that can be matched is the mean
        torch.testing.assert_close(mapped.mean((2, 3)), POOR[photo].mean((2, 3)), rtol=0, atol=1e-3)


def test_a_grey_photo_turns_the_painting_grey(painting: Image.Image) -> None:
    mapped = match_colours(to_tensor(painting), grey())
    assert float(mapped.std(1).max()) < 0.03
    assert float(mapped.std()) > 0.1


@pytest.mark.parametrize("name", POOR)
def test_a_trace_of_noise_changes_little_of_a_mapping(name: str, photo: Image.Image) -> None:
    wanted, noise = to_tensor(photo), torch.randn(1, 3, 20, 24, generator=torch.Generator().manual_seed(0))
    noisy = (POOR[name] + 1e-5 * noise).clamp(0, 1)
    for one, other in (
        (match_colours(POOR[name], wanted), match_colours(noisy, wanted)),
        (match_colours(wanted, POOR[name]), match_colours(wanted, noisy)),
    ):
        torch.testing.assert_close(one, other, rtol=0, atol=0.02)


def test_matching_is_recolouring_by_the_photos_moments(photo: Image.Image, painting: Image.Image) -> None:
    ours, theirs = to_tensor(photo), to_tensor(painting)
    mean, covariance = mean_and_covariance(ours)
    mapped = recolour(theirs, mean.float(), covariance.float())
    torch.testing.assert_close(mapped, match_colours(theirs, ours), rtol=0, atol=1e-4)


def test_a_large_painting_is_mapped_piece_by_piece_with_the_same_result(
    photo: Image.Image, painting: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = match_colours(to_tensor(painting), to_tensor(photo))
    monkeypatch.setattr(colours, "_CHUNK", 1000)
    torch.testing.assert_close(match_colours(to_tensor(painting), to_tensor(photo)), whole, rtol=0, atol=1e-6)
