"""The chat page, for a bot without a token: whether its port is free."""

from __future__ import annotations

import errno
import socket
from typing import Final

import aiohttp

from bot.settings import Settings
from engine.doctor import Finding, Mark

HOST: Final = "127.0.0.1"
SHORT: Final = 3.0
"""Seconds that whoever has the port has to show the chat page."""


async def page(settings: Settings) -> list[Finding]:
    """Without a token: whether the chat page's port is free."""
    token = Finding("Token", Mark.GOOD, "BOT_TOKEN is empty: the chat is a page in your browser.")
    return [token, await port(settings.playground_port)]


async def port(number: int) -> Finding:
    """Whether the playground could listen there."""
    if number == 0:
        return Finding("Chat page", Mark.GOOD, "It takes any free port.")
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((HOST, number))
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
        else:
            return Finding("Chat page", Mark.GOOD, f"http://{HOST}:{number} is free.")
    if await _is_ours(number):
        return Finding("Chat page", Mark.NOTE, f"Atelier is open already: http://{HOST}:{number}.")
    said = f"Port {number} is taken by another program, or is not for this user."
    return Finding("Chat page", Mark.FAULT, said, "Set PLAYGROUND_PORT to another one, or to 0.")


async def _is_ours(number: int) -> bool:
    timeout = aiohttp.ClientTimeout(total=SHORT)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(f"http://{HOST}:{number}/") as answer,
        ):
            return "<title>Atelier</title>" in await answer.text()
    except (aiohttp.ClientError, TimeoutError, UnicodeDecodeError):
        return False
