"""Both databases: a SQLite file, and a private PostgreSQL server where Debian's package is installed."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from engine.queue import Job, Limits, Queue, create_schema, open_database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from sqlalchemy.ext.asyncio import AsyncEngine

START = 60.0
"""Seconds that the server may take to answer on a loaded machine."""


class PostgreSQL:
    """A private server on a free loopback port, its data in a temporary directory."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        # The server refuses to run as root.
        self._user = "postgres" if os.geteuid() == 0 else None
        self._home = Path(tempfile.mkdtemp(prefix="atelier-postgresql-"))
        if self._user:
            shutil.chown(self._home, self._user)
        self._numbers = itertools.count()
        self._port = 0
        self._server: subprocess.Popen[bytes] | None = None
        self._run("initdb", "--username=atelier", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8",
                  "--no-sync", f"--pgdata={self._home / 'data'}")  # fmt: skip

    def start(self) -> None:
        """Start, at the same port as before, and wait until it answers."""
        until = time.monotonic() + START
        while True:
            if not self._port:
                with socket.socket() as free:
                    free.bind(("127.0.0.1", 0))
                    port = free.getsockname()[1]
            else:
                port = self._port
            command = [str(self._programs / "postgres"), "-D", str(self._home / "data")]
            for option in ("listen_addresses=127.0.0.1", f"port={port}", "unix_socket_directories=",
                           "max_connections=200", "fsync=off"):  # fmt: skip
                command += ["-c", option]
            with (self._home / "log").open("ab") as log:
                self._server = subprocess.Popen(
                    command, user=self._user, cwd=self._home, stdin=subprocess.DEVNULL, stdout=log, stderr=log
                )
            while self._server.poll() is None:
                ready = [str(self._programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
                if subprocess.run(ready, check=False).returncode == 0:
                    self._port = port
                    return
                assert time.monotonic() < until, (self._home / "log").read_text()
                time.sleep(0.05)
            # Somebody else took the port meanwhile, or the start failed.
            assert time.monotonic() < until, (self._home / "log").read_text()

    def stop(self) -> None:
        """Stop at once, as a crash does: connections break, and the next start recovers."""
        if self._server is not None:
            self._server.send_signal(signal.SIGQUIT)
            self._server.wait()
            self._server = None

    def create(self) -> str:
        """Create an empty place and return its URL: a user's own schema costs less than a database."""
        user = f"atelier{next(self._numbers)}"
        sql = f"CREATE ROLE {user} LOGIN; CREATE SCHEMA AUTHORIZATION {user}"
        here = ("--username=atelier", "--host=127.0.0.1", f"--port={self._port}", "--dbname=postgres")
        self._run("psql", *here, "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--command={sql}")
        return f"postgresql://{user}@127.0.0.1:{self._port}/postgres"

    def remove(self) -> None:
        """Stop and leave nothing behind."""
        self.stop()
        shutil.rmtree(self._home)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._programs / program, *arguments], user=self._user, cwd=self._home, capture_output=True,
            check=False, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """The server, started when the first test asks for it."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs:
        pytest.skip("PostgreSQL is not installed here (Debian: apt-get install postgresql)")
    server = PostgreSQL(programs[-1].parent)
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'queue.db'}"
    server: PostgreSQL = request.getfixturevalue("postgresql")
    return server.create()


@pytest.fixture
async def connect(url: str) -> AsyncIterator[Callable[[], AsyncEngine]]:
    """Open the test's database as one more process would; closed after the test."""
    engines: list[AsyncEngine] = []

    def connect() -> AsyncEngine:
        engines.append(open_database(url))
        return engines[-1]

    yield connect
    for engine in engines:
        await engine.dispose()


@pytest.fixture
async def engine(connect: Callable[[], AsyncEngine]) -> AsyncEngine:
    """The database with its tables."""
    engine = connect()
    await create_schema(engine)
    return engine


@pytest.fixture
def queue(engine: AsyncEngine) -> Queue:
    """A queue with more room than the default, and leases that outlive a test on a slow machine."""
    return Queue(engine, Limits(live=100, running=100, lease=600.0))


@pytest.fixture
def hasty(engine: AsyncEngine) -> Queue:
    """The same queue, where a lease has run out as soon as it is granted."""
    return Queue(engine, Limits(live=100, running=100, lease=-1.0))


@pytest.fixture
def add() -> Callable[..., Awaitable[Job]]:
    """Enqueue a job of which only the interesting is said; its owner is the first letter of its id."""

    async def add(queue: Queue, id: str, **said: Any) -> Job:  # noqa: A002 - the column's name
        usual: dict[str, Any] = {
            "owner": id[0],
            "recipe": {"size": 512, "title": "Wellen 🌊"},
            "cost": 10.0,
            "shape": "512x384",
            "blobs": {"content": b"photo", "style0": b"painting"},
        }
        return await queue.enqueue(id=id, **{**usual, **said})

    return add
