"""``engine work``: paint the jobs of the queue until told to stop."""

from __future__ import annotations

import argparse
import asyncio

from engine import logs
from engine.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "--with-parent", action="store_true", help="stop when standard input closes: when the parent is gone"
    )


def run(args: argparse.Namespace) -> int:
    """Work until SIGINT or SIGTERM."""
    from engine import studio, worker

    settings = Settings()
    logs.configure(settings.log_level)
    network = studio.open_network(settings)
    asyncio.run(worker.main(settings, network, with_parent=args.with_parent))
    return 0
