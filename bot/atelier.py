"""From an update to its effects: load the session, decide, carry out, keep the session."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from hashlib import blake2s
from typing import Final

from telegram import Bot, CallbackQuery, InputMediaPhoto, Message
from telegram.error import BadRequest, Forbidden, TelegramError

from bot import keyboards
from bot.addresses import Address, owner
from bot.conversation import (
    Answer,
    AskStyle,
    CancelAll,
    Draft,
    Effect,
    Event,
    OfJob,
    Paint,
    Pictures,
    Preset,
    Say,
    Sent,
    Session,
    ShowReady,
    changed,
    step,
    without_pictures,
)
from bot.files import MAX_DOWNLOAD, GoneError, check, fetch
from bot.locks import Locks, Taps
from bot.pictures import diptych, in_turn
from bot.sessions import Sessions
from bot.settings import Settings
from bot.texts import Texts, texts
from engine.errors import AtelierError, ImageTooLargeError
from engine.gallery.presets import preset, sheet
from engine.painting import ladder
from engine.painting.images import check_shape, upright_size
from engine.painting.recipe import Recipe, strength_name
from engine.queue import LIVE, RESULT, Job, Queue, State, explain

log = logging.getLogger(__name__)

RECENT: Final = 200
"""Jobs of a person that /cancel looks through."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One person doing one thing in one chat."""

    bot: Bot
    chat: int
    person: int
    name: str
    language: str | None
    tap: CallbackQuery | None = None

    @property
    def texts(self) -> Texts:
        """The texts in the person's language."""
        return texts(self.language)

    @property
    def message(self) -> int | None:
        """The message whose button was tapped."""
        return self.tap.message.message_id if self.tap and self.tap.message else None


class Atelier:
    """The bot's side of everything, apart from the deliveries."""

    def __init__(self, settings: Settings, queue: Queue, sessions: Sessions) -> None:
        self.settings, self.queue, self.sessions = settings, queue, sessions
        self._locks = Locks()
        self._taps = Taps()

    async def happen(self, visit: Visit, event: Event) -> None:
        """Let one event happen, in the chat's order. An error is told to the person and changes nothing."""
        async with self._locks.of(visit.chat), _excused(visit):
            await self._happen(visit, event)

    async def pictures(self, visit: Visit, gather: Callable[[], Awaitable[list[Message]]]) -> None:
        """Take a picture, or those of an album, in the chat's order; each is looked at before it counts.

        What comes while an album is gathered waits for it.
        """
        async with self._locks.of(visit.chat), _excused(visit):
            try:
                pictures = [await _looked_at(visit.bot, message) for message in await gather()]
            except AtelierError as error:
                await visit.bot.send_message(visit.chat, visit.texts.error(error.code, **error.facts))
            else:
                await self._happen(visit, Pictures(tuple(pictures)))

    async def _happen(self, visit: Visit, event: Event) -> None:
        session = kept = await self.sessions.load(visit.chat, visit.person)
        after, effects = step(session, event)
        if visit.tap and not any(isinstance(effect, (Answer, OfJob, Paint)) for effect in effects):
            await _answer(visit)
        # A draft is queued before the session lets go of it; all else is remembered before it is shown.
        if not any(isinstance(effect, Paint) for effect in effects):
            kept = await self._keep(visit, kept, after)
        try:
            for effect in effects:
                after = await self._carry_out(visit, effect, after)
            await self._keep(visit, kept, after)
        except AtelierError as error:
            log.info("refused: %s", error.code)
            # If what was sent before is gone, the same picture can begin anew without it.
            gone = isinstance(error, GoneError) and isinstance(event, Pictures)
            await self._keep(visit, kept, without_pictures(session) if gone else session)
            await visit.bot.send_message(visit.chat, visit.texts.error(error.code, **error.facts))
        except Forbidden:
            log.info("the person has blocked the bot")

    async def _keep(self, visit: Visit, kept: Session, session: Session) -> Session:
        if session != kept:
            await self.sessions.save(visit.chat, visit.person, session)
        return session

    async def _carry_out(self, visit: Visit, effect: Effect, session: Session) -> Session:
        say = visit.texts
        match effect:
            case Say("start"):
                await visit.bot.send_message(visit.chat, say("start", name=visit.name or "none"))
            case Say(key):
                await visit.bot.send_message(visit.chat, say(key))
            case Answer(key, alert):
                await _answer(visit, say(key), alert=alert)
            case AskStyle():
                await self._ask_style(visit)
            case ShowReady():
                await self._show_ready(visit, effect)
            case Paint(draft, draft_id):
                await self._paint(visit, draft, draft_id)
            case CancelAll():
                await self._cancel_all(visit)
            case OfJob(action, job_id):
                return await self._of_job(visit, action, job_id, session)
        return session

    async def _ask_style(self, visit: Visit) -> None:
        picture = await asyncio.to_thread(sheet)
        await visit.bot.send_photo(
            visit.chat, picture, caption=visit.texts("ask-style"), reply_markup=keyboards.styles()
        )

    async def _show_ready(self, visit: Visit, effect: ShowReady) -> None:
        caption = _ready_caption(visit.texts, effect.draft)
        keyboard = keyboards.ready(visit.texts, effect.draft, effect.draft_id)
        if not effect.pictures and visit.message:
            await visit.bot.edit_message_caption(
                visit.chat, visit.message, caption=caption, reply_markup=keyboard
            )
            return
        picture = await self._diptych(visit.bot, effect.draft)
        if not effect.new and visit.message:
            await visit.bot.edit_message_media(
                InputMediaPhoto(picture, caption=caption), visit.chat, visit.message, reply_markup=keyboard
            )
        else:
            await visit.bot.send_photo(visit.chat, picture, caption=caption, reply_markup=keyboard)

    async def _diptych(self, bot: Bot, draft: Draft) -> bytes:
        photo, style = await asyncio.gather(fetch(bot, draft.photo), fetch(bot, draft.style))
        return await in_turn(diptych, photo, style)

    async def _paint(self, visit: Visit, draft: Draft, job_id: str) -> None:
        """Queue the draft; the message that was tapped becomes its status, at the delivery's first edit."""
        assert visit.message is not None  # noqa: S101 - only a tap paints
        await _answer(visit, visit.texts("preparing"))
        photo, style = await asyncio.gather(fetch(visit.bot, draft.photo), fetch(visit.bot, draft.style))
        await self._enqueue(visit, draft, job_id, visit.message, photo, style)

    async def _repaint(self, visit: Visit, draft: Draft) -> None:
        """Paint a variation; it gets a message of its own, so that the first painting stays."""
        assert visit.tap is not None  # noqa: S101 - only a tap repaints
        photo, style = await asyncio.gather(fetch(visit.bot, draft.photo), fetch(visit.bot, draft.style))
        picture = await in_turn(diptych, photo, style)
        message = await visit.bot.send_photo(visit.chat, picture, caption=visit.texts("preparing"))
        try:
            # Telegram may bring one tap twice, after a crash; it has the same id then.
            job_id = blake2s(visit.tap.id.encode(), digest_size=9).hexdigest()
            job = await self._enqueue(visit, draft, job_id, message.message_id, photo, style)
        except Exception:
            with contextlib.suppress(TelegramError):  # what went wrong is to be told
                await visit.bot.delete_message(visit.chat, message.message_id)
            raise
        address = Address.of(job)
        if address and address.message != message.message_id:  # the first time had got as far as the queue
            await visit.bot.delete_message(visit.chat, message.message_id)

    async def _enqueue(
        self, visit: Visit, draft: Draft, job_id: str, message: int, photo: bytes, style: bytes
    ) -> Job:
        recipe = Recipe.of(
            size=self.settings.paint_size,
            quality=self.settings.paint_quality,
            alpha=draft.alpha,
            keep_colours=draft.keep_colours,
            seed=draft.seed,
        )
        rungs = ladder.plan(*upright_size(photo), recipe.size, recipe.quality)
        address = Address(
            chat=visit.chat,
            message=message,
            language=visit.language,
            draft=draft,
            style=_title(visit.texts, draft),
        )
        return await self.queue.enqueue(
            id=job_id,
            owner=owner(visit.person),
            recipe=recipe.as_dict(),
            cost=ladder.cost(rungs),
            shape=ladder.shape(rungs, recipe),
            blobs={"content": photo, "style0": style},
            address=address.model_dump(mode="json"),
        )

    async def _cancel_all(self, visit: Visit) -> None:
        count = 0
        for job in await self.queue.jobs(owner(visit.person), RECENT):
            address = Address.of(job)
            if job.state in LIVE and address and address.chat == visit.chat:
                await self.queue.cancel(job.id, job.owner)
                count += 1
        await visit.bot.send_message(visit.chat, visit.texts("cancelled-jobs", count=count))

    async def _of_job(self, visit: Visit, action: str, job_id: str, session: Session) -> Session:
        if self._taps.again((visit.chat, visit.message, action)):
            await _answer(visit)
            return session
        job = await self.queue.get(job_id)
        address = Address.of(job) if job else None
        if job is None or address is None:
            await _answer(visit, visit.texts("old-button"), alert=True)
        elif job.owner != owner(visit.person):
            await _answer(visit, visit.texts("not-yours"), alert=True)
        elif action == "painted":
            await _answer(visit, visit.texts("already-painted"))
        elif action == "cancel":
            state = await self.queue.cancel(job_id, job.owner)
            stopped = state in (State.RUNNING, State.CANCELLED)
            await _answer(visit, visit.texts("cancelling" if stopped else "too-late"))
        elif action == "file":
            await self._send_file(visit, job, address)
        elif action == "other":
            await _answer(visit)
            await self._ask_style(visit)
            return session.model_copy(update={"photo": address.draft.photo, "style": None})
        else:
            await _answer(visit)
            await self._repaint(visit, changed(address.draft, action, secrets.randbelow(2**31)))
        return session

    async def _send_file(self, visit: Visit, job: Job, address: Address) -> None:
        painting = await self.queue.read(job.id, RESULT)
        if painting is None:
            await _answer(visit, visit.texts("file-gone"), alert=True)
            return
        await _answer(visit)
        await visit.bot.send_document(
            visit.chat,
            painting,
            filename=address.file_name,
            reply_to_message_id=visit.message,
            allow_sending_without_reply=True,
        )


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
        await visit.bot.send_message(visit.chat, visit.texts.error(known.code))


async def _answer(visit: Visit, text: str | None = None, *, alert: bool = False) -> None:
    """Answer the tap; one that is too old to be answered was answered by time."""
    if visit.tap is None:
        return
    try:
        await visit.tap.answer(text, show_alert=alert)
    except BadRequest as error:
        log.info("a tap could not be answered: %s", error)


async def _looked_at(bot: Bot, message: Message) -> Sent:
    """Give the picture of a message, once it is known that it can be painted."""
    if message.document:
        if (message.document.file_size or 0) > MAX_DOWNLOAD:
            raise ImageTooLargeError("more than a bot may download")
        picture = Sent(file_id=message.document.file_id)
        await check(bot, picture)
        return picture
    photo = max(message.photo, key=lambda size: size.width * size.height)
    check_shape(photo.width, photo.height, "the photo")  # Telegram has decoded it already
    return Sent(file_id=photo.file_id)


def _title(say: Texts, draft: Draft) -> str:
    return preset(draft.style.id).title if isinstance(draft.style, Preset) else say("your-painting")


def _ready_caption(say: Texts, draft: Draft) -> str:
    return say("ready", style=_title(say, draft), alpha=strength_name(draft.alpha))
