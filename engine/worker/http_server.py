"""A worker's HTTP server for health and metrics. Its own thread answers even if the event loop hangs."""

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
from engine.host_errors import port_fault
from engine.settings import Settings
from engine.worker.metrics import READY, REGISTRY
from engine.worker.slot import Slot

T = TypeVar("T")

READY_TIMEOUT: Final = 45.0
"""Seconds since its last announcement after which a worker is not ready: three were missed."""
LOOP_TIMEOUT: Final = 3.0
"""Seconds that the event loop may take to run a callback."""
PLAIN_TEXT: Final = "text/plain; charset=utf-8"

Answer = tuple[int, str, bytes]
"""Status, content type and body."""


class ListenError(AtelierError):
    """The server cannot listen at the address."""

    code = "setting-invalid"


class Endpoints:
    """The paths that a worker's server answers."""

    def __init__(self, slot: Slot) -> None:
        self._slot = slot
        self._loop: asyncio.AbstractEventLoop | None = None

    async def watch(self, work: Coroutine[Any, Any, T]) -> T:
        """Run the worker, and let :attr:`alive` watch its event loop meanwhile."""
        self._loop = asyncio.get_running_loop()
        try:
            return await work
        finally:
            self._loop = None

    @property
    def alive(self) -> bool:
        """True if the event loop runs callbacks, or if there is none, as at the start and the end."""
        ran, loop = threading.Event(), self._loop
        if loop is None:
            return True
        try:
            loop.call_soon_threadsafe(ran.set)
        except RuntimeError:  # closed just now
            return True
        return ran.wait(LOOP_TIMEOUT)

    @property
    def ready(self) -> bool:
        """True if the worker has lately announced that it can paint."""
        try:
            return time.time() - self._slot.ready.stat().st_mtime < READY_TIMEOUT
        except FileNotFoundError:
            return False

    def answer(self, path: str) -> Answer:
        """Return the answer to a GET of ``path``."""
        match path:
            case "/healthz":
                return (
                    (200, PLAIN_TEXT, b"ok\n") if self.alive else (503, PLAIN_TEXT, b"the event loop hangs\n")
                )
            case "/readyz":
                return (
                    (200, PLAIN_TEXT, b"ok\n") if self.ready else (503, PLAIN_TEXT, b"not ready to paint\n")
                )
            case "/metrics":
                READY.set(self.ready)
                return 200, CONTENT_TYPE_LATEST, generate_latest(REGISTRY)
            case _:
                return 404, PLAIN_TEXT, b"not found\n"


@contextlib.contextmanager
def serving(settings: Settings, slot: Slot) -> Iterator[Endpoints]:
    """Serve the worker's endpoints at METRICS_PORT, unless it is 0.

    Raises:
        ListenError: the port is taken, or the address is not this machine's.
    """
    endpoints = Endpoints(slot)
    if not settings.metrics_port:
        yield endpoints
        return
    kind = _Server6 if ":" in settings.metrics_listen else ThreadingHTTPServer
    try:
        server = kind((settings.metrics_listen, settings.metrics_port), _handler(endpoints))
    except OSError as error:
        where = settings.metrics_listen, settings.metrics_port
        raise ListenError(" ".join(port_fault(error, *where, "METRICS_PORT", "METRICS_LISTEN"))) from error
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    try:
        yield endpoints
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server6(ThreadingHTTPServer):
    """A server that listens at an IPv6 address."""

    address_family = socket.AF_INET6


def _handler(endpoints: Endpoints) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10  # seconds that a client may take to send its request

        def do_GET(self) -> None:
            status, kind, body = endpoints.answer(self.path.partition("?")[0])
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Log nothing: a scrape comes every few seconds."""

        def version_string(self) -> str:
            return "atelier"

    return Handler
