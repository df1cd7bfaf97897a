"""Text and tables of ``engine jobs``, as wide as the terminal. No I/O."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Final

from engine.doctor.finding import size
from engine.queue import Condition, Job, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.table import Table

    from engine.queue import Forecast, Health, Worker

WIDE: Final = 110
"""Columns of a terminal from which on a job's worker and error have a column each."""

NOWHERE: Final = "–"
"""The sign for values that are unknown or do not apply."""

_STYLES: Final = {
    State.QUEUED: "",
    State.RUNNING: "cyan",
    State.DONE: "green",
    State.FAILED: "red",
    State.CANCELLED: "dim",
    Condition.IDLE: "",
    Condition.BUSY: "cyan",
    Condition.BROKEN: "red",
    Condition.RETIRED: "dim",
}


def span(seconds: float | None) -> str:
    """Return a time span as m:ss, a longer one in hours or days."""
    if seconds is None:
        return NOWHERE
    whole = max(round(seconds), 0)
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02}"
    minutes = whole // 60
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60:02}"
    return f"{minutes // 1440} days"


def moment(seconds: float | None) -> str:
    """Return a point in time in this machine's zone."""
    if seconds is None:
        return NOWHERE
    return datetime.fromtimestamp(seconds).astimezone().isoformat(sep=" ", timespec="seconds")


def number(count: int, one: str, many: str | None = None) -> str:
    """Return a count with its noun."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def printable(text: str) -> str:
    """Return the text without control characters, except line breaks."""
    return "".join(each if each.isprintable() or each == "\n" else "\ufffd" for each in text)


def place(job: Job, forecast: Forecast | None) -> str:
    """Return a job's number in the queue, or its progress."""
    if job.state is State.RUNNING:
        return "stopping" if job.cancel else f"{job.progress:.0%}"
    if forecast is None or forecast.position is None:
        return ""
    return f"#{forecast.position + 1}"


def counts(health: Health) -> str:
    """Return the queue's numbers in one line."""
    parts = [f"{health.running} running", f"{health.queued} queued"]
    if health.queued:
        parts[-1] += f", the oldest for {span(health.waiting)}"
    parts.append(f"{health.undelivered} to be delivered")
    parts.append(f"{number(len(health.workers), 'living worker')}")
    return " · ".join(parts)


def verdict(health: Health) -> list[str]:
    """Return the queue's health, its numbers and its problems, a line each."""
    word = "The queue is healthy." if health.healthy else "The queue is not healthy."
    return [word, counts(health), *map(printable, health.problems)]


def job_table(jobs: Sequence[Job], ahead: Mapping[str, Forecast], now: float, width: int) -> Table:
    """Return the table of the jobs, without empty columns.

    On a narrow terminal an error replaces the worker, which ``--show`` tells.
    """
    tail = ("worker", "error") if width >= WIDE else ("worker, error",)
    titles = ("job", "owner", "state", "at", "left", "age", "try", *tail)
    rows = []
    for job in jobs:
        forecast = ahead.get(job.id)
        rows.append(
            (
                job.id,
                job.owner,
                job.state.value,
                place(job, forecast),
                span(forecast.eta) if forecast else "",
                span(now - job.created),
                str(job.attempts),
                *((job.worker or "", job.error or "") if width >= WIDE else (job.error or job.worker or "",)),
            )
        )
    whole = ("job", "state", "at", "left", "age")
    return _table(titles, rows, [job.state for job in jobs], whole, width)


def worker_table(workers: Sequence[Worker], now: float, width: int) -> Table:
    """Return the table of the workers."""
    rows = [
        (
            each.name,
            f"{each.state}, drained" if each.drain else each.state.value,
            each.device,
            each.network,
            NOWHERE if each.rate is None else f"{each.rate:.2f}",
            f"{max(now - each.seen, 0.0):.0f} s ago",
            each.reason or "",
        )
        for each in workers
    ]
    titles = ("worker", "state", "device", "network", "MP·it/s", "seen", "reason")
    return _table(titles, rows, [each.state for each in workers], ("state", "MP·it/s", "seen"), width)


def _table(
    titles: Sequence[str],
    rows: Sequence[Sequence[str]],
    states: Iterable[State | Condition],
    whole: Sequence[str],
    width: int,
) -> Table:
    """Return a table without empty columns; those in ``whole`` are never wrapped."""
    from rich.table import Table
    from rich.text import Text

    used = [column for column in range(len(titles)) if any(row[column] for row in rows)]
    gap = 2 if width >= WIDE else 1
    table = Table(box=None, padding=(0, gap, 0, 0), pad_edge=False, header_style="bold")
    for column in used:
        right = titles[column] in {"at", "left", "age", "try", "MP·it/s"}
        table.add_column(
            titles[column],
            justify="right" if right else "left",
            overflow="fold",
            no_wrap=titles[column] in whole,
        )
    for row, state in zip(rows, states, strict=True):
        table.add_row(*(Text(printable(row[column])) for column in used), style=_STYLES[state])
    return table


def sheet(job: Job, forecast: Forecast | None, blobs: Mapping[str, int], now: float) -> list[tuple[str, str]]:
    """Return everything about one job, as names and values."""
    lines = [
        ("job", job.id),
        ("owner", job.owner),
        ("state", f"{job.state} {place(job, forecast)}".strip()),
        ("left", span(forecast.eta) if forecast else ""),
        ("stage", job.stage or ""),
        ("cancel", "asked for" if job.cancel else ""),
        ("worker", job.worker or ""),
        ("lease", "" if job.lease is None else _lease(job.lease - now)),
        ("attempts", str(job.attempts)),
        ("priority", f"{job.priority}, turn {job.tag}"),
        ("painting", f"{job.shape}, {job.cost:.1f} MP·it{', made smaller' if job.reduced else ''}"),
        ("recipe", _json(job.recipe)),
        ("facts", _json(job.facts)),
        ("error", job.error or ""),
        ("detail", job.error_detail or ""),
        ("address", _json(job.address)),
        ("previews", str(job.previews)),
        ("pictures", ", ".join(f"{name} {size(count)}" for name, count in blobs.items()) or "none"),
        ("created", moment(job.created)),
        ("started", moment(job.started)),
        ("finished", moment(job.finished)),
        ("delivered", moment(job.delivered)),
    ]
    return [(name, printable(value)) for name, value in lines if value]


def sheet_table(lines: Iterable[tuple[str, str]]) -> Table:
    """Return a table of names and values."""
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in lines:
        table.add_row(name, Text(value))
    return table


def _lease(left: float) -> str:
    return f"for {span(left)} more" if left > 0 else f"over for {span(-left)}"


def _json(value: object) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False)
