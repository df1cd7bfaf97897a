"""From an update to its effects: load the session, decide, carry out, keep the session."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Executable
from telegram import Message
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TelegramError

from bot.chat import style_picker
from bot.chat.account import Accounts
from bot.chat.admin import Admin
from bot.chat.context import Visit
from bot.chat.downloads import GoneError
from bot.chat.job_actions import Afterwards
from bot.chat.orders import Orders
from bot.chat.uploads import looked_at
from bot.conversation import (
    Account,
    AskStyle,
    Broadcast,
    CancelAll,
    Effect,
    Event,
    Forget,
    Note,
    OfJob,
    Operate,
    Paint,
    Pictures,
    Say,
    Session,
    ShowReady,
    Tapped,
    step,
    without_pictures,
)
from bot.conversation.callback_data import read
from bot.storage.job_address import owner
from bot.storage.people import People
from bot.storage.sessions import Sessions
from bot.transport.capabilities import REACTION, Features
from bot.transport.errors import seconds
from bot.views import captions
from engine.errors import AtelierError
from engine.queue import Queue, explain

log = logging.getLogger(__name__)

RECEIPT: Final = "👀"
"""The reaction to a picture that has come."""
PATIENCE: Final = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds between two tries while Telegram does not answer; the last again and again …"""
LONGEST: Final = 60
"""… up to so many tries."""


@dataclass(frozen=True, slots=True)
class Atelier:
    """The bot's side of everything, apart from the deliveries."""

    queue: Queue
    sessions: Sessions
    people: People
    orders: Orders
    accounts: Accounts
    afterwards: Afterwards
    admin: Admin
    features: Features

    async def happen(self, visit: Visit, event: Event, updates: Collection[int] = ()) -> None:
        """Let one event happen. An error is told to the person and changes nothing.

        Args:
            visit: who, where and how.
            event: what.
            updates: the numbers of those that told of it, which are finished with the keeping of the session.
        """
        async with _excused(visit):
            await _insist(visit, lambda: self._happen(visit, event, updates))

    async def pictures(
        self,
        visit: Visit,
        messages: Sequence[Message],
        frame: Callable[[Pictures], Pictures],
        updates: Collection[int] = (),
    ) -> None:
        """Take a picture, or those of an album; each is looked at before it counts."""
        if await self.people.banned(visit.person):
            await self._keep(visit, None, None, updates)
            return
        async with _excused(visit), self._seen(visit, messages):
            await _insist(visit, lambda: self._take(visit, messages, frame, updates))

    async def _take(
        self,
        visit: Visit,
        messages: Sequence[Message],
        frame: Callable[[Pictures], Pictures],
        updates: Collection[int],
    ) -> None:
        try:
            pictures = await looked_at(visit, messages)
        except AtelierError as error:
            await visit.say(visit.texts.error(error.code, **error.facts))
            await self._keep(visit, None, None, updates)
        else:
            await self._happen(visit, frame(pictures), updates)

    @contextlib.asynccontextmanager
    async def _seen(self, visit: Visit, messages: Sequence[Message]) -> AsyncIterator[None]:
        """Show at once that a picture has come, with a reaction; it is a receipt, and may fail."""
        showing = asyncio.create_task(self._react(visit, messages[0]))
        try:
            yield
        finally:
            await asyncio.wait((showing,))

    async def _react(self, visit: Visit, message: Message) -> None:
        if not self.features.allows(visit.chat, REACTION):
            return
        try:
            await visit.bot.set_message_reaction(visit.chat, message.message_id, RECEIPT)
        except BadRequest as error:
            if "not found" not in str(error):
                self.features.refuse(visit.chat, REACTION, error)
        except TelegramError as error:
            log.info("no receipt (%s)", type(error).__name__)

    async def _happen(self, visit: Visit, event: Event, updates: Collection[int]) -> None:
        before = await self.sessions.load(visit.chat, visit.person)
        if before is None:
            await self._keep(visit, None, None, updates)
            return
        visit.chosen = before.person.language
        if isinstance(event, Tapped):
            data, whose = read(event.data)
            if whose not in (None, visit.person):
                await visit.answer(visit.texts("not-yours"), alert=True)
                await self._keep(visit, before, before, updates)
                return
            event = Tapped(data)
        after, effects = step(before, event, visit.fresh, self.orders.rules)
        if not any(isinstance(effect, (Note, OfJob, Paint)) for effect in effects):
            await visit.answer()
        also = self.admin.announcements(visit, effects)
        # What is shown comes before what is kept: if this is interrupted, it happens again, all of it.
        try:
            for effect in effects:
                after = await self._carry_out(visit, effect, after)
        except AtelierError as error:
            log.info("refused: %s", error.code)
            await visit.answer()
            # If what was sent before is gone, the same picture can begin anew without it.
            gone = isinstance(error, GoneError) and isinstance(event, Pictures)
            after, also = without_pictures(before) if gone else before, []
            await visit.say(visit.texts.error(error.code, **error.facts))
        except Forbidden:
            log.info("the person has blocked the bot")
        if any(isinstance(effect, Forget) for effect in effects):
            before = after  # nothing is to be written of who was forgotten
        await self._keep(visit, before, after, updates, *also)

    async def _keep(
        self,
        visit: Visit,
        before: Session | None,
        after: Session | None,
        updates: Collection[int],
        *also: Executable,
    ) -> None:
        before, after = before or Session(), after or Session()
        await self.sessions.save(visit.chat, visit.person, before, after, *also, updates=updates)

    async def _carry_out(self, visit: Visit, effect: Effect, session: Session) -> Session:
        match effect:
            case Say(key, values):
                await self._say(visit, key, values, session)
            case Note(key, alert):
                await visit.answer(visit.texts(key), alert=alert)
            case AskStyle():
                await style_picker.show(visit, effect, session)
            case ShowReady():
                await self._show_ready(visit, effect)
            case Paint(draft, draft_id):
                await visit.answer(visit.texts("preparing"))
                await self.orders.paint(visit, draft, draft_id)
            case OfJob(action, job_id):
                return await self.afterwards.act(visit, action, job_id, session)
            case _:
                await self._account(visit, effect, session)
        return session

    async def _say(self, visit: Visit, key: str, values: Mapping[str, str | int], session: Session) -> None:
        say = visit.texts
        if key == "start":
            await self.sessions.meet(visit.person)
            values = {"name": visit.name or "none"}
        elif key == "style-chosen":
            values = {"style": captions.titles(say, session.styles)}
        await visit.say(say(key, **values))

    async def _account(self, visit: Visit, effect: Effect, session: Session) -> None:
        match effect:
            case CancelAll(draft):
                await self.accounts.cancel_all(visit, draft=draft)
            case Account():
                visit.chosen = session.person.language
                await self.accounts.show(visit, effect, session)
            case Forget():
                await self.accounts.forget(visit)
            case Operate():
                await self.admin.operate(visit, effect)
            case Broadcast():
                await self.admin.announce(visit)

    async def _show_ready(self, visit: Visit, effect: ShowReady) -> None:
        usage = await self.queue.usage(owner(visit.person))
        caption = captions.ready(visit.texts, effect.draft, usage, self.queue.limits)
        quality = self.orders.settings.paint_quality
        keyboard = visit.keys.ready(effect.draft, effect.draft_id, self.orders.rules, quality)
        if not effect.pictures and visit.message:
            await visit.rewrite(caption, keyboard)
            return
        photo, *styles = await self.orders.pictures(visit, effect.draft)
        picture = await self.orders.preview(effect.draft, photo, styles)
        if effect.new:
            await visit.show(picture, caption, keyboard)
        else:
            await visit.turn(picture, caption, keyboard)


@contextlib.asynccontextmanager
async def _excused(visit: Visit) -> AsyncIterator[None]:
    """Tell the person when the database is away or full: nothing was changed, and they may try again."""
    try:
        yield
    except Exception as error:
        known = None if isinstance(error, (AtelierError, TelegramError)) else explain(error)
        if known is None:
            raise
        log.warning("%s: %s", known.code, known, exc_info=error)
        with contextlib.suppress(TelegramError):
            await visit.answer()
        await visit.say(visit.texts.error(known.code))


async def _insist(visit: Visit, work: Callable[[], Awaitable[None]]) -> None:
    """Begin again when Telegram stops answering half way: nothing is kept before the end.

    Raises:
        NetworkError: it did not answer for :data:`LONGEST` tries, which is half an hour.
        RetryAfter: the same, because it wants silence.
    """
    for attempt in range(LONGEST):
        try:
            await work()
        except BadRequest:
            raise
        except (NetworkError, RetryAfter) as error:
            if attempt == LONGEST - 1:
                raise
            pause = PATIENCE[min(attempt, len(PATIENCE) - 1)]
            if isinstance(error, RetryAfter):
                pause = max(pause, seconds(error))
            log.info("Telegram does not answer (%s); again in %.0f s", type(error).__name__, pause)
            visit.answered = False
            await asyncio.sleep(pause)
        else:
            return
