"""``python -m tests.chaos``: a storm over the queue, and a short report. Exit status 1 if something broke."""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
from pathlib import Path

from tests.chaos.databases import KINDS, NotInstalledError
from tests.chaos.storm import StormOptions, storm
from tests.support.processes import REPO


def main() -> int:
    """Run a storm for each seed and database; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, nargs="+", default=[1])
    parser.add_argument("--database", choices=KINDS, nargs="+", default=["sqlite"])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--jobs", type=int, default=60)
    parser.add_argument("--owners", type=int, default=6, choices=range(1, 7))
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument(
        "--troubles", nargs="+", default=[], help="only these, in this order, again and again"
    )
    parser.add_argument("--weights", type=Path, default=REPO / "data" / "weights", help="a cache of weights")
    args = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # the workers share the cores
    broken = 0
    for kind in args.database:
        for seed in args.seed:
            weather = StormOptions(
                seed, kind, args.jobs, args.owners, args.workers, args.seconds, tuple(args.troubles)
            )
            home = Path(tempfile.mkdtemp(prefix="atelier-chaos-"))
            try:
                report = asyncio.run(storm(weather, args.weights, home))
            except NotInstalledError as error:
                print(f"error: {error}", file=sys.stderr)
                return 1
            print(report, flush=True)
            if report.broken:
                print(f"  left in   {home}", flush=True)
                broken += 1
            else:
                shutil.rmtree(home)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
