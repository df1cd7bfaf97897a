"""Findings of the checks, and the report that is made of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final


class Mark(StrEnum):
    """A finding's severity. Only a fault keeps Atelier from its work."""

    GOOD = "good"
    NOTE = "note"
    FAULT = "fault"


_SIGNS: Final = {Mark.GOOD: "✓", Mark.NOTE: "!", Mark.FAULT: "✗"}
_WIDTH: Final = 12
"""Columns of the names."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; it must hold no secrets."""

    name: str
    mark: Mark
    said: str
    """The finding, in a sentence."""
    advice: str = ""
    """The remedy, in a sentence; empty if all is well."""

    def __str__(self) -> str:
        """Return the line, with the advice below it."""
        advice = f"\n{'':{_WIDTH + 3}}→ {self.advice}" if self.advice else ""
        return f"{_SIGNS[self.mark]} {self.name:{_WIDTH}} {self.said}{advice}"


def well(findings: Iterable[Finding]) -> bool:
    """Return whether there is no fault."""
    return all(finding.mark is not Mark.FAULT for finding in findings)


def as_json(findings: Iterable[Finding]) -> dict[str, Any]:
    """Return the report for programs."""
    found = list(findings)
    return {"well": well(found), "findings": [asdict(finding) for finding in found]}


def from_json(line: str) -> list[Finding]:
    """Parse the report of another process's doctor.

    Raises:
        ValueError: this is no report.
    """
    try:
        found = json.loads(line)["findings"]
        return [Finding(**{**finding, "mark": Mark(finding["mark"])}) for finding in found]
    except (LookupError, TypeError) as error:
        raise ValueError("This is no doctor's report.") from error


class Report:
    """A report on standard output: each finding at once, or all of them as one line of JSON at the end."""

    def __init__(self, *, as_json: bool) -> None:
        self._json = as_json
        self.findings: list[Finding] = []

    def add(self, finding: Finding) -> None:
        """Add a finding."""
        self.findings.append(finding)
        if not self._json:
            print(finding, flush=True)

    def end(self, verdict: str = "") -> int:
        """Print the JSON, or the verdict if there is one; return the exit status.

        The status is 0 if nothing keeps Atelier from its work, else 1.
        """
        if self._json:
            print(json.dumps(as_json(self.findings)))
        elif verdict:
            print(f"\n{verdict}")
        return 0 if well(self.findings) else 1


def size(count: float) -> str:
    """Return a number of bytes in words, with three digits at most."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"


def duration(seconds: float) -> str:
    """Return a time span in words."""
    for length, unit in ((86400.0, "days"), (3600.0, "hours"), (60.0, "minutes")):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
