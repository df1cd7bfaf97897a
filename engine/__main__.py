"""``python -m engine``: paint, work, styles, weights, jobs, bench, doctor.

Exit status: 0 done, 1 failed with one line on stderr, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Final

from engine.console import accept_any_encoding
from engine.host_errors import line_about
from engine.packages import missing

COMMANDS: Final[Mapping[str, str]] = {
    "paint": "paint a photo in one or more styles",
    "work": "run a worker that paints queued jobs",
    "styles": "list, download, add, remove and preview styles",
    "weights": "show which network paints, and download it if needed",
    "jobs": "list the queue's jobs and workers, and manage them",
    "bench": "measure the painter on this machine against the usual PyTorch loop",
    "doctor": "check whether a worker can run here",
}
"""One line about each command. A command's module is imported only when it runs, so that help is quick."""


def parser(chosen: str | None, prog: str = "python -m engine") -> argparse.ArgumentParser:
    """Build the argument parser.

    Args:
        chosen: the command whose options are added. The others have only their names.
        prog: the program's name.

    Raises:
        PackageError: the chosen command needs a package that is not installed.
    """
    top = argparse.ArgumentParser(prog=prog, description="Atelier's painter, queue and worker.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, summary in COMMANDS.items():
        sub = commands.add_parser(name, help=summary, description=summary)
        if name == chosen:
            try:
                module = import_module(f"engine.commands.{name}")
            except ModuleNotFoundError as error:
                raise missing(name, error, "engine") from error
            module.configure(sub)
            sub.set_defaults(run=module.run)
    return top


def main(arguments: Sequence[str] | None = None, prog: str = "python -m engine") -> int:
    """Run one command, and return its exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    accept_any_encoding()
    # On a busy machine, threads that spin while they wait cost two thirds of the speed.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    command = words[0] if words else None
    try:
        args = parser(command, prog).parse_args(words)
        try:
            return int(args.run(args))
        except ModuleNotFoundError as error:
            raise missing(args.command, error, "engine") from error
    except Exception as error:
        if (line := line_about(error)) is None:
            raise
        print(f"error: {line}", file=sys.stderr)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    return 1


if __name__ == "__main__":
    sys.exit(main())
