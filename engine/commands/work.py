"""``engine work``: paint the jobs of the queue until told to stop."""

from __future__ import annotations

import argparse
import asyncio
from typing import TYPE_CHECKING

from engine import logs
from engine.errors import AtelierError
from engine.settings import Settings

if TYPE_CHECKING:
    from engine.worker.house import House


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "--with-parent", action="store_true", help="stop when standard input closes: when the parent is gone"
    )


def run(args: argparse.Namespace) -> int:
    """Work until SIGINT or SIGTERM.

    Raises:
        AtelierError: no network, or the device fails its self-test; the queue's operators see why.
    """
    from engine.worker.house import move_in

    settings = Settings()
    logs.configure(settings.log_level)
    with move_in(settings.data_dir) as house:
        _run(settings, house, with_parent=args.with_parent)
    return 0


def _run(settings: Settings, house: House, *, with_parent: bool) -> None:
    from engine import studio
    from engine.gallery.catalogue import open_catalogue
    from engine.worker import service

    open_catalogue(settings.data_dir)
    asyncio.run(service.recover(settings, house))
    try:
        # Outside the event loop: any signal ends the download.
        network = studio.open_network(settings, number=house.number)
        asyncio.run(service.serve(settings, house, network, with_parent=with_parent))
    except AtelierError as error:
        asyncio.run(service.confess(settings, house, error))
        raise
