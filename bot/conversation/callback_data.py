"""What a button carries: what it does, and whose it is. In a group everybody can tap everything."""

from __future__ import annotations

from typing import Final

_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_BEFORE_OWNER: Final = "@"
_MOST: Final = 64
"""Bytes that Telegram takes."""


def owned(data: str, person: int) -> str:
    """Write a button's data with its owner."""
    return f"{data}{_BEFORE_OWNER}{_base36(person)}"


def read(data: str) -> tuple[str, int | None]:
    """Give a button's own data and its owner; None for a button from before there were owners.

    Whoever writes their own program can send anything. What none of our buttons ever carried is nothing.
    """
    if not (data.isascii() and data.isprintable() and len(data) <= _MOST):
        return "", None
    text, separator, owner = data.rpartition(_BEFORE_OWNER)
    if not separator:
        return data, None
    try:
        return text, int(owner, 36)
    except ValueError:
        return data, None


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"
