"""An uploaded file: its name, its type and its bytes."""

from __future__ import annotations

import mimetypes
import re
from typing import NamedTuple


class Upload(NamedTuple):
    """A file as it came in: what its sender called it, and what it says it is."""

    name: str
    mime: str
    data: bytes

    @classmethod
    def of(cls, data: bytes, name: str, mime: str = "") -> Upload:
        name = clean_name(name)
        if not mime or mime == "application/octet-stream":
            mime = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return cls(name, mime, data)


def clean_name(name: str) -> str:
    """The last part of a path, without what no file name has; at most 120 characters with the suffix kept."""
    last = re.split(r"[/\\]", name)[-1]
    last = "".join(sign for sign in last if sign.isprintable() and sign not in '<>:"|?*').strip(". ")
    stem, dot, suffix = last.rpartition(".")
    return last if len(last) <= 120 else f"{stem[: 119 - len(suffix)]}{dot}{suffix[:20]}"
