"""The end of the machine's file descriptors: one line a minute, and not a page for each new connection."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
from typing import Any, Final

log = logging.getLogger(__name__)

INTERVAL: Final = 60.0
"""Seconds between two lines."""
_EXHAUSTED: Final = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


def report_exhaustion(loop: asyncio.AbstractEventLoop) -> None:
    """Let an event loop whose servers cannot accept connections say so, but not at each attempt."""
    last = float("-inf")

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        nonlocal last
        error = context.get("exception")
        number = error.errno if isinstance(error, OSError) else None
        if "socket" not in context or number not in _EXHAUSTED or number is None:
            loop.default_exception_handler(context)
        elif loop.time() - last >= INTERVAL:
            last = loop.time()
            log.warning("New connections have to wait: %s. See `ulimit -n`.", os.strerror(number))

    loop.set_exception_handler(handle)
