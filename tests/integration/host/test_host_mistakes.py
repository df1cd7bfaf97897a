"""Mistakes of the host: the bot and the engine end with one line that says what is wrong."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import bot.__main__
import engine.__main__

if TYPE_CHECKING:
    from tests.support.postgresql import PostgreSQL

Start = Callable[[], int]


def bot_starts() -> int:
    return bot.__main__.main()


def worker_starts() -> int:
    return engine.__main__.main(["work"])


def jobs_are_listed() -> int:
    return engine.__main__.main(["jobs"])


STARTS = pytest.mark.parametrize("start", [bot_starts, worker_starts])
COMMANDS = pytest.mark.parametrize("start", [bot_starts, worker_starts, jobs_are_listed])


@pytest.fixture
def setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Return a function that sets a setting, in the surroundings of a bot and a worker."""
    for name in ("BOT_TOKEN", "DATABASE_URL", "DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    surroundings = {"ENGINE": "external", "PLAYGROUND_PORT": "0", "DEVICE": "cpu"}
    for name, value in (surroundings | {"DATA_DIR": str(tmp_path / "data")}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return monkeypatch.setenv


def said(capfd: pytest.CaptureFixture[str]) -> list[str]:
    out, errors = capfd.readouterr()
    return [*out.splitlines(), *errors.splitlines()]


@STARTS
@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("file", "DATA_DIR, {0}, is a file. Set DATA_DIR to a folder."),
        ("file/data", "{0}, in DATA_DIR, is a file. Set DATA_DIR to a folder."),
        ("/proc/data", "DATA_DIR, /proc/data, cannot be made (No such file or directory)."),
    ],
)
def test_a_data_folder_that_cannot_be_made(
    start: Start,
    place: str,
    line: str,
    tmp_path: Path,
    setting: Callable[[str, str], None],
    capfd: pytest.CaptureFixture[str],
) -> None:
    if place.startswith("/") and os.geteuid() != 0:
        pytest.skip("another line for who is not root")
    (tmp_path / "file").touch()
    setting("DATA_DIR", str(tmp_path / place))
    assert start() == 1
    assert said(capfd) == ["error: " + line.format(tmp_path / "file")]


@COMMANDS
def test_a_file_that_is_no_database(
    start: Start, tmp_path: Path, setting: Callable[[str, str], None], capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "queue.db").write_bytes(b"no database" * 1000)
    setting("DATABASE_URL", f"sqlite:///{tmp_path / 'queue.db'}")
    assert start() == 1
    assert said(capfd) == ["error: The database cannot be used: file is not a database."]


# asyncpg leaves the socket of a refused login to the garbage collector.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@COMMANDS
@pytest.mark.parametrize(
    ("user", "name", "line"),
    [
        ("", "nope", 'database "nope" does not exist'),
        ("nobody:hidden", "", 'role "nobody" does not exist'),
    ],
)
def test_a_database_or_user_that_postgresql_does_not_have(
    start: Start,
    user: str,
    name: str,
    line: str,
    postgresql: PostgreSQL,
    setting: Callable[[str, str], None],
    capfd: pytest.CaptureFixture[str],
) -> None:
    login, _, server = postgresql.create().removeprefix("postgresql://").partition("@")
    host, _, database = server.partition("/")
    setting("DATABASE_URL", f"postgresql://{user or login}@{host}/{name or database}")
    assert start() == 1
    gc.collect()
    assert said(capfd) == [f"error: The database cannot be used: {line}."]


@STARTS
def test_a_setting_that_is_wrong(
    start: Start, setting: Callable[[str, str], None], capfd: pytest.CaptureFixture[str]
) -> None:
    setting("LEASE_SECONDS", "-1")
    assert start() == 1
    assert said(capfd) == ["error: setting LEASE_SECONDS: Input should be greater than 0"]


@pytest.mark.parametrize(
    "address",
    ["ftp://localhost", "localhost:8081", "http://localhost:99999", "http://localhost:port", "http://", "/"],
)
def test_an_address_of_the_bot_api_that_is_none(
    address: str, setting: Callable[[str, str], None], capfd: pytest.CaptureFixture[str]
) -> None:
    setting("BOT_TOKEN", "7:token")
    setting("BOT_API_URL", address)
    assert bot_starts() == 1
    line = "error: setting BOT_API_URL: Value error, it should look like https://api.telegram.org"
    assert said(capfd) == [line]


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "http_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("proxy", ["ftp://me:hidden@localhost:9", "http://localhost:99999", "socks5://"])
@pytest.mark.parametrize("token", ["", "7:token"])
def test_a_proxy_that_is_none(
    name: str,
    proxy: str,
    token: str,
    setting: Callable[[str, str], None],
    capfd: pytest.CaptureFixture[str],
) -> None:
    setting("BOT_TOKEN", token)
    setting(name, proxy)
    assert bot_starts() == 1
    line = f"error: {name.upper()} should look like http://host:port or socks5://host:port."
    assert [each for each in said(capfd) if "INFO" not in each] == [line]


@STARTS
@pytest.mark.parametrize("port", ["99999", "0", "-1", "port"])
def test_a_port_of_postgresql_that_is_none(
    start: Start, port: str, setting: Callable[[str, str], None], capfd: pytest.CaptureFixture[str]
) -> None:
    setting("DATABASE_URL", f"postgresql://me:hidden@localhost:{port}/atelier")
    assert start() == 1
    assert said(capfd) == [
        "error: The database's URL should look like sqlite:///path or postgresql://user:password@host/name."
    ]


@STARTS
def test_a_file_of_settings_that_is_no_text(
    start: Start, tmp_path: Path, setting: Callable[[str, str], None], capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".env").write_bytes("CONTACT=Émile\n".encode("utf-16"))
    assert start() == 1
    assert said(capfd) == ["error: .env is not UTF-8. Save it as a text in that encoding."]
