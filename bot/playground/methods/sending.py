"""Methods that put something into a chat."""

import time
from typing import TYPE_CHECKING

from bot.playground.errors import BadRequest
from bot.playground.limits import MAX_ALBUM
from bot.playground.methods import content
from bot.playground.methods.registry import method
from bot.playground.methods.reply_markup import inline_keyboard
from bot.playground.params import Params
from bot.playground.state.chats import CAPTION, CONTENT, new_group, without_reply
from bot.playground.types import Json

if TYPE_CHECKING:
    from bot.playground.state.telegram import Playground

DRAFT_LIFE = 30.0  # seconds
ACTIONS = frozenset({
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice",
    "upload_document", "choose_sticker", "find_location", "record_video_note", "upload_video_note", "cancel",
})  # fmt: skip


@method
async def send_message(playground: "Playground", params: Params) -> Json:
    chat = playground.writable(params)
    return _send(playground, chat, params, content.text(params))


@method
async def send_photo(playground: "Playground", params: Params) -> Json:
    return await _send_file(playground, params, content.photo)


@method
async def send_document(playground: "Playground", params: Params) -> Json:
    return await _send_file(playground, params, content.document)


@method
async def send_video(playground: "Playground", params: Params) -> Json:
    return await _send_file(playground, params, content.video)


@method
async def send_animation(playground: "Playground", params: Params) -> Json:
    return await _send_file(playground, params, content.animation)


@method
async def send_live_photo(playground: "Playground", params: Params) -> Json:
    return await _send_file(playground, params, content.live_photo)


@method
async def send_media_group(playground: "Playground", params: Params) -> list[Json]:
    chat = playground.writable(params)
    items = params.objects("media", "InputMedia")
    if not items:
        raise BadRequest("there are no messages to send")
    if len(items) > MAX_ALBUM:
        raise BadRequest("too many messages to send as an album")
    kinds = {item.get("type") for item in items}
    if "animation" in kinds:
        raise BadRequest("can't parse InputMedia: type \"animation\" can't be used in sendMediaGroup")
    if "document" in kinds and len(kinds) > 1:
        raise BadRequest("document can't be mixed with other media types")
    contents = [await content.input_media(playground, chat["id"], params.nested(item)) for item in items]
    group = {"media_group_id": new_group()} if len(items) > 1 else {}
    return [_send(playground, chat, params, group | item) for item in contents]


@method
async def copy_message(playground: "Playground", params: Params) -> Json:
    chat = playground.writable(params)
    source = params.nested({"chat_id": params.text("from_chat_id")})
    original = playground.chats.get(playground.known_chat(source)["id"], params.integer("message_id"))
    if original is None:
        raise BadRequest("message to copy not found")
    fields = {name: original[name] for name in CONTENT if name in original}
    if "caption" in params.values and "text" not in fields:
        fields = {name: fields[name] for name in fields if name not in CAPTION} | content.caption(params)
    return {"message_id": _send(playground, chat, params, fields)["message_id"]}


@method
async def send_chat_action(playground: "Playground", params: Params) -> bool:
    chat = playground.writable(params)
    action = params.text("action")
    if action not in ACTIONS:
        raise BadRequest("wrong parameter action in request")
    playground.events.publish(chat["id"], "action", {"action": action})
    return True


@method
async def send_message_draft(playground: "Playground", params: Params) -> bool:
    """A message in the making. It is shown, never stored."""
    chat = playground.writable(params)
    draft_id = params.integer("draft_id")
    if not draft_id:
        raise BadRequest("draft_id must be non-zero")
    if chat["type"] != "private":
        raise BadRequest("message drafts can be used only in private chats")
    fields = content.text(params) if params.text("text").strip() else {}
    draft = {"draft_id": draft_id, "can_stop": params.flag("can_stop"), **fields}
    lasting = {"until": time.monotonic() + DRAFT_LIFE, "keep_on_stop": params.flag("keep_on_stop")}
    playground.drafts[chat["id"]] = draft | lasting
    playground.events.publish(chat["id"], "draft", draft)
    return True


async def _send_file(playground: "Playground", params: Params, build: content.Builder) -> Json:
    chat = playground.writable(params)
    inline_keyboard(params)  # before the file is stored
    name = build.__name__
    return _send(playground, chat, params, await build(playground, chat["id"], params, name))


def _send(playground: "Playground", chat: Json, params: Params, fields: Json) -> Json:
    fields = fields | _reply(playground, chat, params)
    if keyboard := inline_keyboard(params):
        fields["reply_markup"] = keyboard
    if params.flag("protect_content"):
        fields["has_protected_content"] = True
    if effect := params.text("message_effect_id"):
        fields["effect_id"] = effect
    playground.end_draft(chat["id"])
    return playground.chats.add(chat, playground.bot, fields)


def _reply(playground: "Playground", chat: Json, params: Params) -> Json:
    given = params.object("reply_parameters", "reply parameters") or {}
    reply = params.nested(params.values | given)
    message_id = reply.integer("message_id") or params.integer("reply_to_message_id")
    if not message_id:
        return {}
    original = playground.chats.get(chat["id"], message_id)
    if original:
        return {"reply_to_message": without_reply(original)}
    if reply.flag("allow_sending_without_reply"):
        return {}
    raise BadRequest("message to be replied not found")
