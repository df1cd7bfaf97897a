"""Quality per second: pairs painted by the reference and by us in turns, and judged by a third network."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Final

import torch
from PIL import Image
from torch import Tensor

from engine.benchmark import ours, reference
from engine.benchmark.faces import FaceComparison, FaceJudge
from engine.benchmark.flat import busyness
from engine.benchmark.judge import Judge
from engine.benchmark.pairs import Pair
from engine.benchmark.peers import Peer
from engine.benchmark.second_judge import SecondJudge
from engine.benchmark.verdict import PEER, REFERENCE, Point
from engine.painting.faces import FaceFinder
from engine.painting.network import Network
from engine.painting.recipe import STRENGTHS, Quality, Recipe
from engine.painting.scales import canvas
from engine.painting.tensors import to_image, to_tensor

SIZE: Final = 256
QUALITIES: Final[tuple[Quality, ...]] = ("draft", "normal", "fine")
MARKS: Final = (100, 300, 1000)


@dataclass(frozen=True, slots=True)
class Contest:
    """The paintings of each pair."""

    size: int = SIZE
    """Square root of the canvas's area, in pixels."""
    qualities: Sequence[Quality] = QUALITIES
    """Our qualities."""
    strengths: Mapping[str, float] = field(default_factory=lambda: dict(STRENGTHS))
    """Our strengths: α by name."""
    marks: Sequence[int] = MARKS
    """Iterations after which the reference shows its picture, ascending."""
    statistic: str = "moments"
    """Our statistic."""


@dataclass(frozen=True, slots=True)
class Jury:
    """Those who judge a picture."""

    judge: Judge
    """Judges likeness and style."""
    second: SecondJudge | None = None
    """Does the same with another network."""
    faces: FaceJudge | None = None
    """Measures the faces."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one pair."""

    pair: Pair
    points: list[Point]
    pictures: list[Image.Image] = field(repr=False)
    """One for each point."""
    faces: list[FaceComparison | None] = field(default_factory=list)
    """One for each point, if faces are measured; None if the photo has none."""
    flats: list[float | None] = field(default_factory=list)
    """The busyness of the photo's flat places, one for each point; None if it has none."""

    @property
    def ours(self) -> list[Point]:
        """The points without those of peers: the same for each pair."""
        return [point for point in self.points if point.series != PEER]

    @property
    def peers(self) -> list[Point]:
        """The points of peers."""
        return [point for point in self.points if point.series == PEER]


def run(
    contest: Contest,
    network: Network,
    jury: Jury,
    pairs: Sequence[Pair],
    report: Callable[[str], None] = lambda _: None,
    *,
    finder: FaceFinder | None = None,
    peers: Sequence[Peer] = (),
) -> Iterator[Outcome]:
    """Paint and judge pair by pair; ``report`` gets a line about each picture.

    Args:
        contest: what to paint of each pair.
        network: VGG.
        jury: judges the pictures.
        pairs: photos and paintings.
        report: called with a line about each picture.
        finder: finds the faces that ours keeps.
        peers: pictures of other painters, of which those of a pair are judged with it, at the canvas's size.

    Raises:
        NumericalError: ours diverged.
    """
    _warm_up(network, pairs[0], contest)
    for pair in pairs:
        photo = to_tensor(pair.photo, canvas(*pair.photo.size, contest.size))
        painting = to_tensor(pair.painting, canvas(*pair.painting.size, contest.size))
        outcome = Outcome(pair, [], [])
        judged = (peer for peer in peers if peer.pair == pair.name)
        every = chain(
            _pictures(contest, network, finder, pair, photo, painting), (_shown(peer) for peer in judged)
        )
        for shown in every:
            size = (photo.shape[3], photo.shape[2])
            pixels = to_tensor(shown.picture, size)  # as people get it, in 256 levels
            point = _judge(shown, jury, pixels, photo, painting)
            outcome.points.append(point)
            outcome.pictures.append(shown.picture)
            outcome.flats.append(busyness(pixels, photo, painting))
            if jury.faces:
                outcome.faces.append(jury.faces.compare(pixels, photo, painting))
            report(
                f"{pair.name}, {point.series} {point.label}: {point.seconds:.1f} s, "
                f"LPIPS {point.lpips:.3f}, style {point.style:.3f}"
            )
        yield outcome


@dataclass(frozen=True, slots=True)
class _Shown:
    """A picture to be judged, and its time."""

    series: str
    label: str
    seconds: float
    cpu_seconds: float | None
    picture: Image.Image


def _judge(shown: _Shown, jury: Jury, pixels: Tensor, photo: Tensor, painting: Tensor) -> Point:
    second = jury.second
    return Point(
        shown.series,
        shown.label,
        shown.seconds,
        jury.judge.lpips(pixels, photo),
        jury.judge.style(pixels, painting),
        second.content(pixels, photo) if second else None,
        second.style(pixels, painting) if second else None,
        shown.cpu_seconds,
    )


def _shown(peer: Peer) -> _Shown:
    known = None if math.isnan(peer.seconds) else peer.seconds
    return _Shown(PEER, peer.system, peer.seconds, known, peer.picture)


def _pictures(
    contest: Contest,
    network: Network,
    finder: FaceFinder | None,
    pair: Pair,
    photo: Tensor,
    painting: Tensor,
) -> Iterator[_Shown]:
    """Yield the reference's pictures, and ours."""
    features = network.features(torch.float32)
    for mark in reference.paint(
        features, photo.to(network.device), painting.to(network.device), contest.marks
    ):
        yield _Shown(REFERENCE, str(mark.iterations), mark.seconds, None, to_image(mark.pixels[0]))
    for quality in contest.qualities:
        for name, alpha in contest.strengths.items():
            recipe = Recipe(size=contest.size, alpha=alpha, quality=quality, statistic=contest.statistic)
            before = time.process_time()
            seconds, picture = ours.painted(network, pair.photo, pair.painting, recipe, finder)
            cpu_seconds = time.process_time() - before if network.device.type == "cpu" else None
            yield _Shown(quality, name, seconds, cpu_seconds, picture)


def _warm_up(network: Network, pair: Pair, contest: Contest) -> None:
    """Load libraries and choose kernels before anything is timed."""
    first = dict([*contest.strengths.items()][:1])
    quick = replace(contest, qualities=contest.qualities[:1], strengths=first, marks=(2,))
    photo = to_tensor(pair.photo, canvas(*pair.photo.size, contest.size))
    for _ in _pictures(quick, network, None, pair, photo, photo):
        pass
