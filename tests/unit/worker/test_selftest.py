"""The self-test measures a device's rate, and what it gains from several pictures in one pass."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from engine.painting.network import Network
from engine.worker import selftest
from engine.worker.selftest import BATCH_SIZE, DeviceError, choose_batch, examine


def test_a_sound_device_has_a_rate(network: Network) -> None:
    assert 0.001 < examine(network) < 10_000


def test_a_device_that_raises_is_broken(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> Any:
        raise RuntimeError("CUDA error: device-side assert triggered")

    monkeypatch.setattr(torch.nn.functional, "conv2d", fail)
    with pytest.raises(DeviceError, match="cpu fails its self-test: CUDA error: device-side assert"):
        examine(network)


def test_a_device_that_computes_nonsense_is_broken(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    paint = selftest.paint  # type: ignore[attr-defined]

    def climb(*arguments: Any) -> Iterator[Any]:
        steps = [step for step, _ in zip(paint(*arguments), range(selftest.ITERATIONS + 1), strict=False)]
        yield from reversed(steps)

    monkeypatch.setattr(selftest, "paint", climb)
    with pytest.raises(DeviceError, match="the loss went from"):
        examine(network)


def test_what_is_set_is_not_measured(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selftest, "examine", lambda *_: pytest.fail("measured"))
    assert choose_batch(3, network, 1.0) == 3


@pytest.mark.parametrize(
    ("processors", "rate", "batch"), [(2, 9.0, 1), (None, 9.0, 1), (64, 1.1, 1), (64, 1.2, BATCH_SIZE)]
)
def test_several_pictures_at_once_have_to_pay(
    processors: int | None,
    rate: float,
    batch: int,
    network: Network,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: processors)
    monkeypatch.setattr(selftest, "examine", lambda *_: rate)
    assert choose_batch("auto", network, 1.0) == batch


def test_a_device_that_fails_at_several_pictures_paints_them_one_by_one(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> float:
        raise DeviceError("out of memory")

    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(selftest, "examine", fail)
    assert choose_batch("auto", network, 1.0) == 1
