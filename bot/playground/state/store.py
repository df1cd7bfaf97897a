"""Storage that survives kill -9: one SQLite file, and a folder with the bytes of every file.

The database is the state; nothing is mirrored in memory. A statement takes microseconds, so they run on the
event loop. With a write-ahead log a killed process loses nothing that was written.
"""

import json
import shutil
import sqlite3
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bot.playground.types import Json, dumps

SCHEMA = """
CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS person (id INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS group_chat (id INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS message (chat INTEGER, id INTEGER, body TEXT NOT NULL, PRIMARY KEY (chat, id));
CREATE TABLE IF NOT EXISTS history (id INTEGER PRIMARY KEY, chat INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS history_of_chat ON history (chat, id);
CREATE TABLE IF NOT EXISTS waiting (id INTEGER PRIMARY KEY, chat INTEGER, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS file (
    id TEXT PRIMARY KEY, path TEXT UNIQUE, chat INTEGER, superseded INTEGER DEFAULT 0, body TEXT NOT NULL
);
"""
"""Statements that create the tables where they are missing."""


class Store:
    """Rows of JSON documents, counters and settings, and the folder of the files' bytes."""

    def __init__(self, folder: Path | None = None) -> None:
        """Open the folder; without one, a temporary one that is removed with the store."""
        temporary = Path(tempfile.mkdtemp(prefix="playground-")) if folder is None else None
        self.folder = folder or temporary or Path()
        self.bytes_folder = self.folder / "files"
        self.bytes_folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)  # users' pictures, and the token
        self._db = sqlite3.connect(
            self.folder / "chat.sqlite3", isolation_level=None, check_same_thread=False
        )
        self._release = weakref.finalize(self, _release, self._db, temporary)
        # A temporary database need not be safe, only fast.
        self._db.execute(f"PRAGMA journal_mode = {'MEMORY' if temporary else 'WAL'}")
        self._db.execute(f"PRAGMA synchronous = {'OFF' if temporary else 'NORMAL'}")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        """Close the database, and remove a temporary folder."""
        self._release()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Carry out all statements inside, or none; the code inside must not await."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def run(self, statement: str, *values: object) -> int:
        """Execute a statement, and return the number of rows that it changed."""
        return self._db.execute(statement, values).rowcount

    def rows(self, statement: str, *values: object) -> list[Any]:
        """Execute a statement, and return its rows."""
        return self._db.execute(statement, values).fetchall()

    def documents(self, statement: str, *values: object) -> list[Json]:
        """Return the documents that a statement selects."""
        return [json.loads(body) for (body,) in self._db.execute(statement, values)]

    def document(self, statement: str, *values: object) -> Json | None:
        """Return the first document that a statement selects; None if it selects none."""
        row = self._db.execute(statement, values).fetchone()
        return json.loads(row[0]) if row else None

    def next(self, counter: str, first: int = 1) -> int:
        """Return a counter's next value; counters only ever grow, whatever is cleared."""
        rows = self.rows(
            "INSERT INTO counter VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
            counter,
            first,
        )
        value: int = rows[0][0]
        return value

    def setting(self, name: str, default: Any = None) -> Any:
        """Return a setting; the default if it was never set."""
        rows = self.rows("SELECT body FROM setting WHERE name = ?", name)
        return json.loads(rows[0][0]) if rows else default

    def set(self, name: str, value: object) -> None:
        """Store a setting."""
        self.run("INSERT OR REPLACE INTO setting VALUES (?, ?)", name, dumps(value))


def _release(db: sqlite3.Connection, temporary: Path | None) -> None:
    db.close()
    if temporary:
        shutil.rmtree(temporary, ignore_errors=True)
