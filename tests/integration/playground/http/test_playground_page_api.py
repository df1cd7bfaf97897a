import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import FormData
from telegram import Bot, BotCommandScopeChat, BotCommandScopeChatMember
from yarl import URL

from bot.i18n import LANGUAGES
from bot.playground import YOU, Server
from tests.support.playground import Playground
from tests.support.sample_media import jpeg, png

CHAT = f"/api/chats/{YOU}"
MARKUP = {"inline_keyboard": [[{"text": "Go", "callback_data": "go"}]]}


class Stream:
    """Server-Sent Events as a browser reads them."""

    def __init__(self, answer: aiohttp.ClientResponse, chats: tuple[int, ...] = (YOU,)) -> None:
        self._answer = answer
        self._chats = chats
        self.last_id = 0

    async def next(self) -> tuple[str, dict[str, Any]]:
        fields: dict[str, str] = {}
        async with asyncio.timeout(5):
            while line := (await self._answer.content.readline()).decode().rstrip("\n"):
                name, _, value = line.partition(": ")
                fields[name] = value
        assert int(fields["id"]) > self.last_id
        self.last_id = int(fields["id"])
        data = json.loads(fields["data"])
        assert data.pop("chat", self._chats[0]) in self._chats
        return fields["event"], data


@asynccontextmanager
async def listening(page: aiohttp.ClientSession) -> AsyncIterator[Stream]:
    async with page.get(f"/api/events?chat={YOU}") as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        yield Stream(answer)


async def post(page: aiohttp.ClientSession, path: str, status: int = 200, **options: Any) -> dict[str, Any]:
    async with page.post(path, **options) as answer:
        body: dict[str, Any] = await answer.json()
        assert answer.status == status, body
        return body


def form(*files: tuple[str, bytes, str], **fields: str) -> FormData:
    data = FormData(default_to_multipart=True)
    for name, value in fields.items():
        data.add_field(name, value)
    for filename, content, mime in files:
        data.add_field("files", content, filename=filename, content_type=mime)
    return data


async def test_the_page_and_its_files_come_with_a_strict_policy(page: aiohttp.ClientSession) -> None:
    async with page.get("/") as answer:
        policy = answer.headers["Content-Security-Policy"]
    for rule in (
        "default-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "style-src 'self'",
        "script-src 'self'",
    ):
        assert rule in policy.split("; ")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_the_page_learns_about_the_bot_and_about_changes(page: aiohttp.ClientSession, bot: Bot) -> None:
    async with listening(page) as stream:
        assert (await stream.next())[0] == "snapshot"
        await bot.set_my_commands([("start", "Begin")])
        name, card = await stream.next()
    async with page.get("/api/bot") as answer:
        assert await answer.json() == card
    assert name == "bot"
    assert card == {
        "username": "atelier_bot",
        "name": "Atelier",
        "description": "",
        "short_description": "",
        "commands": [{"command": "start", "description": "Begin"}],
        "connected": False,
    }


async def test_a_menu_of_commands_is_that_of_the_person_and_the_chat(
    page: aiohttp.ClientSession, bot: Bot, playground: Playground
) -> None:
    group = playground.add_group("Painters", YOU)
    await bot.set_my_commands([("start", "Begin")])
    await bot.set_my_commands([("start", "开始")], BotCommandScopeChat(YOU))
    await bot.set_my_commands([("start", "Empezar")], BotCommandScopeChatMember(group, YOU))
    for chat, said in ((YOU, "开始"), (group, "Empezar")):
        async with page.get(f"/api/bot?person={YOU}&chat={chat}") as answer:
            assert (await answer.json())["commands"] == [{"command": "start", "description": said}]
    async with page.get("/api/bot?person=somebody&chat=1") as answer:
        assert answer.status == 400


async def test_a_person_may_speak_any_language_of_the_bot(page: aiohttp.ClientSession) -> None:
    async with page.get("/api/languages") as answer:
        known = await answer.json()
    assert list(known) == list(LANGUAGES)
    assert known.items() >= {"en": "English", "zh": "中文"}.items()


async def test_people_can_join(page: aiohttp.ClientSession) -> None:
    ann = await post(page, "/api/people", json={"first_name": " Ann  Lee "})
    async with page.get("/api/people") as answer:
        people = await answer.json()
    you = {"id": 1001, "first_name": "Alex", "language_code": "en", "color": people[0]["color"]}
    assert people == [you, ann]
    assert ann["first_name"] == "Ann Lee"
    assert "1 to 64" in (await post(page, "/api/people", 400, json={"first_name": " "}))["error"]


async def test_everything_that_happens_is_streamed_in_order(
    page: aiohttp.ClientSession, bot: Bot, playground: Playground
) -> None:
    async with listening(page) as stream:
        name, data = await stream.next()
        assert (name, data["messages"]) == ("snapshot", playground.messages())
        sent = await bot.send_message(YOU, "one")
        assert await stream.next() == ("message", {"message": playground.message(sent.message_id)})
        await bot.send_chat_action(YOU, "typing")
        assert await stream.next() == ("action", {"action": "typing"})
        await sent.edit_text("two\nlines")
        name, data = await stream.next()
        assert (name, data["message"]["text"]) == ("edit", "two\nlines")
        await sent.delete()
        assert await stream.next() == ("delete", {"message_id": sent.message_id})


async def test_a_text_is_sent_with_a_reply(
    page: aiohttp.ClientSession, bot: Bot, playground: Playground
) -> None:
    sent = await bot.send_message(YOU, "question")
    body = await post(page, f"{CHAT}/messages", data=form(text="answer", reply_to=str(sent.message_id)))
    (update,) = await bot.get_updates()
    assert update.message
    assert body == {"message_ids": [update.message.message_id]}
    assert update.message.reply_to_message == sent


async def test_a_long_text_becomes_several_messages(page: aiohttp.ClientSession, bot: Bot) -> None:
    body = await post(page, f"{CHAT}/messages", data=form(text="x" * 5000))
    assert len(body["message_ids"]) == 2


@pytest.mark.parametrize(
    ("fields", "word"),
    [({"text": "  "}, "Write"), ({}, "Write"), ({"text": "x", "reply_to": "x"}, "number")],
)
async def test_a_message_that_cannot_be_sent_is_refused_kindly(
    page: aiohttp.ClientSession, fields: dict[str, str], word: str
) -> None:
    assert word in (await post(page, f"{CHAT}/messages", 400, data=form(**fields)))["error"]


async def test_files_that_cannot_be_sent_are_refused_kindly(page: aiohttp.ClientSession) -> None:
    picture = ("a.jpg", jpeg(10, 10), "image/jpeg")
    path = f"{CHAT}/messages"
    assert "1 to 10" in (await post(page, path, 400, data=form(*[picture] * 11)))["error"]
    assert "1,024" in (await post(page, path, 400, data=form(picture, text="x" * 1025)))["error"]
    assert "empty" in (await post(page, path, 400, data=form(("a.jpg", b"", ""))))["error"]
    assert "gone" in (await post(page, path, 404, data=form(text="x", reply_to="99")))["error"]


async def test_an_upload_above_sixty_megabytes_is_refused_kindly(page: aiohttp.ClientSession) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(62):
            yield bytes(1024 * 1024)

    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    body = await post(page, f"{CHAT}/messages", 413, data=chunks(), headers=headers)
    assert "60 MB" in body["error"]


async def test_one_photo_is_a_photo_and_several_are_an_album_in_separate_updates(
    page: aiohttp.ClientSession, bot: Bot
) -> None:
    files = [(f"{number}.jpg", jpeg(), "image/jpeg") for number in range(3)]
    await post(page, f"{CHAT}/messages", data=form(files[0], text="one"))
    body = await post(page, f"{CHAT}/messages", data=form(*files, text="three"))
    single, *album = [update.message for update in await bot.get_updates() if update.message]
    assert (single.caption, single.media_group_id) == ("one", None)
    assert single.photo[-1].width == 400
    assert [message.message_id for message in album] == body["message_ids"]
    assert len({message.media_group_id for message in album}) == 1
    assert [message.caption for message in album] == ["three", None, None]


async def test_what_is_no_photo_is_sent_as_a_document_like_the_apps_do(
    page: aiohttp.ClientSession, bot: Bot
) -> None:
    data = b"I am a text."
    await post(page, f"{CHAT}/messages", data=form(("photo.jpg", data, "image/jpeg")))
    await post(page, f"{CHAT}/messages", data=form(("IMG_1.HEIC", data, ""), **{"as": "photo"}))
    await post(page, f"{CHAT}/messages", data=form(("a.png", png(), "image/png"), **{"as": "document"}))
    documents = [update.message.document for update in await bot.get_updates() if update.message]
    assert [document and document.file_name for document in documents] == ["photo.jpg", "IMG_1.HEIC", "a.png"]
    assert documents[0]
    assert bytes(await (await documents[0].get_file()).download_as_bytearray()) == data


async def test_a_mixed_selection_is_grouped_by_kind(page: aiohttp.ClientSession, bot: Bot) -> None:
    photo, text = ("a.jpg", jpeg(), "image/jpeg"), ("a.txt", b"x", "text/plain")
    await post(page, f"{CHAT}/messages", data=form(photo, photo, text))
    groups = [update.message.media_group_id for update in await bot.get_updates() if update.message]
    assert groups[0] == groups[1] is not None
    assert groups[2] is None


async def test_a_gif_is_an_animation(page: aiohttp.ClientSession, bot: Bot) -> None:
    gif = b"GIF89a\x0c\x00\x07\x00\x00\x00\x00;"
    await post(page, f"{CHAT}/messages", data=form(("a.gif", gif, "image/gif")))
    (update,) = await bot.get_updates()
    assert update.message
    assert update.message.animation
    assert (update.message.animation.width, update.message.animation.height) == (12, 7)


async def test_a_tap_waits_for_the_answer(page: aiohttp.ClientSession, bot: Bot) -> None:
    sent = await bot.send_message(YOU, "x", reply_markup=MARKUP)  # type: ignore[arg-type]
    tap = asyncio.create_task(post(page, f"{CHAT}/taps", json={"message_id": sent.message_id, "data": "go"}))
    (update,) = await bot.get_updates(timeout=5)
    assert update.callback_query
    await update.callback_query.answer("Done.")
    assert await tap == {"answered": True, "text": "Done.", "show_alert": False}


async def test_a_tap_on_what_is_gone_is_refused_kindly(page: aiohttp.ClientSession, bot: Bot) -> None:
    sent = await bot.send_message(YOU, "x")
    path = f"{CHAT}/taps"
    for message_id, status in ((sent.message_id, 409), (99, 404), ("x", 400)):
        body = await post(page, path, status, json={"message_id": message_id, "data": "go"})
        assert body["error"].endswith(".")


async def test_blocking_and_unblocking(page: aiohttp.ClientSession, bot: Bot, playground: Playground) -> None:
    assert await post(page, f"{CHAT}/block", json={"blocked": True}) == {"blocked": True}
    assert "Unblock" in (await post(page, f"{CHAT}/messages", 409, data=form(text="x")))["error"]
    await post(page, f"{CHAT}/block", json={"blocked": False})
    await post(page, f"{CHAT}/messages", data=form(text="x"))
    kinds = [next(iter(set(update) - {"update_id"})) for update in playground.updates.waiting]
    assert kinds == ["my_chat_member", "my_chat_member", "message"]


async def test_a_reset_empties_the_chat_and_its_files_while_ids_keep_growing(
    page: aiohttp.ClientSession, bot: Bot, playground: Playground
) -> None:
    message = await playground.send_photo(YOU, jpeg())
    (before,) = await bot.get_updates()
    async with listening(page) as stream:
        await stream.next()
        await post(page, f"{CHAT}/reset")
        assert await stream.next() == ("snapshot", {"messages": [], "reactions": {}})
    assert playground.messages() == playground.transcript() == []
    assert await bot.get_updates() == ()
    async with page.get(f"/api/files/{message['photo'][0]['file_id']}") as answer:
        assert answer.status == 404
    assert list(playground.store.bytes_folder.iterdir()) == []
    again = await playground.send_text(YOU, "x")
    (after,) = await bot.get_updates()
    assert after.update_id > before.update_id
    assert again["message_id"] > message["message_id"]


async def test_files_are_served_as_what_they_are(page: aiohttp.ClientSession, playground: Playground) -> None:
    message = await playground.send_photo(YOU, jpeg())
    path = f"/api/files/{message['photo'][-1]['file_id']}"
    async with page.get(path) as answer:
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Content-Disposition" not in answer.headers
        whole = await answer.read()
    assert whole == playground.download(message["photo"][-1]["file_id"])
    async with page.get(path, headers={"Range": "bytes=10-19"}) as answer:
        assert answer.status == 206
        assert await answer.read() == whole[10:20]


@pytest.mark.parametrize(
    ("name", "mime"),
    [("a.svg", "image/svg+xml"), ("a.html", "text/html"), ("a.xml", "application/xml"), ("a", "")],
)
async def test_what_could_hold_a_script_is_only_ever_saved(
    page: aiohttp.ClientSession, playground: Playground, name: str, mime: str
) -> None:
    message = await playground.send_document(YOU, b"<script>alert(1)</script>", name, mime=mime)
    async with page.get(f"/api/files/{message['document']['file_id']}") as answer:
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert (
            answer.headers["Content-Disposition"]
            == f"attachment; filename=\"{name}\"; filename*=UTF-8''{name}"
        )
        assert "sandbox" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("painting.png", "filename=\"painting.png\"; filename*=UTF-8''painting.png"),
        ("../../etc/passwd", "filename=\"passwd\"; filename*=UTF-8''passwd"),
        ("..\\..\\x.png", "filename=\"x.png\"; filename*=UTF-8''x.png"),
        ('a"\r\nX-Evil: 1.png', "filename=\"aX-Evil 1.png\"; filename*=UTF-8''aX-Evil%201.png"),
        ("..", "filename=\"file\"; filename*=UTF-8''file"),
        ("Ночь.png", "filename=\"____.png\"; filename*=UTF-8''%D0%9D%D0%BE%D1%87%D1%8C.png"),
    ],
)
async def test_a_download_name_is_only_a_name(
    page: aiohttp.ClientSession, playground: Playground, asked: str, given: str
) -> None:
    message = await playground.send_document(YOU, png(), "a.png")
    path = f"/api/files/{message['document']['file_id']}"
    async with page.get(path, params={"download": asked}) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Disposition"] == f"attachment; {given}"
        assert "X-Evil" not in answer.headers


@pytest.mark.parametrize(
    "path",
    [
        "/api/files/..%2Fchat.sqlite3",
        "/api/files/%2e%2e",
        "/static/..%2Fserver.py",
        "/static/%2e%2e/server.py",
        "/api/nothing",
        "/api/chats/4711/transcript",
    ],
)
async def test_nothing_else_can_be_read(server: Server, path: str) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.get(URL(server.url + path, encoded=True)) as answer,
    ):
        assert answer.status in (403, 404)


@pytest.mark.parametrize("path", ["..%2F..%2Fchat.sqlite3", "photos/../../chat.sqlite3", "photos/file_9.jpg"])
async def test_the_bot_cannot_read_anything_else_either(
    server: Server, playground: Playground, path: str
) -> None:
    url = URL(f"{server.base_file_url}{playground.token}/{path}", encoded=True)
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        assert answer.status == 404


async def test_the_token_of_a_file_address_may_be_percent_encoded_and_must_be_right(
    server: Server, bot: Bot, playground: Playground
) -> None:
    message = await playground.send_photo(YOU, jpeg())
    file = await bot.get_file(message["photo"][0]["file_id"])
    assert file.file_path
    quoted = playground.token.replace(":", "%3A")
    path = file.file_path.rsplit("/", 2)
    async with aiohttp.ClientSession() as session:
        for token, status in ((quoted, 200), (playground.token, 200), ("1%3Awrong", 401)):
            url = URL(f"{server.base_file_url}{token}/{path[1]}/{path[2]}", encoded=True)
            async with session.get(url) as answer:
                assert answer.status == status


async def test_the_transcript_has_every_version(
    page: aiohttp.ClientSession, bot: Bot, playground: Playground
) -> None:
    sent = await bot.send_message(YOU, "one")
    await sent.edit_text("two")
    async with page.get(f"{CHAT}/transcript") as answer:
        entries = await answer.json()
    assert [(entry["event"], entry["message"]["text"]) for entry in entries] == [
        ("message", "/start"),
        ("message", "one"),
        ("edit", "two"),
    ]


async def test_a_body_that_is_no_json_object_is_refused_kindly(page: aiohttp.ClientSession) -> None:
    for body in ("{", "[]"):
        assert "JSON" in (await post(page, "/api/people", 400, data=body))["error"]


async def test_one_stream_follows_several_chats(
    page: aiohttp.ClientSession, bot: Bot, playground: Playground
) -> None:
    ben = playground.add_person("Ben")
    group = playground.add_group("Painters", YOU, ben)
    async with page.get(f"/api/events?chat={ben}&chat={group}") as answer:
        stream = Stream(answer, chats=(ben, group))
        first, second = await stream.next(), await stream.next()
        assert [first[0], second[0]] == ["snapshot", "snapshot"]
        assert second[1]["messages"] == playground.messages(group)
        await playground.send_text(YOU, "unheard here")
        await playground.send_text(ben, "heard")
        assert (await stream.next())[1]["message"]["text"] == "heard"
        await bot.set_my_commands([("start", "Begin")])
        assert (await stream.next())[0] == "bot"
        await playground.send_text(ben, "in the group", group=group)  # the bot's news came once
        assert (await stream.next())[1]["message"]["chat"]["id"] == group
    for query in ("", "?chat=x", "?chat=4711", "?" + "&".join(["chat=1001"] * 9)):
        async with page.get(f"/api/events{query}") as answer:
            assert answer.status in (400, 404)


async def test_a_page_that_opens_later_sees_reactions(
    page: aiohttp.ClientSession, bot: Bot, playground: Playground
) -> None:
    sent = await playground.send_text(YOU, "hello")
    await bot.set_message_reaction(YOU, sent["message_id"], "👀")
    await bot.set_message_reaction(YOU, sent["message_id"], "🎉")
    async with listening(page) as stream:
        _, data = await stream.next()
    assert data["reactions"] == {str(sent["message_id"]): [{"type": "emoji", "emoji": "🎉"}]}


async def test_a_picture_is_sent_as_a_sticker(page: aiohttp.ClientSession, playground: Playground) -> None:
    await post(
        page, f"{CHAT}/messages", data=form(("a.png", png(200, 100), "image/png"), **{"as": "sticker"})
    )
    sticker = playground.messages()[-1]["sticker"]
    assert (sticker["width"], sticker["height"]) == (512, 256)
    assert playground.download(sticker["file_id"])[8:12] == b"WEBP"
    text = form(("a.txt", b"words", "text/plain"), **{"as": "sticker"})
    assert "not a picture" in (await post(page, f"{CHAT}/messages", 400, data=text))["error"]


async def test_a_message_is_forwarded_into_a_group(
    page: aiohttp.ClientSession, playground: Playground
) -> None:
    ben = playground.add_person("Ben")
    group = playground.add_group("Painters", YOU, ben)
    await playground.send_photo(YOU, jpeg())
    original = playground.messages()[-1]
    to_group = f"/api/chats/{group}/forwards"
    body = {"message_id": original["message_id"], "from_chat": YOU, "person": YOU}
    await post(page, to_group, json=body)
    assert playground.messages(group)[-1]["photo"] == original["photo"]
    assert "your own chats" in (await post(page, to_group, 403, json=body | {"person": ben}))["error"]


async def test_a_refusal_is_said_in_the_browsers_language(page: aiohttp.ClientSession) -> None:
    spanish = {"Accept-Language": "es-MX,es;q=0.9,en;q=0.8"}
    async with page.post("/api/people", json={"first_name": ""}, headers=spanish) as answer:
        assert (await answer.json())["error"] == "Un nombre tiene de 1 a 64 caracteres."


async def test_who_opens_the_page_is_named_in_its_language_until_they_write(
    page: aiohttp.ClientSession,
) -> None:
    async def opened(language: str) -> dict[str, Any]:
        async with page.get("/", headers={"Accept-Language": language}) as answer:
            assert f'<html lang="{language}">' in await answer.text()
        async with page.get("/api/people") as answer:
            first: dict[str, Any] = (await answer.json())[0]
            return first

    assert (await opened("ru"))["first_name"] == "Саша"
    assert (await opened("zh"))["language_code"] == "zh"
    await post(page, f"{CHAT}/messages", data=form(text="hello"))
    assert (await opened("es"))["first_name"] == "小林"
