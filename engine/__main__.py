"""``python -m engine``: paint, work, styles, weights, jobs, bench.

Exit status: 0 done, 1 failed with one line on stderr, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from functools import partial
from importlib import import_module

from engine.errors import AtelierError

_COMMANDS = ("paint", "work", "styles", "weights", "jobs", "bench")


def parser() -> argparse.ArgumentParser:
    """Build the command line; a command whose packages are missing says so: ``bench`` needs the fewest."""
    top = argparse.ArgumentParser(prog="python -m engine", description="Atelier's studio.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in _COMMANDS:
        try:
            module = import_module(f"engine.commands.{name}")
        except ModuleNotFoundError as error:
            if (error.name or "engine").startswith("engine"):
                raise
            missing = f"{name} needs the package {error.name}, which is not installed."
            commands.add_parser(name, help=missing).set_defaults(run=partial(_refuse, missing))
            continue
        summary = (module.__doc__ or "").split("\n", 1)[0].split(": ", 1)[1]
        sub = commands.add_parser(name, help=summary, description=summary)
        module.configure(sub)
        sub.set_defaults(run=module.run)
    return top


def _refuse(reason: str, _: argparse.Namespace) -> int:
    raise AtelierError(reason)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit status."""
    args = parser().parse_args(arguments)
    # Threads that spin while they wait cost two thirds of the speed on a machine that does other things.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        return int(args.run(args))
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
