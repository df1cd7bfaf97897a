"""The data of a button: an action, its values and its owner. In a group everybody can tap everything."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_OWNER: Final = "@"
"""Comes before the owner."""
_LIMIT: Final = 64
"""Bytes that Telegram takes."""
SETTINGS: Final = "-"
"""Stands for the draft in the controls of /settings."""


class Action(StrEnum):
    """The action of a button. Controls have codes of their own."""

    # A style, by its id
    STYLE = "s"
    KEPT_STYLE = "m"
    RANDOM_STYLE = "r"
    LAST_STYLES = "l"
    REMOVE_STYLE = "u"
    PAGE = "g"
    # The draft, by its id
    PAINT = "p"
    ADJUST = "j"
    SWAP = "w"
    NEW_PHOTO = "n"
    BLEND = "b"
    KEEP_STYLE = "v"
    BACK = "o"
    # The user
    LANGUAGE = "i"
    FORGET = "e"
    BROADCAST = "y"
    # A reported painting, for the admins
    BAN = "x"
    WITHDRAW = "d"


class JobAction(StrEnum):
    """The action of a button on a job’s message."""

    CANCEL = "cancel"
    AGAIN = "again"
    STRONGER = "stronger"
    SOFTER = "softer"
    SHOW = "show"
    SEND = "send"
    OTHER = "other"
    ADJUST = "adjust"
    MORE = "more"
    # Behind “More…”
    COMPARE = "compare"
    PAINTING = "painting"
    FILE = "file"
    FILM = "film"
    STORY = "story"
    STICKER = "sticker"
    BIGGER = "bigger"
    NEXT = "next"
    KEEP = "keep"
    REPORT = "report"
    FLAG = "flag"
    DELETE = "delete"
    ERASE = "erase"
    LESS = "less"


JOB_ACTIONS: Final = frozenset(JobAction)


def written(action: str, *values: object) -> str:
    """Return the data of a button, without an owner."""
    return ":".join(str(part) for part in (action, *values))


def with_message(values: str) -> tuple[str, int]:
    """Return the job and the message that a button about a painting's message names; 0 if it names none.

    Buttons of reports have both.
    """
    job_id, _, message = values.partition(":")
    return job_id, int(message) if message.isdecimal() else 0


def owned(data: str, person: int) -> str:
    """Return a button's data with its owner."""
    return f"{data}{_OWNER}{_base36(person)}"


def read(data: str) -> tuple[str, int | None]:
    """Return a button's data without the owner, and the owner; None for a button that has none.

    A forged tap may carry anything. Data that no button of ours can have are read as empty.
    """
    if not (data.isascii() and data.isprintable() and len(data) <= _LIMIT):
        return "", None
    text, separator, owner = data.rpartition(_OWNER)
    if not separator:
        return data, None
    try:
        return text, int(owner, 36)
    except ValueError:
        return data, None


def _base36(number: int) -> str:
    if number < 0:  # a chat in whose name somebody speaks
        return f"-{_base36(-number)}"
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"
