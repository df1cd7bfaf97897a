"""Deliveries: each job has a card, which shows its progress; the finished painting is a new message.

One poll reads the jobs, of a long queue a part at a time; of several bots the one delivers that holds the
chat's claim. docs/delivery.md tells what is seen when something fails or is killed in between.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from pydantic import ValidationError
from telegram import InlineKeyboardMarkup, InputMediaPhoto, Message
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    NetworkError,
    RetryAfter,
    TelegramError,
)
from telegram.ext import ExtBot

from bot.conversation import MAX_PAINTINGS
from bot.delivery.guest_message import show_end
from bot.delivery.painting_message import PaintingMessage, photo_id
from bot.delivery.progress import EDIT_INTERVAL, Shown, caption_due, caption_may_change, preview_due
from bot.i18n import texts
from bot.metrics import DELIVERIES
from bot.storage.claims import IDLE_TIMEOUT, Claims
from bot.storage.job_address import Address, person_of
from bot.storage.refusals import FORBIDDEN, REFUSED, Refusals
from bot.transport.capabilities import REACTION, Capabilities
from bot.transport.errors import (
    is_chat_gone,
    is_message_gone,
    is_not_modified,
    is_reaction_refused,
    is_removed_at_once,
    is_sending_forbidden,
    is_server_fault,
    is_topic_gone,
    is_wrong_kind,
    retry_delay,
)
from bot.transport.rate_limiter import PREVIEW, PROGRESS, RESULT, Postponed
from bot.views.captions import progress_caption
from bot.views.images import diptych, in_image_thread
from bot.views.keyboards import Keys
from engine import queue as stored
from engine.errors import AtelierError
from engine.queue import Cursor, Job, JobStatus, Queue, State, persist

log = logging.getLogger(__name__)

T = TypeVar("T")

POLL_INTERVAL: Final = 0.5
"""Seconds between two polls of the queue."""
AT_ONCE: Final = 25
"""Jobs between which the event loop does other things."""
CLAIMS_KEPT: Final = IDLE_TIMEOUT / 3
"""Seconds after which the claims of all chats with jobs are kept again."""
MAX_CONCURRENT: Final = 32
"""Messages that are edited at the same time, one in each chat."""
MAX_BACKOFF: Final = 30.0
"""Seconds between two attempts at a delivery, at most."""
REFUSAL_DELAY: Final = 30.0
"""Seconds until the next edit of a message after Telegram has refused one for an unknown reason."""
MAX_REFUSALS: Final = 4
"""Attempts at a result that Telegram's server refuses in every form, or fails at, until its user is told."""
NO_KEYS: Final = InlineKeyboardMarkup([])
"""The keyboard of a message that offers nothing."""
DONE_REACTION: Final = "🎉"
"""The reaction to the photo of a finished painting."""


class Deliveries:
    """Delivers the progress and the results of all jobs."""

    def __init__(
        self,
        bot: ExtBot[str],
        queue: Queue,
        capabilities: Capabilities | None = None,
        claims: Claims | None = None,
        refusals: Refusals | None = None,
        serves_private: Callable[[int], bool] = lambda _: True,
    ) -> None:
        """Deliver by a bot.

        Args:
            bot: the bot.
            queue: the queue.
            capabilities: what each chat takes.
            claims: which chats are this bot's; all of them if None.
            refusals: counts what is held.
            serves_private: returns whether the bot answers in the private chat of a user.
        """
        self._refusals, self._serves_private = refusals, serves_private
        self.bot, self.queue, self._claims = bot, queue, claims
        self.capabilities = capabilities or Capabilities()
        self._painting_message = PaintingMessage(bot, queue, self.capabilities)
        self._cursor, self._kept = Cursor(), float("-inf")
        self._shown: dict[str, Shown] = {}
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._chats: set[int] = set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        try:
            while True:
                await self.look()
                await asyncio.sleep(POLL_INTERVAL)
        finally:
            for task in self._busy.values():
                task.cancel()
            await asyncio.gather(*self._busy.values(), return_exceptions=True)

    async def look(self) -> None:
        """Look at the jobs once, and start what is due."""
        # A job that is being delivered while the poll reads it may have changed by its end.
        busy, before = set(self._busy), self._cursor
        found, self._cursor = await persist(lambda: self.queue.look(before), "polling jobs")
        mine = await self._claimed(found)
        for status, address in mine:  # the busy ones too: what is known of them is not to be forgotten
            shown = self._shown.setdefault(status.job.id, Shown())
            shown.seen, shown.chat = self._cursor.round, str(address.chat)
        await self._start_updates([each for each in mine if each[0].job.id not in busy])
        self._keep_claims()
        if self._cursor.round > before.round:
            self._forget_ended()

    async def _claimed(self, statuses: Sequence[JobStatus]) -> list[tuple[JobStatus, Address]]:
        """Return the jobs whose chats no other replica holds, with their addresses."""
        ours: list[tuple[JobStatus, Address]] = []
        for part in _parts(statuses):
            ours += [(status, at) for status in part if (at := _address(status.job))]
            await asyncio.sleep(0)
        if self._claims is None:
            return ours
        mine = await self._claims.take({str(at.chat) for _, at in ours})
        return [(status, at) for status, at in ours if str(at.chat) in mine]

    async def _start_updates(self, statuses: Sequence[tuple[JobStatus, Address]]) -> None:
        """Start a task for each message that is due: results first, then the messages by their last edit."""
        now = time.monotonic()
        statuses = sorted(
            statuses,
            key=lambda each: (not each[0].job.state.terminal, self._shown[each[0].job.id].edited),
        )
        for part in _parts(statuses):
            for status, address in part:
                if len(self._busy) >= MAX_CONCURRENT:
                    return
                self._start_update(status, address, now)
            await asyncio.sleep(0)

    def _start_update(self, status: JobStatus, address: Address, now: float) -> None:
        """Start a task if the message is due and its chat is free."""
        job, shown = status.job, self._shown[status.job.id]
        if now < shown.hold or address.chat in self._chats:
            return
        if job.state.terminal or self._is_due(status, address, shown, now):
            task = asyncio.create_task(self._update(status, address, shown))
            self._busy[job.id] = task
            self._chats.add(address.chat)
            task.add_done_callback(lambda _: self._free(job.id, address.chat))

    def _keep_claims(self) -> None:
        """Keep the chats of the jobs that this bot shows, also while other parts of the queue are read."""
        if self._claims and time.monotonic() > self._kept + CLAIMS_KEPT:
            self._kept = time.monotonic()
            self._claims.keep({shown.chat for shown in self._shown.values()})

    def _forget_ended(self) -> None:
        """Forget the cards of jobs that were not seen for a whole round: they are delivered, or erased."""
        ended = [
            job_id
            for job_id, shown in self._shown.items()
            if shown.seen < self._cursor.round - 1 and job_id not in self._busy
        ]
        for job_id in ended:
            del self._shown[job_id]

    def _free(self, job_id: str, chat: int) -> None:
        del self._busy[job_id]
        self._chats.discard(chat)

    def _is_due(self, status: JobStatus, address: Address, shown: Shown, now: float) -> bool:
        if shown.gone or shown.stopped:
            return False
        if status.job.cancel:
            return bool(address.message)
        if shown.styles != address.draft.styles or preview_due(status.job, shown, now):
            return True
        return caption_may_change(status, shown, now) and caption_due(
            status, progress_caption(texts(address.language), status, address.style), shown, now
        )

    async def _update(self, status: JobStatus, address: Address, shown: Shown) -> None:
        job = status.job
        try:
            if job.state.terminal:
                await self._deliver(job, address, shown)
            elif job.cancel:
                await self._show_stopped(job, address)
                shown.stopped = True
            else:
                await self._show_progress(status, address, shown)
            shown.failures = 0
        except Postponed:  # later there is newer progress
            shown.hold = time.monotonic() + (0.0 if shown.styles else EDIT_INTERVAL)
        except RetryAfter as error:
            shown.hold = time.monotonic() + retry_delay(error)
        except Forbidden:
            shown.gone = True
            await self._give_up(job)
        except ChatMigrated as error:
            # The old messages are not in the new chat, where other messages may have their ids.
            new = {"chat": error.new_chat_id, "message": 0, "thread": None}
            await self._readdress(job, address.without_messages().model_copy(update=new))
        except BadRequest as error:
            await self._refused(job, address, shown, error)
        except TelegramError as error:
            if job.state.terminal and is_removed_at_once(error):
                log.warning("job %s: a moderator of its chat has removed its result", job.id)
                await self._end_as_guest(job)
                await persist(lambda: self.queue.delivered(job.id), "delivering")
                return
            self._back_off(shown)
            log.info("job %s: Telegram did not answer (%s)", job.id, type(error).__name__)
            if job.state.terminal and is_server_fault(error):
                await self._end_refused(job, address, shown, error)
        except Exception:  # one message must not stop all other deliveries
            self._back_off(shown)
            log.exception("job %s: delivery failed", job.id)

    async def _refused(self, job: Job, address: Address, shown: Shown, error: BadRequest) -> None:
        if is_chat_gone(error):
            await self._give_up(job)
        elif address.thread and is_topic_gone(error):
            await self._readdress(job, address.model_copy(update={"thread": None}))
        elif job.state.terminal:
            self._back_off(shown)
            await self._end_refused(job, address, shown, error)
        else:
            log.info("job %s: progress refused (%s)", job.id, error)
            over = is_message_gone(error) or is_sending_forbidden(error)
            shown.gone = shown.gone or over
            shown.hold = 0.0 if over else time.monotonic() + REFUSAL_DELAY

    async def _end_refused(self, job: Job, address: Address, shown: Shown, error: TelegramError) -> None:
        """Hold a result that may not be sent, or was refused so often that trying again is no use."""
        shown.refusals += 1
        forbidden = is_sending_forbidden(error)
        if not forbidden and shown.refusals < MAX_REFUSALS:
            log.info("job %s: its result was refused (%s)", job.id, error)
            return
        if job.state is not State.DONE:
            log.warning("job %s: nobody is told how it ended, for Telegram refuses that (%s)", job.id, error)
            with contextlib.suppress(TelegramError):
                await self._remove_card(address)
            await self._end_as_guest(job)
            await persist(lambda: self.queue.delivered(job.id), "delivering")
            return
        log.warning("job %s: held, for Telegram refuses its result (%s)", job.id, error)
        try:
            await self._say_held(job, address, forbidden=forbidden)
        except TelegramError as passing:  # tried again after a pause
            log.info("job %s: its user could not be told (%s)", job.id, type(passing).__name__)
            return
        held = address.model_copy(update={"held": True})
        if await self._readdress(job, held):
            await self._end_held(replace(job, address=held.model_dump(mode="json")), held)
            DELIVERIES.labels("held", job.error or "none").inc()
            if self._refusals:
                await self._refusals.count(FORBIDDEN if forbidden else REFUSED)

    async def _end_held(self, job: Job, address: Address) -> None:
        """Take a held job for delivered, unless its user has asked for it meanwhile."""
        with contextlib.suppress(TelegramError):
            await self._remove_card(address)
        await self._end_as_guest(job)
        await persist(lambda: self.queue.delivered(job.id, job.address), "noting that a result is held")

    async def _say_held(self, job: Job, address: Address, *, forbidden: bool) -> None:
        """Say that a painting cannot be sent there, and how to get it; if that cannot be said, in private."""
        say, person = texts(address.language), person_of(job)
        text = say("held-forbidden" if forbidden else "held-refused", style=address.style)
        where = {address.chat: address.thread, person: None} if person > 0 else {address.chat: address.thread}
        for chat, thread in where.items():
            private = person > 0 and self._serves_private(person)
            link = f"https://t.me/{self.bot.username}?start=get_{job.id}" if chat < 0 and private else None
            keyboard = Keys(say, person).held(job.id, link) if chat < 0 or private else NO_KEYS
            try:
                await self.capabilities.with_button_styles(
                    chat,
                    keyboard,
                    lambda keys, chat=chat, thread=thread: self.bot.send_message(  # type: ignore[misc]
                        chat,
                        text,
                        reply_markup=keys,
                        reply_parameters=address.reply if chat == address.chat else None,
                        message_thread_id=thread,
                        rate_limit_args=RESULT,
                    ),
                )
            except (BadRequest, Forbidden) as error:
                log.info("job %s: its user could not be told there (%s)", job.id, error)
            else:
                return

    def _back_off(self, shown: Shown) -> None:
        shown.hold = time.monotonic() + min(MAX_BACKOFF, 2.0**shown.failures)
        shown.failures = min(shown.failures + 1, 10)

    async def _give_up(self, job: Job) -> None:
        log.info("job %s: cancelled, for its chat is gone or its user has blocked the bot", job.id)
        await persist(lambda: self.queue.cancel(job.id, job.owner), "cancelling")
        await self._end_as_guest(job)
        await persist(lambda: self.queue.delivered(job.id), "delivering")

    async def _readdress(self, job: Job, address: Address) -> bool:
        """Store the job's new address; False if another bot has delivered or moved it."""
        old, new = job.address or {}, address.model_dump(mode="json")
        return await persist(lambda: self.queue.readdress(job.id, old, new), "readdressing")

    async def _is_current(self, job: Job) -> bool:
        """Return whether the job that was read is still to be delivered, at that address.

        While this bot waited for the database, the job may have been deleted, or another bot may have taken
        over the chat and delivered it.
        """
        now = await persist(lambda: self.queue.get(job.id), "reading a job")
        if now is None or now.delivered is not None:
            return False
        return now.address == job.address and now.state.terminal == job.state.terminal

    # Progress

    async def _show_progress(self, status: JobStatus, address: Address, shown: Shown) -> None:
        """Edit the card: a new picture, or a new caption. If there is no card yet, send one."""
        job, say, now = status.job, texts(address.language), time.monotonic()
        caption = progress_caption(say, status, address.style)
        keyboard = Keys(say, person_of(job)).under_way(job.id)
        picture = None
        if shown.styles != address.draft.styles or preview_due(job, shown, now):
            picture = await self._picture(job)
            if not await self._is_current(job):
                return
        if not address.message:
            sent = await self._send_card(job, address, picture, shown)
            if sent is None:
                return
            (job, address), picture = sent, None
        if picture is not None:
            medium = InputMediaPhoto(picture, caption=caption, has_spoiler=address.covered)
            await self._painting_message.edit(address.chat, address.message, medium, keyboard, PREVIEW)
        elif caption_due(status, caption, shown, now):
            try:
                await self._edit_caption(address, caption, keyboard, PROGRESS)
            except BadRequest as error:
                if not is_not_modified(error):  # a restarted bot does not know what the message shows
                    raise
        else:
            return
        shown.styles, shown.preview = (
            address.draft.styles,
            job.previews if picture is not None else shown.preview,
        )
        shown.caption, shown.position, shown.edited = caption, status.forecast.position, now
        shown.state = job.state
        if await persist(lambda: self.queue.get(job.id), "reading a job") is None:
            await self._close(address)

    async def _send_card(
        self, job: Job, address: Address, picture: bytes | None, shown: Shown
    ) -> tuple[Job, Address] | None:
        """Send a card, and return the job and the address that name it; None if there is to be none.

        If the answer is lost, nobody knows the message: so it says nothing that does not stay true, has no
        button, and no other is sent.
        """
        if picture is None:
            shown.gone = True
            return None
        caption = texts(address.language)("card", style=address.style)
        try:
            sent = await self.bot.send_photo(
                address.chat,
                picture,
                caption=caption,
                reply_parameters=address.reply,
                message_thread_id=address.thread,
                has_spoiler=address.covered,
                protect_content=address.protected,
                disable_notification=True,  # the painting is what is worth being told of
                rate_limit_args=PREVIEW,
            )
        except BadRequest:
            raise
        except NetworkError:
            shown.gone = True
            raise
        moved = address.model_copy(update={"message": sent.message_id})
        if not await self._readdress(job, moved):
            with contextlib.suppress(TelegramError):
                await self.bot.delete_message(moved.chat, moved.message)
            return None
        shown.styles, shown.preview = address.draft.styles, job.previews
        return replace(job, address=moved.model_dump(mode="json")), moved

    async def _picture(self, job: Job) -> bytes | None:
        """Return the latest preview, or the photo beside its styles; None if there is neither."""
        if job.previews:
            preview = await persist(lambda: self.queue.read(job.id, stored.PREVIEW), "reading")
            if preview is not None:
                return preview
        names = ("content", *(f"style{number}" for number in range(MAX_PAINTINGS)))
        images = [await persist(lambda name=name: self.queue.read(job.id, name), "reading") for name in names]  # type: ignore[misc]
        photo, *styles = images
        try:
            shown = [style for style in styles if style is not None]
            return await in_image_thread(diptych, photo, shown) if photo and shown else None
        except AtelierError as error:
            log.info("job %s: its pictures cannot be shown (%s)", job.id, error.code)
            return None

    async def _show_stopped(self, job: Job, address: Address) -> None:
        """Say that a painting was stopped: at once, and not when its worker has heard of it."""
        say = texts(address.language)
        keyboard = Keys(say, person_of(job)).ended(job.id)
        try:
            await self._edit_caption(address, say("cancelled"), keyboard, RESULT)
        except BadRequest as error:
            if not is_not_modified(error):
                raise

    async def _close(self, address: Address) -> None:
        """Clear the card of a job that was erased while the card was edited."""
        with contextlib.suppress(TelegramError):
            await self._edit_caption(address, texts(address.language)("stopped-and-forgotten"), None, RESULT)

    # The end

    async def _deliver(self, job: Job, address: Address, shown: Shown) -> None:
        """Deliver the end of a job, if no other bot has."""
        if address.held:  # by a bot that was killed before it had done the rest
            await self._end_held(job, address)
            return
        if job.state is State.CANCELLED and address.message:
            # The card that has said so may be that of the next attempt by now.
            delivered = shown.stopped or await self._stop(job, address)
        else:
            delivered = await self._send_end(job, address)
        if not delivered:
            return
        if address.guest_message:
            await self._show_as_guest(job)
        await persist(lambda: self.queue.delivered(job.id), "delivering")
        DELIVERIES.labels(job.state, job.error or "none").inc()
        log.info("job %s: delivered as %s", job.id, job.state)
        await self._react(job, address)

    async def _show_as_guest(self, job: Job) -> None:
        """Show the end of a job also where it was ordered, in a chat where the bot is a guest."""
        now = await persist(lambda: self.queue.get(job.id), "reading a job")
        address = Address.of(now) if now else None
        if now and address:
            await show_end(self.bot, now, address)

    async def _end_as_guest(self, job: Job) -> None:
        """Do the same where the private chat takes no result: then nothing is tried again."""
        with contextlib.suppress(TelegramError):
            await self._show_as_guest(job)

    async def _stop(self, job: Job, address: Address) -> bool:
        """Say on the card that the painting was stopped; if the card is gone, in a new message."""
        if not await self._is_current(job):
            return False
        try:
            await self._show_stopped(job, address)
        except BadRequest as error:
            if is_chat_gone(error):
                raise
            return await self._send_end(job, address)
        return True

    async def _send_end(self, job: Job, address: Address) -> bool:
        """Send the painting or the error, note that, and remove the card.

        Whatever is done twice, the sending is not, once it is noted. False: the job is not to be delivered
        any more, or at another address.
        """
        if not address.painting:
            send = await self._prepared(job, address)
            if not await self._is_current(job):
                return False
            message = await send()
            new = {"painting": message.message_id, "file_id": photo_id(message)}
            sent = address.model_copy(update=new)
            if not await self._readdress(job, sent):
                with contextlib.suppress(TelegramError):
                    await self.bot.delete_message(sent.chat, sent.painting)
                return False
        await self._remove_card(address)
        return True

    async def _prepared(self, job: Job, address: Address) -> Callable[[], Awaitable[Message]]:
        """Return what sends the end of a job, and returns the message."""
        result = None
        if job.state is State.DONE:
            result = await persist(lambda: self.queue.read(job.id, stored.RESULT), "reading")
        if result is None:
            return lambda: self._send_failure(job, address)
        painting = await self._painting_message.prepare(job, address, result)
        return lambda: self._painting_message.send(job, address, painting)

    async def _send_failure(self, job: Job, address: Address) -> Message:
        say, chat = texts(address.language), address.chat
        text = say("cancelled") if job.state is State.CANCELLED else say.error(job.error or "internal")
        return await self.capabilities.with_button_styles(
            chat,
            Keys(say, person_of(job)).ended(job.id),
            lambda keys: self.bot.send_message(
                chat,
                text,
                reply_markup=keys,
                reply_parameters=address.reply,
                message_thread_id=address.thread,
                rate_limit_args=RESULT,
            ),
        )

    async def _remove_card(self, address: Address) -> None:
        """Delete the card. One that is too old to be deleted loses its button and its news."""
        if not address.message:
            return
        try:
            await self.bot.delete_message(address.chat, address.message, rate_limit_args=RESULT)
        except BadRequest as error:
            if is_chat_gone(error):
                raise
            if is_message_gone(error):
                return
            with contextlib.suppress(BadRequest):
                caption = texts(address.language)("card", style=address.style)
                await self._edit_caption(address, caption, None, RESULT)

    async def _react(self, job: Job, address: Address) -> None:
        """React to the photo, which may fail."""
        if not address.source or not self.capabilities.allows(address.chat, REACTION):
            return
        try:
            emoji = DONE_REACTION if job.state is State.DONE else None
            await self.bot.set_message_reaction(address.chat, address.source, emoji)
        except BadRequest as error:
            if is_reaction_refused(error):
                self.capabilities.refuse(address.chat, REACTION, error)
        except TelegramError as error:
            log.debug("job %s: no reaction (%s)", job.id, error)

    async def _edit_caption(
        self, address: Address, caption: str, keyboard: InlineKeyboardMarkup | None, kind: str
    ) -> None:
        """Edit the caption of the card, or its text: what has failed, and is tried again, may be one."""

        async def edit(keys: InlineKeyboardMarkup | None) -> None:
            where, options = (address.chat, address.message), {"reply_markup": keys, "rate_limit_args": kind}
            try:
                await self.bot.edit_message_caption(*where, caption=caption, **options)  # type: ignore[arg-type]
            except BadRequest as error:
                if not is_wrong_kind(error):
                    raise
                await self.bot.edit_message_text(caption, *where, **options)  # type: ignore[arg-type]

        if keyboard is None:
            await edit(None)
        else:
            await self.capabilities.with_button_styles(address.chat, keyboard, edit)


def _parts(statuses: Sequence[T]) -> Iterator[Sequence[T]]:
    for at in range(0, len(statuses), AT_ONCE):
        yield statuses[at : at + AT_ONCE]


def _address(job: Job) -> Address | None:
    """Return a job's address; None if it is invalid, for then the job is not the bot's."""
    try:
        return Address.of(job)
    except ValidationError:
        return None
