"""The steps that bring an older database up to date, live jobs and all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

Migration = Callable[[AsyncConnection], Awaitable[None]]

MIGRATIONS: Final[tuple[Migration, ...]] = ()
"""The first step brings version 1 to 2, and so on. Released steps never change."""
