"""The settings: their file, wrong values, unknown names."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

from dotenv import dotenv_values
from pydantic import ValidationError

from bot.settings import Settings
from engine.doctor import Finding, Mark
from engine.host_errors import wrong_settings

DEPLOYMENT: Final = re.compile(
    r"(COMPOSE|POSTGRES)_\w+|ENGINE_(CORES|WORKERS)|BOTS|TORCH_INDEX|WEBHOOK_HOST|\w+_MEMORY_LIMIT"
)
"""Lines of ``.env`` that compose.yaml reads, and not the program."""
SIMILARITY: Final = 0.82
"""Ratio of similarity, 0 to 1, from which on an unknown name counts as a misspelt setting."""


def where_settings_are(file: Path) -> Finding:
    """Report whether there is a ``.env``."""
    if file.is_file():
        return Finding("Settings", Mark.GOOD, f"{file} is read; the environment outranks it.")
    said = f"There is no .env in {file.parent}: the environment's variables count, and the defaults."
    return Finding("Settings", Mark.GOOD, said)


def invalid(error: ValidationError) -> list[Finding]:
    """Report all wrong settings, without their values."""
    return [
        Finding(
            "Settings",
            Mark.FAULT,
            f"{line}.",
            "Correct it in .env or in the environment; .env.example explains each.",
        )
        for line in wrong_settings(error)
    ]


def unknown(file: Path, environment: Mapping[str, str]) -> list[Finding]:
    """Report lines of ``.env`` that are no setting, and variables that look like a misspelt one."""
    known = {name.upper() for name in Settings.model_fields}
    lines = dotenv_values(file) if file.is_file() else {}
    found = [
        _unknown(f"{name} in .env", name, known)
        for name in lines
        if name.upper() not in known and not DEPLOYMENT.fullmatch(name)
    ]
    others = (name for name in environment if name.upper() not in known and name not in lines)
    return found + [
        _unknown(f"{name} in the environment", name, known) for name in others if _meant(name, known)
    ]


def _unknown(whose: str, name: str, known: Collection[str]) -> Finding:
    meant = _meant(name, known)
    advice = f"Did you mean {meant}?" if meant else "Take it out, if it is not for another program."
    return Finding("Settings", Mark.NOTE, f"{whose} is no setting of Atelier's.", advice)


def _meant(name: str, known: Collection[str]) -> str | None:
    return next(iter(difflib.get_close_matches(name.upper(), known, 1, SIMILARITY)), None)
