"""URLs, as people write them."""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any

import pytest

from engine.packages import PackageError
from engine.queue import DatabaseError, create_schema, open_database

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("scheme", ["sqlite", "sqlite+aiosqlite", "sqlite+pysqlite"])
def test_a_sqlite_file_is_opened_by_the_async_driver_in_a_new_folder(tmp_path: Path, scheme: str) -> None:
    engine = open_database(f"{scheme}:///{tmp_path / 'new' / 'folder' / 'queue.db'}")
    assert engine.url.drivername == "sqlite+aiosqlite"
    assert (tmp_path / "new" / "folder").is_dir()


async def asked_of_asyncpg(url: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What asyncpg is called with by the first connection, which then fails."""
    asyncpg = pytest.importorskip("asyncpg")
    asked: dict[str, Any] = {}

    async def connect(**options: Any) -> None:
        asked.update(options)
        raise ConnectionRefusedError

    monkeypatch.setattr(asyncpg, "connect", functools.wraps(asyncpg.connect)(connect))
    engine = open_database(url)
    assert engine.url.drivername == "postgresql+asyncpg"
    with pytest.raises(ConnectionRefusedError):
        await engine.connect()
    await engine.dispose()
    return asked


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg", "postgresql+psycopg"])
async def test_postgresql_is_opened_by_the_async_driver(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"{scheme}://user:secret@db.example/atelier?sslmode=require"
    asked = await asked_of_asyncpg(url, monkeypatch)
    assert (asked["host"], asked["password"], asked["ssl"]) == ("db.example", "secret", "require")
    assert (asked["timeout"], asked["command_timeout"]) == (8.0, 60.0)
    assert "sslmode" not in asked


@pytest.mark.parametrize(
    ("option", "name", "value"),
    [
        ("statement_cache_size=0", "statement_cache_size", 0),
        ("max_cached_statement_lifetime=0", "max_cached_statement_lifetime", 0),
        ("max_cacheable_statement_size=2048", "max_cacheable_statement_size", 2048),
        ("timeout=2.5", "timeout", 2.5),
        ("command_timeout=300", "command_timeout", 300.0),
        ("direct_tls=false", "direct_tls", False),
        ("ssl=verify-full", "ssl", "verify-full"),
        ("target_session_attrs=read-write", "target_session_attrs", "read-write"),
        ("krbsrvname=postgres", "krbsrvname", "postgres"),
        ("host=one:5432&host=two:5433", "port", [5432, 5433]),
    ],
)
async def test_what_a_url_asks_for_reaches_the_driver_as_it_takes_it(
    option: str, name: str, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = await asked_of_asyncpg(f"postgresql://db.example/atelier?{option}", monkeypatch)
    assert (asked[name], type(asked[name])) == (value, type(value))
    assert asked["server_settings"]["application_name"] == "atelier"


async def test_an_option_for_poolers_that_is_sqlalchemys_own_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = "postgresql://db.example/atelier?prepared_statement_cache_size=0&statement_cache_size=0"
    asked = await asked_of_asyncpg(url, monkeypatch)
    assert "prepared_statement_cache_size" not in asked, "asyncpg does not know it"


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("statement_cache_size=hunter2", "statement_cache_size should be a whole number"),
        ("statement_cache_size=-1", "statement_cache_size should be a whole number"),
        ("prepared_statement_cache_size=1.5", "prepared_statement_cache_size should be a whole number"),
        ("timeout=0", "timeout should be a number of seconds"),
        ("timeout=nan", "timeout should be a number of seconds"),
        ("command_timeout=inf", "command_timeout should be a number of seconds"),
        ("timeout=1&timeout=2", "timeout should be a number of seconds"),
        ("sslmode=hunter2", "sslmode should be one of disable, allow"),
        ("target_session_attrs=master", "target_session_attrs should be one of any"),
        ("direct_tls=1", "direct_tls should be one of true, false"),
        ("server_settings=hunter2", "cannot have the option server_settings: leave it out"),
        ("loop=1", "cannot have the option loop"),
        ("dsn=postgresql://elsewhere", "cannot have the option dsn"),
        ("connection_class=1", "cannot have the option connection_class"),
        ("sslmode=require&channel_binding=require", "the option channel_binding: leave it out"),
        ("sslrootcert=/etc/ca.pem", "the option sslrootcert: set PGSSLROOTCERT"),
    ],
)
def test_an_option_that_makes_no_sense_is_named_and_its_value_is_not(option: str, said: str) -> None:
    pytest.importorskip("asyncpg")
    with pytest.raises(DatabaseError, match=said) as caught:
        open_database(f"postgresql://db.example/atelier?{option}")
    assert "hunter2" not in str(caught.value)


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
        "postgresql://user:pass@word?hunter2=1@db.example/atelier",
    ],
)
def test_what_is_wrong_with_a_url_is_said_without_its_password(url: str) -> None:
    pytest.importorskip("asyncpg")
    with pytest.raises(DatabaseError) as caught:
        open_database(url)
    assert "hunter2" not in str(caught.value)


def test_a_uri_of_sqlites_own_is_refused_for_it_is_another_name_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError) as caught:
        open_database(f"sqlite:///file:{tmp_path / 'queue.db'}?uri=true")
    assert str(caught.value) == "SQLite's URL should look like sqlite:///path, without file: before the path."


def _rights(folder: Path) -> set[int]:
    return {path.stat().st_mode & 0o777 for path in folder.iterdir()}


async def test_a_new_sqlite_file_and_its_log_are_for_their_user_alone(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'queue.db'}")
    await create_schema(engine)
    assert _rights(tmp_path) == {0o600}
    (tmp_path / "queue.db").chmod(0o640)
    await create_schema(engine)
    assert (tmp_path / "queue.db").stat().st_mode & 0o777 == 0o640, "the host's own choice stays"
    await engine.dispose()
