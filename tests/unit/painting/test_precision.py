"""Which precision a device is fast in."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest
import torch
from torch import Tensor

from engine.painting import precision
from engine.painting.features import Features
from engine.painting.network import Network
from engine.painting.precision import Timing

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("gain", "chosen"),
    [(0.1, torch.float32), (1.0, torch.float32), (1.09, torch.float32), (1.11, torch.bfloat16),
     (3.0, torch.bfloat16)],
)  # fmt: skip
def test_bf16_is_chosen_where_it_is_clearly_faster(gain: float, chosen: torch.dtype) -> None:
    assert precision.choose(Timing(gain, 1.0)) == chosen
    half = torch.float16 if chosen == torch.bfloat16 else torch.float32
    assert precision.choose(Timing(gain, 1.0), torch.float16) == half


def test_a_timing_is_of_the_best_rounds_after_the_first(
    vgg16: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "SIDE", 32)
    seconds = iter([9.0, 9.0, 4.0, 2.0, 3.0, 2.5])  # fp32 and bf16 by turns
    monkeypatch.setattr(precision, "_time", lambda features, image: next(seconds))
    assert precision.measure(vgg16, CPU) == Timing(3.0, 2.0)


def test_a_real_network_is_measured(vgg16: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "SIDE", 32)
    monkeypatch.setattr(precision, "ROUNDS", 2)
    assert 0.01 < precision.measure(vgg16, CPU).gain < 100


def test_sixteen_bits_that_give_no_finite_numbers_are_never_chosen(
    vgg16: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As cuDNN's fp16 on GPUs of Turing without tensor cores."""
    monkeypatch.setattr(
        precision, "_time", lambda features, _: 9.0 if features.precision == torch.float32 else 1.0
    )
    slope = precision._slope

    def overflown(features: Features, image: Tensor) -> Tensor:
        return slope(features, image) * (math.inf if features.precision == torch.float16 else 1)

    monkeypatch.setattr(precision, "SIDE", 32)
    assert precision.measure(vgg16, CPU, torch.float16).gain == 9
    monkeypatch.setattr(precision, "_slope", overflown)
    timing = precision.measure(vgg16, CPU, torch.float16)
    assert timing == Timing(9.0, math.inf)
    assert precision.choose(timing, torch.float16) == torch.float32


def test_waiting_for_a_busy_processor_does_not_count(
    vgg16: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever else has the processor may have it during the measurement of one precision alone."""
    waited = Features.forward

    def interrupted(self: Features, *args: Any) -> dict[str, Tensor]:
        if next(self.parameters()).dtype == torch.bfloat16:
            time.sleep(0.5)  # as if the processor were given to another program
        return waited(self, *args)

    monkeypatch.setattr(Features, "forward", interrupted)
    monkeypatch.setattr(precision, "SIDE", 32)
    monkeypatch.setattr(precision, "ROUNDS", 2)
    assert precision.measure(vgg16, CPU).half < 0.5


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
