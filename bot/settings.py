"""What the bot reads from the environment or ``.env``, beside what it shares with the engine."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import NoDecode

import engine.settings
from engine.painting.recipe import SIZES, Quality


class Settings(engine.settings.Settings):
    """One field a variable, named after it in capitals; ``.env.example`` explains each."""

    bot_token: SecretStr = SecretStr("")
    bot_api_url: str = "https://api.telegram.org"
    bot_admins: Annotated[frozenset[int], NoDecode] = frozenset()
    engine: Literal["embedded", "external"] = "embedded"
    playground_port: int = Field(default=8080, ge=0, le=65535)
    paint_size: int = Field(default=512, ge=SIZES[0], le=SIZES[1])
    paint_size_max: int = Field(default=1024, ge=SIZES[0], le=SIZES[1])
    paint_quality: Quality = "normal"
    busy_after: float = Field(default=600.0, ge=0)
    result_ttl: float = Field(default=7 * 86400.0, gt=0)

    @field_validator("bot_admins", mode="before")
    @classmethod
    def _numbers(cls, value: object) -> object:
        """Telegram's numbers of people, with commas or spaces between them."""
        return value.replace(",", " ").split() if isinstance(value, str) else value
