"""The bot's profile in each language: commands and descriptions."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterator
from functools import partial
from typing import Any, Final

from telegram import Bot, BotCommand, BotCommandScope, BotCommandScopeChat, BotCommandScopeChatMember
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError

from bot.i18n import DEFAULT, LANGUAGES, Texts, texts
from bot.transport.errors import retry_delay

log = logging.getLogger(__name__)

COMMANDS: Final = (
    *("paint", "styles", "status", "cancel", "settings", "language"),
    *("help", "privacy", "forget", "start"),
)
FOR_ADMINS: Final = ("stats", "broadcast", "ban", "unban", "drain", "resume")
DELAYS: Final = (2.0, 10.0, 60.0, 600.0)
"""Seconds between the attempts to publish one part of the profile; the last is repeated."""


Language = Callable[[int], Awaitable[str | None]]
"""Returns the language that a user has chosen."""
Part = Callable[[], Awaitable[object]]
"""Publishes one part of the profile, if Telegram has another one."""


async def publish_profile(
    bot: Bot, admins: Collection[int] = (), language_of: Language | None = None
) -> None:
    """Send to Telegram what it does not have yet of the commands and descriptions, one part after the other.

    A part that is not answered is tried again after the others; one that is refused is given up.
    """
    parts: list[Part] = [*_everybodys(bot), *(partial(_admins, bot, admin, language_of) for admin in admins)]
    attempts = 0
    while parts := [part for part in parts if not await _published(part)]:
        await asyncio.sleep(DELAYS[min(attempts, len(DELAYS) - 1)])
        attempts += 1


async def _published(part: Part) -> bool:
    """Publish a part; return False if it is to be tried again."""
    try:
        await part()
    except (BadRequest, Forbidden) as error:  # an admin who has never written to the bot has no chat with it
        log.info("a part of the profile was refused: %s", error)
    except RetryAfter as error:
        await asyncio.sleep(retry_delay(error))
        return False
    except TelegramError as error:
        log.warning("a part of the profile was not answered (%s)", type(error).__name__)
        return False
    return True


def _everybodys(bot: Bot) -> Iterator[Part]:
    for language in LANGUAGES:
        say, code = texts(language), None if language == DEFAULT else language
        yield partial(_change_commands, bot, _commands(say), None, code)
        description, short = say("bot-description"), say("bot-short-description")
        yield partial(_change_description, bot, description, code)
        yield partial(_change_short_description, bot, short, code)


async def _admins(bot: Bot, admin: int, language_of: Language | None) -> None:
    chosen = await language_of(admin) if language_of else None
    await publish_commands(bot, BotCommandScopeChat(admin), chosen, for_admin=True)


async def _change_commands(
    bot: Bot, commands: list[BotCommand], scope: BotCommandScope | None, code: str | None = None
) -> None:
    place: dict[str, Any] = {"scope": scope, "language_code": code}
    if list(await bot.get_my_commands(**place)) != commands:
        await bot.set_my_commands(commands, **place)


async def _change_description(bot: Bot, text: str, code: str | None) -> None:
    if (await bot.get_my_description(language_code=code)).description != text:
        await bot.set_my_description(text, language_code=code)


async def _change_short_description(bot: Bot, text: str, code: str | None) -> None:
    if (await bot.get_my_short_description(language_code=code)).short_description != text:
        await bot.set_my_short_description(text, language_code=code)


async def publish_commands(
    bot: Bot, scope: BotCommandScope, language: str | None, *, for_admin: bool = False
) -> None:
    """Set the commands of a chat in a language that was chosen there; without one, Telegram's again."""
    if language is None and not for_admin:
        await bot.delete_my_commands(scope)
    else:
        await _change_commands(bot, _commands(texts(language), for_admin=for_admin), scope)


def scope_of(chat: int, person: int) -> BotCommandScope:
    """Return where a user's language counts: their private chat, or they themselves in a group."""
    return BotCommandScopeChat(chat) if chat == person else BotCommandScopeChatMember(chat, person)


def _commands(say: Texts, *, for_admin: bool = False) -> list[BotCommand]:
    names = (*COMMANDS, *(FOR_ADMINS if for_admin else ()))
    return [BotCommand(name, say(f"command-{name}")) for name in names]
