"""The figures that a GPU is asked for, dry: on a CPU."""

from __future__ import annotations

import json

import pytest
import torch
from torch import Tensor

from engine.benchmark import device_check
from engine.benchmark.device_check import figures
from engine.painting.network import Network
from tests.support.narrow import NarrowNetwork


@pytest.fixture
def narrow(vgg16: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch) -> Network:
    monkeypatch.setattr(device_check, "RUN_SECONDS", 0.01)
    return NarrowNetwork(vgg16, torch.device("cpu"), torch.float32)


def test_each_figure_is_a_line(narrow: Network) -> None:
    found = [json.loads(json.dumps(figure)) for figure in figures(narrow, ((64, 1), (64, 2)), 2**16)]
    assert [figure["what"] for figure in found] == ["memory", "iteration", "iteration", "graph", "same-bytes"]
    assert not [figure for figure in found if "error" in figure]
    _, one, two, _, same = found
    assert (one["batch"], two["batch"]) == (1, 2)
    assert one["rate"] == pytest.approx(64 * 64 / 1e6 / one["seconds"])
    assert 0 < one["host_seconds"] <= one["seconds"] * 1.5
    assert two["predicted_peak"] > one["predicted_peak"] > 0
    assert same["equal"] is True


def test_a_figure_that_cannot_be_had_is_said_and_the_others_follow(
    narrow: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise torch.OutOfMemoryError("none left")

    monkeypatch.setattr(device_check, "_iteration", fails)
    found = {figure["what"]: figure for figure in figures(narrow, ((64, 1),), 2**16)}
    assert "none left" in found["iteration"]["error"]
    assert found["same-bytes"]["equal"] is True
