"""The operations of an NVIDIA GPU give the numbers of the usual ones; cuDNN and cuBLAS are stood in for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from engine.painting.features import Features
from engine.painting.kernels import KERNELS, CudaKernels, Kernels
from engine.painting.loss import FeatureExtractor, StyleTransferLoss, Target

USUAL = Kernels()


class Gpu(CudaKernels):
    """A GPU's operations on a CPU."""

    def __init__(self) -> None:
        super().__init__()
        self.fuses = self.multiplies_wide = True
        self.called: list[str] = []

    def convolution_relu(self, x: Tensor, weight: Tensor, bias: Tensor, padding: int) -> Tensor:
        self.called.append("fused")
        return functional.conv2d(x, weight, bias, padding=padding).relu()


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Gpu:
    """CPU tensors get a GPU's operations."""
    made, bmm = Gpu(), torch.bmm

    def wide(one: Tensor, other: Tensor, *, out_dtype: torch.dtype | None = None) -> Tensor:
        if out_dtype is None:
            return bmm(one, other)
        made.called.append("wide")
        return bmm(one.to(out_dtype), other.to(out_dtype))

    monkeypatch.setattr(torch, "bmm", wide)
    monkeypatch.setitem(KERNELS, "cpu", made)
    return made


def loss_and_slope(state: Mapping[str, Tensor], precision: torch.dtype) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    photo, style, canvas = (torch.rand(1, 3, 48, 80, generator=generator) for _ in range(3))
    extractor = FeatureExtractor(Features(state, precision))
    target = Target(photo, extractor.content(photo), extractor.style(style), 1e-4)
    losses, slope = StyleTransferLoss(extractor, [target] * 2).evaluate(canvas.repeat(2, 1, 1, 1))
    return losses.total, slope


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_an_iteration_is_the_same_with_a_gpus_operations(
    vgg16: dict[str, Tensor], precision: torch.dtype, request: pytest.FixtureRequest
) -> None:
    losses, slope = loss_and_slope(vgg16, precision)
    gpu: Gpu = request.getfixturevalue("gpu")
    found, slope_found = loss_and_slope(vgg16, precision)
    assert "fused" in gpu.called
    assert ("wide" in gpu.called) == (precision == torch.bfloat16)
    close = 1e-4 if precision == torch.float32 else 0.02
    torch.testing.assert_close(found, losses, rtol=close, atol=0)
    assert float((slope_found - slope).norm() / slope.norm()) < close


def refusing(error: Exception) -> Any:
    def refuse(*_: Any, **__: Any) -> Tensor:
        raise error

    return refuse


def test_a_gpu_that_has_none_of_them_uses_the_usual_ones_from_then_on(
    vgg16: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted, slope = loss_and_slope(vgg16, torch.bfloat16)
    kernels = CudaKernels()
    kernels.fuses = kernels.multiplies_wide = True
    monkeypatch.setitem(KERNELS, "cpu", kernels)
    monkeypatch.setattr(kernels, "convolution_relu", refusing(RuntimeError("CUDNN_STATUS_NOT_SUPPORTED")))
    monkeypatch.setattr(kernels, "_wide_products", refusing(TypeError("unexpected argument 'out_dtype'")))
    monkeypatch.setattr(kernels, "blurred", USUAL.blurred)
    monkeypatch.setattr(kernels, "scaled", USUAL.scaled)
    found, slope_found = loss_and_slope(vgg16, torch.bfloat16)
    assert not kernels.fuses
    assert not kernels.multiplies_wide
    assert torch.equal(found, wanted)
    assert torch.equal(slope_found, slope)


def test_too_little_memory_is_no_refusal(vgg16: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch) -> None:
    kernels = CudaKernels()
    kernels.fuses = True
    monkeypatch.setitem(KERNELS, "cpu", kernels)
    monkeypatch.setattr(kernels, "convolution_relu", refusing(RuntimeError("CUDNN_STATUS_ALLOC_FAILED")))
    with pytest.raises(RuntimeError, match="ALLOC_FAILED"):
        loss_and_slope(vgg16, torch.float32)
    assert kernels.fuses


@pytest.mark.parametrize("shape", [(1, 3, 40, 37), (2, 3, 9, 5)])
def test_blurs_are_alike(shape: tuple[int, ...]) -> None:
    x = torch.rand(*shape, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(CudaKernels().blurred(x), USUAL.blurred(x))


def test_a_factor_is_not_rounded_to_sixteen_bits() -> None:
    x = torch.full((2, 4, 3, 3), 3.0, dtype=torch.bfloat16).contiguous(memory_format=torch.channels_last)
    factors = torch.tensor([1 + 1 / 300, 257.0])
    for kernels in (USUAL, CudaKernels()):
        found = kernels.scaled(x, factors)
        assert found.dtype == torch.bfloat16
        assert torch.equal(found[:, 0, 0, 0], (3 * factors).bfloat16())
    assert not torch.equal(3 * factors.bfloat16(), (3 * factors).bfloat16())
