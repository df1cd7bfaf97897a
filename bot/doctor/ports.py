"""The ports at which the bot listens itself: the chat page's, and that of webhook, health and metrics."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import aiohttp

from bot.settings import Settings
from engine.doctor import Finding, Mark

HOST: Final = "127.0.0.1"
SHORT: Final = 3.0
"""Seconds that whoever has a port has to show who it is."""


@dataclass(frozen=True, slots=True)
class Port:
    """A port that the bot wants."""

    name: str
    setting: str
    host: str
    number: int
    path: str
    """What to look at …"""
    sign: str
    """… and what is found there if the bot has it already."""


def wanted(settings: Settings) -> Iterator[Port]:
    """The ports that these settings ask for."""
    if not settings.bot_token.get_secret_value():
        number = settings.playground_port
        yield Port("Chat page", "PLAYGROUND_PORT", HOST, number, "/", "<title>Atelier</title>")
    if settings.bot_port:
        yield Port("HTTP server", "BOT_PORT", settings.bot_listen, settings.bot_port, "/healthz", "ok\n")


async def port(one: Port) -> Finding:
    """Whether the bot could listen there."""
    if one.number == 0:
        return Finding(one.name, Mark.GOOD, "It takes any free port.")
    family = socket.AF_INET6 if ":" in one.host else socket.AF_INET
    with socket.socket(family) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((one.host, one.number))
        except OSError as error:
            fault = error
        else:
            return Finding(one.name, Mark.GOOD, f"Port {one.number} is free.")
    if fault.errno != errno.EADDRINUSE:
        said = f"Nobody may listen at port {one.number} of {one.host} here ({fault.strerror})."
        return Finding(one.name, Mark.FAULT, said, f"Set {one.setting} to one from 1024 on.")
    if await _is_ours(one):
        return Finding(one.name, Mark.NOTE, f"At port {one.number} Atelier is open already.")
    said = f"Port {one.number} is taken by another program."
    return Finding(one.name, Mark.FAULT, said, f"Set {one.setting} to another one, or to 0.")


async def _is_ours(one: Port) -> bool:
    host = HOST if one.host in ("0.0.0.0", "") else one.host  # noqa: S104 - a client cannot go everywhere
    timeout = aiohttp.ClientTimeout(total=SHORT)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(f"http://{f'[{host}]' if ':' in host else host}:{one.number}{one.path}") as answer,
        ):
            return one.sign in await answer.text()
    except (aiohttp.ClientError, TimeoutError, UnicodeDecodeError):
        return False
