"""The figures that a GPU is asked for, dry: on a CPU."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from engine.__main__ import main
from engine.benchmark import device_check
from engine.benchmark.budget import count
from engine.benchmark.cost import flops_per_pixel
from engine.benchmark.device_check import dry_figures, figures
from engine.commands import bench
from engine.painting.cuda_kernels import CudaKernels
from engine.painting.graphs import Graphs
from engine.painting.kernels import KERNELS
from engine.painting.network import Network
from tests.support.graphs import FakeRecorder
from tests.support.narrow import NarrowNetwork


@pytest.fixture
def narrow(vgg16: dict[str, Tensor]) -> Network:
    return NarrowNetwork(vgg16, torch.device("cpu"), torch.float32)


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what paints whole pictures."""
    for name in ("_same_bytes", "_self_test"):
        monkeypatch.setattr(device_check, name, lambda *_: {"equal": True})


def test_each_figure_is_a_line(narrow: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.worker.selftest.ITERATIONS", 4)
    narrow.__dict__["graphs"] = Graphs(FakeRecorder())
    found = [json.loads(json.dumps(figure)) for figure in dry_figures(narrow)]
    assert [figure["what"] for figure in found] == [
        *("machine", "memory", "matmul", "fused-convolution"),
        *["convolution"] * len(narrow.features().layers),
        *["statistic"] * 4,
        *("iteration", "iteration", "graph", "same-bytes", "self-test"),
    ]
    assert not [figure for figure in found if "error" in figure]
    one, two, graph, same, test = found[-5:]
    assert (one["batch"], two["batch"]) == (1, 2)
    assert one["rate"] == pytest.approx(32 * 32 / 1e6 / one["seconds"])
    assert 0 < one["host_seconds"] <= one["seconds"] * 1.5
    assert two["predicted_peak"] > one["predicted_peak"] > 0
    memory, peak = (next(each for each in found if each["what"] == what) for what in ("memory", "matmul"))
    flops = 1e6 * one["rate"] * flops_per_pixel(narrow.state)
    assert one["share_of_matmul"] == pytest.approx(flops / peak["flops_per_second"])
    moved = count(32, 1, "vgg16", torch.float32).bytes_per_pixel
    assert one["share_of_bandwidth"] == pytest.approx(1e6 * one["rate"] * moved / memory["bytes_per_second"])
    assert graph["equal"] is graph["used"] is same["equal"] is True
    assert graph["replay_seconds"] > 0
    assert test["rate"] > 0


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
    every = figures(narrow, ((64, 1),), 2**16, 0.0)
    found = next(figure for figure in every if figure["what"] == "fused-convolution")
    assert found["trusted"] == {"torch.float32": False, "torch.bfloat16": True}
    assert found["seconds"] > 0
    assert found["usual_seconds"] > 0


def test_the_command_tries_them_on_any_device(
    brief: None,
    narrow: Network,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(bench, "_network", lambda *_: narrow)
    weights = tmp_path / "vgg16.pth"
    torch.save(narrow.state, weights)
    arguments = ["bench", "--only", "speed", "--dry", "--json", "--device", "cpu", "--weights", str(weights)]
    assert main(arguments) == 0
    *lines, last = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0]["what"] == "machine"
    assert lines[-1]["what"] == "self-test"
    assert "speed" not in last


def test_a_figure_that_cannot_be_had_is_said_and_the_others_follow(
    brief: None, narrow: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise torch.OutOfMemoryError("none left")

    monkeypatch.setattr(device_check, "_iteration", fails)
    found = {figure["what"]: figure for figure in figures(narrow, ((64, 1),), 2**16, 0.0)}
    assert "none left" in found["iteration"]["error"]
    assert found["same-bytes"]["equal"] is True
