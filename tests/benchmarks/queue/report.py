"""The results of the queue's benchmark, as JSON for programs and as Markdown for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from engine.benchmark.tables import rounded, table
from tests.benchmarks.queue.backlog import Backlog
from tests.benchmarks.queue.eta import Eta
from tests.benchmarks.queue.findings import Crowd, Database, Findings, Plan

NAME: Final = "queue"
"""Name of the files, without their suffixes."""


@dataclass(slots=True)
class Results:
    """The results of one run, so far."""

    load: float
    """Processes that wanted to run before it."""
    repeat: int
    queue: Findings | None = None
    backlogs: Sequence[Backlog] = ()
    eta: Eta | None = None


def as_dict(results: Results) -> dict[str, Any]:
    """Return the results for JSON."""
    found: dict[str, Any] = {"load": results.load, "repeat": results.repeat}
    if results.queue:
        queue = results.queue
        found["queue"] = {
            "cores": queue.cores,
            "plan": asdict(queue.plan),
            "databases": [_database_as_dict(each, queue.cores) for each in queue.databases],
            "notes": list(queue.notes),
        }
    if results.backlogs:
        found["backlogs"] = [
            {
                "database": each.database,
                "size": asdict(each.size),
                "calls": [rounded(asdict(call)) for call in each.calls],
            }
            for each in results.backlogs
        ]
    if results.eta:
        eta = results.eta
        found["eta"] = {"jobs": eta.count, "error": round(eta.error, 4), "bias": round(eta.bias, 4)}
    return found


def markdown(results: Results) -> str:
    """Return the results as paragraphs and tables."""
    blocks = [f"Load {results.load:.1f} before the run."]
    if results.queue:
        blocks += _queue_blocks(results.queue)
    for backlog in results.backlogs:
        blocks += _backlog_blocks(backlog)
    if results.eta:
        eta = results.eta
        blocks += [
            "## Forecasts",
            f"{eta.count} jobs of a steady mix on one real worker.",
            f"The first forecast was off by {eta.error:.1%} in the median ({eta.bias:+.1%} with sign).",
        ]
    return "\n\n".join(blocks) + "\n"


def write(results: Results, folder: Path) -> None:
    """Write tables and JSON into a folder, which is made if missing."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{NAME}.md").write_text(markdown(results), "utf-8")
    (folder / f"{NAME}.json").write_text(json.dumps(as_dict(results), indent=1) + "\n", "utf-8")


def _queue_blocks(findings: Findings) -> list[str]:
    plan = findings.plan
    found = ["## The queue", _introduction(plan, findings.cores)]
    for database in findings.databases:
        where = f", its files on {database.filesystem}" if database.filesystem else ""
        found += [f"### {database.name}{where}", *_tables(database, plan, findings.cores)]
    return found + [f"Note: {note}" for note in findings.notes]


def _backlog_blocks(backlog: Backlog) -> list[str]:
    size = backlog.size
    head = ("call", "ms", "CPU time, ms", "loop held, ms", "longest write, ms")
    rows = [
        [call.name, *(f"{value:.1f}" for value in (call.wall, call.cpu, call.held)), f"{call.written:.0f}"]
        for call in backlog.calls
    ]
    return [
        f"## {size.queued} jobs wait, {size.done} are done, on {backlog.database}",
        (
            "CPU time is that of the calling process, a PostgreSQL server's not among it. The loop is held "
            "by the longest step of its thread, in CPU time."
        ),
        table(head, rows),
    ]


def _introduction(plan: Plan, cores: int) -> str:
    return (
        f"Photo, painting and result of {_megabytes(plan.picture)} each, a preview of "
        f"{_megabytes(plan.preview)}; {plan.lives * plan.repeat} jobs, medians. The floor is what the same "
        "driver takes to commit the same bytes to the same disk without a queue. Database, simulated workers "
        f"and bot share {cores} cores."
    )


def _tables(database: Database, plan: Plan, cores: int) -> Iterator[str]:
    steps = [
        [
            step.name,
            f"{step.milliseconds:.1f}",
            f"{step.late:.1f}",
            f"{step.floor:.1f}",
            f"**{step.ratio:.1f} ×**",
        ]
        for step in database.steps
    ]
    yield table(("step of a job", "ms", "95th percentile", "floor, ms", "of the floor"), steps)
    waits = [
        [f"{each.idle}", f"{each.median * 1000:.0f}", f"{each.longest * 1000:.0f}", f"{each.jobs}"]
        for each in database.waits
    ]
    yield table(("idle workers", "ms from enqueue to start", "longest", "jobs"), waits)
    yield " ".join(_sentences(database, plan))
    if database.crowds:
        head = ("workers", "in + out", "jobs/s", "MB/s", "server, cores", "workers", "total", "limit")
        yield table(head, [_crowd_row(crowd, cores) for crowd in database.crowds])


def _sentences(database: Database, plan: Plan) -> Iterator[str]:
    yield f"One worker claims and finishes {database.painted:.0f} jobs a second, none of them painted."
    if database.worker is not None:
        yield f"A real worker that idles takes {database.worker:.1%} of a core."
    if (idling := database.idling) is not None:
        counted = idling.transactions if idling.statements is None else idling.statements
        server = "" if idling.server is None else f", which takes {idling.server:.1%} of a core"
        check = (
            ""
            if idling.statements is None
            else f" ({idling.transactions:.1f} transactions by its statistics)"
        )
        yield (
            f"{idling.workers} idle workers ask the server {counted:.1f} statements a second{check}{server}; "
            f"counted for {plan.watch * plan.repeat:g} s."
        )


def _crowd_row(crowd: Crowd, cores: int) -> list[str]:
    moved = crowd.taken + crowd.given
    return [
        f"{crowd.workers}",
        f"{_megabytes(crowd.taken)} + {_megabytes(crowd.given)}" if crowd.given else "next to nothing",
        f"**{crowd.rate:.0f}**",
        f"{crowd.rate * moved / 1e6:.0f}" if crowd.given else "–",
        _cores(crowd.server),
        _cores(crowd.clients),
        _cores(crowd.total),
        crowd.limit(cores),
    ]


def _database_as_dict(database: Database, cores: int) -> dict[str, Any]:
    return {
        "name": database.name,
        "filesystem": database.filesystem,
        "steps": [{**rounded(asdict(each)), "ratio": round(each.ratio, 3)} for each in database.steps],
        "painted": round(database.painted, 3),
        "waits": [rounded(asdict(each)) for each in database.waits],
        "worker": database.worker if database.worker is None else round(database.worker, 4),
        "idling": database.idling and rounded(asdict(database.idling)),
        "crowds": [{**rounded(asdict(each)), "limit": each.limit(cores)} for each in database.crowds],
    }


def _cores(used: float | None) -> str:
    return "–" if used is None else f"{used:.2f}"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:g} MB" if size >= 1e5 else f"{size / 1e3:g} kB"
