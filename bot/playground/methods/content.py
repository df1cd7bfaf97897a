"""Fields of a message from the parameters of a call: text, caption and files."""

import asyncio
from collections.abc import Awaitable, Callable

from bot.playground import media
from bot.playground.errors import ApiError, BadRequest
from bot.playground.message_limits import MAX_CAPTION, MAX_TEXT
from bot.playground.methods.entities import Formatted, formatted
from bot.playground.params import Params
from bot.playground.state.files import File, as_document
from bot.playground.state.telegram import Telegram
from bot.playground.types import Json
from bot.playground.upload import Upload

MAX_DURATION = 24 * 60 * 60
"""Seconds of a film."""

Builder = Callable[[Telegram, int, Params, str], Awaitable[Json]]
"""Returns the fields of a message with a file: from a chat's id, a call, and the parameter with the file."""


def text(params: Params) -> Json:
    """Return the fields of a text message."""
    result = _formatted(params, "text", "entities")
    if not result.text:
        raise BadRequest("message text is empty")
    if len(result.text) > MAX_TEXT:
        raise BadRequest("message is too long")
    fields = result.fields("text", "entities")
    preview = params.object("link_preview_options", "link preview options")
    if params.flag("disable_web_page_preview"):
        preview = {"is_disabled": True}
    return fields | ({"link_preview_options": preview} if preview else {})


def caption(params: Params) -> Json:
    """Return the fields of a caption."""
    result = _formatted(params, "caption", "caption_entities")
    if len(result.text) > MAX_CAPTION:
        raise BadRequest("message caption is too long")
    fields = result.fields("caption", "caption_entities")
    if result.text and params.flag("show_caption_above_media"):
        fields["show_caption_above_media"] = True
    return fields


async def photo(telegram: Telegram, chat: int, params: Params, field: str = "photo") -> Json:
    """Return the fields of a message with a photo."""
    extras = _extras(params)
    return {"photo": await _photo(telegram, chat, params, field)} | extras


async def document(telegram: Telegram, chat: int, params: Params, field: str = "document") -> Json:
    """Return the fields of a message with a file."""
    extras = caption(params)
    return {"document": await _file(telegram, chat, params, field, "document")} | extras


async def video(telegram: Telegram, chat: int, params: Params, field: str = "video") -> Json:
    """Return the fields of a message with a film."""
    extras = _extras(params)
    return {"video": await _file(telegram, chat, params, field, "video")} | extras


async def animation(telegram: Telegram, chat: int, params: Params, field: str = "animation") -> Json:
    """Return the fields of a message with an animation."""
    extras = _extras(params)
    content = await _file(telegram, chat, params, field, "animation")
    return {"animation": content, "document": as_document(content)} | extras


async def live_photo(telegram: Telegram, chat: int, params: Params, field: str = "live_photo") -> Json:
    """Return the fields of a photo with a few seconds of film; old clients show the photo alone."""
    extras = _extras(params)
    sizes = await _photo(telegram, chat, params, "photo")
    film = await _file(telegram, chat, params, field, "live_photo")
    film = {key: value for key, value in film.items() if key not in ("thumbnail", "file_name")}
    return {"live_photo": film | {"photo": sizes}, "photo": sizes} | extras


async def sticker(telegram: Telegram, chat: int, params: Params, field: str = "sticker") -> Json:
    """Return the fields of a message with a static sticker: WebP, one side of 512 pixels, 512 kB at most."""
    given = _given(params, field, "sticker")
    if isinstance(given, str):
        return {"sticker": _known(telegram, given, "sticker").content}
    width, height = media.sticker_size(given.data)
    facts = {"width": width, "height": height, "type": "regular", "is_animated": False, "is_video": False}
    made = await telegram.files.add(chat, "sticker", given, facts)
    return {"sticker": {key: value for key, value in made.items() if key not in ("file_name", "mime_type")}}


BUILDERS: dict[str, Builder] = {
    "photo": photo,
    "document": document,
    "video": video,
    "animation": animation,
    "live_photo": live_photo,
}
"""Builders by the type of InputMedia."""


async def input_media(telegram: Telegram, chat: int, params: Params) -> Json:
    """Return the fields of a message from InputMedia, which names its type and holds the file as `media`."""
    kind = params.text("type")
    if kind not in BUILDERS:
        raise BadRequest(f'can\'t parse InputMedia: type "{kind}" is unsupported')
    if not params.file("media"):
        raise BadRequest("can't parse InputMedia: media not found")
    return await BUILDERS[kind](telegram, chat, params, "media")


async def film_facts(upload: Upload, params: Params | None = None) -> Json:
    """Return width, height and duration: from the file, else as the sender says."""
    probed = await asyncio.to_thread(media.video, upload.data)
    facts = probed._asdict() if probed else dict.fromkeys(media.Video._fields, 0)
    for name in facts:
        given = params.integer(name) if params else 0
        facts[name] = facts[name] or min(max(given, 0), MAX_DURATION)
    return facts


async def _photo(telegram: Telegram, chat: int, params: Params, field: str) -> list[Json]:
    given = _given(params, field, "photo")
    if isinstance(given, str):
        sizes: list[Json] = _known(telegram, given, "photo").content
        return sizes
    return await telegram.files.add_photo(chat, await asyncio.to_thread(media.photo, given.data))


async def _file(telegram: Telegram, chat: int, params: Params, field: str, kind: str) -> Json:
    given = _given(params, field, kind.replace("_", " "))
    if isinstance(given, str):
        content: Json = _known(telegram, given, kind).content
        return content
    if len(given.data) > media.MAX_UPLOAD_BYTES:
        raise ApiError(413, "Request Entity Too Large")
    if not given.data:
        raise BadRequest("file must be non-empty")
    facts = {} if kind == "document" else await film_facts(given, params)
    thumbnail = params.file("thumbnail")
    picture = thumbnail.data if isinstance(thumbnail, Upload) else None
    return await telegram.files.add(chat, kind, given, facts, picture)


def _given(params: Params, field: str, what: str) -> Upload | str:
    given = params.file(field)
    if given == "":
        raise BadRequest(f"there is no {what} in the request")
    return given


def _known(telegram: Telegram, file_id: str, kind: str) -> File:
    if "://" in file_id:
        raise BadRequest("failed to get HTTP URL content")  # this server reaches nothing but the bot
    file = telegram.files.get(file_id)
    if file is None:
        raise BadRequest("wrong remote file identifier specified: Wrong string length")
    if file.kind != kind:
        names = [name.replace("_", " ").title().replace(" ", "") for name in (file.kind, kind)]
        raise BadRequest(f"can't use file of type {names[0]} as {names[1]}")
    return file


def _formatted(params: Params, text_field: str, entities_field: str) -> Formatted:
    given = params.objects(entities_field, "MessageEntity")
    return formatted(params.text(text_field), params.text("parse_mode"), given)


def _extras(params: Params) -> Json:
    return caption(params) | ({"has_media_spoiler": True} if params.flag("has_spoiler") else {})
