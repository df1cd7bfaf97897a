"""What the bot reads from the environment or ``.env``, beside what it shares with the engine."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr

import engine.settings
from engine.painting.recipe import SIZES, Quality


class Settings(engine.settings.Settings):
    """One field a variable, named after it in capitals; ``.env.example`` explains each."""

    bot_token: SecretStr = SecretStr("")
    bot_api_url: str = "https://api.telegram.org"
    engine: Literal["embedded", "external"] = "embedded"
    playground_port: int = Field(default=8080, ge=0, le=65535)
    paint_size: int = Field(default=512, ge=SIZES[0], le=SIZES[1])
    paint_quality: Quality = "normal"
    result_ttl: float = Field(default=7 * 86400.0, gt=0)
