"""Errors of the machine that end a command: a line about each, in place of a traceback."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from engine.errors import AtelierError

OTHER_USER: Final = "Run this as the user that Atelier runs as, or with sudo."
"""The advice where this user may not look."""


class HostError(AtelierError):
    """The machine or its settings keep a command from its work."""

    code = "host"


def folder_fault(folder: Path) -> tuple[str, str] | None:
    """Return what keeps DATA_DIR from being written, and what to do about it."""
    try:
        stands = next(one for one in (folder, *folder.absolute().parents) if _exists(one))
    except PermissionError:
        return f"DATA_DIR, {folder}, is closed to this user.", OTHER_USER
    if not stands.is_dir():
        said = f"DATA_DIR, {folder}, is a file." if stands == folder else f"{stands}, in DATA_DIR, is a file."
        return said, "Set DATA_DIR to a folder."
    if not os.access(stands, os.W_OK | os.X_OK):
        return f"DATA_DIR, {folder}, cannot be written.", f"Give this user the right to write in {stands}."
    return None


def make_data_folder(folder: Path) -> None:
    """Make DATA_DIR.

    Raises:
        HostError: it cannot be made, or not be written.
    """
    if fault := folder_fault(folder):
        raise HostError(" ".join(fault))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HostError(f"DATA_DIR, {folder}, cannot be made ({error.strerror}).") from error


def line_about(error: BaseException) -> str | None:
    """Return a line about an error of the machine's or of a setting; None for one of the program's own."""
    if isinstance(error, AtelierError):
        return str(error)
    if isinstance(error, OSError):
        why = error.strerror or str(error) or type(error).__name__
        return f"{error.filename}: {why}." if error.filename else f"{why}."
    if type(error).__module__.startswith("pydantic") and hasattr(error, "errors"):
        first = error.errors(include_input=False)[0]
        return f"setting {str(first['loc'][0]).upper()}: {first['msg']}"
    if type(error).__module__.startswith(("sqlalchemy", "sqlite3", "asyncpg")):
        from engine.queue.retry import explain, reason

        return str(explain(error) or f"The database cannot be used: {reason(error)}.")
    return None


def _exists(path: Path) -> bool:
    """Return whether a path exists; ``Path.exists`` hides missing permission in some versions of Python.

    Raises:
        PermissionError: this user may not look.
    """
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True
