"""Methods that change or remove what is in a chat, or answer what a person did there."""

import time
from typing import TYPE_CHECKING

from bot.playground.errors import NOT_MODIFIED, BadRequest
from bot.playground.methods import content
from bot.playground.methods.registry import method
from bot.playground.methods.reply_markup import inline_keyboard
from bot.playground.params import Params
from bot.playground.state.chats import CAPTION, CONTENT, medium
from bot.playground.types import Json

if TYPE_CHECKING:
    from bot.playground.state.telegram import Playground

MAX_DELETED = 100


@method
async def edit_message_text(playground: "Playground", params: Params) -> Json:
    message = _editable(playground, params)
    new = content.text(params)
    if "text" not in message:
        raise BadRequest("there is no text in the message to edit")
    return _edit(playground, params, message, _without(message, CONTENT) | new)


@method
async def edit_message_caption(playground: "Playground", params: Params) -> Json:
    message = _editable(playground, params)
    if not medium(message):
        raise BadRequest("there is no caption in the message to edit")
    return _edit(playground, params, message, _without(message, CAPTION) | content.caption(params))


@method
async def edit_message_media(playground: "Playground", params: Params) -> Json:
    """Also puts a file into a message that was only text."""
    message = _editable(playground, params)
    item = params.object("media", "InputMedia")
    if item is None:
        raise BadRequest('parameter "media" is required')
    kinds = {"photo", "video", "live_photo"} if "document" not in message else {"document"}
    if "media_group_id" in message and item.get("type") not in kinds:
        raise BadRequest("can't use the media of the specified type in the album")
    inline_keyboard(params)  # before the file is stored
    new = await content.input_media(playground, message["chat"]["id"], params.nested(item))
    # Encoding took a while: whatever else happened to the message in the meantime counts.
    message = _editable(playground, params)
    return _edit(playground, params, message, _without(message, CONTENT) | new)


@method
async def edit_message_reply_markup(playground: "Playground", params: Params) -> Json:
    message = _editable(playground, params)
    return _edit(playground, params, message, dict(message), stamp=False)


@method
async def delete_message(playground: "Playground", params: Params) -> bool:
    chat = playground.writable(params)
    message_id = params.integer("message_id")
    if not message_id:
        raise BadRequest("message identifier is not specified")
    if not playground.chats.remove(chat["id"], message_id):
        raise BadRequest("message to delete not found")
    return True


@method
async def delete_messages(playground: "Playground", params: Params) -> bool:
    """Those that are not there are skipped."""
    chat = playground.writable(params)
    ids = params.json("message_ids", "message_ids")
    if not isinstance(ids, list) or not ids or not all(type(one) is int for one in ids):
        raise BadRequest("message identifiers are not specified")
    if len(ids) > MAX_DELETED:
        raise BadRequest("too many message identifiers specified")
    for message_id in ids:
        playground.chats.remove(chat["id"], message_id)
    return True


@method
async def answer_callback_query(playground: "Playground", params: Params) -> bool:
    playground.taps.answer(
        params.text("callback_query_id"), params.text("text") or None, show_alert=params.flag("show_alert")
    )
    return True


@method
async def set_message_reaction(playground: "Playground", params: Params) -> bool:
    chat = playground.writable(params)
    message_id = params.integer("message_id")
    if not playground.chats.get(chat["id"], message_id):
        raise BadRequest("message to react not found")
    reaction = params.objects("reaction", "ReactionType")
    if len(reaction) > 1:
        raise BadRequest("REACTIONS_TOO_MANY")
    playground.chats.note(chat["id"], "reaction", {"message_id": message_id, "reaction": reaction})
    return True


@method
async def pin_chat_message(playground: "Playground", params: Params) -> bool:
    """Accepted; the page shows no pinned messages."""
    chat = playground.writable(params)
    if not playground.chats.get(chat["id"], params.integer("message_id")):
        raise BadRequest("message to pin not found")
    return True


@method
async def unpin_chat_message(playground: "Playground", params: Params) -> bool:
    playground.writable(params)
    return True


@method
async def unpin_all_chat_messages(playground: "Playground", params: Params) -> bool:
    playground.writable(params)
    return True


def _editable(playground: "Playground", params: Params) -> Json:
    chat = playground.writable(params)
    message = playground.chats.get(chat["id"], params.integer("message_id"))
    if message is None:
        raise BadRequest("message to edit not found")
    if message["from"]["id"] != playground.bot["id"]:
        raise BadRequest("message can't be edited")
    return message


def _edit(playground: "Playground", params: Params, old: Json, new: Json, *, stamp: bool = True) -> Json:
    """An edit that says nothing about buttons takes them away."""
    new.pop("reply_markup", None)
    if keyboard := inline_keyboard(params):
        new["reply_markup"] = keyboard
    if new == old:
        raise BadRequest(NOT_MODIFIED)
    if stamp:
        new["edit_date"] = int(time.time())
    playground.files.supersede(old, new)
    return playground.chats.replace(new)


def _without(message: Json, fields: tuple[str, ...]) -> Json:
    return {key: value for key, value in message.items() if key not in fields}
