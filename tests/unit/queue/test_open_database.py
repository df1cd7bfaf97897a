"""URLs, as people write them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from engine.packages import PackageError
from engine.queue import DatabaseError, open_database

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("scheme", ["sqlite", "sqlite+aiosqlite", "sqlite+pysqlite"])
def test_a_sqlite_file_is_opened_by_the_async_driver_in_a_new_folder(tmp_path: Path, scheme: str) -> None:
    engine = open_database(f"{scheme}:///{tmp_path / 'new' / 'folder' / 'queue.db'}")
    assert engine.url.drivername == "sqlite+aiosqlite"
    assert (tmp_path / "new" / "folder").is_dir()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg", "postgresql+psycopg"])
def test_postgresql_is_opened_by_the_async_driver(scheme: str) -> None:
    pytest.importorskip("asyncpg")
    engine = open_database(f"{scheme}://user:secret@db.example/atelier?sslmode=require")
    assert engine.url.drivername == "postgresql+asyncpg"
    assert engine.url.query == {"ssl": "require"}
    assert engine.url.password == "secret"


def test_an_option_for_poolers_that_is_sqlalchemys_own_is_taken() -> None:
    pytest.importorskip("asyncpg")
    engine = open_database("postgresql://db.example/atelier?prepared_statement_cache_size=0")
    _, options = engine.dialect.create_connect_args(engine.url)
    assert options["prepared_statement_cache_size"] == 0


def test_without_asyncpg_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(PackageError, match=r"PostgreSQL needs asyncpg.*pip install '\.\[postgres\]'"):
        open_database("postgresql://db.example/atelier")


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite:///file::memory:?uri=true"])
def test_a_database_in_memory_is_refused(url: str) -> None:
    with pytest.raises(DatabaseError, match="needs a file"):
        open_database(url)


@pytest.mark.parametrize("url", ["mysql://host/atelier", "atelier.db", "", "redis://host"])
def test_another_kind_of_database_is_refused(url: str) -> None:
    with pytest.raises(DatabaseError):
        open_database(url)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:hunter2@db.example:port/atelier",
        "postgresql://db.example/atelier?user=me&password=hunter2&typo=1",
        "mysql://user:hunter2@db.example/atelier",
        "hunter2",
        "postgresql://user:hunter2@[::1/atelier",
    ],
)
def test_what_is_wrong_with_a_url_is_said_without_its_password(url: str) -> None:
    pytest.importorskip("asyncpg")
    with pytest.raises(DatabaseError) as caught:
        open_database(url)
    assert "hunter2" not in str(caught.value)
