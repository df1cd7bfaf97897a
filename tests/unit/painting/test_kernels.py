"""The operations of an NVIDIA GPU give the numbers of the usual ones; cuDNN and cuBLAS are stood in for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from engine.painting import cuda_kernels
from engine.painting.cuda_kernels import CudaKernels
from engine.painting.device_memory import is_out_of_memory
from engine.painting.features import Features
from engine.painting.fused_kernels import FusedKernels
from engine.painting.kernels import KERNELS, kernels_of
from engine.painting.loss import FeatureExtractor, StyleTransferLoss, Target
from engine.painting.usual_kernels import Kernels
from tests.support.narrow import narrow

USUAL = Kernels()
CPU = torch.device("cpu")
TRIALS = 9
"""Convolutions before the first are trusted: three of each of three layers."""


class Gpu(CudaKernels):
    """A GPU's operations on a CPU: those of cuDNN and cuBLAS."""

    def __init__(self) -> None:
        super().__init__()
        self.nvidia = True
        self.called: list[str] = []

    def convolution_relu(
        self, x: Tensor, weight: Tensor, bias: Tensor, padding: int, beneath: Tensor | None = None
    ) -> Tensor:
        self.called.append("fused")
        return functional.conv2d(x, weight, bias, padding=padding).relu()


class Fused(Gpu, FusedKernels):
    """With those that are one kernel each as well."""

    def pool(self, x: Tensor) -> tuple[Tensor, Tensor]:
        self.called.append("pool")
        return super().pool(x)


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Gpu:
    """CPU tensors get a GPU's operations."""
    made, bmm = getattr(request, "param", Gpu)(), torch.bmm

    def wide(one: Tensor, other: Tensor, *, out_dtype: torch.dtype | None = None) -> Tensor:
        if out_dtype is None:
            return bmm(one, other)
        made.called.append("wide")
        return bmm(one.to(out_dtype), other.to(out_dtype))

    monkeypatch.setattr(torch, "bmm", wide)
    monkeypatch.setitem(KERNELS, "cpu", made)
    return made


TILE = 64
"""Pixels of a tile's core and its surroundings, at most: the canvas has several."""


def loss_and_slope(
    state: Mapping[str, Tensor], precision: torch.dtype, kind: str = "whole"
) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    layout = kernels_of(CPU).canvas
    photo, style, canvas = (torch.rand(1, 3, 45, 83, generator=generator) for _ in range(3))
    photo, canvas = (each.contiguous(memory_format=layout) for each in (photo, canvas))
    extractor = FeatureExtractor(narrow(Features(state, precision)), TILE if kind == "tiles" else None)
    faces = canvas[:, :1].contiguous()
    mask = faces.round() if kind == "masked" else None
    target = Target(
        photo,
        extractor.content(photo),
        extractor.style(style),
        1e-4,
        mask,
        faces if kind == "masked" else None,
        5.0,
    )
    loss = StyleTransferLoss(extractor, [target] * 2)
    losses, slope = loss.evaluate(torch.cat([canvas] * 2).contiguous(memory_format=layout))
    assert slope.is_contiguous(memory_format=layout)
    return losses.total, slope


@pytest.mark.parametrize("gpu", [Gpu, Fused], indirect=True, ids=["cudnn", "fused"])
@pytest.mark.parametrize("kind", ["whole", "masked", "tiles"])
@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_an_iteration_is_the_same_with_a_gpus_operations(
    vgg16: dict[str, Tensor], precision: torch.dtype, kind: str, gpu: Gpu, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, slope_found = loss_and_slope(vgg16, precision, kind)
    assert "fused" in gpu.called
    assert ("pool" in gpu.called) == isinstance(gpu, Fused)
    assert ("wide" in gpu.called) == (precision == torch.bfloat16)
    monkeypatch.delitem(KERNELS, "cpu")
    losses, slope = loss_and_slope(vgg16, precision, kind)
    close = 1e-4 if precision == torch.float32 else 0.02
    torch.testing.assert_close(found, losses, rtol=close, atol=0)
    assert float((slope_found - slope).norm() / slope.norm()) < close


def refusing(error: Exception) -> Any:
    def refuse(*_: Any, **__: Any) -> Tensor:
        raise error

    return refuse


def test_a_gpu_that_has_none_of_them_uses_the_usual_ones_from_then_on(
    vgg16: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    wanted, slope = loss_and_slope(vgg16, torch.bfloat16)
    kernels = CudaKernels()
    kernels.nvidia = True
    for name in ("scaled", "canvas", "enter", "detail"):
        setattr(kernels, name, getattr(USUAL, name))
    monkeypatch.setitem(KERNELS, "cpu", kernels)
    with monkeypatch.context() as refusal:
        refusal.setattr(kernels, "convolution_relu", refusing(RuntimeError("CUDNN_STATUS_NOT_SUPPORTED")))
        refusal.setattr(kernels, "_wide_products", refusing(RuntimeError("CUBLAS_STATUS_NOT_SUPPORTED")))
        found, slope_found = loss_and_slope(vgg16, torch.bfloat16)
        assert not kernels.fuses(CPU, torch.bfloat16)
    assert torch.equal(found, wanted)
    assert torch.equal(slope_found, slope)
    said = [record.message for record in caplog.records]
    assert len(said) == 2
    assert "3 to 64 channels: CUDNN_STATUS_NOT_SUPPORTED" in said[0]
    assert "CUBLAS_STATUS_NOT_SUPPORTED" in said[1]
    # What was refused is not asked for again.
    assert torch.equal(loss_and_slope(vgg16, torch.bfloat16)[0], wanted)


NO_ENGINE = "GET was unable to find an engine to execute this computation"
"""PyTorch's words when cuDNN's every way to convolve has failed, be it for want of memory."""


class Full(Gpu):
    """A GPU without memory for pictures larger than those on which its kernels are tried."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words = words
        self.full = True

    def convolution_relu(
        self, x: Tensor, weight: Tensor, bias: Tensor, padding: int, beneath: Tensor | None = None
    ) -> Tensor:
        if self.full and x.shape[3] > 32:
            raise RuntimeError(self.words)
        return super().convolution_relu(x, weight, bias, padding, beneath)


def test_too_little_memory_is_no_refusal(vgg16: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch) -> None:
    full = Full("CUDNN_STATUS_ALLOC_FAILED")
    monkeypatch.setitem(KERNELS, "cpu", full)
    with pytest.raises(RuntimeError, match="ALLOC_FAILED"):
        loss_and_slope(vgg16, torch.float32)
    assert full.fuses(CPU, torch.float32)


def test_a_lack_of_memory_that_cudnn_hides_is_over_when_there_is_memory(
    vgg16: dict[str, Tensor], gpu: Gpu, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a painting's bytes would depend on the paintings before it."""
    fresh = loss_and_slope(vgg16, torch.float32)
    full = Full(NO_ENGINE)
    monkeypatch.setitem(KERNELS, "cpu", full)
    torch.testing.assert_close(loss_and_slope(vgg16, torch.float32), fresh)  # by the usual ones
    full.full = False
    full.called.clear()
    after = loss_and_slope(vgg16, torch.float32)
    assert full.called.count("fused") == gpu.called.count("fused") - TRIALS
    assert all(torch.equal(one, other) for one, other in zip(after, fresh, strict=True))


def test_memory_that_torch_keeps_is_released_before_another_way_is_taken(
    vgg16: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    full = Full(NO_ENGINE)

    def release(_: torch.device) -> None:
        full.full = False

    assert full.fuses(CPU, torch.float32)
    monkeypatch.setitem(KERNELS, "cpu", full)
    monkeypatch.setattr(cuda_kernels, "release_memory", release)
    monkeypatch.setattr(Kernels, "convolve", refusing(RuntimeError(NO_ENGINE)))
    loss_and_slope(vgg16, torch.float32)


def test_a_lack_of_memory_in_every_way_to_convolve_is_one(
    vgg16: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    full = Full(NO_ENGINE)
    assert full.fuses(CPU, torch.float32)
    monkeypatch.setitem(KERNELS, "cpu", full)
    monkeypatch.setattr(Kernels, "convolve", refusing(RuntimeError(NO_ENGINE)))
    with pytest.raises(RuntimeError) as raised:
        loss_and_slope(vgg16, torch.float32)
    assert is_out_of_memory(raised.value)


def test_a_cudnn_that_convolves_nothing_is_not_short_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Kernels, "convolve", refusing(RuntimeError(NO_ENGINE)))
    with pytest.raises(RuntimeError, match="not even a small picture") as raised:
        Gpu().fuses(CPU, torch.bfloat16)
    assert not is_out_of_memory(raised.value)


def test_a_refusal_holds_for_its_kind_of_numbers_only() -> None:
    class HalfOnly(Gpu):
        def convolution_relu(
            self, x: Tensor, weight: Tensor, bias: Tensor, padding: int, beneath: Tensor | None = None
        ) -> Tensor:
            if x.dtype == torch.float32:
                raise RuntimeError(NO_ENGINE)
            return super().convolution_relu(x, weight, bias, padding, beneath)

    half = HalfOnly()
    assert not half.fuses(CPU, torch.float32)
    assert half.fuses(CPU, torch.bfloat16)


class Leaking(Gpu):
    """A GPU that adds zero times the memory that it finds."""

    def __init__(self, *, hides: bool) -> None:
        super().__init__()
        self.hides = hides
        """True: its ReLU makes zeros of what is no number."""

    def convolution_relu(
        self, x: Tensor, weight: Tensor, bias: Tensor, padding: int, beneath: Tensor | None = None
    ) -> Tensor:
        found = super().convolution_relu(x, weight, bias, padding)
        found = found if beneath is None else found + 0 * beneath
        return found.nan_to_num(0) if self.hides else found


class Restless(Gpu):
    """A GPU that adds up in another order each time."""

    def convolution_relu(
        self, x: Tensor, weight: Tensor, bias: Tensor, padding: int, beneath: Tensor | None = None
    ) -> Tensor:
        found = super().convolution_relu(x, weight, bias, padding, beneath)
        return found * (1 + 2**-20 * len(self.called))


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(
    ("kernels", "trusted"),
    [(Gpu(), True), (Leaking(hides=False), False), (Leaking(hides=True), False)],
    ids=["sound", "leaks", "hides"],
)
def test_a_kernel_that_reads_what_nobody_wrote_is_not_used(
    kernels: Gpu, trusted: bool, precision: torch.dtype
) -> None:
    assert kernels.fuses(CPU, precision) == trusted
    kernels.called.clear()
    x, weight, bias = torch.rand(1, 3, 8, 8), torch.rand(4, 3, 3, 3), torch.rand(4)
    kernels.convolve_relu(x.to(precision), weight.to(precision), bias.to(precision), 1)
    assert ("fused" in kernels.called) == trusted


def test_a_kernel_that_gives_other_bits_each_time_is_not_used() -> None:
    assert not Restless().fuses(CPU, torch.float32)


@pytest.mark.parametrize("shape", [(1, 3, 40, 37), (2, 3, 9, 5)])
def test_details_are_alike_wherever_the_channels_are(shape: tuple[int, ...]) -> None:
    x = torch.rand(*shape, generator=torch.Generator().manual_seed(1))
    last = x.contiguous(memory_format=torch.channels_last)
    for name in ("detail", "detail_back"):
        found = getattr(CudaKernels(), name)(last)
        torch.testing.assert_close(found, getattr(USUAL, name)(x))
        assert found.is_contiguous(memory_format=torch.channels_last)


def test_a_factor_is_not_rounded_to_sixteen_bits() -> None:
    x = torch.full((2, 4, 3, 3), 3.0, dtype=torch.bfloat16).contiguous(memory_format=torch.channels_last)
    factors = torch.tensor([1 + 1 / 300, 257.0])
    for kernels in (USUAL, CudaKernels()):
        found = kernels.scaled(x, factors)
        assert found.dtype == torch.bfloat16
        assert torch.equal(found[:, 0, 0, 0], (3 * factors).bfloat16())
    assert not torch.equal(3 * factors.bfloat16(), (3 * factors).bfloat16())
