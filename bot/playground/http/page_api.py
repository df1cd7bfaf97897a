"""The users' side over HTTP, for the page and for tests in other processes."""

import asyncio
import logging
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.i18n import LANGUAGES, texts
from bot.playground.conditions.faults import Fault
from bot.playground.errors import Refusal, Refused
from bot.playground.http.shared import PEOPLE, TELEGRAM, finish_detached, texts_of
from bot.playground.message_limits import MAX_TEXT
from bot.playground.people.stickers import as_sticker
from bot.playground.state.events import Event, Subscriber
from bot.playground.types import Json, dumps
from bot.playground.upload import Upload, clean_name

log = logging.getLogger(__name__)
HEARTBEAT = 15.0
"""Seconds between two signs of life on a quiet stream."""
MAX_FOLLOWED = 8
"""Chats on one page."""
INLINE = frozenset(
    {
        "image/jpeg",
        "image/png",
        "image/webp",
        "image/gif",
        "video/mp4",
        "video/webm",
        "audio/ogg",
        "audio/mpeg",
    }
)
"""Media types that a browser may show. Any other could be a page with a script: it is only ever saved."""


def add_routes(app: web.Application) -> None:
    """Add the routes of the page's API."""
    app.add_routes([
        web.get("/api/bot", bot),
        web.get("/api/languages", languages),
        web.get("/api/people", people),
        web.post("/api/people", add_person),
        web.get("/api/groups", groups),
        web.post("/api/groups", add_group),
        web.post(r"/api/chats/{chat:-\d{1,15}}/people", change_members),
        web.get("/api/events", events),
        web.get(r"/api/chats/{chat:-?\d{1,15}}/transcript", transcript),
        web.post(r"/api/chats/{chat:-?\d{1,15}}/messages", send),
        web.post(r"/api/chats/{chat:-?\d{1,15}}/forwards", forward),
        web.post(r"/api/chats/{chat:-?\d{1,15}}/taps", tap),
        web.post(r"/api/chats/{chat:-?\d{1,15}}/reset", reset),
        web.post(r"/api/chats/{chat:-?\d{1,15}}/block", block),
        web.get("/api/files/{file_id}", file),
        web.post("/api/faults", add_fault),
        web.delete("/api/faults", clear_faults),
    ])  # fmt: skip


@web.middleware
async def json_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every error under /api with {"error": a sentence}."""
    if not request.path.startswith("/api/"):
        return await handler(request)
    try:
        return await handler(request)
    except Refusal as refusal:
        return _refused(request, refusal)
    except web.HTTPRequestEntityTooLarge:
        return _refused(request, Refused("too-large", 413))
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can hold
        return _refused(request, Refused("unicode"))
    except web.HTTPNotFound:
        return _refused(request, Refused("address", 404))
    except web.HTTPException:
        raise
    except Exception:
        log.exception("%s failed", request.path)
        return _refused(request, Refused("failed", 500))


def _refused(request: web.Request, refusal: Refusal) -> web.Response:
    """Answer with a refusal, in the browser's language."""
    return web.json_response({"error": refusal.said(texts_of(request))}, status=refusal.status, dumps=dumps)


async def bot(request: web.Request) -> web.Response:
    """Answer with the bot's card, as the user ``person`` sees it in ``chat``."""
    person, chat = (request.query.get(name) for name in ("person", "chat"))
    where = (None if number is None else _known(request, number) for number in (person, chat))
    return _answer(request.app[TELEGRAM].card(*where))


async def languages(_request: web.Request) -> web.Response:
    """Answer with the name of each of the bot's languages, by its code."""
    return _answer({code: texts(code)("language-name") for code in LANGUAGES})


async def people(request: web.Request) -> web.Response:
    """Answer with all users."""
    return _answer(request.app[TELEGRAM].users.cards())


async def add_person(request: web.Request) -> web.Response:
    """Add a user."""
    body = await _body(request)
    first_name, language_code = str(body.get("first_name", "")), str(body.get("language_code", "en"))
    person = request.app[PEOPLE].add_person(first_name, language_code)
    return _answer(next(card for card in request.app[TELEGRAM].users.cards() if card["id"] == person))


async def groups(request: web.Request) -> web.Response:
    """Answer with all groups."""
    all_groups = request.app[TELEGRAM].groups
    found = (all_groups.get(group_id) for group_id in all_groups.ids())
    return _answer([group for group in found if group and "migrated" not in group])


async def add_group(request: web.Request) -> web.Response:
    """Create a group."""
    body = await _body(request)
    people = body.get("people")
    if not isinstance(people, list) or not people:
        raise Refused("people")
    ids = (_number(person) for person in people)
    group = request.app[PEOPLE].add_group(str(body.get("title", "")), *ids)
    return _answer(request.app[TELEGRAM].groups.require(group))


async def change_members(request: web.Request) -> web.Response:
    """Add a user to a group, or let one leave."""
    body = await _body(request)
    people, group = request.app[PEOPLE], _chat(request)
    change = people.leave if body.get("leaves") else people.join
    change(group, _number(body.get("person")))
    return _answer(request.app[TELEGRAM].groups.require(group))


async def events(request: web.Request) -> web.StreamResponse:
    """Stream Server-Sent Events: a snapshot of each chat, then every event in any of them.

    A page that reconnects gets the snapshots again. One stream serves all chats, since browsers open only six
    connections to one server.
    """
    telegram = request.app[TELEGRAM]
    chats = [_known(request, chat) for chat in request.query.getall("chat", [])]
    if not 1 <= len(chats) <= MAX_FOLLOWED:
        raise Refusal(f"Follow 1 to {MAX_FOLLOWED} chats.")
    stream = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
    with telegram.events.subscribe(*chats) as subscriber:
        snapshots = [telegram.events.event("snapshot", telegram.snapshot(chat), chat) for chat in chats]
        await stream.prepare(request)
        await stream.write(b"".join(_encode(snapshot) for snapshot in snapshots))
        with suppress(ConnectionResetError):  # the page was closed
            while (chunk := await _next(subscriber)) is not None:
                await stream.write(chunk)
    return stream


async def transcript(request: web.Request) -> web.Response:
    """Answer with a chat's transcript."""
    return _answer(request.app[TELEGRAM].chats.transcript(_chat(request)))


async def send(request: web.Request) -> web.Response:
    """Send a text, files or stickers."""
    people, chat = request.app[PEOPLE], _chat(request)
    form = await request.post()
    person, group = _writer(chat, form.get("person"))
    text = str(form.get("text", ""))
    reply_to = _number(form.get("reply_to") or 0) or None
    uploads = [await _upload(field) for field in form.getall("files", []) if isinstance(field, web.FileField)]
    if uploads and form.get("as") == "sticker":
        pictures = [await asyncio.to_thread(as_sticker, upload.data) for upload in uploads]
        messages = [
            await people.send_sticker(person, picture, reply_to=reply_to, group=group) for picture in pictures
        ]
    elif uploads:
        as_photos = form.get("as", "photo") != "document"
        messages = await finish_detached(
            request,
            people.send_files(person, uploads, text, as_photos=as_photos, reply_to=reply_to, group=group),
        )
    else:
        messages = [await people.send_text(person, part, reply_to, group) for part in _parts(text)]
    return _answer({"message_ids": [message["message_id"] for message in messages]})


async def forward(request: web.Request) -> web.Response:
    """Forward a message."""
    body = await _body(request)
    person, group = _writer(_chat(request), body.get("person"))
    message_id, source = _number(body.get("message_id")), _known(request, body.get("from_chat"))
    if source > 0 and source != person:
        raise Refused("forward", status=403)
    message = await request.app[PEOPLE].forward(person, message_id, source, group)
    return _answer({"message_ids": [message["message_id"]]})


async def tap(request: web.Request) -> web.Response:
    """Tap a button, and answer with the bot's answer."""
    body = await _body(request)
    message_id, data = _number(body.get("message_id")), str(body.get("data", ""))
    person, group = _writer(_chat(request), body.get("person"))
    answer = await request.app[PEOPLE].tap(person, message_id, data, group=group)
    return _answer(answer._asdict())


async def reset(request: web.Request) -> web.Response:
    """Empty a chat."""
    request.app[TELEGRAM].clear(_chat(request))
    return _answer({})


async def block(request: web.Request) -> web.Response:
    """Block or unblock the bot."""
    body = await _body(request)
    request.app[PEOPLE].block(_chat(request), bool(body.get("blocked", True)))
    return _answer({"blocked": bool(body.get("blocked", True))})


async def file(request: web.Request) -> web.StreamResponse:
    """Answer with a file."""
    files = request.app[TELEGRAM].files
    found = files.get(request.match_info["file_id"])
    if found is None:
        raise Refused("file", status=404)
    mime = found.mime if found.mime in INLINE else "application/octet-stream"
    headers = {
        "Content-Type": mime,
        "Content-Security-Policy": "default-src 'none'; sandbox",
        # The bytes behind an id never change.
        "Cache-Control": "private, max-age=31536000, immutable",
    }
    name = request.query.get("download")
    if name is not None or mime not in INLINE:
        name = clean_name(name or found.name) or "file"
        headers["Content-Disposition"] = _attachment(name)
    return web.FileResponse(files.bytes_path(found), headers=headers)


async def add_fault(request: web.Request) -> web.Response:
    """Add a fault."""
    request.app[TELEGRAM].faults.add(Fault.of(await _body(request)))
    return _answer({})


async def clear_faults(request: web.Request) -> web.Response:
    """Remove all faults."""
    request.app[TELEGRAM].faults.clear()
    return _answer({})


def _chat(request: web.Request) -> int:
    return _known(request, request.match_info["chat"])


def _known(request: web.Request, number: object) -> int:
    if not re.fullmatch(r"-?\d{1,15}", str(number), re.ASCII):
        raise Refusal(f"“{number}” is not a number.")
    chat, telegram = int(str(number)), request.app[TELEGRAM]
    if telegram.users.get(chat) is None and telegram.groups.get(chat) is None:
        raise Refused("chat", status=404)
    return chat


def _writer(chat: int, person: object) -> tuple[int, int | None]:
    """Return the acting user and the group: a private chat has its user's id."""
    return (chat, None) if chat > 0 else (_number(person), chat)


async def _upload(field: web.FileField) -> Upload:
    with field.file:
        data = await asyncio.to_thread(field.file.read)
    return Upload.of(data, field.filename, field.content_type)


def _parts(text: str) -> list[str]:
    """Split a long text into several messages, as the real apps do."""
    parts = [text[start : start + MAX_TEXT] for start in range(0, len(text), MAX_TEXT)]
    return [part for part in parts if part.strip()] or [""]


def _attachment(name: str) -> str:
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


async def _body(request: web.Request) -> Mapping[str, Any]:
    try:
        body = await request.json()
    except (ValueError, RecursionError):  # nested too deep
        raise Refusal("The body must be a JSON object.") from None
    if not isinstance(body, dict):
        raise Refusal("The body must be a JSON object.")
    return body


def _number(value: object) -> int:
    if not re.fullmatch(r"\d{1,15}", str(value), re.ASCII):
        raise Refusal(f"“{value}” is not a number.")
    return int(str(value))


async def _next(subscriber: Subscriber) -> bytes | None:
    try:
        event = await asyncio.wait_for(subscriber.get(), HEARTBEAT)
    except TimeoutError:
        return b": still here\n\n"
    return None if event is None else _encode(event)


def _encode(event: Event) -> bytes:
    data = event.data if event.chat is None else {"chat": event.chat, **event.data}
    return f"id: {event.id}\nevent: {event.name}\ndata: {dumps(data)}\n\n".encode()


def _answer(body: Json | list[Json]) -> web.Response:
    return web.json_response(body, dumps=dumps)
