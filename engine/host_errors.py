"""Errors of the machine that end a command: a line about each, in place of a traceback."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

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
    except OSError as error:  # such as a name that is too long
        return f"DATA_DIR, {folder}, cannot be a folder ({error.strerror}).", "Set DATA_DIR to another one."
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


def port_fault(
    error: OSError, host: str, number: int, setting: str, listen: str = "", *, needed: bool = False
) -> tuple[str, str]:
    """Return why nothing can listen at a port, and what to do about it.

    Args:
        error: what came of it.
        host: the address.
        number: the port's.
        setting: the setting of the port.
        listen: the setting of the address, if there is one.
        needed: whether the port cannot be 0.
    """
    if error.errno == errno.EADDRINUSE:
        advice = f"Set {setting} to another one." if needed else f"Set {setting} to another one, or to 0."
        return f"Port {number} is taken.", advice
    why = error.strerror or str(error)
    if error.errno and error.errno in errno.errorcode and not isinstance(error, socket.gaierror):
        why = os.strerror(error.errno)  # the event loop's own words repeat the address
    address = f"[{host}]" if ":" in host else host
    said = f"Can't listen on {address}:{number} ({why})."
    if error.errno == errno.EACCES:
        return said, f"Set {setting} to one from 1024 on."
    return said, f"Set {listen} to an address of this machine." if listen else ""


def line_about(error: BaseException) -> str | None:
    """Return a line about an error of the machine's or of a setting; None for one of the program's own."""
    if isinstance(error, AtelierError):
        return str(error)
    if isinstance(error, OSError):
        why = error.strerror or str(error) or type(error).__name__
        return f"{error.filename}: {why}." if error.filename else f"{why}."
    if type(error).__module__.startswith("pydantic") and hasattr(error, "errors"):
        return f"{next(wrong_settings(error))}."
    if type(error).__module__.startswith(("sqlalchemy", "sqlite3", "asyncpg")):
        from engine.queue.retry import explain, reason

        return str(explain(error) or f"The database cannot be used: {reason(error)}.")
    return None


def wrong_settings(error: Any) -> Iterator[str]:
    """Yield a line about each wrong setting of a ValidationError, without its value."""
    for each in error.errors(include_input=False, include_url=False):
        ours = each.get("ctx", {}).get("error")
        why = str(ours) if ours else each["msg"][:1].lower() + each["msg"][1:]
        yield f"setting {str(each['loc'][0]).upper()}: {why}"


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
