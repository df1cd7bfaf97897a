"""What a check has found, and how it is said."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final


class Mark(StrEnum):
    """How it is. Only a fault keeps Atelier from its work."""

    GOOD = "good"
    NOTE = "note"
    FAULT = "fault"


OTHER_USER: Final = "Run this as the user that Atelier runs as, or with sudo."
"""The advice where this user may not look."""
_SIGNS: Final = {Mark.GOOD: "✓", Mark.NOTE: "!", Mark.FAULT: "✗"}
_WIDTH: Final = 12
"""Columns of the names."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report: no secrets, whoever makes it."""

    name: str
    mark: Mark
    said: str
    """What is so, in a sentence."""
    advice: str = ""
    """What to do, in a sentence; nothing if all is well."""

    def __str__(self) -> str:
        """The line, and what to do below it."""
        advice = f"\n{'':{_WIDTH + 3}}→ {self.advice}" if self.advice else ""
        return f"{_SIGNS[self.mark]} {self.name:{_WIDTH}} {self.said}{advice}"


def well(findings: Iterable[Finding]) -> bool:
    """Whether nothing keeps Atelier from its work."""
    return all(finding.mark is not Mark.FAULT for finding in findings)


def as_json(findings: Iterable[Finding]) -> dict[str, Any]:
    """Say it to programs."""
    found = list(findings)
    return {"well": well(found), "findings": [asdict(finding) for finding in found]}


def from_json(line: str) -> list[Finding]:
    """Read what another process's doctor has found.

    Raises:
        ValueError: it is not that.
    """
    try:
        found = json.loads(line)["findings"]
        return [Finding(**{**finding, "mark": Mark(finding["mark"])}) for finding in found]
    except (LookupError, TypeError) as error:
        raise ValueError("This is no doctor's report.") from error


def show(findings: Iterable[Finding]) -> None:
    """Say it to people, each as soon as it is known."""
    for finding in findings:
        print(finding, flush=True)


def size(count: float) -> str:
    """Bytes in words: three digits at most."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"


def duration(seconds: float) -> str:
    """Seconds in words."""
    for length, unit in ((86400.0, "days"), (3600.0, "hours"), (60.0, "minutes")):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
