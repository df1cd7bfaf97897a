"""The gallery in the chat: ours, a painting that the bot has fetched, and one of the operator's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from aiohttp import web

from bot.app import running
from bot.ops import style_refresh
from bot.settings import Settings
from engine.queue import Queue
from engine.styles import catalogue as module
from engine.styles.catalogue import catalogue
from engine.styles.style import preset, presets
from tests.support.chat import PAINTED, STYLES, Chat, job_of, said
from tests.support.file_server import FileServer
from tests.support.mirrored_paintings import NAMES, manifest, title, works
from tests.support.pictures import correlation, decoded, halves
from tests.support.processes import until

FIRST = f"mirrored_{NAMES[0]}"
WORK = f"“{title(NAMES[0])}” by Ann Mirror, 1840–1842"


@pytest.fixture
async def file_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FileServer]:
    """A server that has the paintings of a manifest of its own, which is the bot's."""
    file_server = FileServer(dict(works()))
    app = web.Application()
    app.router.add_get("/{name}", file_server.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    file_server.base = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    monkeypatch.setattr(module, "MANIFEST", manifest(tmp_path))
    monkeypatch.setattr(module, "_current", catalogue())  # and put back afterwards
    monkeypatch.setattr(style_refresh, "FIRST_DELAY", 0.0)
    monkeypatch.setattr(style_refresh, "POLL_INTERVAL", 0.05)
    yield file_server
    await runner.cleanup()


async def _shown(name: str) -> None:
    async def look() -> bool:
        return catalogue().find(name) is not None

    await until(look)


async def test_a_fetched_painting_and_one_of_ours_are_chosen_from_the_pages_and_painted(
    file_server: FileServer,
    queue: Queue,
    painting_bot: Callable[..., Settings],
    you: Chat,
    small: bytes,
    tmp_path: Path,
) -> None:
    data = tmp_path / "gallery"
    async with running(painting_bot(data_dir=data, famous=True, famous_url=file_server.base)):
        await asyncio.gather(*(_shown(f"mirrored_{name}") for name in NAMES))
        assert "(https://t.me/" in file_server.calls[0].headers["User-Agent"]

        sheet = await you.asked_for_style(small)
        await you.tap(sheet, "‹")  # the last page
        number = len(presets()) + 1
        page = await you.becomes(sheet, f"{number} · {WORK}\n{number + 1} · ")
        assert any(label == f"{number} · {title(NAMES[0])}" for label in you.playground.labels(page))
        await you.tap(sheet, f"{number} · {title(NAMES[0])}")
        painted = await you.painted(sheet)
        assert said(painted).splitlines()[1:] == [f"After {WORK}"]
        cards = [one for one in you.versions(sheet) if you.playground.labels(one) == ["✕ Stop"]]
        picture = works()[f"{NAMES[0]}_(mirror).jpg"]
        for card in cards[:1]:  # a small painting may be done before there is one
            assert correlation(halves(you.image(card))[1], decoded(picture)) > 0.8
        job = await job_of(queue, you.id)
        style = catalogue().get(FIRST).read()
        assert await queue.read(job.id, "style0") in (style, None)

        await you.tap(painted, "Other style")
        other = await you.heard(STYLES, after=painted["message_id"])
        ours = presets()[1].title
        await you.tap(other, ours)
        assert said(await you.painted(other)).startswith(f"{PAINTED} {ours}")
        assert "After “" not in said(await you.painted(other))


async def test_an_operators_image_is_offered_while_the_bot_runs_and_said_goodbye_to_kindly(
    file_server: FileServer, settings: Callable[..., Settings], you: Chat, small: bytes, tmp_path: Path
) -> None:
    data = tmp_path / "gallery"
    async with running(settings(data_dir=data)):
        own = data / "styles" / "our_own.jpg"
        await asyncio.to_thread(_put, own)
        await _shown("our_own")
        assert not file_server.calls, "FAMOUS is off"
        await you.begun(small, "our harbour")
        sheet = await you.heard("Choose a style, then", after=await you.text("/styles"))
        await you.tap(sheet, "‹")
        await you.becomes(sheet, f"{len(presets()) + 1} · “Our harbour” by Ann")
        await asyncio.to_thread(own.unlink)

        async def is_gone() -> bool:
            return catalogue().find("our_own") is None

        await until(is_gone)
        answer = await you.tap(sheet, "14 · Our harbour")
        assert answer.text == "I don’t have that style right now. Please pick another."
        link = await you.playground.start(you.id, "style_our_own")
        await you.heard("I don’t have that style right now.", after=link["message_id"])


def _put(own: Path) -> None:
    own.parent.mkdir(exist_ok=True)
    own.with_suffix(".toml").write_text('title = "Our harbour"\nartist = "Ann"\ncredit = "CC BY 4.0"')
    own.write_bytes(preset("stained_glass").read())
