"""Ephemeral messages: who may get one, and the methods that edit and delete them.

Telegram documents who may get one, and not the words of its refusals. Those here are as far as somebody has
seen them: BOT_NOT_ADMIN comes outside of groups.
"""

import time

from bot.playground.errors import BadRequest
from bot.playground.methods import content, editing
from bot.playground.methods.registry import method
from bot.playground.params import Params
from bot.playground.state.chats import CAPTION, CONTENT, medium
from bot.playground.state.ephemeral import WINDOW
from bot.playground.state.groups import status_in
from bot.playground.state.telegram import Telegram
from bot.playground.types import Json

MEMBERS = frozenset({"creator", "administrator", "member"})
"""The statuses of those who are in a group."""


def receiver(telegram: Telegram, chat: Json, params: Params) -> Json:
    """Return the fields of a message for one user; none if the call sends an ordinary one.

    Raises:
        BadRequest: the user may not get it, or not now.
    """
    given = telegram.ephemeral and params.object("ephemeral_message_parameters", "EphemeralMessageParameters")
    if not given:
        return {}
    group = telegram.groups.get(chat["id"])
    if group is None:
        raise BadRequest("BOT_NOT_ADMIN")
    asked = params.nested(given)
    user = telegram.users.get(asked.integer("receiver_user_id"))
    if user is None or status_in(group, user) not in MEMBERS:
        raise BadRequest("USER_NOT_PARTICIPANT")
    if asked.flag("replace_callback_query_message"):
        raise BadRequest("the playground replaces no messages by ephemeral ones")
    eligible = (
        status_in(group, telegram.bot) == "administrator"
        or telegram.taps.is_of(asked.text("callback_query_id"), user["id"])
        or _answers_lately(telegram, chat, params, user["id"])
    )
    if not eligible:
        raise BadRequest("BOT_NOT_ADMIN")
    return {"receiver_user": user, "ephemeral_message_id": telegram.store.next("ephemeral")}


def _answers_lately(telegram: Telegram, chat: Json, params: Params, person: int) -> bool:
    """Return whether a call answers an ephemeral message that the user has just sent."""
    given = params.nested(params.object("reply_parameters", "reply parameters") or {})
    original = telegram.chats.ephemeral(chat["id"], given.integer("ephemeral_message_id"))
    return bool(original and original["from"]["id"] == person and time.time() - original["date"] <= WINDOW)


@method
async def edit_ephemeral_message_text(telegram: Telegram, params: Params) -> bool:
    """Replace the text of an ephemeral message."""
    message = _sent(telegram, params)
    new = content.text(params)
    if "text" not in message:
        raise BadRequest("there is no text in the message to edit")
    return _edit(telegram, params, message, editing.without(message, CONTENT) | new)


@method
async def edit_ephemeral_message_caption(telegram: Telegram, params: Params) -> bool:
    """Replace the caption of an ephemeral message."""
    message = _sent(telegram, params)
    if not medium(message):
        raise BadRequest("there is no caption in the message to edit")
    return _edit(telegram, params, message, editing.without(message, CAPTION) | content.caption(params))


@method
async def edit_ephemeral_message_reply_markup(telegram: Telegram, params: Params) -> bool:
    """Replace the buttons of an ephemeral message."""
    message = _sent(telegram, params)
    return _edit(telegram, params, message, dict(message))


@method
async def delete_ephemeral_message(telegram: Telegram, params: Params) -> bool:
    """Delete an ephemeral message."""
    message = _sent(telegram, params)
    return telegram.chats.remove(message["chat"]["id"], message["message_id"])


def _sent(telegram: Telegram, params: Params) -> Json:
    """Return the ephemeral message of the bot's that a call names."""
    chat = telegram.writable(params)
    message = telegram.chats.ephemeral(chat["id"], params.integer("ephemeral_message_id"))
    if message is None or message["from"]["id"] != telegram.bot["id"]:
        raise BadRequest("MESSAGE_ID_INVALID")
    if message["receiver_user"]["id"] != params.integer("receiver_user_id"):
        raise BadRequest("MESSAGE_ID_INVALID")
    return message


def _edit(telegram: Telegram, params: Params, old: Json, new: Json) -> bool:
    editing.edit(telegram, params, old, new)
    return True
