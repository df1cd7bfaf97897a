"""A worker's HTTP server: liveness, readiness and metrics."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from engine.settings import Settings
from engine.worker import http_server
from engine.worker.http_server import READY_TIMEOUT, Endpoints, ListenError, serving
from engine.worker.slot import Slot, take_slot


@pytest.fixture
def slot(tmp_path: Path) -> Slot:
    """A worker's place."""
    with take_slot(tmp_path) as slot:
        return slot


def _settings(port: int, host: str = "127.0.0.1") -> Settings:
    values: dict[str, Any] = {"_env_file": None, "metrics_port": port, "metrics_listen": host}
    return Settings(**values)


def _get(port: int, path: str, method: str = "GET", host: str = "127.0.0.1") -> int:
    request = urllib.request.Request(f"http://{host}:{port}{path}", method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_it_is_ready_while_it_shows_signs_of_life(slot: Slot) -> None:
    endpoints = Endpoints(slot)
    assert endpoints.answer("/readyz")[0] == 503, "the network is not loaded yet"
    slot.ready.touch()
    assert endpoints.answer("/readyz")[0] == 200
    old = time.time() - READY_TIMEOUT - 1
    os.utime(slot.ready, (old, old))
    assert endpoints.answer("/readyz")[0] == 503
    assert "atelier_worker_ready 0.0" in endpoints.answer("/metrics")[2].decode()


async def test_it_is_alive_while_its_event_loop_turns(slot: Slot, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoints = Endpoints(slot)
    assert endpoints.answer("/healthz")[0] == 200, "at the start there is none"
    asked, answered = threading.Event(), threading.Event()
    seen: list[int] = []

    def ask() -> None:
        asked.wait(10)
        seen.append(endpoints.answer("/healthz")[0])
        answered.set()

    async def hang() -> None:
        assert (await asyncio.to_thread(endpoints.answer, "/healthz"))[0] == 200
        monkeypatch.setattr(http_server, "LOOP_TIMEOUT", 0.05)
        threading.Thread(target=ask).start()
        asked.set()
        answered.wait(10)  # the loop does not turn meanwhile

    await endpoints.watch(hang())
    assert seen == [503]


def test_it_listens_where_it_is_told_and_nowhere_without(slot: Slot) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
        with pytest.raises(ListenError, match="METRICS_PORT"), serving(_settings(port), slot):
            pass
    with serving(_settings(port), slot):
        assert [_get(port, path) for path in ("/healthz", "/readyz", "/metrics", "/metrics?x=1")] == [
            200,
            503,
            200,
            200,
        ]
        assert [_get(port, path) for path in ("/", "/../etc/passwd")] == [404, 404]
        assert _get(port, "/metrics", "POST") == 501
    with serving(_settings(0), slot) as endpoints:
        assert endpoints.answer("/healthz")[0] == 200


@pytest.mark.parametrize("host", ["::1", "::"])
def test_it_listens_at_addresses_of_ipv6_too(slot: Slot, host: str) -> None:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6) as free:
            port = free.getsockname()[1]
    except OSError:
        pytest.skip("this machine has no IPv6")
    with serving(_settings(port, host), slot):
        assert _get(port, "/healthz", host="[::1]") == 200
