"""The buttons of a job's message: stop, vary, go on, compare, send as a file, delete."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import AsyncIterator, Hashable
from dataclasses import dataclass, field
from hashlib import blake2s
from typing import Any, Final

from telegram import InputFile, InputMediaPhoto, Message, SwitchInlineQueryChosenChat
from telegram.error import BadRequest

from bot.chat.context import ChatContext
from bot.chat.inline import share_query
from bot.chat.orders import Orders
from bot.chat.reports import Reports
from bot.conversation import (
    Account,
    AskStyle,
    Effect,
    Note,
    Say,
    Sent,
    Session,
    ShowReady,
    put_aside,
    varied,
    without_pictures,
)
from bot.conversation.callback_data import JobAction, with_message
from bot.delivery.painting_message import PaintingMessage, remove
from bot.storage.job_address import Address, owner
from bot.storage.refusals import FORBIDDEN_KIND
from bot.transport.capabilities import Capabilities
from bot.transport.errors import is_not_modified, is_sending_forbidden
from bot.views.captions import details, done, share_link
from bot.views.images import as_sticker, before_after, in_image_thread
from engine.imaging.encoding import as_png
from engine.queue import RESULT, TIMELAPSE, Job, Queue, State

log = logging.getLogger(__name__)

HARMLESS: Final = frozenset(
    {
        *(JobAction.CANCEL, JobAction.MORE, JobAction.LESS, JobAction.DELETE, JobAction.ERASE),
        *(JobAction.COMPARE, JobAction.PAINTING, JobAction.SEND),
    }
)
"""The actions that do no more when they are tapped twice."""
NO_MORE_PIXELS: Final = "photo-smaller-than-size"
"""The painter's note on a photo that is painted at its full size already."""


Outcome = tuple[Session, list[Effect]]
"""The session after an action, and what is still to be done."""


@dataclass(frozen=True, slots=True)
class JobActions:
    """Carries out the buttons of a job's message."""

    queue: Queue
    orders: Orders
    taps: DoubleTaps
    capabilities: Capabilities
    reports: Reports
    _filming: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held to encode a film: it takes seconds of a processor, and memory."""
    _films: list[str] = field(default_factory=list)
    """Jobs whose films are encoded or wait for that; each keeps its chat waiting."""

    async def act(self, context: ChatContext, action: str, job_id: str, session: Session) -> Outcome:
        """Carry out an action, or say why not."""
        tap = context.tap.id if context.tap else ""
        if action not in HARMLESS and self.taps.is_double(
            (context.chat, context.message, context.person, action), tap
        ):
            await context.answer()
            return session, []
        job_id, reported = with_message(job_id)
        job = await self.queue.get(job_id)
        address = Address.of(job) if job else None
        if job is None or address is None:
            return session, [_reply(context, "old-button" if context.tap else "painting-gone")]
        if action in (JobAction.REPORT, JobAction.FLAG):
            return session, await self._report(context, action, job, address, reported)
        if job.owner != owner(context.person):
            return session, [_reply(context, "not-yours")]
        if action != "painted" and not _is_its_message(context, address):
            return session, [Note("old-button", alert=True)]
        if action in (JobAction.OTHER, JobAction.NEXT, JobAction.ADJUST, JobAction.KEEP):
            return await self._go_on(context, action, address, session)
        return session, await self._act(context, action, job, address)

    async def _report(
        self, context: ChatContext, action: str, job: Job, address: Address, message: int
    ) -> list[Effect]:
        """Report a painting in a message: anybody may who can see it."""
        offered = context.has_button(context.tap.data or "") if context.tap else False
        own = job.owner == owner(context.person) and _is_its_message(context, address)
        if not self.reports.admins or not (offered or own):
            return [_reply(context, "old-button")]
        if action == JobAction.REPORT:
            await self.reports.confirm(context, job, address)
        else:
            await self.reports.send(context, job, address, message)
        return []

    async def _act(self, context: ChatContext, action: str, job: Job, address: Address) -> list[Effect]:
        say = context.texts
        match action:
            case "painted":
                await context.answer(say("already-painted"))
            case JobAction.SHOW:
                return await self._show(context, job, address, context.message or 0)
            case JobAction.SEND:
                more = await self._show(context, job, address, 0)
                return more or [Account("status", new=False)]
            case JobAction.CANCEL:
                return await self._cancel(context, job, address)
            case JobAction.FILE:
                await self._send(context, job, address, RESULT)
            case JobAction.FILM:
                await self._send(context, job, address, TIMELAPSE)
            case JobAction.STORY:
                await self._send_story(context, job, address)
            case JobAction.STICKER:
                await self._send_sticker(context, job, address)
            case JobAction.MORE | JobAction.LESS | JobAction.DELETE:
                await context.answer()
                await self._turn(context, action, job, address)
            case JobAction.COMPARE | JobAction.PAINTING:
                await self._compare(context, job, address, compared=action == JobAction.COMPARE)
            case JobAction.ERASE:
                await self._erase(context, job)
            case _:
                await self._vary(context, action, job, address)
        return []

    async def _go_on(self, context: ChatContext, action: str, address: Address, session: Session) -> Outcome:
        """Begin the next painting with something of this one."""
        photo, styles, choices = address.draft.photo, address.draft.styles, address.draft.choices
        if action == JobAction.KEEP:
            if not address.draft.keepable:
                return session, [Note("old-button", alert=True)]
            await context.answer()
            return session.updated(awaiting="name", keeping=styles), [Say("name-it")]
        if action == JobAction.NEXT:
            painting = _painting_of(context)
            if painting is None:
                return session, [Note("old-button", alert=True)]
            photo = painting
        waiting = session.photo
        if action == JobAction.OTHER and waiting and waiting.message and waiting.message == context.message:
            photo = waiting  # this painting is to be painted over
        await context.answer()
        aside = put_aside(waiting, photo)
        session = without_pictures(session).updated(photo=photo)
        if action != JobAction.ADJUST:
            return session, [*aside, AskStyle()]
        draft_id = context.new_id()
        session = session.updated(styles=styles, choices=choices, draft_id=draft_id, adjusting=True)
        assert session.draft is not None  # noqa: S101 - it has a photo and a style
        return session, [*aside, ShowReady(session.draft, draft_id, new=True, adjusting=True)]

    async def _cancel(self, context: ChatContext, job: Job, address: Address) -> list[Effect]:
        """Stop a painting in progress; in /status, show what is left."""
        if (job.state.terminal or job.cancel) and job.id not in context.acted_on:
            await context.answer(context.texts("too-late"))
        else:
            context.acted_on.add(job.id)
            state = await self.queue.cancel(job.id, job.owner)
            stopped = state in (State.RUNNING, State.CANCELLED)
            await context.answer(context.texts("cancelling" if stopped else "too-late"))
        on_card = context.message == address.message
        own = context.private or context.ephemeral is not None
        return [Account("status", new=False)] if own and not on_card else []

    async def _show(self, context: ChatContext, job: Job, address: Address, offer: int) -> list[Effect]:
        """Send a painting here that could not be sent before; the message ``offer`` goes, if it is not 0."""
        if job.id in context.acted_on and not address.held:  # by an earlier attempt at this event
            return []
        if not address.held:
            return [_reply(context, "already-sent")]
        context.acted_on.add(job.id)
        await context.answer()
        here = {
            "chat": context.chat,
            "thread": context.thread,
            "message": offer,
            "painting": 0,
            "held": False,
        }
        known = address if address.chat == context.chat else address.without_messages()
        new = known.model_copy(update=here)
        await self.queue.redeliver(job.id, job.address or {}, new.model_dump(mode="json"))
        return []

    async def _vary(self, context: ChatContext, action: str, job: Job, address: Address) -> None:
        draft = varied(address.draft, action, secrets.randbelow(2**31), self._larger(job, address))
        if draft is None:
            await context.answer(context.texts(f"no-{action}"), alert=True)
            return
        assert context.tap is not None  # noqa: S101 - only a tap varies
        await context.answer(context.texts("preparing"))
        if action == JobAction.AGAIN and job.state is not State.DONE:
            # What was stopped, or failed, begins anew in its own message, once.
            message = address.painting or address.message
            await self.orders.paint(context, draft, _id_of(f"{job.id}:again"), message)
            return
        # Telegram may bring one tap twice, after a crash; it has the same id then.
        await self.orders.paint(context, draft, _id_of(context.tap.id))

    def _larger(self, job: Job, address: Address) -> int | None:
        """Return the next size up; None for the largest, and for a photo that has no more pixels."""
        if NO_MORE_PIXELS in (job.facts or {}).get("notes", ()):
            return None
        painted = address.draft.choices.size or self.orders.rules.size
        return self.orders.rules.larger(painted if address.asked is None else int(job.recipe["size"]))

    async def _send(self, context: ChatContext, job: Job, address: Address, name: str) -> None:
        """Send a file of the painting, as a reply to it."""
        file_name = address.file_name if name == RESULT else f"{address.stem}.mp4"
        data = await self.queue.read(job.id, name)
        if data is None:
            await context.answer(context.texts("file-gone" if name == RESULT else "film-gone"), alert=True)
            return
        await context.answer()
        of_film = name == TIMELAPSE
        if not of_film:
            data = await in_image_thread(as_png, data)
        covered: dict[str, Any] = {"has_spoiler": address.covered} if of_film else {}
        send = context.bot.send_document if name == RESULT else context.bot.send_animation
        async with _saying_what_is_forbidden(context, "file" if name == RESULT else "video"):
            await context.once(
                context.keys.film(job.id) if of_film else None,
                lambda keys: send(
                    context.chat,
                    data,
                    filename=file_name,
                    reply_markup=keys,
                    reply_to_message_id=context.message,
                    allow_sending_without_reply=True,
                    message_thread_id=context.thread,
                    protect_content=address.protected,
                    **covered,
                ),
            )

    async def _send_story(self, context: ChatContext, job: Job, address: Address) -> None:
        """Send the film as a video for stories, as a reply to it."""
        if not await self.queue.has(job.id, TIMELAPSE):
            await context.answer(context.texts("film-gone"), alert=True)
            return
        if len(self._films) >= MAX_FILMS:
            await context.answer(context.texts("story-busy"), alert=True)
            return
        await context.answer(context.texts("making-story"))
        from bot.views.films import STORY, story  # loads FFmpeg, which few chats need

        self._films.append(job.id)
        try:
            async with self._filming:
                film = await self.queue.read(job.id, TIMELAPSE)
                data = film and await asyncio.to_thread(story, film)
        finally:
            self._films.remove(job.id)
        if not data:
            await context.tell(context.texts("film-gone"))
            return
        video = InputFile(data, filename=f"{address.stem}-story.mp4")
        width, height = STORY
        async with _saying_what_is_forbidden(context, "story"):
            await context.once(
                None,
                lambda _: context.bot.send_video(
                    context.chat,
                    video,
                    width=width,
                    height=height,
                    supports_streaming=True,
                    has_spoiler=address.covered,
                    reply_to_message_id=context.message,
                    allow_sending_without_reply=True,
                    message_thread_id=context.thread,
                    protect_content=address.protected,
                ),
            )

    async def _send_sticker(self, context: ChatContext, job: Job, address: Address) -> None:
        """Send the painting as a sticker, as a reply to it."""
        data = None if address.covered else await self.queue.read(job.id, RESULT)
        if data is None:
            await context.answer(context.texts("file-gone"), alert=True)
            return
        await context.answer()
        sticker = InputFile(await in_image_thread(as_sticker, data), filename="sticker.webp")
        async with _saying_what_is_forbidden(context, "sticker"):
            await context.once(
                None,
                lambda _: context.bot.send_sticker(
                    context.chat,
                    sticker,
                    reply_to_message_id=context.message,
                    allow_sending_without_reply=True,
                    message_thread_id=context.thread,
                    protect_content=address.protected,
                ),
            )

    async def _turn(self, context: ChatContext, action: str, job: Job, address: Address) -> None:
        """Show the other actions of a painting, with all that there is to say of it, or the first ones."""
        say, keys = context.texts, context.keys
        match action:
            case JobAction.MORE:
                keyboard = keys.more(
                    job.id,
                    address.draft,
                    share=self._share(context, job, address),
                    film=await self.queue.has(job.id, TIMELAPSE),
                    report=bool(self.reports.admins),
                    larger=self._larger(job, address) is not None,
                )
                await context.edit(details(say, job, address), keyboard)
            case JobAction.DELETE:
                await context.edit(say("delete-sure"), keys.delete(job.id))
            case _:
                await context.edit(done(say, job, address), keys.finished(job.id))

    def _share(
        self, context: ChatContext, job: Job, address: Address
    ) -> str | SwitchInlineQueryChosenChat | None:
        """Return what the Share button does: post the painting; without inline mode, recommend the bot.

        Where the host serves some chats alone, nobody is led to others; None if there is nothing left to do.
        """
        settings, person = self.orders.settings, context.person
        asked_by_user = person > 0  # a chat in whose name somebody speaks has no inline queries
        inline = context.bot.bot.supports_inline_queries and address.shareable
        if not (asked_by_user and inline and settings.serves_private(person)):
            link = share_link(context.texts, context.bot.username, address.draft)
            return None if settings.bot_chats else link
        return SwitchInlineQueryChosenChat(
            share_query(job.id), allow_user_chats=True, allow_group_chats=True, allow_channel_chats=True
        )

    async def _compare(self, context: ChatContext, job: Job, address: Address, *, compared: bool) -> None:
        """Turn the message into photo and painting side by side, or back into the painting."""
        result = await self.queue.read(job.id, RESULT)
        if result is None or context.message is None:
            await context.answer(context.texts("file-gone"), alert=True)
            return
        await context.answer()
        here = {"chat": context.chat, "painting": context.message, "language": context.texts.language}
        address = address.model_copy(update=here)
        painting_message = PaintingMessage(context.bot, self.queue, self.capabilities)
        if not compared:
            await painting_message.show(job, address, await painting_message.prepare(job, address, result))
            return
        photo = (await self.orders.downloads.fetch(context.bot, address.draft.photo)).data
        caption = done(context.texts, job, address)
        both = InputMediaPhoto(
            await in_image_thread(before_after, photo, result),
            caption=caption,
            has_spoiler=address.covered,
        )
        try:
            await painting_message.edit(address.chat, address.painting, both, context.keys.compared(job.id))
        except BadRequest as error:
            if not is_not_modified(error):
                raise

    async def _erase(self, context: ChatContext, job: Job) -> None:
        """Delete a painting: its message, and then its job.

        The job comes last: until then the button works, and can be tapped again after an interruption.
        """
        say, message = context.texts, context.message
        if message and not await remove(context.bot, context.chat, message, say("deleted")):
            await context.answer(say("not-deleted"), alert=True)
            return
        await context.answer(say("deleted"))
        await self.queue.forget(job.owner, job.id)


@contextlib.asynccontextmanager
async def _saying_what_is_forbidden(context: ChatContext, kind: str) -> AsyncIterator[None]:
    """Say that messages of this kind may not be sent to the chat, which takes others perhaps."""
    try:
        yield
    except BadRequest as error:
        if not is_sending_forbidden(error):
            raise
        await context.say(context.texts("no-kind-here", kind=kind))
        context.refusals.append(FORBIDDEN_KIND)


def _is_its_message(context: ChatContext, address: Address) -> bool:
    """Return whether the tapped message is one of the job's: a program may send its data with any message.

    It is if the job's address says so, or if the message has this very button, as a second copy has, and
    /status. Of an old message Telegram gives the number alone; in a private chat, all are the user's own.
    """
    if context.tap is None or context.home:
        return True
    if address.chat == context.chat and context.message in (address.message, address.painting):
        return True
    old = not isinstance(context.tap.message, Message)
    return context.has_button(context.tap.data or "") or (old and context.private)


def _reply(context: ChatContext, key: str) -> Effect:
    """Return the answer to a tap, or to the command that a link sends."""
    return Note(key, alert=True) if context.tap else Say(key)


def _id_of(event: str) -> str:
    """Return the id of the job that something leads to, always the same."""
    return blake2s(event.encode(), digest_size=9).hexdigest()


def _painting_of(context: ChatContext) -> Sent | None:
    """Return the picture of the tapped message."""
    message = context.tap.message if context.tap else None
    if not isinstance(message, Message):
        return None
    photos = message.photo or (message.live_photo.photo if message.live_photo else None)
    if not photos:
        return None
    best = max(photos, key=lambda size: size.width * size.height)
    covered, protected = bool(message.has_media_spoiler), bool(message.has_protected_content)
    return Sent(file_id=best.file_id, message=message.message_id, covered=covered, protected=protected)


MAX_FILMS: Final = 5
"""Films for stories that may be encoded or wait for it: some fifteen seconds."""
DOUBLE_TAP: Final = 2.0
"""Seconds within which a second tap on one button is ignored."""


class DoubleTaps:
    """Tells double taps from separate ones."""

    def __init__(self, within: float = DOUBLE_TAP) -> None:
        self._within = within
        self._latest: dict[Hashable, tuple[str, float]] = {}

    def is_double(self, button: Hashable, tap: str) -> bool:
        """Record a tap on a button, and return whether another one came a moment ago.

        ``tap`` is its id: a retry of the first tap is no second one.
        """
        now = time.monotonic()
        self._latest = {key: noted for key, noted in self._latest.items() if now - noted[1] < self._within}
        first, _ = self._latest.get(button, (tap, now))
        self._latest[button] = first, now
        return first != tap
