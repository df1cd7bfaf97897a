"""The machine: Python, packages, the data folder, the disk."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import engine
from engine.doctor.finding import Finding, Mark, size
from engine.host_errors import folder_fault
from engine.packages import how_to_install, lacking

OLDEST_PYTHON: Final = (3, 11)
"""The oldest version of Python that is supported."""
LOW_DISK: Final = 2 * 10**9
"""Bytes of free disk below which there is a note: a bot's week of paintings, or a network and its cache."""
MIN_DISK: Final = 100 * 10**6
"""Bytes of free disk below which nothing can be stored."""


def python() -> Finding:
    """Report the versions of Python and Atelier."""
    said = f"Python {platform.python_version()}, Atelier {engine.__version__}"
    if sys.version_info < OLDEST_PYTHON:
        return Finding("Python", Mark.FAULT, f"{said}.", "Atelier needs Python 3.11 or newer.")
    return Finding("Python", Mark.GOOD, f"{said}, in {sys.prefix}.")


def packages(what: str, names: Iterable[str], extra: str) -> Finding:
    """Report whether the packages of a half of Atelier are installed.

    Args:
        what: the half.
        names: the packages' names in the registry.
        extra: the extra that installs them.
    """
    if missing := lacking(names):
        said = f"{what} needs {', '.join(missing)}."
        return Finding("Packages", Mark.FAULT, said, how_to_install(extra))
    return Finding("Packages", Mark.GOOD, f"{what} has all that it needs.")


def data_folder(folder: Path) -> Finding:
    """Report whether DATA_DIR can be written, and its free disk space."""
    if fault := folder_fault(folder):
        return Finding("Data folder", Mark.FAULT, *fault)
    stands = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    free = shutil.disk_usage(stands).free
    said = f"{folder}: {size(free)} of disk are free" + (
        "." if stands == folder else "; it is made at the first start."
    )
    if free < LOW_DISK:
        mark = Mark.FAULT if free < MIN_DISK else Mark.NOTE
        return Finding("Data folder", mark, said, "Make room, or set DATA_DIR to a larger disk.")
    return Finding("Data folder", Mark.GOOD, said)
