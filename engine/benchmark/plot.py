"""The plot: the judge's measures, and the speedup to a picture of equal quality."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from engine.benchmark.report import NAME, Results
from engine.benchmark.verdict import REFERENCE, TARGET, Answer, Point, answers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

_COLOURS: Final = {"draft": "#f2a541", "normal": "#e4572e", "fine": "#8f2d56", REFERENCE: "#6b7280"}
_INK: Final = "#1f2937"
_FAINT: Final = "#d1d5db"


def draw(results: Results, folder: Path) -> Path:
    """Draw the medians over the pairs, and each pair's speedups, to a PNG in ``folder``.

    Raises:
        ImportError: matplotlib is missing.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    points = results.medians
    style: dict[str, Any] = {"figsize": (11, 4.6), "dpi": 160, "layout": "constrained", "facecolor": "white"}
    figure = Figure(**style)
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, width_ratios=(1.25, 1))
    _trade_off(left, points)
    _sooner(right, [answers(outcome.ours) for outcome in results.outcomes])
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color(_FAINT)
        axes.tick_params(colors=_INK, labelsize=9)
    file = folder / f"{NAME}.png"
    figure.savefig(file)
    return file


def _trade_off(axes: Axes, points: Sequence[Point]) -> None:
    """Plot style over LPIPS, a line for each series; the lowest of ours carries the strengths' names."""
    from matplotlib.patheffects import withStroke
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    lines: dict[str, list[Point]] = {}
    for point in points:
        lines.setdefault(point.series, []).append(point)
    for series, line in lines.items():
        ours, colour = series != REFERENCE, _COLOURS.get(series, _INK)
        axes.plot(
            [point.lpips for point in line], [point.style for point in line],
            color=colour, linewidth=2, linestyle="-" if ours else (0, (3, 2)), zorder=3 if ours else 2,
            marker="o" if ours else "s", markersize=7, markeredgecolor="white",
            label=f"Atelier {series}, {line[0].seconds:.0f} s" if ours else "reference",
        )  # fmt: skip
        for point in line:
            place: dict[str, Any] = {"xytext": (8, 4)}
            if ours:
                place = {"xytext": (-7, -7), "ha": "right", "va": "top"}
            if not ours or series == points[-1].series:
                axes.annotate(
                    point.label if ours else f"{point.label} iterations, {point.seconds:.0f} s",
                    (point.lpips, point.style), textcoords="offset points", fontsize=8.5,
                    color=colour, zorder=5, path_effects=[withStroke(linewidth=3, foreground="white")],
                    **place,
                )  # fmt: skip
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("LPIPS to the photo  (← keeps more of it)", color=_INK)
    axes.set_ylabel("style distance to the painting  (↓ closer)", color=_INK)
    axes.set_title("Seen by AlexNet, which no painter optimised", loc="left", fontsize=11, color=_INK)
    axes.grid(visible=True, color=_FAINT, linewidth=0.5)
    axes.margins(x=0.14, y=0.12)
    axes.legend(loc="upper right", frameon=False, fontsize=9, labelcolor=_INK)


def _sooner(axes: Axes, runs: Sequence[Sequence[Answer]]) -> None:
    """Plot the speedup to equal quality for each picture of the reference, and each pair."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    ticks, marks = [], list(zip(*runs, strict=True))
    for row, found in enumerate(marks):
        theirs = statistics.median(answer.theirs.seconds for answer in found)
        ticks.append(f"{found[0].theirs.label} iterations\n{theirs:.0f} s")
        middle = statistics.median(answer.ratio for answer in found)
        for number, answer in enumerate(found):
            colour = _COLOURS.get(answer.ours.series, _INK) if answer.ours else "white"
            axes.plot(
                max(1.0, answer.ratio), row + 0.05 * (number - (len(found) - 1) / 2), marker="o",
                markersize=8, markeredgecolor="white" if answer.ours else _INK, color=colour, zorder=3,
            )  # fmt: skip
        axes.annotate(
            f"{middle:.1f} ×" if middle else "none", (max(1.0, middle), row), (0, 16), ha="center",
            textcoords="offset points", fontsize=9, color=_INK,
        )  # fmt: skip
    axes.axvline(TARGET, color=_INK, linewidth=1, linestyle=(0, (2, 3)))
    axes.annotate(
        f"{TARGET:g} ×", (TARGET, 1), (4, -10), xycoords=("data", "axes fraction"),
        textcoords="offset points", fontsize=8.5, color=_INK,
    )  # fmt: skip
    axes.set_xscale("log")
    axes.set_xlim(0.9, 1.5 * max(10.0, *(answer.ratio for found in runs for answer in found)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g} ×"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_yticks(range(len(marks)), ticks)
    axes.set_ylim(len(marks) - 0.5, -0.6)
    axes.grid(visible=True, axis="x", color=_FAINT, linewidth=0.5)
    axes.set_xlabel("times sooner (a dot for each pair, and their median)", color=_INK)
    axes.set_title("When a picture is as good, by both measures", loc="left", fontsize=11, color=_INK)
