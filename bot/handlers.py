"""Telegram updates become events; thin on purpose."""

from __future__ import annotations

import logging
from typing import Any, Final

from telegram import Bot, BotCommand, Message, Update
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from bot.albums import Albums
from bot.atelier import Atelier, Visit
from bot.conversation import Command, Other, Tapped
from bot.pacing import Patience
from bot.texts import texts

log = logging.getLogger(__name__)

COMMANDS: Final = ("start", "help", "cancel")
CONCURRENT_UPDATES: Final = 256
MEDIA_TIMEOUT: Final = 60.0
"""Seconds that an upload may take."""

App = Application[Any, Any, Any, Any, Any, Any]


def build(atelier: Atelier, token: str, api_url: str) -> App:
    """Build the application for one Bot API server; nothing but the address tells Telegram from another."""
    application: App = (
        ApplicationBuilder()
        .token(token)
        .base_url(f"{api_url}/bot")
        .base_file_url(f"{api_url}/file/bot")
        .rate_limiter(Patience())
        .concurrent_updates(CONCURRENT_UPDATES)
        .connection_pool_size(64)
        .pool_timeout(30.0)
        .media_write_timeout(MEDIA_TIMEOUT)
        .read_timeout(30.0)
        .build()
    )
    albums = Albums()

    async def picture(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        message = update.effective_message
        visit = _visit(context.bot, message) if message else None
        if message is None or visit is None:
            return
        if not message.media_group_id:
            await atelier.pictures(visit, lambda: _only(message))
        elif albums.add(message):
            await atelier.pictures(visit, lambda: albums.gather(message))

    async def command(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        message = update.effective_message
        if message and message.text and (visit := _visit(context.bot, message)):
            name = message.text.split()[0].lstrip("/").partition("@")[0].lower()
            await atelier.happen(visit, Command(name))

    async def other(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        if update.effective_message and (visit := _visit(context.bot, update.effective_message)):
            await atelier.happen(visit, Other())

    async def tap(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        query = update.callback_query
        if query and query.message:
            person = query.from_user
            visit = Visit(
                context.bot, query.message.chat.id, person.id, person.first_name, person.language_code, query
            )
            await atelier.happen(visit, Tapped(query.data or ""))

    new = filters.UpdateType.MESSAGE
    application.add_handler(CommandHandler(COMMANDS, command, filters=new))
    application.add_handler(MessageHandler(new & (filters.PHOTO | filters.Document.ALL), picture))
    application.add_handler(MessageHandler(new & ~filters.StatusUpdate.ALL, other))
    application.add_handler(CallbackQueryHandler(tap))
    application.add_error_handler(_error)
    return application


async def introduce(bot: Bot) -> None:
    """Tell Telegram the commands and what the bot is."""
    say = texts()
    await bot.set_my_commands([BotCommand(name, say(f"command-{name}")) for name in COMMANDS])
    await bot.set_my_description(say("bot-description"))
    await bot.set_my_short_description(say("bot-short-description"))


async def _only(message: Message) -> list[Message]:
    return [message]


def _visit(bot: Bot, message: Message) -> Visit | None:
    person = message.from_user
    if person is None:  # a channel's post
        return None
    return Visit(bot, message.chat_id, person.id, person.first_name, person.language_code)


async def _error(update: object, context: ContextTypes.DEFAULT_TYPE) -> None:
    """Note what no one caught, and tell the person that it was not their fault."""
    log.error("An update could not be handled.", exc_info=context.error)
    if isinstance(update, Update) and update.effective_chat:
        person = update.effective_user
        say = texts(person.language_code if person else None)
        await context.bot.send_message(update.effective_chat.id, say.error("internal"))
