"""An uploaded file: its name, its type and its bytes."""

from __future__ import annotations

import mimetypes
import re
from typing import NamedTuple

MAX_NAME = 120
"""Characters of a file name."""


class Upload(NamedTuple):
    """A file as its sender uploaded it."""

    name: str
    mime: str
    """Media type, as the sender declared it or as the name's suffix says."""
    data: bytes

    @classmethod
    def of(cls, data: bytes, name: str, mime: str = "") -> Upload:
        """Return an upload with a clean name; the name's suffix decides where `mime` says nothing."""
        name = clean_name(name)
        if not mime or mime == "application/octet-stream":
            mime = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return cls(name, mime, data)


def clean_name(name: str) -> str:
    """Return the last part of a path without the characters that a file name may not have.

    A name longer than `MAX_NAME` is shortened, and keeps its suffix.
    """
    last = re.split(r"[/\\]", name)[-1]
    last = "".join(sign for sign in last if sign.isprintable() and sign not in '<>:"|?*').strip(". ")
    stem, dot, suffix = last.rpartition(".")
    return last if len(last) <= MAX_NAME else f"{stem[: MAX_NAME - 1 - len(suffix)]}{dot}{suffix[:20]}"
