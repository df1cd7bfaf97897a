"""A worker's own HTTP server: health and metrics, in a thread of its own that answers whatever happens."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Coroutine, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, TypeVar

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from engine.errors import AtelierError
from engine.settings import Settings
from engine.worker.metrics import READY, REGISTRY
from engine.worker.slot import Slot

T = TypeVar("T")

SILENCE: Final = 45.0
"""Seconds since its last sign of life after which a worker is not ready: three times it was silent."""
LOOP_TIMEOUT: Final = 3.0
"""Seconds until an event loop that does not respond counts as hanging."""
TEXT: Final = "text/plain; charset=utf-8"

Answer = tuple[int, str, bytes]


class ListenError(AtelierError):
    """Nothing can listen there."""

    code = "setting-invalid"


class Site:
    """A worker's health, as its HTTP server reports it."""

    def __init__(self, slot: Slot) -> None:
        self._slot = slot
        self._loop: asyncio.AbstractEventLoop | None = None

    async def watch(self, work: Coroutine[Any, Any, T]) -> T:
        """Run the worker and keep an eye on its event loop."""
        self._loop = asyncio.get_running_loop()
        try:
            return await work
        finally:
            self._loop = None

    @property
    def alive(self) -> bool:
        """Return whether the event loop responds; before the start and after the end there is none."""
        turned, loop = threading.Event(), self._loop
        if loop is None:
            return True
        try:
            loop.call_soon_threadsafe(turned.set)
        except RuntimeError:  # it was closed just now
            return True
        return turned.wait(LOOP_TIMEOUT)

    @property
    def ready(self) -> bool:
        """Return whether the worker is ready: network loaded, self-test passed, database reached lately."""
        try:
            return time.time() - self._slot.ready.stat().st_mtime < SILENCE
        except FileNotFoundError:
            return False

    def answer(self, path: str) -> Answer:
        """Status, type and body of a page."""
        match path:
            case "/healthz":
                return (200, TEXT, b"ok\n") if self.alive else (503, TEXT, b"the event loop hangs\n")
            case "/readyz":
                return (200, TEXT, b"ok\n") if self.ready else (503, TEXT, b"not ready to paint\n")
            case "/metrics":
                READY.set(self.ready)
                return 200, CONTENT_TYPE_LATEST, generate_latest(REGISTRY)
            case _:
                return 404, TEXT, b"not found\n"


@contextlib.contextmanager
def serving(settings: Settings, slot: Slot) -> Iterator[Site]:
    """Listen at METRICS_PORT, unless it is 0.

    Raises:
        ListenError: somebody else has the port, or there is no such address here.
    """
    site = Site(slot)
    if not settings.metrics_port:
        yield site
        return
    kind = _Server6 if ":" in settings.metrics_listen else ThreadingHTTPServer
    try:
        server = kind((settings.metrics_listen, settings.metrics_port), _handler(site))
    except OSError as error:
        where = f"{settings.metrics_listen}:{settings.metrics_port}"
        raise ListenError(f"Nothing can listen at {where}: set METRICS_LISTEN and METRICS_PORT.") from error
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server6(ThreadingHTTPServer):
    """A server at an IPv6 address."""

    address_family = socket.AF_INET6


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10  # seconds that somebody may take to ask

        def do_GET(self) -> None:
            status, kind, body = site.answer(self.path.partition("?")[0])
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing: a scrape every few seconds is no news."""

        def version_string(self) -> str:
            return "atelier"

    return Handler
