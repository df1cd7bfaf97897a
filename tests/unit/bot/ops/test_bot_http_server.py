"""Strangers who talk nonsense to the bot's own port fill no log."""

from __future__ import annotations

import asyncio
import contextlib
import logging

import pytest
from aiohttp import web

from bot.ops import http_server
from bot.ops.http_server import serving
from tests.support.processes import free_port

NONSENSE = (
    b"GARBAGE\r\n\r\n",
    b"\x16\x03\x01\x02\x00\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET /ok HTTP/1.1\r\nHost: x\r\nBad Header\r\n\r\n",
    b"GET /ok HTTP/1.1\r\nHost: x\r\nContent-Length: some\r\n\r\n",
    b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
)


async def _answer(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    await writer.drain()
    answer = await asyncio.wait_for(reader.read(), 20)
    writer.close()
    await writer.wait_closed()
    return answer


async def test_malformed_requests_are_refused_without_a_line(caplog: pytest.LogCaptureFixture) -> None:
    async def ok(_: web.Request) -> web.Response:
        return web.Response(text="well")

    async def broken(_: web.Request) -> web.Response:
        raise RuntimeError("a fault of ours")

    app, port = web.Application(), free_port()
    app.router.add_get("/ok", ok)
    app.router.add_get("/broken", broken)
    with caplog.at_level(logging.INFO):
        async with serving(app, "127.0.0.1", port):
            for request in NONSENSE:
                assert b" 400 " in await _answer(port, request)
            assert caplog.text == ""
            well = b"GET /ok HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            assert (await _answer(port, well)).endswith(b"well")
            await _answer(port, well.replace(b"/ok", b"/broken"))
    assert "a fault of ours" in caplog.text


@pytest.mark.parametrize("sent", [b"", b"GET /ok HTTP/1.1\r\nHost: x\r\nA: "])
async def test_a_client_that_never_ends_its_headers_is_let_go(
    sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_server, "HEADER_TIMEOUT", 0.2)
    port = free_port()
    async with serving(web.Application(), "127.0.0.1", port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)

        async def drip() -> None:
            while sent:
                writer.write(b"a")  # each byte comes in time
                await asyncio.sleep(0.05)

        dripping = asyncio.create_task(drip())
        try:
            assert await asyncio.wait_for(reader.read(), 20) == b""
        except ConnectionResetError:
            pass
        finally:
            dripping.cancel()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
