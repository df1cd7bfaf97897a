"""The results of the benchmark, as JSON for programs and as Markdown for people."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from engine.benchmark.faces import FaceComparison, FaceMeasure, measure
from engine.benchmark.tables import rounded, seconds_of, table
from engine.benchmark.verdict import (
    TARGET,
    TOLERANCE,
    Answer,
    Point,
    answers,
    answers_to_peers,
    means,
    medians,
)

if TYPE_CHECKING:
    from engine.benchmark.budget import Budget
    from engine.benchmark.handover import Handover
    from engine.benchmark.quality import Outcome
    from engine.benchmark.speed import Speed

NAME: Final = "benchmark"
"""Name of the files, without their suffixes."""


@dataclass(slots=True)
class Results:
    """The results of one run, so far."""

    machine: dict[str, Any]
    """load (processes that wanted to run), repeat, network, device, precision, torch, threads."""
    speed: Speed | None = None
    size: int = 0
    """Size in pixels of the canvases that were judged."""
    outcomes: list[Outcome] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    budget: list[Budget] = field(default_factory=list)
    handover: Handover | None = None

    @property
    def medians(self) -> list[Point]:
        """Medians over the pairs, point by point."""
        return medians([outcome.ours for outcome in self.outcomes])


def as_dict(results: Results) -> dict[str, Any]:
    """Return the results for JSON."""
    found: dict[str, Any] = {**results.machine, "notes": results.notes}
    if results.budget:
        found["budget"] = [asdict(each) for each in results.budget]
    if results.handover:
        found["handover"] = asdict(results.handover)
    if results.speed:
        found["speed"] = _speed_as_dict(results.speed)
    if results.outcomes:
        runs = [outcome.ours for outcome in results.outcomes]
        found["quality"] = {
            "size": results.size,
            "medians": [rounded(asdict(point)) for point in medians(runs)],
            "means": [rounded(asdict(point)) for point in means(runs)],
            "answers": [_answer_as_dict(answer) for answer in answers(medians(runs))],
            "faces": {name: rounded(asdict(each)) for name, each in _faces(results).items()},
            "flat_places": {name: round(value, 5) for name, value in _flats(results).items()},
            "pairs": [
                {
                    "name": outcome.pair.name,
                    "points": [rounded(asdict(point)) for point in outcome.points],
                    "answers": [_answer_as_dict(answer) for answer in answers(outcome.ours)],
                    "peers": [
                        _peer_as_dict(answer) for answer in answers_to_peers(outcome.peers, outcome.ours)
                    ],
                }
                for outcome in results.outcomes
            ],
        }
    return found


def markdown(results: Results) -> str:
    """Return the results as tables."""
    machine = results.machine
    painter = _painter(machine) if "network" in machine else ""
    blocks = [f"{painter}Load {machine['load']:.1f} before the run."]
    if results.budget:
        name = results.budget[0].network.replace("vgg", "VGG-")
        blocks += [f"## Budget of an iteration on a GPU, {name}", _budget_table(results.budget)]
    if results.handover:
        pair = results.handover
        between = ", ".join(f"{1e3 * each:.0f} ms" for each in pair.seconds)
        said = (
            "From the last iteration of a painting to the first of the next, in a worker that films them "
            f"at {pair.megapixels} MP: {between}. At most {1e3 * pair.target:.0f} ms are wanted."
        )
        blocks += ["## Handover", said]
    if results.speed:
        blocks += ["## Speed", f"Medians of {machine['repeat']} runs.", *_speed_tables(results.speed)]
    if results.outcomes:
        blocks += _quality_tables(results)
        blocks += _peer_tables(results)
        blocks += _face_tables(results)
        blocks += _flat_tables(results)
    blocks += [f"Note: {note}" for note in results.notes]
    return "\n\n".join(blocks) + "\n"


def write(results: Results, folder: Path) -> None:
    """Write tables and JSON into a folder, which is made if missing."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{NAME}.md").write_text(markdown(results), "utf-8")
    (folder / f"{NAME}.json").write_text(json.dumps(as_dict(results), indent=1) + "\n", "utf-8")


def _budget_table(budget: Sequence[Budget]) -> str:
    head = ("canvas", "canvases", "kernels", "bytes a pixel", "mixed layouts", "MP·it/s of an H200, reckoned")
    return table(
        head,
        [
            (
                *(f"{each.size}²", str(each.batch), str(each.kernels)),
                *(f"{each.bytes_per_pixel:.0f}", str(each.mixed_layout), f"{each.predicted_rate:.0f}"),
            )
            for each in budget
        ],
    )


def _painter(machine: dict[str, Any]) -> str:
    """Return a sentence about network, device and precision."""
    return (
        f"{machine['network'].replace('vgg', 'VGG-')} on {machine['device']} "
        f"({machine['threads']} threads) in {machine['precision']}, torch {machine['torch']}. "
    )


def _speed_as_dict(speed: Speed) -> dict[str, Any]:
    return {
        "rows": [
            {
                **rounded(asdict(each)),
                "ratio": round(each.ratio, 3),
                "rate": round(each.rate, 3),
                "share_of_peak": round(speed.share_of_peak(each.rate), 3),
            }
            for each in speed.comparisons
        ],
        "batches": [rounded(asdict(batch)) for batch in speed.batches],
        "paintings": [
            {**rounded(asdict(each)), "met": each.seconds <= each.target} for each in speed.paintings
        ],
        "flops_per_pixel": speed.flops_per_pixel,
        "matmul_peak": round(speed.peak),
    }


def _answer_as_dict(answer: Answer) -> dict[str, Any]:
    return {
        "iterations": int(answer.theirs.label),
        "seconds": round(answer.theirs.seconds, 4),
        "by": f"{answer.ours.series} {answer.ours.label}" if answer.ours else None,
        "our_seconds": round(answer.ours.seconds, 4) if answer.ours else None,
        "ratio": round(answer.ratio, 3),
        "met": answer.meets_target,
    }


def _peer_as_dict(answer: Answer) -> dict[str, Any]:
    return rounded({
        "peer": answer.theirs.label,
        "cpu_seconds": answer.theirs.seconds,
        "by": f"{answer.ours.series} {answer.ours.label}" if answer.ours else None,
        "our_cpu_seconds": answer.ours.seconds if answer.ours else None,
        "ratio": answer.ratio,
    })  # fmt: skip


def _speed_tables(speed: Speed) -> list[str]:
    tables = []
    if speed.comparisons:
        rows = [
            [
                f"{each.size}²", f"{each.ours:.3g}", f"{each.reference:.3g}", f"**{each.ratio:.2f} ×**",
                f"{each.rate:.3g}", f"{speed.share_of_peak(each.rate):.0%}",
                f"{_gib(each.memory)} / {_gib(each.reference_memory)}",
            ]
            for each in speed.comparisons
        ]  # fmt: skip
        head = ("canvas", "Atelier, s/MP·it", "reference, s/MP·it", "faster", "Atelier, MP·it/s",
                "of the matmul peak", "GiB, Atelier / reference")  # fmt: skip
        tables.append(table(head, rows))
    if speed.batches:
        rows = [[str(each.pictures), f"{each.rate:.3g}", f"{each.ratio:.2f} ×"] for each in speed.batches]
        tables.append(table(("pictures in one pass", "MP·it/s", "of one alone"), rows))
    if speed.paintings:
        rows = [
            [f"{each.quality}, {each.size}²", f"{each.seconds:.2f}", f"{each.target:g}",
             _yes(each.seconds <= each.target)]
            for each in speed.paintings
        ]  # fmt: skip
        tables.append(table(("from end to end", "seconds", "target", "met"), rows))
    return tables


def _quality_tables(results: Results) -> list[str]:
    runs = [outcome.ours for outcome in results.outcomes]
    pictures = [[f"{point.series} {point.label}", *_measures(point)] for point in results.medians]
    contest = []
    for number, answer in enumerate(answers(results.medians)):
        each = [answers(points)[number] for points in runs]
        ours = answer.ours
        contest.append([
            answer.theirs.label,
            f"{answer.theirs.seconds:.1f}",
            f"{ours.series} {ours.label}" if ours else "none",
            f"{ours.seconds:.1f}" if ours else "–",
            f"**{answer.ratio:.1f} ×**" if ours else "–",
            f"{statistics.median(one.ratio for one in each):.1f} ×",
            f"{sum(one.meets_target for one in each)} of {len(each)}",
        ])  # fmt: skip
    head = ("reference's iterations", "seconds", "as good, by all measures", "seconds", "sooner",
            "median of the pairs' own", f"pairs at ≥ {TARGET:g} ×")  # fmt: skip
    preamble = (
        f"Medians of the pairs ({len(runs)}) at {results.size}². LPIPS to the photo and style distance to "
        "the painting, both seen by AlexNet, which no painter optimised; less is better."
    )
    measures: tuple[str, ...] = ("picture", "seconds", "LPIPS", "style")
    if results.medians[0].second_style is not None:
        measures = (*measures, "cosine", "style")
        preamble += (
            " The last two columns are seen by EfficientNet-Lite0, by which nothing was tuned: one minus the "
            "cosine to the photo, and style distance. As good means by all four."
        )
    blocks = ["## Quality per second", preamble, table(measures, pictures), table(head, contest)]
    for outcome in results.outcomes:
        rows = [[f"{point.series} {point.label}", *_measures(point)] for point in outcome.points]
        blocks += [f"### {outcome.pair.name}", table(measures, rows)]
    return blocks


def _peer_tables(results: Results) -> list[str]:
    rows = []
    for outcome in results.outcomes:
        for answer in answers_to_peers(outcome.peers, outcome.ours):
            ours = answer.ours
            rows.append([
                f"{outcome.pair.name}, {answer.theirs.label}",
                seconds_of(answer.theirs),
                f"{ours.series} {ours.label}" if ours else "none",
                seconds_of(ours) if ours else "–",
                f"{answer.ratio:.1f} ×" if answer.ratio > 0 else "–",
            ])  # fmt: skip
    if not rows:
        return []
    preamble = (
        "Pictures of other painters, and of ours that took the least time among those as good by all "
        f"measures, to {TOLERANCE:.0%}. CPU seconds of all cores together."
    )
    head = ("peer", "CPU seconds", "as good", "CPU seconds", "less time")
    return ["## Peers", preamble, table(head, rows)]


def _faces(results: Results) -> dict[str, FaceMeasure]:
    """Return the measures of each series and label, over the pairs with faces."""
    places: dict[str, list[FaceComparison | None]] = {}
    for outcome in results.outcomes:
        for point, comparison in zip(outcome.points, outcome.faces, strict=False):
            places.setdefault(f"{point.series} {point.label}", []).append(comparison)
    measures = {name: measure(every) for name, every in places.items()}
    return {name: measured for name, measured in measures.items() if measured}


def _face_tables(results: Results) -> list[str]:
    rows = [
        [
            name,
            f"{each.found:.0%}",
            "–" if each.distance is None else f"{each.distance:.1%}",
            f"{each.style:.2f}",
        ]
        for name, each in _faces(results).items()
    ]
    if not rows:
        return []
    preamble = (
        "Faces of the photos, by MTCNN, which did not steer: found in the painting; median distance of the "
        "landmarks over that of the eyes; style on the faces over that elsewhere, 1 if painted alike."
    )
    return ["## Faces", preamble, table(("picture", "found", "landmarks", "style"), rows)]


def _flats(results: Results) -> dict[str, float]:
    """Return the median of each series and label, over the pairs whose photo has flat places."""
    values: dict[str, list[float]] = {}
    for outcome in results.outcomes:
        for point, value in zip(outcome.points, outcome.flats, strict=False):
            if value is not None:
                values.setdefault(f"{point.series} {point.label}", []).append(value)
    return {name: statistics.median(every) for name, every in values.items()}


def _flat_tables(results: Results) -> list[str]:
    rows = [[name, f"{value:.2f}"] for name, value in _flats(results).items()]
    if not rows:
        return []
    preamble = (
        "Fine detail where the photo is flat, over the painting's own: lattices, dots and speckle count."
    )
    return ["## Flat places", preamble, table(("picture", "busyness"), rows)]


def _measures(point: Point) -> list[str]:
    return [seconds_of(point), *(f"{value:.3f}" for value in point.measures)]


def _gib(size: int) -> str:
    return f"{size / 2**30:.2f}" if size else "–"


def _yes(met: bool) -> str:
    return "yes" if met else "no"
