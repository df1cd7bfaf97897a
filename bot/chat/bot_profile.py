"""The bot's profile in each language: commands and descriptions."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection
from typing import Final

from telegram import Bot, BotCommand, BotCommandScope, BotCommandScopeChat, BotCommandScopeChatMember
from telegram.error import BadRequest, Forbidden

from bot.i18n import DEFAULT, LANGUAGES, Texts, texts

log = logging.getLogger(__name__)

COMMANDS: Final = (
    *("paint", "styles", "status", "cancel", "settings", "language"),
    *("help", "privacy", "forget", "start"),
)
FOR_ADMINS: Final = ("stats", "broadcast", "ban", "unban", "drain", "resume")


Language = Callable[[int], Awaitable[str | None]]
"""Returns the language that a user has chosen."""


async def publish_profile(
    bot: Bot, admins: Collection[int] = (), language_of: Language | None = None
) -> None:
    """Send the commands and descriptions to Telegram."""
    for language in LANGUAGES:
        say = texts(language)
        code = None if language == DEFAULT else language
        await bot.set_my_commands(_commands(say), language_code=code)
        await bot.set_my_description(say("bot-description"), language_code=code)
        await bot.set_my_short_description(say("bot-short-description"), language_code=code)
    for admin in admins:
        chosen = await language_of(admin) if language_of else None
        try:
            await publish_commands(bot, BotCommandScopeChat(admin), chosen, for_admin=True)
        except (
            BadRequest,
            Forbidden,
        ) as error:  # an admin who has never written to the bot has no chat with it
            log.info("an admin's commands were refused: %s", error)


async def publish_commands(
    bot: Bot, scope: BotCommandScope, language: str | None, *, for_admin: bool = False
) -> None:
    """Set the commands of a chat in a language that was chosen there; without one, Telegram's again."""
    if language is None and not for_admin:
        await bot.delete_my_commands(scope)
    else:
        await bot.set_my_commands(_commands(texts(language), for_admin=for_admin), scope)


def scope_of(chat: int, person: int) -> BotCommandScope:
    """Return where a user's language counts: their private chat, or they themselves in a group."""
    return BotCommandScopeChat(chat) if chat == person else BotCommandScopeChatMember(chat, person)


def _commands(say: Texts, *, for_admin: bool = False) -> list[BotCommand]:
    names = (*COMMANDS, *(FOR_ADMINS if for_admin else ()))
    return [BotCommand(name, say(f"command-{name}")) for name in names]
