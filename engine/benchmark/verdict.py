"""The comparison at equal quality: the fastest picture that is at least as good. Numbers only."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

REFERENCE: Final = "reference"
"""Name of the reference's series."""
TARGET: Final = 4.0
"""Target of the speedup over the reference at equal quality."""


@dataclass(frozen=True, slots=True)
class Point:
    """One picture: its series, time, and the judge's measures. Less is better throughout."""

    series: str
    """``reference``, or our quality."""
    label: str
    """Within the series: the reference's iterations, or our strength."""
    seconds: float
    lpips: float
    """LPIPS to the photo."""
    style: float
    """Distance to the painting."""

    def as_good_as(self, other: Point) -> bool:
        """Return whether this picture is at least as good as the other in both measures."""
        return self.lpips <= other.lpips and self.style <= other.style


@dataclass(frozen=True, slots=True)
class Answer:
    """A picture of the reference and our fastest of equal quality."""

    theirs: Point
    ours: Point | None
    """Our fastest that is at least as good, if there is one."""

    @property
    def ratio(self) -> float:
        """Speedup of ours; 0 if there is none."""
        return self.theirs.seconds / self.ours.seconds if self.ours else 0.0

    @property
    def meets_target(self) -> bool:
        """True if the speedup reaches the target."""
        return self.ratio >= TARGET


def answers(points: Iterable[Point]) -> list[Answer]:
    """Return, for each picture of the reference, the fastest of ours that is at least as good."""
    points = list(points)
    ours = sorted((point for point in points if point.series != REFERENCE), key=lambda point: point.seconds)
    return [
        Answer(theirs, next((point for point in ours if point.as_good_as(theirs)), None))
        for theirs in points
        if theirs.series == REFERENCE
    ]


def medians(runs: Sequence[Sequence[Point]]) -> list[Point]:
    """Return the median of each measure over several pairs of pictures, point by point."""
    return _over(runs, statistics.median)


def means(runs: Sequence[Sequence[Point]]) -> list[Point]:
    """Return the mean of each measure over several pairs of pictures, point by point."""
    return _over(runs, statistics.fmean)


def _over(runs: Sequence[Sequence[Point]], middle: Callable[[list[float]], float]) -> list[Point]:
    return [
        Point(
            same[0].series,
            same[0].label,
            middle([point.seconds for point in same]),
            middle([point.lpips for point in same]),
            middle([point.style for point in same]),
        )
        for same in zip(*runs, strict=True)
    ]
