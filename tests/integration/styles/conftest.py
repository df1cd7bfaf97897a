"""A file server with three paintings, their manifest, and a downloader that fetches from it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from engine.styles.downloader import Downloader
from engine.styles.famous import FamousPainting, paintings
from tests.support.file_server import FileServer
from tests.support.mirrored_paintings import manifest, works


@pytest.fixture
async def file_server() -> AsyncIterator[FileServer]:
    """The file server, listening on loopback."""
    file_server = FileServer(dict(works()))
    app = web.Application()
    app.router.add_get("/{name}", file_server.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    file_server.base = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield file_server
    await runner.cleanup()


@pytest.fixture(scope="session")
def known_manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The manifest of the server's paintings."""
    return manifest(tmp_path_factory.mktemp("manifest"))


@pytest.fixture(scope="session")
def known(known_manifest: Path) -> tuple[FamousPainting, ...]:
    """The manifest's paintings."""
    return paintings(known_manifest)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder that they are downloaded to."""
    (tmp_path / "paintings").mkdir()
    return tmp_path / "paintings"


@pytest.fixture
def downloader(file_server: FileServer, folder: Path) -> Downloader:
    """A downloader with shorter waits than usual."""
    return Downloader(
        folder,
        file_server.base,
        "mailto:ann@example.org",
        pause=0.0,
        first_delay=0.01,
        read_timeout=10.0,
        file_timeout=30.0,
    )
