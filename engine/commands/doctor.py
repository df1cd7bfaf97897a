"""``engine doctor``: check whether a worker could paint here, and say what to do if not."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterator

from engine.doctor import Finding, Report, machine, well
from engine.doctor.database import database
from engine.packages import CORE, PAINTING
from engine.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    parser.add_argument(
        "--no-painter", action="store_true", help="do not check weights, device and a test painting"
    )


def run(args: argparse.Namespace) -> int:
    """Run the checks and print what they find; return the exit status."""
    report = Report(as_json=args.json)
    for finding in examine(Settings(), painter=not args.no_painter):
        report.add(finding)
    return report.end()


def examine(settings: Settings, *, painter: bool) -> Iterator[Finding]:
    """Yield the findings about this machine; the painter's part takes seconds."""
    yield machine.python()
    yield machine.data_folder(settings.data_dir)
    yield from asyncio.run(database(settings.database))
    if not painter:
        return
    finding = machine.packages("The painter", (*CORE, *PAINTING), "engine")
    yield finding
    if well([finding]):
        from engine.doctor.painting import painting

        yield from painting(settings)
