"""``python -m engine``: paint, work, styles, weights, jobs, bench.

Exit status: 0 done, 1 failed with one line on stderr, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from pydantic import ValidationError

from engine.commands import bench, jobs, paint, styles, weights, work
from engine.errors import AtelierError

_COMMANDS = {"paint": paint, "work": work, "styles": styles, "weights": weights, "jobs": jobs, "bench": bench}


def parser() -> argparse.ArgumentParser:
    """Build the command line."""
    top = argparse.ArgumentParser(prog="python -m engine", description="Atelier's studio.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module in _COMMANDS.items():
        summary = (module.__doc__ or "").split("\n", 1)[0].split(": ", 1)[1]
        sub = commands.add_parser(name, help=summary, description=summary)
        module.configure(sub)
        sub.set_defaults(run=module.run)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit status."""
    args = parser().parse_args(arguments)
    # Threads that spin while they wait cost two thirds of the speed on a machine that does other things.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        return int(args.run(args))
    except AtelierError as error:
        print(f"error: {error}", file=sys.stderr)
    except ValidationError as error:
        first = error.errors()[0]
        print(f"error: setting {str(first['loc'][0]).upper()}: {first['msg']}", file=sys.stderr)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    return 1


if __name__ == "__main__":
    sys.exit(main())
