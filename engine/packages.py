"""The packages that the bot and the engine need, and the error when one is not installed."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from engine.errors import AtelierError

CORE: Final = (
    *("aiosqlite", "av", "filelock", "httpx", "numpy", "pillow", "pillow-heif", "prometheus-client"),
    *("pydantic-settings", "python-json-logger", "rich", "sqlalchemy"),
)
"""Packages of both halves, by their names in pyproject.toml."""
PAINTING: Final = ("safetensors", "torch", "torchvision")
"""Further packages of the engine."""
CHATTING: Final = ("aiohttp", "babel", "fluent.runtime", "python-telegram-bot", "sniffio")
"""Further packages of the bot."""


class PackageError(AtelierError):
    """A required package is not installed."""

    code = "package-missing"


def how_to_install(extra: str) -> str:
    """Return the command that installs an extra: ``engine``, ``bot`` or ``postgres``."""
    return f"In Atelier's folder: pip install '.[{extra}]'."


def missing(command: str, error: ModuleNotFoundError, extra: str) -> PackageError:
    """Turn a failed import into a :class:`PackageError`.

    Raises:
        ModuleNotFoundError: the module is Atelier's own, so this is a bug.
    """
    package = (error.name or "engine").partition(".")[0]
    if package in ("bot", "engine"):
        raise error
    return PackageError(
        f"{command} needs the package {package}, which is not installed. {how_to_install(extra)}"
    )


def lacking(names: Iterable[str]) -> list[str]:
    """Return those of the packages that are not installed."""

    def installed(name: str) -> bool:
        try:
            return bool(version(name))
        except PackageNotFoundError:
            return False

    return [name for name in names if not installed(name)]
