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

from engine.errors import AtelierError
from engine.packages import missing

COMMANDS: Final[Mapping[str, str]] = {
    "paint": "paint one photo in the style of one or more paintings",
    "work": "paint the jobs of the queue until told to stop",
    "styles": "list the styles, fetch famous paintings, add and remove your own, show them painted",
    "weights": "say which network paints, and fetch it if need be",
    "jobs": "look at the queue, and steer it, for operators",
    "bench": "measure the painter on this machine against the usual PyTorch loop",
    "doctor": "say whether a worker could paint here, and what to do if not",
}
"""One line about each command. A command's module is imported only when it runs, so that help is quick."""


def parser(chosen: str | None, prog: str = "python -m engine") -> argparse.ArgumentParser:
    """Build the command line.

    Args:
        chosen: the command whose options are wanted; of the others only the names are.
        prog: what the program is called.

    Raises:
        PackageError: the chosen one needs a package that is not there; ``bench`` needs the fewest.
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
    """Run one command and give its exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    # Threads that spin while they wait cost two thirds of the speed on a machine that does other things.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    command = words[0] if words else None
    try:
        args = parser(command, prog).parse_args(words)
        try:
            return int(args.run(args))
        except ModuleNotFoundError as error:
            raise missing(args.command, error, "engine") from error
    except AtelierError as error:
        print(f"error: {error}", file=sys.stderr)
    except ValueError as error:
        if not hasattr(error, "errors"):  # pydantic has them, which may not be installed
            raise
        first = error.errors()[0]
        print(f"error: setting {str(first['loc'][0]).upper()}: {first['msg']}", file=sys.stderr)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    return 1


if __name__ == "__main__":
    sys.exit(main())
