import asyncio
import socket

import aiohttp
import pytest

from bot.playground import YOU, Server
from tests.support.playground import Playground

ALLOWED = {"X-Playground": "1"}
STREAM = f"/api/chats/{YOU}/events"
PATHS = [
    *("/", "/static/app.js", "/api/people", f"/api/chats/{YOU}/transcript", STREAM, "/api/files/x"),
    *("/bot{token}/getMe", "/file/bot{token}/photos/file_1.jpg"),
]


async def status(server: Server, method: str, path: str, headers: dict[str, str], **options: object) -> int:
    path = path.format(token=server.telegram.token)
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, server.url + path, headers=headers, **options) as answer,  # type: ignore[arg-type]
    ):
        text = await answer.text()
        assert answer.status != 403 or "." in text
        return answer.status


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "host",
    [
        *("evil.example:{port}", "evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil:{port}"),
        *("127.0.0.1:{port}.evil.example", "127.0.0.1:{port}@evil.example", "0.0.0.0:{port}", ""),
    ],
)
async def test_a_request_for_another_host_is_refused(server: Server, path: str, host: str) -> None:
    assert await status(server, "GET", path, {"Host": host.format(port=server.port)}) == 403


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "[::1]"])
async def test_the_names_of_this_machine_are_fine(server: Server, host: str) -> None:
    assert await status(server, "GET", "/api/people", {"Host": f"{host}:{server.port}"}) == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1:{port}"]
)
@pytest.mark.parametrize("path", ["/api/people", f"/api/chats/{YOU}/messages", "/bot{token}/getMe"])
async def test_a_request_from_another_site_is_refused(server: Server, origin: str, path: str) -> None:
    headers = ALLOWED | {"Origin": origin.format(port=server.port)}
    assert await status(server, "POST", path, headers, json={"first_name": "Eve"}) == 403


async def test_an_image_on_another_site_cannot_call_the_bot_api(server: Server) -> None:
    assert await status(server, "GET", "/bot{token}/getMe", {"Sec-Fetch-Site": "cross-site"}) == 403


async def test_a_link_on_another_site_may_lead_to_the_page_and_nowhere_else(server: Server) -> None:
    visit = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert await status(server, "GET", "/", visit) != 403
    assert await status(server, "GET", "/api/people", visit) == 403
    assert await status(server, "GET", "/", visit | {"Sec-Fetch-Dest": "iframe"}) == 403


async def test_changes_need_the_header_that_makes_browsers_ask(
    server: Server, playground: Playground
) -> None:
    person = {"first_name": "Eve"}
    assert await status(server, "POST", "/api/people", {}, json=person) == 403
    assert await status(server, "POST", f"/api/chats/{YOU}/reset", {}) == 403
    assert await status(server, "DELETE", "/api/faults", {}) == 403
    assert len(playground.users.ids()) == 1
    assert await status(server, "POST", "/api/people", ALLOWED, json=person) == 200
    own = ALLOWED | {"Origin": server.url, "Sec-Fetch-Site": "same-origin"}
    assert await status(server, "POST", "/api/people", own, json=person) == 200


@pytest.mark.parametrize(
    "foreign",
    [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}],
)
async def test_another_site_hears_nothing_of_what_is_streamed(
    server: Server, foreign: dict[str, str]
) -> None:
    assert await status(server, "GET", STREAM, foreign) == 403
    assert (
        await status(server, "GET", STREAM, foreign | {"Upgrade": "websocket", "Connection": "Upgrade"})
        == 403
    )


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
async def test_a_form_on_another_site_cannot_send(server: Server, playground: Playground, kind: str) -> None:
    """The kinds of body that a browser sends to another site without asking."""
    headers = {"Content-Type": kind}
    assert await status(server, "POST", f"/api/chats/{YOU}/messages", headers, data=b"text=hello") == 403
    assert playground.messages() == []


async def test_a_browser_that_asks_is_not_allowed_anything(server: Server) -> None:
    asking = {"Origin": "http://evil.example", "Access-Control-Request-Headers": "x-playground"}
    async with (
        aiohttp.ClientSession() as session,
        session.options(f"{server.url}/api/people", headers=asking) as answer,
    ):
        assert answer.status in (403, 405)
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize(
    "head",
    [
        "GET http://evil.example/api/people HTTP/1.1\r\nHost: evil.example",
        "GET http://{us}/api/people HTTP/1.1\r\nHost: evil.example",
        "GET /api/people HTTP/1.1\r\nHost: evil.example\r\nHost: {us}",
        "GET /api/people HTTP/1.1\r\nX-Forwarded-Host: {us}\r\nHost: evil.example",
        "GET /api/people HTTP/1.1\r\nX-Nothing: 1",
        "GET /api/people HTTP/1.0",
        "POST /api/people HTTP/1.1\r\nHost: {us}\r\nX-Playground : 1",
        "GET //evil.example/api/people HTTP/1.1\r\nHost: evil.example:{port}",
    ],
)
async def test_no_odd_request_comes_in_by_another_name(server: Server, head: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    us = f"127.0.0.1:{server.port}"
    writer.write((head.format(us=us, port=server.port) + "\r\nConnection: close\r\n\r\n").encode())
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    await writer.wait_closed()
    assert answer.startswith((b"HTTP/1.1 403", b"HTTP/1.0 403", b"HTTP/1.1 400", b"HTTP/1.0 400")), answer[
        :200
    ]


async def test_from_another_machine_nobody_comes_in(server: Server) -> None:
    """At every address of this machine that others could use, nobody listens."""
    names = {str(found[4][0]) for found in socket.getaddrinfo(socket.gethostname(), None)}
    for address in {*names, "127.0.0.2", "::1"} - {"127.0.0.1"}:
        with pytest.raises(OSError, match=r"."):
            await asyncio.open_connection(address, server.port)


DEEP = "[" * 200_000


async def test_what_is_nested_without_end_is_refused_kindly(
    server: Server, playground: Playground, caplog: pytest.LogCaptureFixture
) -> None:
    token = playground.token
    async with aiohttp.ClientSession(server.url, headers=ALLOWED) as session:
        for path, options in (
            ("/api/people", {"data": DEEP}),
            ("/api/faults", {"data": '{"a":' * 100_000}),
            (f"/bot{token}/sendMessage", {"data": {"chat_id": YOU, "text": "x", "reply_markup": DEEP}}),
            (f"/bot{token}/sendMessage", {"data": DEEP, "headers": {"Content-Type": "application/json"}}),
        ):
            async with session.post(path, **options) as answer:
                assert answer.status == 400, path
        half = {"data": b'{"first_name": "\\ud800"}', "headers": {"Content-Type": "application/json"}}
        async with session.post("/api/people", **half) as answer:  # type: ignore[arg-type]
            assert answer.status == 400
    assert caplog.text == ""


async def test_the_server_listens_on_loopback_only(server: Server) -> None:
    assert {address[0] for address in server.runner.addresses} == {"127.0.0.1"}


async def test_the_token_is_never_logged(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    await status(server, "GET", "/bot{token}/getMe", {})
    await status(server, "GET", "/bot{token}/nothing", {})
    assert server.telegram.token not in caplog.text
