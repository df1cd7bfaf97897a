"""The restriction of the bot to some chats, or to topics of theirs."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from telegram import Message, Update
from telegram.error import TelegramError
from telegram.ext import ApplicationHandlerStop

from bot.chat.context import topic_of
from bot.chat.senders import sender_of
from bot.i18n import texts
from bot.storage.refusals import ELSEWHERE, Refusals
from bot.updates.context import UpdateContext

log = logging.getLogger(__name__)

Place = tuple[int, int | None]
"""A chat's id, and a topic's; None for all topics."""
GENERAL: Final = 1
"""The topic General, in links; its messages have none."""


@dataclass(frozen=True, slots=True)
class Restriction:
    """Lets only updates of the host's places and admins through; without places, all of them."""

    places: Collection[Place]
    admins: Collection[int]
    refusals: Refusals

    async def check(self, update: Update, context: UpdateContext) -> None:
        """Stop the handling of an update from elsewhere; in a private chat, say so.

        Raises:
            ApplicationHandlerStop: it is from elsewhere.
        """
        try:
            if not self.places or self._allows(update):
                return
            await self._refuse(update, context)
        except Exception:  # the library would go on with the next handlers
            log.exception("update %d: its refusal failed", update.update_id)
        raise ApplicationHandlerStop

    async def _refuse(self, update: Update, context: UpdateContext) -> None:
        message, sender = update.message, sender_of(update)
        if message and message.chat.type == message.chat.PRIVATE and sender:
            try:
                await context.bot.send_message(message.chat_id, texts(sender.language)("not-here"))
            except TelegramError as error:
                log.info("a user of another chat was not told (%s)", type(error).__name__)
        if update.callback_query:
            with contextlib.suppress(TelegramError):  # or its clock would go on spinning
                await update.callback_query.answer()
        if update.effective_chat:  # each letter of an inline query is one
            await self.refusals.count(ELSEWHERE)

    def _allows(self, update: Update) -> bool:
        """Return whether an update is from a place of the host's. An inline query names no chat.

        Its user's own paintings are for those who are served in private.
        """
        if update.guest_message:  # whatever its chat's number: it is that of a chat without the bot
            return False
        chat, sender = update.effective_chat, sender_of(update)
        if sender and sender.id in self.admins and (chat is None or chat.id == sender.id):
            return True
        if chat is None:
            return sender is not None and (sender.id, None) in self.places
        message = update.effective_message
        topic = topic_of(message) if isinstance(message, Message) else None
        return bool({(chat.id, None), (chat.id, topic or GENERAL)} & set(self.places))
