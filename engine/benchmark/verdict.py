"""The comparison at equal quality: the fastest picture that is at least as good. Numbers only."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

REFERENCE: Final = "reference"
"""Name of the reference's series."""
PEER: Final = "peer"
"""Name of the series of other painters' pictures."""
TOLERANCE: Final = 0.02
"""Share by which a picture may be worse than a peer's, in each measure, and yet be as good."""
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
    second_content: float | None = None
    """Distance to the photo by the second judge, if there is one."""
    second_style: float | None = None
    """Distance to the painting, likewise."""
    cpu_seconds: float | None = None
    """Seconds of all cores together, where the CPU painted."""

    @property
    def measures(self) -> tuple[float, ...]:
        """Likeness and style, by each judge."""
        every = (self.lpips, self.style, self.second_content, self.second_style)
        return tuple(value for value in every if value is not None)

    def as_good_as(self, other: Point, tolerance: float = 0.0) -> bool:
        """Return whether this picture is at least as good as the other in all measures.

        Args:
            other: judged by the same judges.
            tolerance: share by which a measure may be worse.
        """
        pairs = zip(self.measures, other.measures, strict=True)
        return all(ours <= theirs * (1 + tolerance) for ours, theirs in pairs)


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


def answers_to_peers(peers: Iterable[Point], points: Iterable[Point]) -> list[Answer]:
    """Return, for each picture of a peer, that of ours which took the least CPU time and is as good.

    The seconds of both are CPU seconds; they are NaN where those are unknown.
    """
    ours = sorted(
        (_by_cpu(point) for point in points if point.series != REFERENCE), key=lambda point: point.seconds
    )
    return [
        Answer(theirs, next((point for point in ours if point.as_good_as(theirs, TOLERANCE)), None))
        for theirs in map(_by_cpu, peers)
    ]


def _by_cpu(point: Point) -> Point:
    return replace(point, seconds=math.nan if point.cpu_seconds is None else point.cpu_seconds)


def medians(runs: Sequence[Sequence[Point]]) -> list[Point]:
    """Return the median of each measure over several pairs of pictures, point by point."""
    return _over(runs, statistics.median)


def means(runs: Sequence[Sequence[Point]]) -> list[Point]:
    """Return the mean of each measure over several pairs of pictures, point by point."""
    return _over(runs, statistics.fmean)


def _over(runs: Sequence[Sequence[Point]], middle: Callable[[list[float]], float]) -> list[Point]:
    def of(values: list[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return middle(known) if known else None

    return [
        Point(
            same[0].series,
            same[0].label,
            middle([point.seconds for point in same]),
            middle([point.lpips for point in same]),
            middle([point.style for point in same]),
            of([point.second_content for point in same]),
            of([point.second_style for point in same]),
            of([point.cpu_seconds for point in same]),
        )
        for same in zip(*runs, strict=True)
    ]
