"""The two curves in one picture: what the judge says, and how soon a picture as good is there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from engine.benchmark.report import NAME, Results
from engine.benchmark.verdict import REFERENCE, Answer, Point, answers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

_COLOURS: Final = {"draft": "#f2a541", "normal": "#e4572e", "fine": "#8f2d56", REFERENCE: "#6b7280"}
_INK: Final = "#1f2937"
_FAINT: Final = "#d1d5db"


def draw(results: Results, folder: Path) -> Path:
    """Draw the medians over the pairs to a PNG in ``folder``.

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
    _sooner(right, answers(points))
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color(_FAINT)
        axes.tick_params(colors=_INK, labelsize=9)
    file = folder / f"{NAME}.png"
    figure.savefig(file)
    return file


def _trade_off(axes: Axes, points: Sequence[Point]) -> None:
    """Plot style over likeness, a line for each series; the lowest of ours carries the strengths' names."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    lines: dict[str, list[Point]] = {}
    for point in points:
        lines.setdefault(point.series, []).append(point)
    for series, line in lines.items():
        ours, colour = series != REFERENCE, _COLOURS.get(series, _INK)
        axes.plot(
            [point.likeness for point in line], [point.style for point in line],
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
                    (point.likeness, point.style), textcoords="offset points", fontsize=8.5,
                    color=colour, **place,
                )  # fmt: skip
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("LPIPS to the photo  (← keeps more of it)", color=_INK)
    axes.set_ylabel("style distance to the painting  (↓ closer)", color=_INK)
    axes.set_title("Seen by AlexNet, which nobody optimised", loc="left", fontsize=11, color=_INK)
    axes.grid(visible=True, color=_FAINT, linewidth=0.5)
    axes.margins(x=0.14, y=0.12)
    axes.legend(frameon=False, fontsize=9, labelcolor=_INK)


def _sooner(axes: Axes, found: Sequence[Answer]) -> None:
    """Plot the seconds to each picture of the reference, and to the first of ours that is as good."""
    ticks = []
    for row, answer in enumerate(found):
        ticks.append(f"{answer.theirs.label} iterations")
        axes.barh(row - 0.19, answer.theirs.seconds, 0.34, color=_COLOURS[REFERENCE])
        _label(axes, row - 0.19, answer.theirs.seconds, f"reference, {answer.theirs.seconds:.0f} s")
        if answer.ours:
            colour = _COLOURS.get(answer.ours.series, _INK)
            axes.barh(row + 0.19, answer.ours.seconds, 0.34, color=colour)
            who = f"{answer.ours.series} {answer.ours.label}, {answer.ours.seconds:.0f} s"
            _label(axes, row + 0.19, answer.ours.seconds, f"{who}: {answer.ratio:.1f} × sooner")
    axes.set_yticks(range(len(found)), ticks)
    axes.invert_yaxis()
    axes.set_xlabel("seconds", color=_INK)
    axes.set_xlim(0, 1.35 * max(answer.theirs.seconds for answer in found))
    axes.set_title(
        "Seconds until a picture is as good, by both measures", loc="left", fontsize=11, color=_INK
    )


def _label(axes: Axes, y: float, x: float, text: str) -> None:
    axes.annotate(text, (x, y), (5, 0), textcoords="offset points", va="center", fontsize=8.5, color=_INK)
