"""Markdown tables and rounding."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from engine.benchmark.verdict import Point


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table with aligned columns."""
    cells = [list(head), *(list(row) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    lines = [
        "| "
        + " | ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        + " |"
        for row in cells
    ]
    rule = "|".join("-" * (width + 1) + (":" if column else "-") for column, width in enumerate(widths))
    return "\n".join([lines[0], f"|{rule}|", *lines[1:]])


def seconds_of(point: Point) -> str:
    """Return the seconds of a picture, or a dash if they are unknown."""
    return "–" if math.isnan(point.seconds) else f"{point.seconds:.1f}"


def rounded(values: dict[str, Any]) -> dict[str, Any]:
    """Round each number to five decimals; what is no number is None, as JSON has it."""
    return {key: _rounded(value) for key, value in values.items()}


def _rounded(value: Any) -> Any:
    if not isinstance(value, float):
        return value
    return None if math.isnan(value) else round(value, 5)
