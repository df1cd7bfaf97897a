"""Which precision a device is fast in."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from engine.painting import precision
from engine.painting.network import Network, hardware, prepare


@pytest.mark.parametrize(
    ("gain", "chosen"),
    [(0.1, torch.float32), (1.0, torch.float32), (1.09, torch.float32), (1.1, torch.bfloat16),
     (3.0, torch.bfloat16)],
)  # fmt: skip
def test_bf16_is_chosen_where_it_is_clearly_faster(gain: float, chosen: torch.dtype) -> None:
    assert precision.choose(gain) == chosen


def test_the_gain_is_of_the_best_rounds_after_the_first(
    vgg16: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = iter([9.0, 9.0, 4.0, 2.0, 3.0, 2.5])  # fp32 and bf16 by turns
    monkeypatch.setattr(precision, "_time", lambda features, image: next(seconds))
    assert precision.measure(vgg16, torch.device("cpu")) == 3.0 / 2.0


def test_a_real_network_is_measured(vgg16: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "SIDE", 64)
    monkeypatch.setattr(precision, "ROUNDS", 2)
    assert 0.01 < precision.measure(vgg16, torch.device("cpu")) < 100


def test_a_network_takes_the_precision_it_is_told(vgg16: dict[str, Tensor]) -> None:
    network = Network(vgg16, torch.device("cpu"), torch.float32)
    assert network.precision == torch.float32
    assert next(network.features().convolutions.parameters()).dtype == torch.float32


def test_a_fingerprint_is_of_the_weights(vgg16: dict[str, Tensor]) -> None:
    changed = {key: value.clone() for key, value in vgg16.items()}
    changed["features.0.bias"][0] += 1e-6
    cpu = torch.device("cpu")
    one, same, other = (
        Network(state, cpu).fingerprint for state in (vgg16, dict(reversed(vgg16.items())), changed)
    )
    assert one == same != other


def test_a_cpu_is_named_and_needs_no_switches() -> None:
    name = hardware(torch.device("cpu"))
    assert name.startswith("cpu ")
    assert len(name) > len("cpu ")
    assert name == hardware(torch.device("cpu"))
    before = torch.backends.cudnn.deterministic
    prepare(torch.device("cpu"))
    assert torch.backends.cudnn.deterministic == before


def test_a_gpu_is_set_to_do_the_same_again_in_fp32_that_is_fp32(monkeypatch: pytest.MonkeyPatch) -> None:
    cudnn: Any = torch.backends.cudnn
    monkeypatch.setattr(cudnn, "deterministic", False)
    monkeypatch.setattr(cudnn, "benchmark", True)
    before = cudnn.conv.fp32_precision
    try:
        prepare(torch.device("cuda"))
        assert (cudnn.deterministic, cudnn.benchmark, cudnn.conv.fp32_precision) == (True, False, "ieee")
    finally:
        cudnn.conv.fp32_precision = before
