"""From an event to its effects: load the session, take a step, carry out the effects, save the session."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Executable
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Message
from telegram.error import BadRequest, Forbidden, NetworkError, TelegramError

from bot.chat import style_picker
from bot.chat.account import Accounts
from bot.chat.admin import Admin
from bot.chat.bot_profile import Menu, publish_commands, scope_of
from bot.chat.context import ChatContext
from bot.chat.downloads import GoneError, Picture, UnavailableError
from bot.chat.job_actions import JobActions
from bot.chat.orders import Orders
from bot.chat.retries import reporting_outages, with_retries
from bot.chat.samples import Samples
from bot.chat.senders import acts_for
from bot.chat.uploads import inspected
from bot.conversation import (
    Account,
    ActOnJob,
    AskReport,
    AskStyle,
    Broadcast,
    CancelAll,
    Command,
    Correct,
    Draft,
    Effect,
    Event,
    Forget,
    Note,
    Operate,
    Other,
    Paint,
    PaintEach,
    Pictures,
    Say,
    Sent,
    Session,
    ShowReady,
    Style,
    Suggest,
    Tapped,
    Words,
    step,
    style_titles,
    without_pictures,
)
from bot.conversation.callback_data import JobAction, read
from bot.storage.job_address import owner
from bot.storage.people import People
from bot.storage.refusals import BANNED, FORBIDDEN, NO_PICTURE, Refusals
from bot.storage.sessions import Sessions
from bot.transport.capabilities import REACTION, Capabilities
from bot.transport.errors import is_reaction_refused, is_removed_at_once, is_sending_forbidden
from bot.views import captions
from engine.errors import AtelierError
from engine.queue import Queue, persist

log = logging.getLogger(__name__)

DEAD: Final = "old-button"
"""The text for a button that does nothing any more."""
AWAITED: Final = frozenset({"send-a-photo", "style-chosen", "name-it"})
"""The texts that wait for a message. In a group they ask for a reply, which the bot receives for certain."""
RECEIPT: Final = "👀"
"""The reaction to an incoming picture."""


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Handles the events of all chats."""

    queue: Queue
    sessions: Sessions
    people: People
    orders: Orders
    accounts: Accounts
    job_actions: JobActions
    admin: Admin
    refusals: Refusals
    capabilities: Capabilities
    samples: Samples

    async def handle(self, context: ChatContext, event: Event, updates: Collection[int] = ()) -> None:
        """Handle one event. An error is reported to the user and changes nothing.

        Args:
            context: the user and the chat.
            event: the event.
            updates: the ids of its updates, which are finished in the transaction that saves the session.
        """
        context.chosen = await self.sessions.language(context.person)
        async with reporting_outages(context):
            await with_retries(context, self.sessions, lambda: self._handle(context, event, updates), updates)

    async def greet(self, context: ChatContext, updates: Collection[int] = ()) -> None:
        """Tell a group that the bot has joined how to speak to it."""
        context.chosen = await self.sessions.language(context.person)
        hears_all = context.bot.bot.can_read_all_group_messages
        key = "hello-group-all" if hears_all else "hello-group"
        text = context.texts(key, bot=f"@{context.bot.username}")

        async def work() -> None:
            await context.say(text)

        async with reporting_outages(context):
            await with_retries(context, self.sessions, work, updates)

    async def handle_pictures(
        self,
        context: ChatContext,
        messages: Sequence[Message],
        frame: Callable[[Pictures], Pictures],
        updates: Collection[int] = (),
    ) -> None:
        """Handle a picture or an album; each picture is inspected before it counts.

        Args:
            context: the user and the chat.
            messages: the messages of the album.
            frame: adds the messages' words to their pictures.
            updates: as in :meth:`handle`.
        """
        if await persist(lambda: self.people.is_banned(context.person), "looking for a ban"):
            context.refusals.append(BANNED)
            await persist(lambda: self._save(context, None, None, updates), "finishing an update")
            return
        context.chosen = await self.sessions.language(context.person)
        async with reporting_outages(context), self._acknowledged(context, messages):
            await with_retries(
                context, self.sessions, lambda: self._inspect(context, messages, frame, updates), updates
            )

    async def _inspect(
        self,
        context: ChatContext,
        messages: Sequence[Message],
        frame: Callable[[Pictures], Pictures],
        updates: Collection[int],
    ) -> None:
        try:
            pictures = await inspected(context, messages, self.orders.downloads)
        except AtelierError as error:
            context.refused = True
            await self._refuse(context, error)
            await self._save(context, None, None, updates)
        else:
            await self._handle(context, frame(pictures), updates)

    @contextlib.asynccontextmanager
    async def _acknowledged(self, context: ChatContext, messages: Sequence[Message]) -> AsyncIterator[None]:
        """Acknowledge a picture at once with a reaction, which may fail; take it back if it is refused."""
        receipt = asyncio.create_task(self._react(context, messages[0], RECEIPT))
        try:
            yield
        finally:
            await asyncio.wait((receipt,))
        if context.refused:
            await self._react(context, messages[0], None)

    async def _react(self, context: ChatContext, message: Message, emoji: str | None) -> None:
        if not self.capabilities.allows(context.chat, REACTION):
            return
        try:
            await context.bot.set_message_reaction(context.chat, message.message_id, emoji)
        except BadRequest as error:
            if is_reaction_refused(error):
                self.capabilities.refuse(context.chat, REACTION, error)
        except TelegramError as error:
            log.info("a reaction failed (%s)", type(error).__name__)

    async def _handle(self, context: ChatContext, event: Event, updates: Collection[int]) -> None:
        self.samples.drop(context)
        before = await self._loaded(context, event)
        if before is None:
            await self._save(context, None, None, updates)
            return
        if isinstance(event, Tapped):
            data, _ = read(event.data)
            # In a private chat all messages are this user's, and of old ones Telegram gives the number alone.
            own = context.private or context.has_button() or context.message == before.shown
            event = Tapped(data, context.message, own, context.has_button(event.data))
        if isinstance(event, Other):
            context.refusals.append(NO_PICTURE)
        if not await self._replied_is_good(context, event):
            await self._save(context, before, before, updates)
            return
        after, effects = step(before, event, context.new_id, self.orders.rules)
        if not any(isinstance(effect, (Note, ActOnJob, Paint)) for effect in effects):
            await context.answer()
        also = self.admin.announcements(context, effects)
        # The effects come before the saving: if this is interrupted, all of it is done again.
        try:
            async with self._saying_refusals(context):
                todo = deque(effects)
                while todo:
                    after, more = await self._carry_out(context, todo.popleft(), after)
                    todo.extendleft(reversed(more))
                await _take_off_what_is_over(context, before, after)
        except AtelierError as error:
            log.info("refused: %s", error.code)
            await context.answer()
            # If an earlier picture is gone, the new one can start over without it.
            gone = isinstance(event, Pictures) and await self._is_gone(context, error, before.photo)
            after, also = without_pictures(before) if gone else before, []
            context.refused = isinstance(event, Pictures)
            await self._refuse(context, error)
        if any(isinstance(effect, Forget) for effect in effects):
            before = after  # nothing is to be written of a user who was forgotten
        await self._save(context, before, after, updates, *also)

    async def _is_gone(self, context: ChatContext, error: AtelierError, photo: Sent | None) -> bool:
        """Return whether an earlier picture is gone. A lost file may only be called unavailable."""
        if isinstance(error, UnavailableError):
            return photo is not None and not await self.orders.downloads.has(context.bot, photo)
        return isinstance(error, GoneError)

    async def _loaded(self, context: ChatContext, event: Event) -> Session | None:
        """Return the session of who speaks; None if that one is banned, or taps a button of another's."""
        session = await self.sessions.load(context.chat, context.person)
        if session is None:
            context.refusals.append(BANNED)
            return None
        context.chosen = session.person.language
        if isinstance(event, Tapped):
            tapped, tap_owner = read(event.data)
            action = tapped.partition(":")[0]
            if action == JobAction.REPORT:  # for everybody who sees the painting
                return session
            if not await acts_for(context, tap_owner, action):
                may_report = action == JobAction.MORE and self.admin.admins
                key = "not-yours-but-report" if may_report else "not-yours"
                await context.answer(context.texts(key), alert=True)
                return None
            if tap_owner not in (None, context.tapper):
                session = await self.sessions.load(context.chat, context.person)
        return session

    @contextlib.asynccontextmanager
    async def _saying_refusals(self, context: ChatContext) -> AsyncIterator[None]:
        """End the effects where the chat takes no more of them, without an error."""
        try:
            yield
        except Forbidden:
            log.info("the user has blocked the bot")
        except BadRequest as error:
            if not is_sending_forbidden(error):
                raise
            await self._say_forbidden(context)
        except NetworkError as error:
            if not is_removed_at_once(error):
                raise
            log.info("a moderator of the chat has removed an answer")

    async def _say_forbidden(self, context: ChatContext) -> None:
        """Say that pictures may not be sent here; if nothing may, in private."""
        context.refusals.append(FORBIDDEN)
        say = context.texts
        text, keyboard = say("no-photos-here"), None
        if self.orders.settings.serves_private(context.person):
            link = InlineKeyboardButton(say("button-private"), url=f"https://t.me/{context.bot.username}")
            text = "\n".join((text, say("paint-in-private")))
            keyboard = InlineKeyboardMarkup([[link]])
        try:
            await context.say(text, keyboard)
        except BadRequest as error:
            if not is_sending_forbidden(error) or context.person < 0:
                raise
            await context.once(None, lambda _: context.bot.send_message(context.person, text))

    async def _replied_is_good(self, context: ChatContext, event: Event) -> bool:
        """Look at the picture that is replied to, whatever it is called; False if it was said why not."""
        match event:
            case Pictures(reply_to=Sent() as picture) | Words(reply_to=Sent() as picture):
                pass
            case Command(name="paint", reply_to=Sent() as picture):
                pass
            case _:
                return True
        try:
            await self.orders.downloads.inspect(context.bot, picture)
        except AtelierError as error:
            context.refused = isinstance(event, Pictures)
            await self._refuse(context, error)
            return False
        return True

    async def _save(
        self,
        context: ChatContext,
        before: Session | None,
        after: Session | None,
        updates: Collection[int],
        *also: Executable,
    ) -> None:
        before, after = before or Session(), after or Session()
        also = (*also, *map(self.refusals.counted, context.refusals))
        await self.sessions.save(context.chat, context.person, before, after, *also, updates=updates)
        context.finished = bool(updates)

    async def _refuse(self, context: ChatContext, error: AtelierError) -> None:
        """Say why something is refused, and count that."""
        context.refusals.append(error.code)
        await context.tell(self.orders.sentence(context.texts, error))

    async def _carry_out(
        self, context: ChatContext, effect: Effect, session: Session
    ) -> tuple[Session, list[Effect]]:
        """Carry out an effect; return the session after it, and the effects that follow from it."""
        match effect:
            case Say(key, values):
                await self._say(context, key, values, session)
            case Note(key, alert):
                await context.answer(context.texts(key), alert=alert)
                if key == DEAD and context.message and context.private:
                    await context.take_off(context.message)
            case AskStyle() | Suggest():
                shown = await self._offer_styles(context, effect, session)
                # While a photo waits, one message offers it styles, and the one before loses its buttons.
                return (session.updated(shown=shown), []) if session.photo and shown else (session, [])
            case ShowReady():
                return session.updated(shown=await self._show_ready(context, effect)), []
            case Paint(draft, draft_id):
                await context.answer(context.texts("preparing"))
                await self.orders.paint(context, draft, draft_id, context.message)
            case Correct(message, styles):
                return await self._correct(context, message, styles, session)
            case CancelAll(draft):
                if not await self.accounts.cancel_all(context, draft=draft):
                    return without_pictures(session), []
            case ActOnJob(action, job_id):
                return await self.job_actions.act(context, action, job_id, session)
            case _:
                await self._account(context, effect, session)
        return session, []

    async def _offer_styles(
        self, context: ChatContext, effect: AskStyle | Suggest, session: Session
    ) -> int | None:
        """Show styles to tap, and return the message."""
        if isinstance(effect, Suggest):
            return await self._suggest(context, effect, session)
        if effect.greet:
            await self.people.add(context.person)
            if context.private and context.person in self.admin.admins:
                await self._publish_commands(context)  # until now there was no chat to publish them in
        return await style_picker.show(context, effect, session, self.samples)

    async def _say(
        self, context: ChatContext, key: str, values: Mapping[str, str | int], session: Session
    ) -> None:
        say = context.texts
        if key == "style-chosen":
            name = session.person.name_of(session.styles)
            values = {"style": name or captions.titles(say, session.styles)}
        if key == "privacy":
            parts = {
                "privacy-count": self.queue.limits.daily,
                "privacy-samples": self.samples.wanted,
                "privacy-reports": self.admin.admins,
                "privacy-guests": self._has_guests(context),
            }
            await context.tell("\n\n".join(map(say, (key, *(part for part, told in parts.items() if told)))))
        elif key in AWAITED:
            await context.say(context.worded(key, **values), awaited=True)
        else:
            await context.tell(context.worded(key, **values))

    def _has_guests(self, context: ChatContext) -> bool:
        """Return whether the bot answers in chats where it is no member."""
        return bool(context.bot.bot.supports_guest_queries) and not self.orders.settings.bot_chats

    async def _paint_each(self, context: ChatContext, drafts: Sequence[Draft], draft_id: str) -> None:
        """Queue several drafts, as far as that goes, and say how many. Another attempt queues none twice."""
        say = context.texts
        for number, draft in enumerate(drafts):
            try:
                await self.orders.paint(context, draft, f"{draft_id}-{number}" if number else draft_id)
            except AtelierError as error:
                if not number:
                    raise
                context.refusals.append(error.code)
                some = say("painting-some", count=number, all=len(drafts))
                await context.tell(f"{some}\n{self.orders.sentence(say, error)}")
                return
        await context.say(say("painting-each", count=len(drafts)))

    async def _correct(
        self, context: ChatContext, message: int, styles: tuple[Style, ...], session: Session
    ) -> tuple[Session, list[Effect]]:
        """Give what a message has ordered other styles; say so if that has begun already."""
        draft = Draft(photo=Sent(file_id=""), styles=styles, name=session.person.name_of(styles))
        corrected = await self.orders.correct(context, message, draft)
        if corrected is None:
            return session, []
        if not corrected:
            return session, [Say("already-begun")]
        person = session.person.model_copy(update={"last": styles})
        return session.updated(person=person), []

    async def _suggest(self, context: ChatContext, effect: Suggest, session: Session) -> int:
        say, offered = context.texts, {one.id: one for one in self.orders.rules.styles}
        titles = {f"m:{kept.id}": kept.name for kept in session.person.styles}
        titles |= {own: style_titles.title(say, one) for own, one in offered.items()}
        keyboard = context.keys.suggestions({own: titles[own] for own in effect.styles})
        return (await context.say(say("no-style-by-name", name=effect.name), keyboard)).message_id

    async def _account(self, context: ChatContext, effect: Effect, session: Session) -> None:
        match effect:
            case PaintEach():
                await self._paint_each(context, effect.drafts, effect.draft_id)
            case Account():
                context.chosen = session.person.language
                await self.accounts.show(context, effect, session)
                if effect.what == "language" and not effect.new:
                    await self._publish_commands(context)
            case Forget():
                await self._forget(context, session)
            case AskReport():
                await self.admin.reports.ask(context)
            case Operate():
                await self.admin.operate(context, effect)
            case Broadcast():
                await self.admin.announce(context)

    async def _forget(self, context: ChatContext, session: Session) -> None:
        """Erase all of a user's data, and say so in the language that was chosen."""
        # At a second attempt the language may be erased already. The pictures come first, while it is known
        # which they are; nothing fetches them any more once the samples are dropped.
        context.chosen = context.erased_language = context.chosen or context.erased_language
        await self.samples.forget(context.person)
        for each in (session, *await self.sessions.in_all_chats(context.person)):
            self.orders.downloads.discard(*each.pictures)
        await self.accounts.forget(context)
        self.sessions.discard(context.person)
        context.chosen = None
        await self._publish_commands(context)

    async def _publish_commands(self, context: ChatContext) -> None:
        """Show the commands to this user in the chosen language; it may fail."""
        if context.person < 0:  # a chat in whose name somebody speaks has no commands of its own
            return
        is_admin = context.person in self.admin.admins
        scope = scope_of(context.chat, context.person)
        try:
            menu = Menu(
                for_admin=is_admin and context.private,
                in_group=not context.private,
                reports=bool(self.admin.admins),
                unseen=await self.capabilities.knows_ephemeral(context.bot),
            )
            await publish_commands(context.bot, scope, context.chosen, menu)
        except TelegramError as error:
            log.info("the commands of a chat were refused (%s)", type(error).__name__)

    async def _show_ready(self, context: ChatContext, effect: ShowReady) -> int:
        """Show a draft, and return the message that shows it."""
        usage, rules = await self.queue.usage(owner(context.person)), self.orders.rules
        draft, choices = effect.draft, effect.draft.choices
        settings = choices.settings(rules) if effect.adjusting else None
        pictures: list[Picture] = []
        if effect.pictures or not context.message:
            pictures = await self.orders.pictures(context, draft)
        works = await self.orders.works(draft, pictures[1:]) if pictures else self.orders.known_works(draft)
        caption = captions.ready(context.texts, draft, usage, self.queue.limits, settings, works)
        if effect.adjusting:
            seconds = await self.orders.seconds(choices)
            keyboard = context.keys.choices(draft, effect.draft_id, rules, seconds)
        else:
            keyboard = context.keys.question(draft, effect.draft_id)
        if not pictures and context.message:
            await context.edit(caption, keyboard)
            return context.message
        picture = await self.orders.preview(draft, pictures[0], pictures[1:])
        covered = draft.covered
        if effect.new:
            return (await context.show(picture, caption, keyboard, covered=covered)).message_id
        return await context.replace_picture(picture, caption, keyboard, covered=covered)


async def _take_off_what_is_over(context: ChatContext, before: Session, after: Session) -> None:
    """Take the buttons off the draft before, unless its message was tapped and shows something else now."""
    if before.shown and before.shown not in (after.shown, context.message):
        await context.take_off(before.shown)
