"""Timing: fair, in turns, and of the iterations alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from types import SimpleNamespace

import pytest
import torch
from PIL import Image

from engine.benchmark import ours, speed, stopwatch
from engine.benchmark.speed import Comparison, Speed
from engine.painting.network import Network
from engine.painting.recipe import Recipe

CPU = torch.device("cpu")


def sleeper(clock: list[float], log: list[str], name: str, seconds: float) -> Iterator[None]:
    """An optimisation that takes its time, and ten times as long to set up."""
    log.append(name)
    clock[0] += 10 * seconds
    while True:
        clock[0] += seconds
        yield


def test_contenders_run_in_turns_and_setting_up_is_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    log: list[str] = []
    monkeypatch.setattr(stopwatch, "time", SimpleNamespace(perf_counter=lambda: clock[0]))
    contenders: dict[str, Callable[[], Iterator[None]]] = {
        "slow": partial(sleeper, clock, log, "slow", 2.0),
        "fast": partial(sleeper, clock, log, "fast", 0.5),
    }
    timings = speed.in_turns(contenders, CPU, 3)
    assert log == ["slow", "fast"] * 4  # the first round warms up
    assert {name: len(runs) for name, runs in timings.items()} == {"slow": 3, "fast": 3}
    assert {run.seconds for run in timings["slow"]} == {2.0}
    assert {run.seconds for run in timings["fast"]} == {0.5}


def test_ours_and_the_reference_are_timed_on_one_canvas(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speed, "RUN_SECONDS", 0.0)
    found = speed.compare(network, 64, 1)
    assert found.size == 64
    assert found.ours > 0
    assert found.reference > 0
    assert found.ratio == found.reference / found.ours
    assert (found.memory, found.reference_memory) == (0, 0)


def test_batches_are_told_as_multiples_of_one_alone(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speed, "RUN_SECONDS", 0.0)
    alone, together = speed.batches(network, [2], 1, size=64)
    assert (alone.pictures, alone.ratio) == (1, 1)
    assert together.pictures == 2
    assert together.ratio == together.rate / alone.rate


def test_of_paintings_from_end_to_end_the_median_counts(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipes, seconds = [], iter([3.0, 1.0, 2.0])

    def painted(
        _: Network, photo: Image.Image, painting: Image.Image, recipe: Recipe
    ) -> tuple[float, Image.Image]:
        assert photo.size == painting.size == (128, 128)
        recipes.append(recipe)
        return next(seconds), photo

    monkeypatch.setattr(ours, "painted", painted)
    assert speed.end_to_end(network, "draft", 128, 3) == 2
    assert {(recipe.size, recipe.quality) for recipe in recipes} == {(128, "draft")}


def test_a_rate_has_its_share_of_the_peak() -> None:
    comparison = Comparison(512, ours=0.5, reference=2.0, memory=0, reference_memory=0)
    assert (comparison.rate, comparison.ratio) == (2, 4)
    found = Speed([comparison], [], [], flops_per_pixel=1e6, peak=8e12)
    assert found.share_of_peak(comparison.rate) == 0.25  # 2 MP·it/s at 1 TFLOP each, of 8 TFLOP/s
