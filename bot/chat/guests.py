"""Guest mode: a user names the bot below a photo, in a chat where the bot is no member.

The bot may answer once, within seconds, by a message that it can edit later, but into which it can upload
nothing. So the painting is sent to the user's private chat, and shown in that message by its file's id. Who
has no private chat with it is led there first.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from telegram import InlineKeyboardMarkup, InlineQueryResultArticle, InputTextMessageContent
from telegram.constants import ChatAction
from telegram.error import BadRequest, Forbidden

from bot.chat.context import ChatContext
from bot.chat.orders import Orders
from bot.chat.retries import reporting_outages, with_retries
from bot.conversation import AskStyle, Effect, Paint, Sent, Session, Suggest, Words, step, style_titles
from bot.storage.refusals import BANNED, NO_PICTURE, Refusals
from bot.storage.sessions import Sessions
from bot.views.captions import style_title
from bot.views.keyboards import paint_mine, private_chat
from engine.errors import AtelierError

log = logging.getLogger(__name__)

RESULT_ID: Final = "guest"
"""The id of the one result of an answer."""


@dataclass(slots=True)
class GuestQuery:
    """A user's message to the guest bot."""

    id: str
    words: str
    """The text without the bot's name."""
    picture: Sent | None
    message: str | None = None
    """The inline id of the answer, once there is one; empty if it came too late to be taken."""


@dataclass(frozen=True, slots=True)
class Guests:
    """Answers guest queries. The context of each is the private chat of its user."""

    orders: Orders
    sessions: Sessions
    refusals: Refusals

    async def answer(self, context: ChatContext, query: GuestQuery, updates: Collection[int] = ()) -> None:
        """Order what a query asks for, or say in its chat why not.

        Args:
            context: the user, in their private chat.
            query: the query.
            updates: the ids of its updates, which are finished in the transaction that saves the outcome.
        """
        context.chosen = await self.sessions.language(context.person)
        async with reporting_outages(context):
            await with_retries(context, self.sessions, lambda: self._answer(context, query, updates), updates)

    async def _answer(self, context: ChatContext, query: GuestQuery, updates: Collection[int]) -> None:
        session = await self.sessions.load(context.chat, context.person)
        before = after = Session()
        if session is None:
            context.refusals.append(BANNED)
        else:
            context.chosen = session.person.language
            # Of the private chat nothing counts here: a photo that waits there goes on waiting.
            before = Session(person=session.person)
            after, effect = self._asked_for(context, query, before)
            if not isinstance(effect, Paint):
                after = before
                await self._say_why_not(context, query, effect)
            elif not await self._paint(context, query, effect):
                after = before
        counted = map(self.refusals.counted, context.refusals)
        await self.sessions.save(context.chat, context.person, before, after, *counted, updates=updates)
        context.finished = bool(updates)

    def _asked_for(
        self, context: ChatContext, query: GuestQuery, session: Session
    ) -> tuple[Session, Effect | None]:
        """Return the session and the effect of the query, as of the same reply in a private chat."""
        if query.picture is None:
            return session, None
        event = Words(query.words, reply_to=query.picture)
        after, effects = step(session, event, context.new_id, self.orders.rules)
        return after, effects[-1]

    async def _say_why_not(self, context: ChatContext, query: GuestQuery, effect: Effect | None) -> None:
        say, name = context.texts, context.bot.username
        if isinstance(effect, Suggest):
            offered = {one.id: style_titles.title(say, one) for one in self.orders.rules.styles}
            nearest = [offered[own] for own in effect.styles if own in offered]
            text = say("guest-no-style", name=effect.name, styles=say.listed(nearest))
        else:
            text = say("guest-help", bot=f"@{name}")
        if not isinstance(effect, (AskStyle, Suggest)):
            context.refusals.append(NO_PICTURE)
        await self._reply(context, query, text, private_chat(say, name))

    async def _paint(self, context: ChatContext, query: GuestQuery, order: Paint) -> bool:
        """Queue an order; False if it was said why not."""
        say, name, draft = context.texts, context.bot.username, order.draft
        keyboard = paint_mine(say, name, draft.styles[0])
        if context.person < 0:
            await self._reply(context, query, say("guest-voice"), private_chat(say, name))
            return False
        if query.message is None and not await _has_private_chat(context):
            await self._reply(context, query, say("guest-start"), keyboard)
            return False
        await self._reply(context, query, say("guest-card", style=style_title(say, draft)), keyboard)
        try:
            await self.orders.downloads.inspect(context.bot, draft.photo)
            await self.orders.paint(context, draft, order.draft_id, guest_message=query.message or "")
        except AtelierError as error:
            log.info("refused: %s", error.code)
            context.refusals.append(error.code)
            await self._correct(context, query, self.orders.sentence(context.texts, error))
            return False
        return True

    async def _reply(
        self, context: ChatContext, query: GuestQuery, text: str, keyboard: InlineKeyboardMarkup
    ) -> None:
        """Answer a query, unless an earlier attempt has; one that is too old stays without an answer."""
        if query.message is not None:
            return
        # The title, which nobody sees, may not be empty.
        content = InputTextMessageContent(text)
        result = InlineQueryResultArticle(RESULT_ID, context.bot.first_name, content, keyboard)
        try:
            query.message = (await context.bot.answer_guest_query(query.id, result)).inline_message_id
        except BadRequest as error:
            log.info("a guest query could not be answered (%s)", error)
            query.message = ""

    async def _correct(self, context: ChatContext, query: GuestQuery, text: str) -> None:
        """Edit the answer to a query; where there is none, say the text in private."""
        if not query.message:
            await context.say(text)
            return
        try:
            keyboard = private_chat(context.texts, context.bot.username)
            await context.bot.edit_message_text(text, inline_message_id=query.message, reply_markup=keyboard)
        except BadRequest as error:
            log.info("the answer to a guest query could not be edited (%s)", error)


async def _has_private_chat(context: ChatContext) -> bool:
    """Return whether the user has begun a chat with the bot, and has not blocked it."""
    try:
        await context.bot.send_chat_action(context.person, ChatAction.UPLOAD_PHOTO)
    except (BadRequest, Forbidden):
        return False
    return True
