"""Quality per second: pairs painted by the reference and by us in turns, and judged by a third network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import torch
from PIL import Image
from torch import Tensor

from engine.benchmark import ours, reference
from engine.benchmark.faces import FaceComparison, FaceJudge
from engine.benchmark.flat import busyness
from engine.benchmark.judge import Judge
from engine.benchmark.pairs import Pair
from engine.benchmark.verdict import REFERENCE, Point
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


def run(
    contest: Contest,
    network: Network,
    judge: Judge,
    pairs: Sequence[Pair],
    report: Callable[[str], None] = lambda _: None,
    *,
    finder: FaceFinder | None = None,
    face_judge: FaceJudge | None = None,
) -> Iterator[Outcome]:
    """Paint and judge pair by pair; ``report`` gets a line about each picture.

    Args:
        contest: what to paint of each pair.
        network: VGG.
        judge: judges likeness and style.
        pairs: photos and paintings.
        report: called with a line about each picture.
        finder: finds the faces that ours keeps.
        face_judge: measures the faces.

    Raises:
        NumericalError: ours diverged.
    """
    _warm_up(network, pairs[0], contest)
    for pair in pairs:
        photo = to_tensor(pair.photo, canvas(*pair.photo.size, contest.size))
        painting = to_tensor(pair.painting, canvas(*pair.painting.size, contest.size))
        outcome = Outcome(pair, [], [])
        for series, label, seconds, picture in _pictures(contest, network, finder, pair, photo, painting):
            pixels = to_tensor(picture)  # as people get it, in 256 levels
            point = Point(series, label, seconds, judge.lpips(pixels, photo), judge.style(pixels, painting))
            outcome.points.append(point)
            outcome.pictures.append(picture)
            outcome.flats.append(busyness(pixels, photo, painting))
            if face_judge:
                outcome.faces.append(face_judge.compare(pixels, photo, painting))
            report(
                f"{pair.name}, {series} {label}: {seconds:.1f} s, "
                f"LPIPS {point.lpips:.3f}, style {point.style:.3f}"
            )
        yield outcome


def _pictures(
    contest: Contest,
    network: Network,
    finder: FaceFinder | None,
    pair: Pair,
    photo: Tensor,
    painting: Tensor,
) -> Iterator[tuple[str, str, float, Image.Image]]:
    """Yield series, label, seconds and picture."""
    features = network.features(torch.float32)
    for mark in reference.paint(
        features, photo.to(network.device), painting.to(network.device), contest.marks
    ):
        yield REFERENCE, str(mark.iterations), mark.seconds, to_image(mark.pixels[0])
    for quality in contest.qualities:
        for name, alpha in contest.strengths.items():
            recipe = Recipe(size=contest.size, alpha=alpha, quality=quality, statistic=contest.statistic)
            seconds, picture = ours.painted(network, pair.photo, pair.painting, recipe, finder)
            yield quality, name, seconds, picture


def _warm_up(network: Network, pair: Pair, contest: Contest) -> None:
    """Load libraries and choose kernels before anything is timed."""
    first = dict([*contest.strengths.items()][:1])
    quick = replace(contest, qualities=contest.qualities[:1], strengths=first, marks=(2,))
    photo = to_tensor(pair.photo, canvas(*pair.photo.size, contest.size))
    for _ in _pictures(quick, network, None, pair, photo, photo):
        pass
