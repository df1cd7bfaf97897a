"""The page of a real ``python -m bot``, with a real worker, in Debian's Chromium."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pillow_heif
import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Response,
    async_playwright,
)

from engine.imaging.encoding import encode_jpeg
from engine.styles.style import preset
from tests.support.data_folder import share_data
from tests.support.forked import BotProgram, WorkerProgram
from tests.support.pictures import sample
from tests.support.processes import Program, environment, until

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
TIMEOUT_MS = 120_000
"""Milliseconds until a test gives up. Long, for a busy machine."""


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory, weights_cache: Path) -> Iterator[Program]:
    """The bot and its playground; a worker runs beside them."""
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed here (Debian: apt-get install chromium)")
    folder = tmp_path_factory.mktemp("browser")
    share_data(weights_cache, folder)
    env = environment(
        DATA_DIR=str(folder), ENGINE="external", PLAYGROUND_PORT="0", DEVICE="cpu", PAINT_SIZE="128",
        PAINT_QUALITY="draft", SAMPLES="true",
    )  # fmt: skip
    program = BotProgram(folder, env=env)
    worker = WorkerProgram(folder, "narrow", "slow", "work", env=env)
    yield program
    program.close()
    worker.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def address(program: Program) -> str:
    """The URL of the page."""
    await until(lambda: _says(program, "Atelier is open"))
    found = re.search(r"http://127\.0\.0\.1:\d+", program.output)
    assert found is not None, program.output
    return found[0]


async def _says(program: Program, words: str) -> bool:
    assert program.process.poll() is None, program.output
    return words in program.output


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium(program: Program) -> AsyncIterator[Browser]:
    """One browser for all tests."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        await browser.close()


OpenPage = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(chromium: Browser, address: str) -> AsyncIterator[OpenPage]:
    """Return a function that opens a window with a chat of its own. At the end no console may have errors."""
    contexts: list[BrowserContext] = []
    trouble: list[str] = []

    def note_message(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            trouble.append(message.text)

    def note_response(response: Response) -> None:
        if response.status >= 400:
            trouble.append(f"{response.status} {response.url}")

    async def open_page(name: str = "Ada", language: str = "en", **options: Any) -> Page:
        size = {"width": 1280, "height": 860}
        usual = {"viewport": size, "accept_downloads": True, "reduced_motion": "reduce", "locale": "en-US"}
        context = await chromium.new_context(**usual | options)  # type: ignore[arg-type]
        contexts.append(context)
        context.set_default_timeout(TIMEOUT_MS)
        page = await context.new_page()
        page.on("console", note_message)
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("response", note_response)
        answer = await page.request.post(
            f"{address}/api/people",
            data={"first_name": name, "language_code": language},
            headers={"X-Playground": "1"},
        )
        await page.goto(f"{address}/#{(await answer.json())['id']}")
        return page

    yield open_page
    for context in contexts:
        await context.close()
    assert trouble == []


@pytest_asyncio.fixture(loop_scope="session")
async def page(open_page: OpenPage) -> Page:
    """A window with a chat of its own, in English."""
    return await open_page()


@pytest.fixture(scope="session")
def artefacts(repo: Path) -> Path:
    """The folder that screenshots are kept in."""
    folder = repo / "artefacts"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def china(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo of 640 × 427 pixels: a Chinese temple."""
    path = tmp_path_factory.mktemp("china") / "china.jpg"
    path.write_bytes(encode_jpeg(sample("china.jpg"), quality=95))
    return path


@pytest.fixture(scope="session")
def heic(china: Path) -> Path:
    """The same photo as HEIC, which Chromium cannot show."""
    path = china.with_name("IMG_1.HEIC")
    with Image.open(china) as image:
        pillow_heif.from_pillow(image).save(path, quality=60)
    return path


@pytest.fixture(scope="session")
def waves() -> Path:
    """A painting: the preset of woodblock waves."""
    return preset("woodblock_waves").path


@pytest.fixture
def shoot(page: Page, artefacts: Path) -> Callable[[str], Awaitable[None]]:
    """Return a function that keeps a screenshot under a name; it must not be blank."""

    async def shoot(name: str) -> None:
        data = await page.screenshot(path=artefacts / name, animations="disabled")
        assert len(set(Image.open(io.BytesIO(data)).convert("L").tobytes())) > 50

    return shoot
