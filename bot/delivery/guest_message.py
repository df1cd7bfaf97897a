"""The message of a painting that was ordered in a chat where the bot is a guest.

The bot can edit that message and no other there, and can upload nothing into it: the painting is shown by its
file's id, once it was sent to the user's private chat.
"""

from __future__ import annotations

import logging
from typing import Any

from telegram import InputMediaPhoto
from telegram.error import BadRequest, Forbidden
from telegram.ext import ExtBot

from bot.i18n import Texts, texts
from bot.storage.job_address import Address
from bot.transport.errors import is_not_modified
from bot.transport.rate_limiter import RESULT
from bot.views.captions import shared
from bot.views.keyboards import paint_mine, private_chat
from engine.queue import Job, State

log = logging.getLogger(__name__)


async def show_end(bot: ExtBot[Any], job: Job, address: Address) -> None:
    """Edit the message into the painting; where there is none to show, into a line that says why.

    A message that cannot be edited, for it is gone, stays as it is.
    """
    if not address.guest_message:
        return
    say = texts(address.language)
    options: dict[str, Any] = {"inline_message_id": address.guest_message, "rate_limit_args": RESULT}
    try:
        if job.state is State.DONE and address.posted_as_guest:
            photo = InputMediaPhoto(
                address.file_id, caption=shared(say, address), has_spoiler=address.covered
            )
            keyboard = paint_mine(say, bot.username, address.draft.styles[0])
            await bot.edit_message_media(photo, reply_markup=keyboard, **options)
        else:
            keyboard = private_chat(say, bot.username)
            await bot.edit_message_text(_line(say, job, address), reply_markup=keyboard, **options)
    except (BadRequest, Forbidden) as error:
        if not is_not_modified(error):
            log.info("job %s: its message in a chat of others stays as it is (%s)", job.id, error)


def _line(say: Texts, job: Job, address: Address) -> str:
    match job.state:
        case State.DONE:
            return say("guest-in-private", style=address.style)
        case State.FAILED:
            return say.error(job.error or "internal")
        case _:
            return say("guest-stopped")
