"""The self-test measures a device's rate, and what it gains from several pictures in one pass."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from engine.errors import OutOfMemoryError
from engine.painting import painter
from engine.painting.network import Network
from engine.painting.painter import Step
from engine.painting.placement import Seen
from engine.worker import selftest
from engine.worker.selftest import BATCH_SIZE, DeviceError, choose_batch, examine
from tests.support.narrow import NarrowNetwork


def test_a_sound_device_has_a_rate(network: Network) -> None:
    assert 0.001 < examine(network) < 10_000


def test_the_rate_is_of_the_pixels_that_are_painted(
    vgg16: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a GPU too, whose test picture is larger than the coarsest canvas of a painting."""
    paint, seconds, painted = selftest.paint, itertools.count(), []  # type: ignore[attr-defined]

    def watched(*arguments: Any) -> Iterator[Any]:
        for step in paint(*arguments):
            if isinstance(step, Step):
                painted.append(step.pixels.shape[0] * step.pixels.shape[2] * step.pixels.shape[3])
            yield step

    monkeypatch.setattr(selftest, "SIDE", {"cpu": 192})
    monkeypatch.setattr(selftest, "paint", watched)
    monkeypatch.setattr(selftest.time, "perf_counter", lambda: float(next(seconds)))  # type: ignore[attr-defined]
    network = NarrowNetwork(vgg16, torch.device("cpu"), torch.float32)
    for together in (1, 2):
        painted.clear()
        rate = examine(network, together)
        assert rate == pytest.approx(painted[-1] / 1e6), "an iteration a second"
        assert set(painted) == {together * 192 * 192}


@pytest.mark.parametrize(("side", "placed"), [(128, True), (160, False)])
def test_a_test_picture_takes_no_more_than_a_painting_of_its_size(
    side: int, placed: bool, vgg16: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A painting has its paint placed on its first canvas only: on a GPU's test picture that took 0.9 GB."""
    place, canvases = painter.place_paint, []  # type: ignore[attr-defined]

    def watched(photo: Seen, *others: Any) -> Any:
        canvases.append(tuple(photo.pixels.shape[2:]))
        return place(photo, *others)

    monkeypatch.setattr(painter, "place_paint", watched)
    monkeypatch.setattr(selftest, "SIDE", {"cpu": side})
    examine(NarrowNetwork(vgg16, torch.device("cpu"), torch.float32))
    assert canvases == ([(side, side)] if placed else [])


def test_a_device_that_raises_is_broken(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> Any:
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


def test_too_little_memory_for_several_pictures_means_one_by_one_and_any_other_failure_is_one(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Iterator[Any]:
        raise error

    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(selftest, "paint", fail)
    error: Exception = OutOfMemoryError("The paintings need more memory together than there is.")
    assert choose_batch("auto", network, 1.0) == 1
    error = RuntimeError("CUDA error: an illegal memory access was encountered")
    with pytest.raises(DeviceError, match="illegal memory access"):
        choose_batch("auto", network, 1.0)
