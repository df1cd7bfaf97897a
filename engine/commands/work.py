"""``engine work``: run a worker that paints queued jobs."""

from __future__ import annotations

import argparse
import asyncio
from typing import TYPE_CHECKING

from engine import logs
from engine.errors import AtelierError
from engine.settings import Settings

if TYPE_CHECKING:
    from engine.worker.http_server import Endpoints
    from engine.worker.slot import Slot


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "--with-parent",
        action="store_true",
        help="stop when standard input closes, as it does when the parent process ends",
    )


def run(args: argparse.Namespace) -> int:
    """Run a worker until SIGINT or SIGTERM.

    Raises:
        AtelierError: there is no network, or the device fails its self-test. `jobs` shows the reason.
    """
    from engine.worker.http_server import serving
    from engine.worker.slot import take_slot

    settings = Settings()
    logs.configure(settings.log_level, settings.log_format)
    with take_slot(settings.data_dir) as slot, serving(settings, slot) as endpoints:
        _run(settings, slot, endpoints, with_parent=args.with_parent)
    return 0


def _run(settings: Settings, slot: Slot, endpoints: Endpoints, *, with_parent: bool) -> None:
    from engine import runtime
    from engine.queue import FileGoneError
    from engine.styles.bundle import unpack_paintings
    from engine.styles.catalogue import open_catalogue
    from engine.worker import lifecycle

    if settings.bundle_dir and settings.famous:
        unpack_paintings(settings.bundle_dir, settings.data_dir)
    open_catalogue(settings.data_dir, famous=settings.famous)
    asyncio.run(lifecycle.recover(settings, slot))
    try:
        # Outside the event loop, so that any signal ends the download.
        network = runtime.open_network(settings, number=slot.number)
        finder = runtime.open_face_finder(settings)
        serving = lifecycle.serve(settings, slot, network, finder, with_parent=with_parent)
        asyncio.run(endpoints.watch(serving))
    except FileGoneError:
        raise  # a report would make a new database
    except AtelierError as error:
        asyncio.run(lifecycle.report_broken(settings, slot, error))
        raise
