"""A private PostgreSQL server in a temporary folder, for tests and benchmarks."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from engine.errors import AtelierError

START_TIMEOUT: Final = 60.0
"""Seconds that the server may take to answer on a loaded machine."""
MAX_CONNECTIONS: Final = 300
"""Limit of the server's connections."""
_STATEMENT: Final = re.compile(rb" LOG:  (?:execute |statement: )")
"""The log's prefix of a statement, by the extended protocol and by the simple one."""


class ServerError(AtelierError):
    """The private server does not start, or a command failed."""

    code = "server-broken"


def installed() -> Path | None:
    """Return the folder of the newest server's programs, where Debian's package puts them."""
    programs = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(programs, key=lambda program: float(program.parents[1].name), default=None)
    return newest and newest.parent


class PostgreSQL:
    """A private server on a free loopback port, its data in a temporary folder."""

    def __init__(self, programs: Path, *, fsync: bool = False, parent: Path | None = None) -> None:
        """Make the data's folder; ``start`` it then, and ``remove`` it in the end.

        Args:
            programs: folder of initdb, postgres and psql.
            fsync: whether a commit waits for the disk, as everywhere but in tests.
            parent: folder to put the data's into, if the server may reach it (the system's temporary one).

        Raises:
            ServerError: initdb failed.
        """
        self._programs = programs
        self._fsync = "on" if fsync else "off"
        # The server refuses to run as root.
        self._user = "postgres" if os.geteuid() == 0 else None
        reachable = parent if parent and not (self._user and _private(parent)) else None
        self.home = Path(tempfile.mkdtemp(prefix="atelier-postgresql-", dir=reachable))
        self._numbers = itertools.count()
        self._port = 0
        self._server: subprocess.Popen[bytes] | None = None
        try:
            if self._user:
                shutil.chown(self.home, self._user)
            self._run("initdb", "--username=atelier", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8",
                      "--no-sync", f"--pgdata={self.home / 'data'}")  # fmt: skip
        except (LookupError, OSError, ServerError) as error:
            shutil.rmtree(self.home)
            if isinstance(error, ServerError):
                raise
            raise ServerError(f"PostgreSQL cannot be run here ({error}).") from error

    @property
    def pid(self) -> int:
        """The process whose children serve the connections; 0 when stopped."""
        return self._server.pid if self._server else 0

    def start(self) -> None:
        """Start, at the same port as before, and wait until it answers.

        Raises:
            ServerError: it did not.
        """
        until = time.monotonic() + START_TIMEOUT
        while True:
            port = self._port or _free_port()
            command = [str(self._programs / "postgres"), "-D", str(self.home / "data")]
            for option in ("listen_addresses=127.0.0.1", f"port={port}", "unix_socket_directories=",
                           f"max_connections={MAX_CONNECTIONS}", f"fsync={self._fsync}"):  # fmt: skip
                command += ["-c", option]
            with self._log.open("ab") as log:
                self._server = subprocess.Popen(
                    command, user=self._user, cwd=self.home, stdin=subprocess.DEVNULL, stdout=log, stderr=log
                )
            while self._server.poll() is None:
                ready = [str(self._programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
                if subprocess.run(ready, check=False).returncode == 0:
                    self._port = port
                    return
                self._give_up(until)
                time.sleep(0.05)
            self._give_up(until)  # another program took the port meanwhile, or the start failed

    def stop(self) -> None:
        """Stop at once, as a crash does: connections break, and the next start recovers."""
        if self._server is not None:
            self._server.send_signal(signal.SIGQUIT)
            self._server.wait()
            self._server = None

    def create(self) -> str:
        """Create an empty place and return its URL: a user's own schema costs less than a database."""
        user = f"atelier{next(self._numbers)}"
        self._sql(f"CREATE ROLE {user} LOGIN; CREATE SCHEMA AUTHORIZATION {user}")
        return f"postgresql://{user}@127.0.0.1:{self._port}/postgres"

    def guard(self) -> str:
        """Create a user whom the server asks for a password, and return the name."""
        user = f"guarded{next(self._numbers)}"
        self._sql(f"CREATE ROLE {user} LOGIN PASSWORD 'known to nobody'")
        rules = self.home / "data" / "pg_hba.conf"
        rules.write_text(f"host all {user} 127.0.0.1/32 scram-sha-256\n{rules.read_text()}")
        self._sql("SELECT pg_reload_conf()")
        return user

    def move_clock(self, url: str) -> Callable[[float], None]:
        """Give a place a clock of its own; return the function that sets its offset in seconds."""
        user = url.partition("://")[2].partition("@")[0]
        # Not a function in SQL, which would read the offset as it was when the statement began.
        self._sql(
            f"CREATE TABLE {user}.clock_offset AS SELECT 0.0::float8 AS seconds;"
            f"CREATE FUNCTION {user}.clock_timestamp() RETURNS timestamptz VOLATILE SECURITY DEFINER"
            f" LANGUAGE plpgsql AS 'BEGIN RETURN pg_catalog.clock_timestamp() +"
            f" (SELECT make_interval(secs => seconds) FROM {user}.clock_offset); END';"
            f"ALTER ROLE {user} SET search_path = {user}, pg_catalog"
        )
        return lambda seconds: self._sql(f"UPDATE {user}.clock_offset SET seconds = {seconds}")

    def read_only(self, wanted: bool) -> None:
        """Let new transactions only read, or write again."""
        self._sql(f"ALTER SYSTEM SET default_transaction_read_only = {'on' if wanted else 'off'}")
        self._sql("SELECT pg_reload_conf()")

    def log_statements(self, wanted: bool) -> None:
        """Write every statement into the server's log, or none; see :attr:`statements`."""
        self._sql(f"ALTER SYSTEM SET log_statement = '{'all' if wanted else 'none'}'")
        self._sql("SELECT pg_reload_conf()")

    @property
    def statements(self) -> int:
        """Number of all clients' statements in the log since the server was made."""
        return len(_STATEMENT.findall(self._log.read_bytes()))

    def remove(self) -> None:
        """Stop the server and delete its folder."""
        self.stop()
        shutil.rmtree(self.home)

    @property
    def _log(self) -> Path:
        return self.home / "log"

    def _give_up(self, until: float) -> None:
        if time.monotonic() > until:
            self.stop()
            raise ServerError(f"PostgreSQL does not start: {self._log.read_text()}")

    def _sql(self, sql: str) -> None:
        here = ("--username=atelier", "--host=127.0.0.1", f"--port={self._port}", "--dbname=postgres")
        self._run("psql", *here, "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--command={sql}")

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._programs / program, *arguments], user=self._user, cwd=self.home, capture_output=True,
            check=False, text=True,
        )  # fmt: skip
        if done.returncode:
            raise ServerError(f"{program}: {done.stderr.strip()}")


def _private(folder: Path) -> bool:
    """Return whether other users cannot enter the folder."""
    folder = folder.resolve()
    return any(not each.stat().st_mode & 0o001 for each in (folder, *folder.parents))


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
