"""A museum with three paintings of its own, and a manifest that knows them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from engine.styles.downloader import Downloader
from engine.styles.famous import FamousPainting, paintings
from tests.integration.styles.file_server import Museum
from tests.integration.styles.mirrored_paintings import manifest, works


@pytest.fixture
async def museum() -> AsyncIterator[Museum]:
    """The museum, open."""
    museum = Museum(dict(works()))
    app = web.Application()
    app.router.add_get("/{name}", museum.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    museum.base = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield museum
    await runner.cleanup()


@pytest.fixture(scope="session")
def known_manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A manifest of the museum's paintings."""
    return manifest(tmp_path_factory.mktemp("manifest"))


@pytest.fixture(scope="session")
def known(known_manifest: Path) -> tuple[FamousPainting, ...]:
    """What it knows of them."""
    return paintings(known_manifest)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where they are kept."""
    (tmp_path / "paintings").mkdir()
    return tmp_path / "paintings"


@pytest.fixture
def downloader(museum: Museum, folder: Path) -> Downloader:
    """One that waits less than it would of anybody else."""
    return Downloader(
        folder, museum.base, "mailto:ann@example.org", pause=0.0, wait=0.01, silence=10.0, deadline=30.0
    )
