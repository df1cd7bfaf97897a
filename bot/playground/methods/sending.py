"""Methods that send something to a chat."""

from bot.playground.errors import BadRequest
from bot.playground.message_limits import MAX_ALBUM
from bot.playground.methods import content
from bot.playground.methods.ephemeral import receiver
from bot.playground.methods.registry import method
from bot.playground.methods.reply_markup import inline_keyboard
from bot.playground.params import Params
from bot.playground.state.chats import CAPTION, CONTENT, medium, new_media_group_id, without_reply
from bot.playground.state.ephemeral import as_bot_sees
from bot.playground.state.groups import check_rights, topic_fields
from bot.playground.state.telegram import Telegram
from bot.playground.types import Json

EFFECTS = frozenset(
    {
        "5104841245755180586",  # 🔥
        "5107584321108051014",  # 👍
        "5104858069142078462",  # 👎
        "5159385139981059251",  # ❤️
        "5046509860389126442",  # 🎉
        "5046589136895476101",  # 💩
    }
)
"""The effects that everybody may use."""
ACTIONS = frozenset({
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice",
    "upload_document", "choose_sticker", "find_location", "record_video_note", "upload_video_note", "cancel",
})  # fmt: skip
"""Actions that a bot can show."""


@method
async def send_message(telegram: Telegram, params: Params) -> Json:
    """Send a text."""
    chat = telegram.writable(params)
    return _send(telegram, chat, params, content.text(params), receiver(telegram, chat, params))


@method
async def send_photo(telegram: Telegram, params: Params) -> Json:
    """Send a photo."""
    return await _send_file(telegram, params, content.photo)


@method
async def send_document(telegram: Telegram, params: Params) -> Json:
    """Send a file as it is."""
    return await _send_file(telegram, params, content.document)


@method
async def send_video(telegram: Telegram, params: Params) -> Json:
    """Send a film."""
    return await _send_file(telegram, params, content.video)


@method
async def send_animation(telegram: Telegram, params: Params) -> Json:
    """Send a film without sound, or a GIF."""
    return await _send_file(telegram, params, content.animation)


@method
async def send_live_photo(telegram: Telegram, params: Params) -> Json:
    """Send a photo with a few seconds of film."""
    return await _send_file(telegram, params, content.live_photo)


@method
async def send_sticker(telegram: Telegram, params: Params) -> Json:
    """Send a static sticker."""
    return await _send_file(telegram, params, content.sticker)


@method
async def send_media_group(telegram: Telegram, params: Params) -> list[Json]:
    """Send an album."""
    chat = telegram.writable(params)
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
    contents = [await content.input_media(telegram, chat["id"], params.nested(item)) for item in items]
    group = {"media_group_id": new_media_group_id()} if len(items) > 1 else {}
    return [_send(telegram, chat, params, group | item) for item in contents]


@method
async def copy_message(telegram: Telegram, params: Params) -> Json:
    """Send a copy of a message's content."""
    chat = telegram.writable(params)
    source = params.nested({"chat_id": params.text("from_chat_id")})
    original = telegram.chats.get(telegram.known_chat(source)["id"], params.integer("message_id"))
    if original is None:
        raise BadRequest("message to copy not found")
    fields = {name: original[name] for name in CONTENT if name in original}
    if "caption" in params.values and "text" not in fields:
        fields = {name: fields[name] for name in fields if name not in CAPTION} | content.caption(params)
    return {"message_id": _send(telegram, chat, params, fields)["message_id"]}


@method
async def send_chat_action(telegram: Telegram, params: Params) -> bool:
    """Show that the bot is doing something, until its next message."""
    chat = telegram.writable(params)
    action = params.text("action")
    if action not in ACTIONS:
        raise BadRequest("wrong parameter action in request")
    telegram.events.publish(chat["id"], "action", {"action": action})
    return True


async def _send_file(telegram: Telegram, params: Params, build: content.Builder) -> Json:
    chat = telegram.writable(params)
    inline_keyboard(params), _effect(chat, params)  # before the file is stored
    name = build.__name__
    _place(telegram, chat, params, name)
    seen = receiver(telegram, chat, params)
    return _send(telegram, chat, params, await build(telegram, chat["id"], params, name), seen)


def _send(telegram: Telegram, chat: Json, params: Params, fields: Json, seen: Json | None = None) -> Json:
    """Send a message; ``seen`` has the fields of one that a single user sees."""
    fields = fields | (seen or {}) | _place(telegram, chat, params, medium(fields) or "text")
    if keyboard := inline_keyboard(params):
        fields["reply_markup"] = keyboard
    if params.flag("protect_content"):
        fields["has_protected_content"] = True
    if effect := _effect(chat, params):
        fields["effect_id"] = effect
    sent = telegram.chats.add(chat, telegram.bot, fields, silent=params.flag("disable_notification"))
    return as_bot_sees(sent)


def _place(telegram: Telegram, chat: Json, params: Params, kind: str) -> Json:
    """Return the fields of a message that say what it replies to and its topic.

    Raises:
        ApiError: the group does not let the bot send this kind of message there.
    """
    fields = _reply(telegram, chat, params)
    group = telegram.groups.get(chat["id"])
    if group is None:
        return fields
    original = fields.get("reply_to_message", {})
    topic = params.integer("message_thread_id") or original.get("message_thread_id")
    check_rights(group, telegram.bot, kind, topic)
    protected = {"has_protected_content": True} if group.get("protected") else {}
    return fields | topic_fields(group, topic) | protected


def _effect(chat: Json, params: Params) -> str:
    """Return the id of a message's effect; empty if it has none."""
    effect = params.text("message_effect_id")
    if not effect:
        return ""
    if not effect.isdecimal():
        raise BadRequest("invalid message effect identifier specified")
    if chat["type"] != "private":
        raise BadRequest("can't use message effects in the chat")
    if effect not in EFFECTS:
        raise BadRequest("EFFECT_ID_INVALID")
    return effect


def _reply(telegram: Telegram, chat: Json, params: Params) -> Json:
    given = params.object("reply_parameters", "reply parameters") or {}
    reply = params.nested(params.values | given)
    for_one = telegram.ephemeral and params.text("ephemeral_message_parameters")
    if telegram.ephemeral and (number := reply.integer("ephemeral_message_id")):
        original = telegram.chats.ephemeral(chat["id"], number)
        if original is None or not for_one:  # what answers an ephemeral message is one itself
            raise BadRequest("message to be replied not found")
        return {"reply_to_message": without_reply(original)}
    message_id = reply.integer("message_id") or params.integer("reply_to_message_id")
    if not message_id:
        return {}
    original = telegram.chats.get(chat["id"], message_id)
    if original:
        return {"reply_to_message": without_reply(original)}
    if reply.flag("allow_sending_without_reply") and not for_one:
        return {}
    raise BadRequest("message to be replied not found")
