"""The options in a PostgreSQL URL, converted from text to what asyncpg takes."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from inspect import signature
from typing import Final

from sqlalchemy import URL

NOT_IN_A_URL: Final = {"dsn", "loop", "connection_class", "record_class", "server_settings"}
"""Options that asyncpg takes from a program only."""

CERTIFICATES: Final = {
    *("sslcert", "sslkey", "sslrootcert", "sslcrl", "ssl_min_protocol_version", "ssl_max_protocol_version"),
}
"""libpq's options that asyncpg takes from the environment: sslcert from PGSSLCERT, and so on."""


def _seconds(value: str) -> float:
    if not 0.0 < (number := float(value)) < math.inf:
        raise ValueError
    return number


def _count(value: str) -> int:
    if (number := int(value)) < 0:
        raise ValueError
    return number


_Reader = tuple[Callable[[str], object], str]
"""Parses a value, or raises ValueError or KeyError; and a description of the expected value."""
_TIME: Final[_Reader] = (_seconds, "a number of seconds")
_COUNT: Final[_Reader] = (_count, "a whole number")


def _one_of(values: Mapping[str, object]) -> _Reader:
    return values.__getitem__, f"one of {', '.join(values)}"


def _word_of(words: str) -> _Reader:
    return _one_of({word: word for word in words.split()})


_SSL: Final = _word_of("disable allow prefer require verify-ca verify-full")
_READERS: Final[Mapping[str, _Reader]] = {
    "ssl": _SSL,
    "sslmode": _SSL,
    "direct_tls": _one_of({"true": True, "false": False}),
    "target_session_attrs": _word_of("any primary standby prefer-standby read-write read-only"),
    "timeout": _TIME,
    "command_timeout": _TIME,
    "statement_cache_size": _COUNT,
    "max_cached_statement_lifetime": _COUNT,
    "max_cacheable_statement_size": _COUNT,
    "prepared_statement_cache_size": _COUNT,  # SQLAlchemy's own
}
"""Options that do not take any text: with a wrong one asyncpg would fail at each connection."""


def options(url: URL) -> tuple[URL, dict[str, object]]:
    """Parse the options that do not take any text; return the URL without them, and their values.

    Raises:
        ValueError: one is wrong. It is named; its value is not quoted.
        ModuleNotFoundError: asyncpg is not installed.
    """
    import asyncpg

    known = {*signature(asyncpg.connect).parameters, *_READERS} - NOT_IN_A_URL
    _check_names(url, known)
    read = {name: _read(name, url.query[name]) for name in url.query.keys() & _READERS.keys()}
    rest = url.difference_update_query(read)
    if "sslmode" in read:  # libpq's word, in every hosted database's URL; asyncpg's is ssl
        read["ssl"] = read.pop("sslmode")
    return rest, read


def _check_names(url: URL, known: Collection[str]) -> None:
    unknown = next((name for name in url.query if name not in known), None)
    if unknown is None:
        return
    if "@" in str(url.query):  # an @ ends a password: what was taken for an option may be a part of it
        raise ValueError(
            "The database's URL has an unknown option. In a password write %3F for ? and %40 for @."
        )
    instead = f"set PG{unknown.replace('_', '').upper()}" if unknown in CERTIFICATES else "leave it out"
    raise ValueError(f"The database's URL cannot have the option {unknown}: {instead}.")


def _read(name: str, value: str | tuple[str, ...]) -> object:
    read, expected = _READERS[name]
    try:
        (once,) = (value,) if isinstance(value, str) else value
        return read(once)
    except (KeyError, ValueError):
        raise ValueError(f"In the database's URL {name} should be {expected}.") from None
