"""The ports at which the bot and its worker listen: for the chat page, the webhook, health and metrics."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import aiohttp

from bot.settings import Settings
from engine.doctor import Finding, Mark
from engine.host_errors import port_fault

HOST: Final = "127.0.0.1"
EVERYWHERE: Final = {"0.0.0.0", "::", ""}  # noqa: S104 - users write it
IDENTIFY_TIMEOUT: Final = 3.0
"""Seconds in which a program that has the port has to show whether it is Atelier."""


@dataclass(frozen=True, slots=True)
class Port:
    """A port that the bot wants."""

    name: str
    setting: str
    host: str
    number: int
    path: str
    """The path of a page …"""
    sign: str
    """… and the text on it if Atelier has the port already."""
    listen: str = ""
    """The setting of the host, if there is one."""
    needed: bool = False
    """Whether it cannot be 0."""


def wanted(settings: Settings) -> Iterator[Port]:
    """Yield the ports that these settings ask for."""
    if not settings.bot_token.get_secret_value():
        number = settings.playground_port
        yield Port("Chat page", "PLAYGROUND_PORT", HOST, number, "/", "<title>Atelier</title>")
    if settings.bot_port:
        host, number = settings.bot_listen, settings.bot_port
        needed = bool(settings.bot_webhook_url)
        yield Port("HTTP server", "BOT_PORT", host, number, "/healthz", "ok\n", "BOT_LISTEN", needed)
    if settings.engine == "embedded" and settings.metrics_port:
        host, number = settings.metrics_listen, settings.metrics_port
        sign = "atelier_worker_ready"
        yield Port("Worker's", "METRICS_PORT", host, number, "/metrics", sign, "METRICS_LISTEN")


async def ports(settings: Settings) -> list[Finding]:
    """Check whether the bot could listen at all of them, and none is set twice."""
    found: list[Finding] = []
    others: list[Port] = []
    for one in wanted(settings):
        other = next((other for other in others if _same(one, other)), None)
        if other:
            said = f"{other.setting} and {one.setting} are both {one.number}."
            found.append(Finding(one.name, Mark.FAULT, said, f"Set {one.setting} to another one."))
        else:
            found.append(await port(one))
        others.append(one)
    return found


def _same(one: Port, other: Port) -> bool:
    hosts = {one.host, other.host}
    return 0 != one.number == other.number and (len(hosts) == 1 or bool(hosts & EVERYWHERE))


async def port(one: Port) -> Finding:
    """Check whether the bot could listen at a port."""
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
    if fault.errno == errno.EADDRINUSE and await _is_ours(one):
        return Finding(one.name, Mark.NOTE, f"At port {one.number} Atelier is open already.")
    said, advice = port_fault(fault, one.host, one.number, one.setting, one.listen, needed=one.needed)
    return Finding(one.name, Mark.FAULT, said, advice)


async def _is_ours(one: Port) -> bool:
    host = HOST if one.host in EVERYWHERE else one.host  # no client can connect to these
    timeout = aiohttp.ClientTimeout(total=IDENTIFY_TIMEOUT)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(f"http://{f'[{host}]' if ':' in host else host}:{one.number}{one.path}") as answer,
        ):
            return one.sign in await answer.text()
    except (aiohttp.ClientError, TimeoutError, UnicodeDecodeError):
        return False
