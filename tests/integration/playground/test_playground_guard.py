import aiohttp
import pytest

from bot.playground import YOU, Playground, Server

ALLOWED = {"X-Playground": "1"}
PATHS = ["/", "/static/app.js", "/api/people", f"/api/chats/{YOU}/transcript", "/bot{token}/getMe"]


async def status(server: Server, method: str, path: str, headers: dict[str, str], **options: object) -> int:
    path = path.format(token=server.playground.token)
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, server.url + path, headers=headers, **options) as answer,  # type: ignore[arg-type]
    ):
        text = await answer.text()
        assert answer.status != 403 or "." in text
        return answer.status


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "host", ["evil.example:{port}", "evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil:{port}"]
)
async def test_a_request_for_another_host_is_refused(server: Server, path: str, host: str) -> None:
    assert await status(server, "GET", path, {"Host": host.format(port=server.port)}) == 403


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "[::1]"])
async def test_the_names_of_this_machine_are_fine(server: Server, host: str) -> None:
    assert await status(server, "GET", "/api/people", {"Host": f"{host}:{server.port}"}) == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1:{port}"]
)
@pytest.mark.parametrize("path", ["/api/people", "/bot{token}/getMe"])
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


async def test_the_server_listens_on_loopback_only(server: Server) -> None:
    assert {address[0] for address in server.runner.addresses} == {"127.0.0.1"}


async def test_the_token_is_never_logged(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    await status(server, "GET", "/bot{token}/getMe", {})
    await status(server, "GET", "/bot{token}/nothing", {})
    assert server.playground.token not in caplog.text
