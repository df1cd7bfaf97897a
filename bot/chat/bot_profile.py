"""The bot's profile in each language: commands and descriptions."""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Final

from telegram import Bot, BotCommand, BotCommandScopeChat
from telegram.error import BadRequest, Forbidden

from bot.i18n import DEFAULT, LANGUAGES, texts

log = logging.getLogger(__name__)

COMMANDS: Final = (
    *("paint", "styles", "status", "cancel", "settings", "language"),
    *("help", "privacy", "forget", "start"),
)
FOR_ADMINS: Final = ("stats", "broadcast", "ban", "unban", "drain", "resume")


async def publish_profile(bot: Bot, admins: Collection[int] = ()) -> None:
    """Send the commands and descriptions to Telegram."""
    for language in LANGUAGES:
        say = texts(language)
        code = None if language == DEFAULT else language
        commands = [BotCommand(name, say(f"command-{name}")) for name in COMMANDS]
        await bot.set_my_commands(commands, language_code=code)
        await bot.set_my_description(say("bot-description"), language_code=code)
        await bot.set_my_short_description(say("bot-short-description"), language_code=code)
    say = texts()
    commands = [BotCommand(name, say(f"command-{name}")) for name in (*COMMANDS, *FOR_ADMINS)]
    for admin in admins:
        try:
            await bot.set_my_commands(commands, scope=BotCommandScopeChat(admin))
        except (
            BadRequest,
            Forbidden,
        ) as error:  # an admin who has never written to the bot has no chat with it
            log.info("an admin's commands were refused: %s", error)
