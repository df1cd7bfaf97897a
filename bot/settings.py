"""What the bot reads from the environment or ``.env``, beside what it shares with the engine."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import NoDecode

import engine.settings
from engine.painting.recipe import SIZES, Quality

OWN_PATHS: Final = ("/healthz", "/readyz", "/metrics")
"""Where the bot's own HTTP server has more than the webhook."""
SECRET: Final = r"[A-Za-z0-9_-]{16,256}"  # noqa: S105 - what one looks like


class Settings(engine.settings.Settings):
    """One field a variable, named after it in capitals; ``.env.example`` explains each."""

    bot_token: SecretStr = SecretStr("")
    bot_api_url: str = "https://api.telegram.org"
    bot_webhook_url: str = ""
    bot_webhook_secret: SecretStr = SecretStr("")
    bot_listen: str = "127.0.0.1"
    bot_port: int = Field(default=0, ge=0, le=65535, validate_default=True)
    bot_admins: Annotated[frozenset[int], NoDecode] = frozenset()
    engine: Literal["embedded", "external"] = "embedded"
    playground_port: int = Field(default=8080, ge=0, le=65535)
    paint_size: int = Field(default=512, ge=SIZES[0], le=SIZES[1])
    paint_size_max: int = Field(default=1024, ge=SIZES[0], le=SIZES[1])
    paint_quality: Quality = "normal"
    busy_after: float = Field(default=600.0, ge=0)
    result_ttl: float = Field(default=7 * 86400.0, gt=0)

    @field_validator("bot_webhook_url")
    @classmethod
    def _reachable(cls, value: str) -> str:
        """An address with a path of its own, for health and metrics are beside it."""
        if not value:
            return value
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("it should look like https://bot.example.org/telegram")
        if not re.fullmatch(r"/[\w./~-]+", parts.path, re.ASCII) or parts.path in OWN_PATHS:
            raise ValueError(f"it needs a path, and not {', '.join(OWN_PATHS)}: /telegram, for example")
        return value

    @field_validator("bot_webhook_secret")
    @classmethod
    def _acceptable(cls, value: SecretStr) -> SecretStr:
        """What Telegram takes; and long enough not to be guessed."""
        if value.get_secret_value() and not re.fullmatch(SECRET, value.get_secret_value()):
            raise ValueError(
                "it may have 16 to 256 letters, digits, _ and -; empty: it is made from BOT_TOKEN"
            )
        return value

    @field_validator("bot_port")
    @classmethod
    def _listens(cls, value: int, info: ValidationInfo) -> int:
        if not value and info.data.get("bot_webhook_url"):
            raise ValueError("BOT_WEBHOOK_URL needs a port to listen at")
        return value

    @field_validator("bot_admins", mode="before")
    @classmethod
    def _numbers(cls, value: object) -> object:
        """Telegram's numbers of people, with commas or spaces between them."""
        return value.replace(",", " ").split() if isinstance(value, str) else value
