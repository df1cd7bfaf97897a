"""The reference loop: it must be a good opponent, and its clock a fair one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from engine.benchmark import reference
from engine.painting.features import Features
from engine.painting.loss import FeatureExtractor, StyleTransferLoss, Target
from engine.painting.objective import CLASSIC
from engine.painting.tensors import to_tensor
from tests.support.narrow import narrow


@pytest.fixture(scope="module")
def canvas(photo: Image.Image) -> Tensor:
    """1×3×32×48 of the photo: small, because a loop is run over it again and again."""
    return to_tensor(photo, (48, 32))


@pytest.fixture(scope="module")
def features(vgg16: dict[str, Tensor]) -> Features:
    return narrow(Features(vgg16))


def test_a_gram_matrix_is_what_it_is() -> None:
    activations = torch.tensor([[[[1.0, 2.0]], [[3.0, 4.0]]]])  # 1×2×1×2
    torch.testing.assert_close(reference.gram(activations), torch.tensor([[5.0, 11.0], [11.0, 25.0]]) / 2)


def test_the_errors_are_those_of_the_classic_method(
    features: Features, canvas: Tensor, painting_pixels: Tensor
) -> None:
    loop = reference._Loop(features, canvas, painting_pixels)
    noise = torch.rand(canvas.shape, generator=torch.Generator().manual_seed(0))
    loop.canvas = noise.clone().requires_grad_()
    content, style = loop.losses()
    extractor = FeatureExtractor(features, objective=CLASSIC)
    target = Target(canvas, extractor.content(canvas), extractor.style(painting_pixels), alpha=1e-5)
    classic, gradient = StyleTransferLoss(extractor, [target]).evaluate(noise)
    assert (*CLASSIC.content_layers,) == (reference.CONTENT_LAYER,)
    assert (*CLASSIC.style_layers,) == reference.STYLE_LAYERS
    total = torch.stack([CLASSIC.style_layers[layer] * error for layer, error in style.items()]).sum()
    assert float(classic.content) == pytest.approx(content.item(), rel=1e-5)
    assert float(classic.style) == pytest.approx(total.item(), rel=1e-5)
    (wanted,) = torch.autograd.grad(1e-5 * content + total, loop.canvas)
    assert float((gradient - wanted).norm() / wanted.norm()) < 1e-4


def test_the_loss_is_the_tutorials(features: Features, canvas: Tensor, painting_pixels: Tensor) -> None:
    loop = reference._Loop(features, canvas, painting_pixels)
    loop.canvas = canvas.flip(3).requires_grad_()
    layers = frozenset((reference.CONTENT_LAYER, *reference.STYLE_LAYERS))
    pictures = (loop.canvas, canvas, painting_pixels)
    ours, photo, style = (features(image, layers, "average") for image in pictures)
    wanted = functional.mse_loss(ours[reference.CONTENT_LAYER], photo[reference.CONTENT_LAYER])
    for layer in reference.STYLE_LAYERS:
        channels = ours[layer].shape[1]
        one, other = (reference.gram(seen[layer]) / channels for seen in (ours, style))
        wanted = wanted + 1e6 * functional.mse_loss(one, other)
    assert loop._evaluate().item() == pytest.approx(wanted.item(), rel=1e-4)


def test_the_loss_falls_from_mark_to_mark(
    features: Features, canvas: Tensor, painting_pixels: Tensor
) -> None:
    marks = list(reference.paint(features, canvas, painting_pixels, (1, 12, 30)))
    assert [mark.iterations for mark in marks] == [1, 12, 30]
    losses, seconds = [mark.loss for mark in marks], [mark.seconds for mark in marks]
    assert losses[2] < losses[1] < losses[0]
    assert losses[2] < losses[0] / 10
    assert 0 < seconds[0] < seconds[1] < seconds[2]
    for mark in marks:
        assert mark.pixels.shape == canvas.shape
        assert 0 <= float(mark.pixels.min()) < float(mark.pixels.max()) <= 1
    assert not torch.equal(marks[0].pixels, marks[1].pixels), "each mark has a copy of its own"


def test_to_be_looked_at_changes_nothing(features: Features, canvas: Tensor, painting_pixels: Tensor) -> None:
    *_, watched = reference.paint(features, canvas, painting_pixels, (3, 4, 11, 21))
    (alone,) = reference.paint(features, canvas, painting_pixels, (21,))
    torch.testing.assert_close(watched.pixels, alone.pixels, rtol=0, atol=1e-5)


def test_it_is_torchs_own_loop(features: Features, canvas: Tensor, painting_pixels: Tensor) -> None:
    """One step of L-BFGS as it comes is twenty evaluations: the 20th mark is where it ends."""
    loop = reference._Loop(features, canvas, painting_pixels)
    loop.optimizer.step(loop._evaluate)  # type: ignore[no-untyped-call]
    assert loop.evaluations == 20
    *_, mark = reference.paint(features, canvas, painting_pixels, (9, 20))
    torch.testing.assert_close(mark.pixels, loop.canvas.detach().clamp(0, 1), rtol=0, atol=1e-5)


@pytest.fixture
def switches() -> Iterator[Callable[[], tuple[str, bool]]]:
    """Set what our painter sets for CUDA, and give a look at it."""
    cudnn: Any = torch.backends.cudnn
    before = cudnn.conv.fp32_precision, cudnn.deterministic
    cudnn.conv.fp32_precision, cudnn.deterministic = "ieee", True
    yield lambda: (cudnn.conv.fp32_precision, cudnn.deterministic)
    cudnn.conv.fp32_precision, cudnn.deterministic = before


def test_our_painters_switches_are_off_while_the_reference_paints(
    features: Features,
    canvas: Tensor,
    painting_pixels: Tensor,
    switches: Callable[[], tuple[str, bool]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loop = reference._Loop(features, canvas, painting_pixels)
    seen = []

    def evaluate() -> Tensor:
        seen.append(switches())
        return reference._Loop._evaluate(loop)

    monkeypatch.setattr(loop, "_evaluate", evaluate)
    loop.run_to(2)
    assert seen == [("tf32", False)] * 2
    assert switches() == ("ieee", True)


def test_what_the_judge_takes_is_not_counted(
    features: Features, canvas: Tensor, painting_pixels: Tensor
) -> None:
    started = time.perf_counter()
    marks = reference.paint(features, canvas, painting_pixels, (1, 2))
    next(marks)
    time.sleep(0.3)
    assert next(marks).seconds <= time.perf_counter() - started - 0.3


def test_iterations_go_on_without_end(features: Features, canvas: Tensor, painting_pixels: Tensor) -> None:
    endless = reference.iterations(features, canvas, painting_pixels)
    for _ in range(3):
        next(endless)
