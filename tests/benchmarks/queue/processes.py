"""Processor time of processes and file systems of folders, from Linux's /proc."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_TICKS: Final = os.sysconf("SC_CLK_TCK")
"""Clock ticks in a second."""


def cpu_seconds(pid: int, *, family: bool = False) -> float | None:
    """Return the processor seconds that a process has taken; None if unknown.

    Args:
        pid: the process.
        family: count its children too, those that ended as well.
    """
    own = _seconds(pid)
    if own is None or not family:
        return own
    return own + _ended(pid) + sum(_seconds(child) or 0.0 for child in _children(pid))


def busy_seconds() -> float | None:
    """Return the seconds that all cores together have worked; None if unknown."""
    try:
        line = (_PROC / "stat").read_text().split("\n", 1)[0]
    except OSError:
        return None
    user, nice, system, _idle, _waiting, *interrupts = map(int, line.split()[1:8])
    return (user + nice + system + sum(interrupts)) / _TICKS


def filesystem(folder: Path) -> str:
    """Return the kind of file system that a folder is on: ext4, tmpfs; empty if unknown."""
    try:
        lines = (_PROC / "mounts").read_text().splitlines()
    except OSError:
        return ""
    kinds = {Path(place.replace("\\040", " ")): kind for _, place, kind, *_ in map(str.split, lines)}
    folder = folder.resolve()
    return next((kinds[each] for each in (folder, *folder.parents) if each in kinds), "")


def _seconds(pid: int) -> float | None:
    """Return the seconds, to the nanosecond for a single thread: hundredths hide short work."""
    try:
        threads = list((_PROC / str(pid) / "task").iterdir())
        if len(threads) == 1:
            return int((threads[0] / "schedstat").read_text().split()[0]) / 1e9
    except OSError:  # it has ended, or this kernel does not tell
        pass
    fields = _fields(pid)
    return None if fields is None else (int(fields[11]) + int(fields[12])) / _TICKS


def _ended(pid: int) -> float:
    """Return the seconds of the children that have ended."""
    fields = _fields(pid)
    return 0.0 if fields is None else (int(fields[13]) + int(fields[14])) / _TICKS


def _fields(pid: int) -> list[str] | None:
    """Return the fields after the name, which may hold spaces and brackets."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:  # it has ended
        return None


def _children(pid: int) -> list[int]:
    everybody = [int(each.name) for each in _PROC.glob("[0-9]*")]
    return [each for each in everybody if (fields := _fields(each)) and int(fields[1]) == pid]
