"""Output on terminals and in files of any encoding: a sign that it does not have is written by others."""

from __future__ import annotations

import codecs
import io
import sys
from typing import Final

SIGNS: Final = {
    "✓": "+", "✗": "x", "→": "->", "—": "-", "–": "-", "·": "-", "…": "...", "×": "x", "≤": "<=",
    "“": '"', "”": '"', "‘": "'", "’": "'", "α": "alpha", "²": "2", "\N{NO-BREAK SPACE}": " ",
}  # fmt: skip
"""The signs of our own words, in letters that every encoding has."""
_HANDLER: Final = "atelier"


def _in_other_signs(error: UnicodeError) -> tuple[str, int]:
    """Return what is written in the place of what cannot be encoded, and where to go on."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lost = error.object[error.start : error.end]
    return "".join(SIGNS.get(sign, "?") for sign in lost), error.end


def accept_any_encoding() -> None:
    """Let stdout and stderr write what their encoding lacks in other signs, and never fail for it."""
    codecs.register_error(_HANDLER, _in_other_signs)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and not stream.closed:
            stream.reconfigure(errors=_HANDLER)
