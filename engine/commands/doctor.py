"""``engine doctor``: say whether a worker could paint here, and what to do if not."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Iterator

from engine.doctor import Finding, as_json, machine, show, well
from engine.doctor.database import database
from engine.packages import CORE, PAINTING
from engine.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    parser.add_argument(
        "--no-painter", action="store_true", help="leave out weights, device and test painting"
    )


def run(args: argparse.Namespace) -> int:
    """Look, and say what was found."""
    settings = Settings()
    findings: list[Finding] = []

    def kept() -> Iterator[Finding]:
        for finding in examine(settings, painter=not args.no_painter):
            findings.append(finding)
            yield finding

    if args.json:
        print(json.dumps(as_json(kept())))
    else:
        show(kept())
    return 0 if well(findings) else 1


def examine(settings: Settings, *, painter: bool) -> Iterator[Finding]:
    """Find out how this machine is; the painter's part takes seconds."""
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
