"""Telegram's own sentences, letter by letter: python-telegram-bot changes their case."""

import json
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

import aiohttp
import pytest

from bot.playground import YOU, Server
from bot.playground.errors import NOT_MODIFIED, QUERY_TOO_OLD
from tests.support.playground import Playground
from tests.support.sample_media import jpeg, png


class Api:
    """Calls a method as any client would, and gives Telegram's answer."""

    def __init__(self, session: aiohttp.ClientSession, token: str) -> None:
        self._session = session
        self._token = token

    async def __call__(self, method: str, **values: Any) -> dict[str, Any]:
        form = aiohttp.FormData(default_to_multipart=True)
        for name, value in values.items():
            if isinstance(value, bytes):
                form.add_field(
                    name, BytesIO(value), filename=f"{name}.png", content_type="application/octet-stream"
                )
            else:
                form.add_field(name, value if isinstance(value, str) else json.dumps(value))
        async with self._session.post(f"/bot{self._token}/{method}", data=form) as answer:
            body: dict[str, Any] = await answer.json()
            assert answer.status == body.get("error_code", 200)
            return body


@pytest.fixture
async def api(server: Server, playground: Playground) -> AsyncIterator[Api]:
    await playground.send_text(YOU, "/start")
    async with aiohttp.ClientSession(server.url) as session:
        yield Api(session, server.telegram.token)


@pytest.mark.parametrize(
    ("method", "values", "reason"),
    [
        ("sendMessage", {"text": "x", "chat_id": ""}, "chat_id is empty"),
        ("sendMessage", {"text": "x", "chat_id": 4711}, "chat not found"),
        ("sendMessage", {"text": "x", "chat_id": "@somewhere"}, "chat not found"),
        ("sendMessage", {}, "message text is empty"),
        ("sendMessage", {"text": "x" * 4097}, "message is too long"),
        (
            "sendMessage",
            {"text": "<b>x", "parse_mode": "HTML"},
            "can't parse entities: Can't find end tag corresponding to start tag \"b\"",
        ),
        ("sendMessage", {"text": "x", "parse_mode": "BBCode"}, "unsupported parse_mode"),
        ("sendMessage", {"text": "x", "reply_markup": "{"}, "can't parse reply keyboard markup JSON object"),
        ("sendMessage", {"text": "x", "reply_markup": "[1]"}, "object expected as reply markup"),
        (
            "sendMessage",
            {"text": "x", "reply_parameters": {"message_id": 99}},
            "message to be replied not found",
        ),
        (
            "sendMessage",
            {"text": "x", "entities": [{"type": "bold", "offset": "x", "length": 1}]},
            'can\'t parse MessageEntity: Field "offset" must be of type Number',
        ),
        ("sendMessage", {"text": "x", "chat_id": 10**30}, "chat not found"),
        (
            "sendMessage",
            {
                "text": "x",
                "reply_markup": '{"inline_keyboard": [[{"text": "\\ud83d", "callback_data": "x"}]]}',
            },
            "strings must be encoded in UTF-8",
        ),
        ("deleteMessages", {"message_ids": ["x"]}, "message identifiers are not specified"),
        ("copyMessage", {"from_chat_id": YOU, "message_id": 99}, "message to copy not found"),
        ("pinChatMessage", {"message_id": 99}, "message to pin not found"),
        ("sendChatAction", {"action": "dance"}, "wrong parameter action in request"),
        ("sendPhoto", {}, "there is no photo in the request"),
        ("sendPhoto", {"photo": b"no picture"}, "IMAGE_PROCESS_FAILED"),
        ("sendPhoto", {"photo": jpeg(2100, 100)}, "PHOTO_INVALID_DIMENSIONS"),
        ("sendPhoto", {"photo": jpeg(), "caption": "x" * 1025}, "message caption is too long"),
        (
            "sendPhoto",
            {"photo": "AgACnonsense"},
            "wrong remote file identifier specified: Wrong string length",
        ),
        ("sendPhoto", {"photo": "https://example.org/x.jpg"}, "failed to get HTTP URL content"),
        ("sendPhoto", {"photo": "attach://nothing"}, "there is no photo in the request"),
        ("sendDocument", {"document": b""}, "file must be non-empty"),
        ("sendMediaGroup", {"media": []}, "there are no messages to send"),
        (
            "sendMediaGroup",
            {"media": [{"type": "photo", "media": "x"}] * 11},
            "too many messages to send as an album",
        ),
        (
            "sendMediaGroup",
            {"media": [{"type": "photo", "media": "x"}, {"type": "document", "media": "x"}]},
            "document can't be mixed with other media types",
        ),
        (
            "sendMediaGroup",
            {"media": [{"type": "animation", "media": "x"}]},
            "can't parse InputMedia: type \"animation\" can't be used in sendMediaGroup",
        ),
        ("editMessageText", {"message_id": 99, "text": "x"}, "message to edit not found"),
        ("editMessageMedia", {"message_id": 2}, 'parameter "media" is required'),
        ("editMessageMedia", {"message_id": 2, "media": "{"}, "can't parse InputMedia JSON object"),
        (
            "editMessageMedia",
            {"message_id": 2, "media": {"type": "dance", "media": "x"}},
            'can\'t parse InputMedia: type "dance" is unsupported',
        ),
        (
            "editMessageMedia",
            {"message_id": 2, "media": {"type": "photo", "media": "attach://nothing"}},
            "can't parse InputMedia: media not found",
        ),
        ("deleteMessage", {"message_id": 99}, "message to delete not found"),
        ("deleteMessage", {}, "message identifier is not specified"),
        ("deleteMessages", {"message_ids": []}, "message identifiers are not specified"),
        ("answerCallbackQuery", {"callback_query_id": "1"}, QUERY_TOO_OLD),
        ("getFile", {}, "file_id not specified"),
        ("getFile", {"file_id": "nonsense"}, "invalid file_id"),
        ("setMyCommands", {"commands": [{"command": "Big", "description": "x"}]}, "BOT_COMMAND_INVALID"),
        (
            "setMyCommands",
            {"commands": [{"command": "x", "description": ""}]},
            "BOT_COMMAND_DESCRIPTION_INVALID",
        ),
        ("setWebhook", {"url": "ftp://x"}, "invalid webhook URL specified"),
        (
            "setWebhook",
            {"url": "http://127.0.0.1:1/", "secret_token": "no spaces"},
            "secret token contains unallowed characters",
        ),
    ],
)
async def test_a_wrong_call_is_refused_in_telegrams_words(
    api: Api, method: str, values: dict[str, Any], reason: str
) -> None:
    await api("sendMessage", chat_id=YOU, text="something to edit")
    body = await api(method, **{"chat_id": YOU, **values})
    assert body == {"ok": False, "error_code": 400, "description": f"Bad Request: {reason}"}


async def test_a_bug_in_the_playground_is_an_internal_server_error(
    api: Api, playground: Playground, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delattr(playground, "chats")
    body = await api("sendMessage", chat_id=YOU, text="x")
    monkeypatch.undo()
    assert body == {"ok": False, "error_code": 500, "description": "Internal Server Error"}
    assert "sendMessage failed" in caplog.text
    assert playground.token not in caplog.text


async def test_the_same_content_again_is_not_modified(api: Api) -> None:
    sent = (await api("sendMessage", chat_id=YOU, text="x"))["result"]
    same = await api("editMessageText", chat_id=YOU, message_id=sent["message_id"], text="x")
    assert same["description"] == f"Bad Request: {NOT_MODIFIED}"


async def test_a_blocked_bot_is_told_so(api: Api, playground: Playground) -> None:
    playground.block(YOU)
    assert await api("sendMessage", chat_id=YOU, text="x") == {
        "ok": False,
        "error_code": 403,
        "description": "Forbidden: bot was blocked by the user",
    }


async def test_a_file_of_one_kind_is_not_taken_for_another(api: Api) -> None:
    photo = (await api("sendPhoto", chat_id=YOU, photo=png()))["result"]["photo"][-1]["file_id"]
    body = await api("sendDocument", chat_id=YOU, document=photo)
    assert body["description"] == "Bad Request: can't use file of type Photo as Document"


async def test_files_that_are_too_large_are_refused(api: Api) -> None:
    size = 10 * 1024 * 1024 + 1
    too_big = await api("sendPhoto", chat_id=YOU, photo=bytes(size))
    assert too_big["description"] == (
        f"Bad Request: file of size {size} bytes is too big for a photo; the maximum size is 10485760 bytes"
    )
    large = (await api("sendDocument", chat_id=YOU, document=bytes(21 * 1024 * 1024)))["result"]
    body = await api("getFile", file_id=large["document"]["file_id"])
    assert body["description"] == "Bad Request: file is too big"
    body = await api("sendDocument", chat_id=YOU, document=bytes(51 * 1024 * 1024))
    assert body == {"ok": False, "error_code": 413, "description": "Request Entity Too Large"}
