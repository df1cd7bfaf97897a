"""The packages that each half of Atelier needs, and what is said when one is not installed."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from engine.errors import AtelierError

CORE: Final = (
    *("aiosqlite", "filelock", "httpx", "pillow", "pillow-heif", "prometheus-client"),
    *("pydantic-settings", "python-json-logger", "rich", "sqlalchemy"),
)
"""Packages of both halves, by their names in pyproject.toml."""
PAINTING: Final = ("av", "numpy", "safetensors", "setuptools", "torch", "torchvision")
"""Further packages of the engine."""
CHATTING: Final = ("aiohttp", "babel", "fluent.runtime", "python-telegram-bot")
"""Further packages of the bot."""


class PackageError(AtelierError):
    """This installation has not got a package that is needed."""

    code = "package-missing"


def how_to_get(extra: str) -> str:
    """Say what installs a half, ``engine`` paints, ``bot`` chats, or what PostgreSQL needs: ``postgres``."""
    return f"In Atelier's folder: pip install '.[{extra}]'."


def missing(command: str, error: ModuleNotFoundError, extra: str) -> PackageError:
    """Make an import's error one sentence; a module of ours that is not there is a mistake, and raised."""
    package = (error.name or "engine").partition(".")[0]
    if package in ("bot", "engine"):
        raise error
    return PackageError(f"{command} needs the package {package}, which is not installed. {how_to_get(extra)}")


def lacking(names: Iterable[str]) -> list[str]:
    """Tell which of these packages are not installed."""

    def installed(name: str) -> bool:
        try:
            return bool(version(name))
        except PackageNotFoundError:
            return False

    return [name for name in names if not installed(name)]
