"""``python -m tests.benchmarks.queue``: measure the queue on SQLite and PostgreSQL, and its forecasts."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from engine.errors import AtelierError
from engine.settings import Settings
from tests.benchmarks.queue import backlog, eta, idle_worker, queue
from tests.benchmarks.queue.findings import Findings, Plan
from tests.benchmarks.queue.report import Results, as_dict, markdown, write

STAGES: Final = ("queue", "backlog", "eta")
"""The measurements, in this order."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the results, and write them after each stage; return the exit status."""
    try:
        return _run(_parser().parse_args(arguments))
    except AtelierError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.queue",
        description="Measure the queue: each step of a job, the wait for a worker, many workers at one "
        "PostgreSQL, a queue of 10 000 jobs, and the error of its forecasts.",
        epilog="With two processor cores all of it takes nine minutes, --only eta two.",
    )
    parser.add_argument("--only", choices=STAGES, help="measure one of them (all)")
    parser.add_argument("--database", metavar="URL", help="an empty PostgreSQL to measure, not the bot's "
                        "(a private one, if Debian's package is installed)")  # fmt: skip
    parser.add_argument("--device", help="device of the idle worker (DEVICE)")
    parser.add_argument("--weights", metavar="FILE", type=Path, help="its network (VGG_WEIGHTS)")
    parser.add_argument("--output", metavar="DIR", type=Path, help="write tables and JSON")
    parser.add_argument("--json", action="store_true", help="print one line of JSON instead of tables")
    parser.add_argument("--repeat", metavar="N", type=int, default=3, help="runs; the median counts (3)")
    return parser


def _run(args: argparse.Namespace) -> int:
    if args.repeat < 1:
        raise AtelierError("Every number must be 1 or more.")
    settings = Settings()
    results = Results(round(os.getloadavg()[0], 2), args.repeat)
    if args.only in (None, "queue"):
        with _folder(args, settings) as folder:
            results.queue = _queue(args, settings, folder)
        _write(results, args.output)
    if args.only in (None, "backlog"):
        with _folder(args, settings) as folder:
            results.backlogs = backlog.measure(folder, args.database, report=_report)
        _write(results, args.output)
    if args.only in (None, "eta"):
        results.eta = eta.measure(settings.data_dir)
        _write(results, args.output)
    print(json.dumps(as_dict(results)) if args.json else markdown(results))
    return 0


@contextmanager
def _folder(args: argparse.Namespace, settings: Settings) -> Iterator[Path]:
    """Make a folder for databases, and delete it in the end."""
    parent = args.output or settings.data_dir
    try:
        parent.mkdir(parents=True, exist_ok=True)
        folder = tempfile.TemporaryDirectory(dir=parent, prefix="queue-")
    except OSError as error:
        raise AtelierError(f"{parent} cannot be written ({error.strerror}).") from error
    with folder as name:
        Path(name).chmod(0o755)  # root's PostgreSQL is another user
        yield Path(name)


def _queue(args: argparse.Namespace, settings: Settings, folder: Path) -> Findings:
    painter = idle_worker.settings(
        settings.data_dir, args.weights or settings.vgg_weights, args.device or settings.device
    )
    return queue.measure(folder, Plan(args.repeat), database=args.database, painter=painter, report=_report)


def _write(results: Results, folder: Path | None) -> None:
    """Write the results so far, so that an interrupted run leaves some."""
    if folder is None:
        return
    try:
        write(results, folder)
    except OSError as error:
        raise AtelierError(f"{folder} cannot be written ({error.strerror}).") from error


def _report(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
