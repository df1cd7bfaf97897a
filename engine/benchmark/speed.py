"""Speed: ours and the reference in turns on one machine, in medians, and the device's peak."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

import torch
from PIL import Image

from engine.benchmark import ours, reference
from engine.benchmark.stopwatch import Stopwatch
from engine.painting.network import Network
from engine.painting.recipe import Quality, Recipe

SIZES: Final = (256, 512, 1024)
BATCHES: Final = (1, 4, 8)
BATCH_SIZE: Final = 512
"""Size of the canvases of a batch, in pixels."""
RUN_SECONDS: Final = 3.0
"""Seconds of a timed run, about; two iterations at least."""
MAX_ITERATIONS: Final = 200
TARGETS: Final[Mapping[str, Sequence[tuple[Quality, int, float]]]] = {
    "cpu": (("draft", 256, 8.0), ("normal", 512, 60.0)),
    "cuda": (("normal", 512, 1.0), ("normal", 1024, 4.0)),
}
"""Paintings that are timed from end to end, by the device's type: quality, size, target in seconds."""

Iterations = Iterator[None]
Name = TypeVar("Name")


@dataclass(frozen=True, slots=True)
class Timing:
    """One timed run."""

    seconds: float
    """Seconds for each iteration."""
    memory: int
    """Peak memory of the device in bytes, beyond that used before; 0 if unknown."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The time of an iteration at one size: medians of ours and of the reference."""

    size: int
    """Square root of the canvas's area, in pixels."""
    ours: float
    """Seconds for a megapixel-iteration."""
    reference: float
    """Likewise."""
    memory: int
    """Bytes at the peak; 0: unknown."""
    reference_memory: int

    @property
    def ratio(self) -> float:
        """Ratio of the reference's time to ours."""
        return self.reference / self.ours

    @property
    def rate(self) -> float:
        """Our rate in megapixel-iterations a second."""
        return 1 / self.ours


@dataclass(frozen=True, slots=True)
class Batch:
    """The rate of several pictures in one pass."""

    pictures: int
    rate: float
    """Megapixel-iterations a second of all together, median."""
    ratio: float
    """Ratio to the rate of a single picture."""


@dataclass(frozen=True, slots=True)
class EndToEnd:
    """A painting from end to end."""

    quality: Quality
    size: int
    seconds: float
    """Median seconds."""
    target: float
    """Target in seconds."""


@dataclass(frozen=True, slots=True)
class Speed:
    """All results of the speed measurement."""

    comparisons: Sequence[Comparison]
    batches: Sequence[Batch]
    paintings: Sequence[EndToEnd]
    flops_per_pixel: float
    """Floating-point operations of one iteration for each pixel."""
    peak: float
    """Operations a second of a large matrix product in our precision."""

    def share_of_peak(self, rate: float) -> float:
        """Return the share of the peak that ``rate``, in megapixel-iterations a second, uses."""
        return rate * 1e6 * self.flops_per_pixel / self.peak


def compare(network: Network, size: int, repeat: int) -> Comparison:
    """Time ours in the device's fast precision against the reference in fp32."""
    photo, painting = (torch.rand(1, 3, size, size, device=network.device) for _ in range(2))
    timings = in_turns(
        {
            "ours": lambda: ours.iterations(network, photo, painting),
            "reference": lambda: reference.iterations(network.features(torch.float32), photo, painting),
        },
        network.device,
        repeat,
    )
    megapixels = size * size / 1e6
    seconds = {name: _median_seconds(runs) / megapixels for name, runs in timings.items()}
    memory = {name: max(run.memory for run in runs) for name, runs in timings.items()}
    return Comparison(size, seconds["ours"], seconds["reference"], memory["ours"], memory["reference"])


def batches(network: Network, counts: Sequence[int], repeat: int, size: int = BATCH_SIZE) -> list[Batch]:
    """Time passes of several canvases, those of ``counts``, against passes of one."""
    photo, painting = (torch.rand(1, 3, size, size, device=network.device) for _ in range(2))
    counts = sorted({1, *counts})
    timings = in_turns(
        {count: partial(ours.iterations, network, photo, painting, count) for count in counts},
        network.device,
        repeat,
    )
    rates = {count: count * size * size / 1e6 / _median_seconds(runs) for count, runs in timings.items()}
    return [Batch(count, rate, rate / rates[1]) for count, rate in rates.items()]


def end_to_end(network: Network, quality: Quality, size: int, repeat: int) -> float:
    """Return the median seconds of a painting from end to end."""
    photo, painting = (Image.effect_noise((size, size), 60).convert("RGB") for _ in range(2))
    recipe = Recipe(size=size, quality=quality)
    warm_up = 1 if network.device.type == "cuda" else 0
    runs = [ours.painted(network, photo, painting, recipe)[0] for _ in range(warm_up + repeat)]
    return statistics.median(runs[warm_up:])


def in_turns(
    contenders: Mapping[Name, Callable[[], Iterations]], device: torch.device, repeat: int
) -> dict[Name, list[Timing]]:
    """Time each contender ``repeat`` times, in turns, so that other load affects all alike.

    A round before the first one warms up and finds how many iterations fill :data:`RUN_SECONDS`.
    """
    trial = {name: _time(start, device, 2) for name, start in contenders.items()}
    counts = {
        name: min(MAX_ITERATIONS, max(2, math.ceil(RUN_SECONDS / timing.seconds)))
        for name, timing in trial.items()
    }
    timings: dict[Name, list[Timing]] = {name: [] for name in contenders}
    for _ in range(repeat):
        for name, start in contenders.items():
            timings[name].append(_time(start, device, counts[name]))
    return timings


def _time(start: Callable[[], Iterations], device: torch.device, count: int) -> Timing:
    on_gpu = device.type == "cuda"
    before = 0
    if on_gpu:
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
    iterations = start()
    for _ in range(12 if on_gpu else 1):  # on a GPU the optimizers' memories weigh: ours is full by then
        next(iterations)
    watch = Stopwatch(device)
    with watch:
        for _ in range(count):
            next(iterations)
    peak = torch.cuda.max_memory_allocated(device) if on_gpu else 0
    return Timing(watch.seconds / count, peak - before)


def _median_seconds(runs: Sequence[Timing]) -> float:
    return statistics.median(run.seconds for run in runs)
