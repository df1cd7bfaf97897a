"""An iteration's kernels and bytes are counted, and do not grow."""

from __future__ import annotations

import json

import pytest
import torch
from torch.nn import functional

from engine.__main__ import main
from engine.benchmark import budget
from engine.benchmark.budget import Tally, count
from engine.benchmark.prediction import Kernel, seconds
from engine.painting.optimizers import LBFGS

BEFORE = {"kernels": 531, "bytes_per_pixel": 15_700}
"""An iteration with VGG-19 at 1024² before it was made ready for GPUs."""
MOST = {"kernels": 0.45, "bytes_per_pixel": 0.5}
"""Shares of that, at most."""


def test_kernels_and_bytes_are_those_counted_by_hand() -> None:
    image = torch.rand(1, 3, 8, 8).contiguous(memory_format=torch.channels_last)
    kernel, bias = torch.rand(4, 3, 3, 3), torch.rand(4)
    with Tally() as tally:
        found = functional.conv2d(image, kernel, bias)
        (found.permute(0, 2, 3, 1)[0] * 2).view(-1)
    assert tally.kernels == 3, "the convolution, its bias, the product; a view is none"
    convolution = 4 * (3 * 64 + 4 * 27 + 4 + 4 * 36) + 2 * 4 * 4 * 36
    assert tally.bytes == convolution + 2 * 4 * 4 * 36
    with Tally() as tally:
        image + torch.rand(1, 3, 8, 8)
        image + torch.rand(1, 1, 1, 1).expand(1, 3, 8, 8)
    assert tally.mixed_layout == 1


def test_what_triton_does_at_once_is_one_kernel() -> None:
    picture = torch.rand(1, 3, 8, 8)
    with Tally() as tally:
        found = tally.one_kernel(lambda x: (x + 1) * 2, picture)
        found.mul_(2)
    assert tally.kernels == 2
    assert tally.bytes == 2 * (2 * 4 * picture.numel())


def test_an_iteration_keeps_to_its_budget() -> None:
    found = count(1024, 1, "vgg19")
    for name, most in MOST.items():
        assert getattr(found, name) <= most * BEFORE[name], found
    assert found.mixed_layout == 0
    assert 180 < found.predicted_rate < 260
    bytes_per_pixel = found.bytes_per_pixel
    for size, batch in ((1024, 8), (256, 1), (256, 8)):
        other = count(size, batch, "vgg19")
        assert (other.kernels, other.mixed_layout) == (found.kernels, 0)
        assert other.bytes_per_pixel < bytes_per_pixel if size == 1024 else other.bytes_per_pixel < 10_000


def test_an_iteration_that_asks_for_a_number_cannot_be_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    step = LBFGS.step

    def asking(self: LBFGS, pixels: torch.Tensor, gradient: torch.Tensor) -> None:
        if float(gradient.mean()) >= 0:
            step(self, pixels, gradient)

    monkeypatch.setattr(LBFGS, "step", asking)
    with pytest.raises(RuntimeError, match="_local_scalar_dense"):
        count(64, 1)


def test_the_command_prints_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(budget, "SIZES", (64,))
    monkeypatch.setattr(budget, "BATCHES", (1, 2))
    monkeypatch.setattr(budget, "HISTORY", 1)
    assert main(["bench", "--only", "budget", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["budget"]
    assert [(row["size"], row["batch"]) for row in rows] == [(64, 1), (64, 2)]
    assert all({"kernels", "bytes_per_pixel", "mixed_layout", "predicted_rate"} <= set(row) for row in rows)
    assert rows[0]["network"] == "vgg16"
    assert main(["bench", "--only", "budget", "--network", "vgg19"]) == 0
    said = capsys.readouterr().out
    assert "on a GPU, VGG-19" in said
    assert "| canvas" in said


def test_a_prediction_is_of_the_device_or_of_the_host_whichever_is_slower() -> None:
    large, tiny, convolution = Kernel(4 * 10**9), Kernel(8), Kernel(8, 474 * 10**9)
    assert seconds([large, convolution], [tiny], graph=False) == pytest.approx(2e-3 + 2e-6)
    assert seconds([tiny] * 100, [tiny] * 10, graph=False) == pytest.approx(110 * 5e-6)
    assert seconds([tiny] * 100, [tiny] * 10, graph=True) == pytest.approx(130e-6 + 20e-6)


def test_a_convolutions_operations_are_counted_there_and_back() -> None:
    image = torch.rand(1, 3, 8, 8, requires_grad=True)
    with Tally() as tally:
        found = functional.conv2d(image, torch.rand(4, 3, 3, 3), padding=1)
        torch.autograd.grad(found.sum(), image)
    flops = [kernel.flops for kernel in tally.started if kernel.flops]
    assert flops == [2 * 27 * 4 * 64] * 2
