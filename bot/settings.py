"""The bot's settings, from the environment or ``.env``; some of them it shares with the engine."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import NoDecode

import engine.settings
from engine.painting.recipe import SIZES, Quality
from engine.proxies import is_http_address

OWN_PATHS: Final = ("/healthz", "/readyz", "/metrics")
"""The paths of the bot's own HTTP server, apart from the webhook's."""
TOKEN_PATTERN: Final = r"\d+:[A-Za-z0-9_-]{30,}"  # noqa: S105 - a pattern
"""The form of @BotFather's tokens, as a regular expression."""
TOKEN_MALFORMED: Final = "BOT_TOKEN does not look like one: a number, a colon, and at least thirty letters."  # noqa: S105
SECRET_PATTERN: Final = r"[A-Za-z0-9_-]{16,256}"  # noqa: S105 - a pattern
"""The secrets that Telegram accepts and that are long enough not to be guessed, as a regular expression."""


class Settings(engine.settings.Settings):
    """One field a variable, named after it in capitals; ``.env.example`` explains each."""

    bot_token: SecretStr = SecretStr("")
    bot_api_url: str = "https://api.telegram.org"
    bot_api_local: bool = False
    bot_webhook_url: str = ""
    bot_webhook_secret: SecretStr = SecretStr("")
    bot_listen: str = "127.0.0.1"
    bot_port: int = Field(default=0, ge=0, le=65535, validate_default=True)
    bot_admins: Annotated[frozenset[int], NoDecode] = frozenset()
    bot_chats: Annotated[frozenset[tuple[int, int | None]], NoDecode] = frozenset()
    engine: Literal["embedded", "external"] = "embedded"
    playground_port: int = Field(default=8080, ge=0, le=65535)
    paint_size: int = Field(default=512, ge=SIZES[0], le=SIZES[1])
    paint_size_max: int = Field(default=1024, ge=SIZES[0], le=SIZES[1])
    paint_quality: Quality = "normal"
    samples: bool = True
    busy_after: float = Field(default=600.0, ge=0, allow_inf_nan=False)
    result_ttl: float = Field(default=7 * 86400.0, gt=0, allow_inf_nan=False)

    def serves_private(self, user: int) -> bool:
        """Return whether the bot paints in the private chat of a user."""
        return not self.bot_chats or user in self.bot_admins or (user, None) in self.bot_chats

    @field_validator("bot_api_url")
    @classmethod
    def _check_api_url(cls, value: str) -> str:
        if not is_http_address(value):
            raise ValueError("it should look like https://api.telegram.org")
        return value

    @field_validator("bot_webhook_url")
    @classmethod
    def _check_webhook_url(cls, value: str, info: ValidationInfo) -> str:
        """Require a path of its own: the server has others for health and metrics."""
        if not value:
            return value
        parts = urlsplit(value)
        if not is_http_address(value) or parts.query or parts.fragment:
            raise ValueError("it should look like https://bot.example.org/telegram")
        if not re.fullmatch(r"/[\w./~-]+", parts.path, re.ASCII) or parts.path in OWN_PATHS:
            raise ValueError(f"it needs a path, and not {', '.join(OWN_PATHS)}: /telegram, for example")
        if "bot_token" in info.data and not info.data["bot_token"].get_secret_value():
            raise ValueError("without BOT_TOKEN the chat is in the browser, and has no webhook")
        return value

    @field_validator("bot_webhook_secret")
    @classmethod
    def _check_webhook_secret(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and not re.fullmatch(SECRET_PATTERN, value.get_secret_value()):
            raise ValueError(
                "it may have 16 to 256 letters, digits, _ and -; empty: it is made from BOT_TOKEN"
            )
        return value

    @field_validator("bot_port")
    @classmethod
    def _check_port(cls, value: int, info: ValidationInfo) -> int:
        if not value and info.data.get("bot_webhook_url"):
            raise ValueError("BOT_WEBHOOK_URL needs a port to listen at")
        return value

    @field_validator("bot_chats", mode="before")
    @classmethod
    def _split_chats(cls, value: object) -> object:
        """Split chats at commas and spaces, and each one's topic from it."""
        if not isinstance(value, str):
            return value
        pairs = (one.partition("/") for one in value.replace(",", " ").split())
        return frozenset((chat, topic or None) for chat, _, topic in pairs)

    @field_validator("bot_admins", mode="before")
    @classmethod
    def _split_ids(cls, value: object) -> object:
        """Split Telegram's ids of users at commas and spaces."""
        return value.replace(",", " ").split() if isinstance(value, str) else value
