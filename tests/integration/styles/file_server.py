"""A museum's server on loopback, which gives pictures by their names, and misbehaves when it is told to."""

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
class Museum:
    """What it has, what it was asked, and how it answers next."""

    files: dict[str, bytes]
    calls: list[web.Request] = field(default_factory=list)
    scripts: dict[str, deque[Behaviour]] = field(default_factory=lambda: defaultdict(deque))
    at_once: int = 0
    most_at_once: int = 0
    base: str = ""

    def next(self, name: str, *behaviours: Behaviour) -> None:
        """Answer so for this file, once each, before answering well again."""
        self.scripts[name].extend(behaviours)

    def asked(self, name: str) -> list[web.Request]:
        """The calls for a file."""
        return [call for call in self.calls if call.match_info["name"] == name]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one call."""
        name = request.match_info["name"]
        self.calls.append(request)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            data = self.files.get(name, b"")
            if self.scripts[name]:
                return await self.scripts[name].popleft()(request, data)
            return await well(request, data) if data else web.Response(status=404)
        finally:
            self.at_once -= 1


def tag_of(data: bytes) -> str:
    """The ETag of a file."""
    return f'"{hashlib.sha256(data).hexdigest()[:16]}"'


async def well(request: web.Request, data: bytes) -> web.StreamResponse:
    """Give the file, or the rest of it if that is asked for and it has not changed."""
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
    """Refuse."""

    async def behave(request: web.Request, data: bytes) -> web.StreamResponse:
        return web.Response(
            status=number, headers={name.replace("_", "-"): value for name, value in headers.items()}
        )

    return behave


def cut_off(part: float) -> Behaviour:
    """Promise the whole, and hang up after a part."""

    async def behave(request: web.Request, data: bytes) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"ETag": tag_of(data), "Content-Length": str(len(data))})
        await answer.prepare(request)
        await answer.write(data[: int(len(data) * part)])
        assert request.transport is not None
        request.transport.close()
        return answer

    return behave


def endless(promised: bool) -> Behaviour:
    """Give far more than a picture has, and say so beforehand or not."""

    async def behave(request: web.Request, data: bytes) -> web.StreamResponse:
        size = {"Content-Length": str(10**9)} if promised else {}
        answer = web.StreamResponse(headers=size)
        await answer.prepare(request)
        try:
            while True:
                await answer.write(bytes(2**16))
        except ConnectionError:  # whoever asked has had enough
            return answer

    return behave


async def silent(request: web.Request, data: bytes) -> web.StreamResponse:
    """Begin, and say nothing more."""
    answer = web.StreamResponse(headers={"Content-Length": str(len(data))})
    await answer.prepare(request)
    await answer.write(data[:100])
    await asyncio.Event().wait()
    return answer


async def dripping(request: web.Request, data: bytes) -> web.StreamResponse:
    """Give a byte now and then, never long silent."""
    answer = web.StreamResponse(headers={"Content-Length": str(len(data))})
    await answer.prepare(request)
    for at in range(len(data)):
        await answer.write(data[at : at + 1])
        await asyncio.sleep(0.02)
    return answer


def instead(other: bytes) -> Behaviour:
    """Give another file."""

    async def behave(request: web.Request, data: bytes) -> web.StreamResponse:
        return await well(request, other)

    return behave
