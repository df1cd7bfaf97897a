"""Messages from uploaded files, as a user's app makes them."""

import asyncio

from bot.playground import media
from bot.playground.errors import Refused
from bot.playground.methods.content import film_facts
from bot.playground.state.chats import new_media_group_id
from bot.playground.state.files import Files, as_document
from bot.playground.types import Json
from bot.playground.upload import Upload

ALBUMS = {"photo": "visual", "video": "visual", "document": "document"}
"""Kinds of albums, by the kinds of files that they hold."""


async def content_of(files: Files, person: int, upload: Upload, *, as_photos: bool) -> Json:
    """Store an upload, and return its fields of a message.

    With `as_photos` a photo, a film or an animation is sent as such; anything else is a document.

    Raises:
        Refusal: the file is empty.
    """
    if not upload.data:
        raise Refused("empty", name=upload.name)
    if as_photos:
        pictures = None
        if not media.is_gif(upload.data):
            pictures = await asyncio.to_thread(media.photo_of_person, upload.data)
        if pictures:
            return {"photo": await files.add_photo(person, pictures)}
        facts = await film_facts(upload)
        if facts["width"] and media.is_gif(upload.data):
            animation = await files.add(person, "animation", upload, facts)
            return {"animation": animation, "document": as_document(animation)}
        if facts["width"]:
            return {"video": await files.add(person, "video", upload, facts)}
    return {"document": await files.add(person, "document", upload, {})}


def external_reply(original: Json) -> Json:
    """Return the field of a message that replies to one of another chat."""
    kinds = ("photo", "document", "animation", "video", "sticker", "live_photo", "has_media_spoiler")
    origin = {"type": "user", "sender_user": original["from"], "date": original["date"]}
    content = {kind: original[kind] for kind in kinds if kind in original}
    where = {"chat": original["chat"], "message_id": original["message_id"]}
    return {"external_reply": {"origin": origin} | (where if original["chat"]["id"] < 0 else {}) | content}


def group_albums(contents: list[Json]) -> None:
    """Give neighbours that Telegram would show as one album the same media_group_id."""
    previous: Json = {}
    for content in contents:
        kind = _album(content)
        if kind and kind == _album(previous):
            content["media_group_id"] = previous.setdefault("media_group_id", new_media_group_id())
        previous = content


def _album(content: Json) -> str | None:
    if "animation" in content:
        return None
    return next((album for kind, album in ALBUMS.items() if kind in content), None)
