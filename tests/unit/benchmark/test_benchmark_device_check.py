"""The figures that a GPU is asked for, dry: on a CPU."""

from __future__ import annotations

import json

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from engine.benchmark import device_check
from engine.benchmark.device_check import figures
from engine.painting.cuda_kernels import CudaKernels
from engine.painting.kernels import KERNELS
from engine.painting.network import Network
from tests.support.narrow import NarrowNetwork


@pytest.fixture
def narrow(vgg16: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch) -> Network:
    monkeypatch.setattr(device_check, "RUN_SECONDS", 0.01)
    return NarrowNetwork(vgg16, torch.device("cpu"), torch.float32)


def test_each_figure_is_a_line(narrow: Network) -> None:
    found = [json.loads(json.dumps(figure)) for figure in figures(narrow, ((64, 1), (64, 2)), 2**16)]
    assert [figure["what"] for figure in found] == [
        *("memory", "fused-convolution"),
        *("iteration", "iteration", "graph", "same-bytes"),
    ]
    assert not [figure for figure in found if "error" in figure]
    _, _, one, two, _, same = found
    assert (one["batch"], two["batch"]) == (1, 2)
    assert one["rate"] == pytest.approx(64 * 64 / 1e6 / one["seconds"])
    assert 0 < one["host_seconds"] <= one["seconds"] * 1.5
    assert two["predicted_peak"] > one["predicted_peak"] > 0
    assert same["equal"] is True


class Fused(CudaKernels):
    """A GPU's convolution in one kernel, which leaks fp32, on a CPU."""

    def __init__(self) -> None:
        super().__init__()
        self.nvidia = True

    def convolution_relu(
        self, x: Tensor, weight: Tensor, bias: Tensor, padding: int, beneath: Tensor | None = None
    ) -> Tensor:
        found = functional.conv2d(x, weight, bias, padding=padding).relu()
        return found if beneath is None or x.dtype != torch.float32 else found + 0 * beneath


def test_it_is_said_which_numbers_are_convolved_in_one_kernel(
    narrow: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(KERNELS, "cpu", Fused())
    every = figures(narrow, ((64, 1),), 2**16)
    found = next(figure for figure in every if figure["what"] == "fused-convolution")
    assert found["trusted"] == {"torch.float32": False, "torch.bfloat16": True}
    assert found["seconds"] > 0
    assert found["usual_seconds"] > 0


def test_a_figure_that_cannot_be_had_is_said_and_the_others_follow(
    narrow: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise torch.OutOfMemoryError("none left")

    monkeypatch.setattr(device_check, "_iteration", fails)
    found = {figure["what"]: figure for figure in figures(narrow, ((64, 1),), 2**16)}
    assert "none left" in found["iteration"]["error"]
    assert found["same-bytes"]["equal"] is True
