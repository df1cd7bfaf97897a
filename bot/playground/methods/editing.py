"""Methods that edit, delete or pin messages, react to them, or answer taps on their buttons."""

import time

from bot.playground.errors import NOT_MODIFIED, BadRequest
from bot.playground.methods import content
from bot.playground.methods.registry import method
from bot.playground.methods.reply_markup import inline_keyboard
from bot.playground.params import Params
from bot.playground.state.chats import CAPTION, CONTENT, medium
from bot.playground.state.ephemeral import is_ephemeral
from bot.playground.state.telegram import Telegram
from bot.playground.types import Json

MAX_DELETED = 100
"""Messages that one call deletes."""


@method
async def edit_message_text(telegram: Telegram, params: Params) -> Json | bool:
    """Replace a text."""
    message = _editable(telegram, params)
    new = content.text(params)
    if "text" not in message:
        raise BadRequest("there is no text in the message to edit")
    return edit(telegram, params, message, without(message, CONTENT) | new)


@method
async def edit_message_caption(telegram: Telegram, params: Params) -> Json | bool:
    """Replace a caption."""
    message = _editable(telegram, params)
    if not medium(message):
        raise BadRequest("there is no caption in the message to edit")
    return edit(telegram, params, message, without(message, CAPTION) | content.caption(params))


@method
async def edit_message_media(telegram: Telegram, params: Params) -> Json | bool:
    """Replace a message's file; a text becomes a message with a file."""
    message = _editable(telegram, params)
    item = params.object("media", "InputMedia")
    if item is None:
        raise BadRequest('parameter "media" is required')
    kinds = {"photo", "video", "live_photo"} if "document" not in message else {"document"}
    if "media_group_id" in message and item.get("type") not in kinds:
        raise BadRequest("can't use the media of the specified type in the album")
    if _inline_id(params) and params.nested(item).uploads:
        raise BadRequest("invalid message content specified")  # nothing can be uploaded there
    inline_keyboard(params)  # before the file is stored
    new = await content.input_media(telegram, message["chat"]["id"], params.nested(item))
    # Encoding took a while: whatever else happened to the message in the meantime counts.
    message = _editable(telegram, params)
    return edit(telegram, params, message, without(message, CONTENT) | new)


@method
async def edit_message_reply_markup(telegram: Telegram, params: Params) -> Json | bool:
    """Replace a message's buttons."""
    message = _editable(telegram, params)
    return edit(telegram, params, message, dict(message), stamp=False)


@method
async def delete_message(telegram: Telegram, params: Params) -> bool:
    """Delete a message."""
    chat = telegram.writable(params)
    message_id = params.integer("message_id")
    if not message_id:
        raise BadRequest("message identifier is not specified")
    if not telegram.chats.remove(chat["id"], message_id):
        raise BadRequest("message to delete not found")
    return True


@method
async def delete_messages(telegram: Telegram, params: Params) -> bool:
    """Delete several messages; those that are not there are skipped."""
    chat = telegram.writable(params)
    ids = params.json("message_ids", "message_ids")
    if not isinstance(ids, list) or not ids or not all(type(one) is int for one in ids):
        raise BadRequest("message identifiers are not specified")
    if len(ids) > MAX_DELETED:
        raise BadRequest("too many message identifiers specified")
    for message_id in ids:
        telegram.chats.remove(chat["id"], message_id)
    return True


@method
async def answer_callback_query(telegram: Telegram, params: Params) -> bool:
    """Answer a tap on a button."""
    telegram.taps.answer(
        params.text("callback_query_id"), params.text("text") or None, show_alert=params.flag("show_alert")
    )
    return True


@method
async def set_message_reaction(telegram: Telegram, params: Params) -> bool:
    """Replace the bot's reaction to a message."""
    chat = telegram.writable(params)
    message_id = params.integer("message_id")
    if not telegram.chats.get(chat["id"], message_id):
        raise BadRequest("message to react not found")
    reaction = params.objects("reaction", "ReactionType")
    if len(reaction) > 1:
        raise BadRequest("REACTIONS_TOO_MANY")
    telegram.chats.note(chat["id"], "reaction", {"message_id": message_id, "reaction": reaction})
    return True


@method
async def pin_chat_message(telegram: Telegram, params: Params) -> bool:
    """Accept that a message is pinned; the page shows no pinned messages."""
    chat = telegram.writable(params)
    if not telegram.chats.get(chat["id"], params.integer("message_id")):
        raise BadRequest("message to pin not found")
    return True


@method
async def unpin_chat_message(telegram: Telegram, params: Params) -> bool:
    """Accept that a message is unpinned."""
    telegram.writable(params)
    return True


@method
async def unpin_all_chat_messages(telegram: Telegram, params: Params) -> bool:
    """Accept that all messages are unpinned."""
    telegram.writable(params)
    return True


def _inline_id(params: Params) -> str:
    """Return the inline id of the message to edit; empty if the call names its chat."""
    named = params.text("chat_id") or params.integer("message_id")
    return "" if named else params.text("inline_message_id")


def _editable(telegram: Telegram, params: Params) -> Json:
    if inline_id := _inline_id(params):
        message = telegram.chats.get(*telegram.guest_queries.find(inline_id))
    else:
        chat = telegram.writable(params)
        message = telegram.chats.get(chat["id"], params.integer("message_id"))
    if message is None or is_ephemeral(message):
        raise BadRequest("message to edit not found")
    if message["from"]["id"] != telegram.bot["id"]:
        raise BadRequest("message can't be edited")
    return message


def edit(telegram: Telegram, params: Params, old: Json, new: Json, *, stamp: bool = True) -> Json | bool:
    """Store a new version of a message; an edit that names no buttons removes them.

    The bot gets it back, unless it knows the message by an inline id alone.
    """
    new.pop("reply_markup", None)
    if keyboard := inline_keyboard(params):
        new["reply_markup"] = keyboard
    if new == old:
        raise BadRequest(NOT_MODIFIED)
    if stamp:
        new["edit_date"] = int(time.time())
    telegram.files.supersede(old, new)
    edited = telegram.chats.replace(new)
    return True if _inline_id(params) else edited


def without(message: Json, fields: tuple[str, ...]) -> Json:
    """Return a message without some of its fields."""
    return {key: value for key, value in message.items() if key not in fields}
