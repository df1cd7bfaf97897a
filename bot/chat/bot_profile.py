"""The bot's profile in each language: commands and descriptions."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllGroupChats,
    BotCommandScopeChat,
    BotCommandScopeChatMember,
)
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError

from bot.i18n import DEFAULT, LANGUAGES, Texts, texts
from bot.transport.capabilities import Capabilities
from bot.transport.errors import retry_delay

log = logging.getLogger(__name__)

COMMANDS: Final = (
    *("paint", "styles", "status", "cancel", "settings", "language"),
    *("help", "privacy", "forget", "start"),
)
FOR_ADMINS: Final = ("stats", "broadcast", "ban", "unban", "drain", "resume")
UNSEEN: Final = frozenset({"status", "cancel", "settings", "language", "help", "privacy", "forget"})
"""The commands about the user alone: in a group nobody else has to see them, nor their answers."""
DELAYS: Final = (2.0, 10.0, 60.0, 600.0)
"""Seconds between the attempts to publish one part of the profile; the last is repeated."""


@dataclass(frozen=True, slots=True)
class Menu:
    """The commands to list, but for those that everybody has everywhere."""

    for_admin: bool = False
    in_group: bool = False
    reports: bool = False
    """True if there is an admin who gets reports."""
    unseen: bool = False
    """True if the server knows ephemeral commands."""

    def commands(self, say: Texts) -> list[BotCommand]:
        """Return the commands with their descriptions in a language."""
        names = (
            *COMMANDS,
            *(("report",) if self.in_group and self.reports else ()),
            *(FOR_ADMINS if self.for_admin else ()),
        )
        return [
            BotCommand(
                name,
                say(f"command-{name}"),
                api_kwargs={"is_ephemeral": True}
                if self.in_group and self.unseen and name in UNSEEN
                else None,
            )
            for name in names
        ]


Language = Callable[[int], Awaitable[str | None]]
"""Returns the language that a user has chosen."""
Part = Callable[[], Awaitable[object]]
"""Publishes one part of the profile, if Telegram has another one."""


async def publish_profile(
    bot: Bot,
    admins: Collection[int] = (),
    language_of: Language | None = None,
    capabilities: Capabilities | None = None,
) -> None:
    """Send to Telegram what it does not have yet of the commands and descriptions, one part after the other.

    A part that is not answered is tried again after the others; one that is refused is given up.
    """
    parts: list[Part] = [
        *_everybodys(bot),
        *_groups(bot, capabilities or Capabilities(), reports=bool(admins)),
        *(partial(_admins, bot, admin, language_of) for admin in admins),
    ]
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
        yield partial(_change_commands, bot, Menu().commands(say), None, code)
        description, short = say("bot-description"), say("bot-short-description")
        yield partial(_change_description, bot, description, code)
        yield partial(_change_short_description, bot, short, code)


def _groups(bot: Bot, capabilities: Capabilities, *, reports: bool) -> Iterator[Part]:
    async def publish(language: str) -> None:
        menu = Menu(in_group=True, reports=reports, unseen=await capabilities.knows_ephemeral(bot))
        code = None if language == DEFAULT else language
        await _change_commands(bot, menu.commands(texts(language)), BotCommandScopeAllGroupChats(), code)

    return (partial(publish, language) for language in LANGUAGES)


async def _admins(bot: Bot, admin: int, language_of: Language | None) -> None:
    chosen = await language_of(admin) if language_of else None
    await publish_commands(bot, BotCommandScopeChat(admin), chosen, Menu(for_admin=True))


async def _change_commands(
    bot: Bot, commands: list[BotCommand], scope: BotCommandScope | None, code: str | None = None
) -> None:
    place: dict[str, Any] = {"scope": scope, "language_code": code}
    # Compared with all that is said of them: python-telegram-bot leaves out what it does not know.
    known = [command.to_dict() for command in await bot.get_my_commands(**place)]
    if known != [command.to_dict() for command in commands]:
        await bot.set_my_commands(commands, **place)


async def _change_description(bot: Bot, text: str, code: str | None) -> None:
    if (await bot.get_my_description(language_code=code)).description != text:
        await bot.set_my_description(text, language_code=code)


async def _change_short_description(bot: Bot, text: str, code: str | None) -> None:
    if (await bot.get_my_short_description(language_code=code)).short_description != text:
        await bot.set_my_short_description(text, language_code=code)


async def publish_commands(bot: Bot, scope: BotCommandScope, language: str | None, menu: Menu) -> None:
    """Set the commands of a chat in a language that was chosen there; without one, Telegram's again."""
    if language is None and not menu.for_admin:
        await bot.delete_my_commands(scope)
    else:
        await _change_commands(bot, menu.commands(texts(language)), scope)


def scope_of(chat: int, person: int) -> BotCommandScope:
    """Return where a user's language counts: their private chat, or they themselves in a group."""
    return BotCommandScopeChat(chat) if chat == person else BotCommandScopeChatMember(chat, person)
