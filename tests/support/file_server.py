"""A file server for pictures, which can be told to misbehave."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

Behaviour = Callable[[web.Request, bytes], Awaitable[web.StreamResponse]]


@dataclass
class FileServer:
    """The files that it serves, the requests that it had, and how it answers the next ones."""

    files: dict[str, bytes]
    calls: list[web.Request] = field(default_factory=list)
    scripts: dict[str, deque[Behaviour]] = field(default_factory=lambda: defaultdict(deque))
    at_once: int = 0
    most_at_once: int = 0
    base: str = ""

    def next(self, name: str, *behaviours: Behaviour) -> None:
        """Answer the next requests for a file with these behaviours, one each."""
        self.scripts[name].extend(behaviours)

    def asked(self, name: str) -> list[web.Request]:
        """Return the requests for a file."""
        return [call for call in self.calls if call.match_info["name"] == name]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        name = request.match_info["name"]
        self.calls.append(request)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            data = self.files.get(name, b"")
            if self.scripts[name]:
                return await self.scripts[name].popleft()(request, data)
            return await send_file(request, data) if data else web.Response(status=404)
        finally:
            self.at_once -= 1


def tag_of(data: bytes) -> str:
    """Return the ETag of a file."""
    return f'"{hashlib.sha256(data).hexdigest()[:16]}"'


async def send_file(request: web.Request, data: bytes) -> web.StreamResponse:
    """Send the file, or a range of it if that is asked for and the ETag matches."""
    headers = {"ETag": tag_of(data)}
    asked = re.fullmatch(r"bytes=(\d+)-", request.headers.get("Range", ""))
    if asked and request.headers.get("If-Range") == tag_of(data):
        start = int(asked[1])
        if start >= len(data):
            return web.Response(status=416)
        headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        return web.Response(body=data[start:], status=206, headers=headers)
    return web.Response(body=data, headers=headers, content_type="image/jpeg")


def status(number: int, **headers: str) -> Behaviour:
    """Answer with a status and headers, and no file."""

    async def behave(request: web.Request, data: bytes) -> web.StreamResponse:
        return web.Response(
            status=number, headers={name.replace("_", "-"): value for name, value in headers.items()}
        )

    return behave


def cut_off(part: float) -> Behaviour:
    """Announce the whole length, and close the connection after a part of it."""

    async def behave(request: web.Request, data: bytes) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"ETag": tag_of(data), "Content-Length": str(len(data))})
        await answer.prepare(request)
        await answer.write(data[: int(len(data) * part)])
        assert request.transport is not None
        request.transport.close()
        return answer

    return behave


def endless(promised: bool) -> Behaviour:
    """Send without end, with a Content-Length if ``promised``."""

    async def behave(request: web.Request, data: bytes) -> web.StreamResponse:
        size = {"Content-Length": str(10**9)} if promised else {}
        answer = web.StreamResponse(headers=size)
        await answer.prepare(request)
        try:
            while True:
                await answer.write(bytes(2**16))
        except ConnectionError:  # the client has closed the connection
            return answer

    return behave


async def silent(request: web.Request, data: bytes) -> web.StreamResponse:
    """Send 100 bytes, and nothing more."""
    answer = web.StreamResponse(headers={"Content-Length": str(len(data))})
    await answer.prepare(request)
    await answer.write(data[:100])
    await asyncio.Event().wait()
    return answer


async def dripping(request: web.Request, data: bytes) -> web.StreamResponse:
    """Send one byte every 20 ms."""
    answer = web.StreamResponse(headers={"Content-Length": str(len(data))})
    await answer.prepare(request)
    for at in range(len(data)):
        await answer.write(data[at : at + 1])
        await asyncio.sleep(0.02)
    return answer


def instead(other: bytes) -> Behaviour:
    """Send another file."""

    async def behave(request: web.Request, data: bytes) -> web.StreamResponse:
        return await send_file(request, other)

    return behave
