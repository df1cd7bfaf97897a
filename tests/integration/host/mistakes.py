"""The table of a host's mistakes: wrong settings, and states of the disk, the database, the network."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import socket
import socketserver
import sqlite3
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from filelock import FileLock

from bot.playground import serve
from bot.playground.errors import ApiError
from tests.support.data_folder import share_data
from tests.support.playground import Playground
from tests.support.postgresql import PostgreSQL
from tests.support.processes import REPO

TOKEN: Final = "7000000001:AAF-hidden-in-any-report-0123456789abc"
"""A bot's token, and with the word by which a secret is found in what is said."""
SECRET: Final = "hidden"

RUN, WORK, JOBS = ("-m", "bot"), ("-m", "engine", "work"), ("-m", "engine", "jobs")
DOCTOR, CHECK = ("-m", "bot.cli", "doctor"), ("-m", "engine", "doctor", "--no-painter")
PAINTER = ("-m", "engine", "doctor")
PAINT = ("-m", "engine", "paint", str(REPO / "docs" / "painting.jpg"), "mosaic", "-o", "out.jpg")
DOCTORS: Final = (DOCTOR, CHECK, PAINTER)

Command = Sequence[str]


@dataclass
class Place:
    """Where a mistake is made."""

    folder: Path
    """The working folder, and that of ``.env``."""
    data: Path
    """DATA_DIR. It is not made yet."""
    postgresql: Callable[[], PostgreSQL]
    weights: Callable[[], Path]
    """Returns a folder of weights."""
    env: dict[str, str] = field(default_factory=dict)
    """Settings that are known only when the mistake is made."""


@dataclass(frozen=True)
class Mistake:
    """A row of the table."""

    name: str
    commands: Sequence[Command]
    says: str
    """What each command says, a doctor too; ``{data}`` and ``{folder}`` stand for the places."""
    env: Mapping[str, str] = field(default_factory=dict)
    make: Callable[[Place], AbstractContextManager[None]] | None = None
    """Makes the mistake for a block."""
    status: int | None = 1
    """The exit status. None: the program says so and goes on, until it is stopped."""
    outside: bool = False
    """True if it cannot be shown by a forked process, or takes seconds: not in `make test`."""


def dotenv(content: bytes) -> Callable[[Place], AbstractContextManager[None]]:
    """Write ``.env``."""

    @contextlib.contextmanager
    def make(place: Place) -> Iterator[None]:
        (place.folder / ".env").write_bytes(content)
        yield

    return make


@contextlib.contextmanager
def folder_for_dotenv(place: Place) -> Iterator[None]:
    """Let ``.env`` be a folder, as Docker makes one where a file to mount is missing."""
    (place.folder / ".env").mkdir()
    yield


@contextlib.contextmanager
def closed_dotenv(place: Place) -> Iterator[None]:
    """Let ``.env`` be closed to the user; the program runs without root's right to read all the same."""
    file = place.folder / ".env"
    file.write_text("PAINT_SIZE=512\n")
    file.chmod(0)
    subprocess.run(["chown", "nobody", str(file)], check=True)
    yield


@contextlib.contextmanager
def weights(place: Place) -> Iterator[None]:
    """Let the weights be there: nothing is to be downloaded."""
    place.data.mkdir()
    share_data(place.weights(), place.data)
    yield


@contextlib.contextmanager
def file_for_data(place: Place) -> Iterator[None]:
    """Let DATA_DIR be a file."""
    place.data.touch()
    yield


@contextlib.contextmanager
def file_for_weights(place: Place) -> Iterator[None]:
    """Let the folder of the weights be a file."""
    place.data.mkdir()
    (place.data / "weights").touch()
    yield


@contextlib.contextmanager
def file_for_styles(place: Place) -> Iterator[None]:
    """Let the folder of the host's own styles be a file."""
    place.data.mkdir()
    (place.data / "styles").touch()
    yield


@contextlib.contextmanager
def mounted(place: Place, options: str) -> Iterator[None]:
    """Mount an empty disk at DATA_DIR."""
    place.data.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", str(place.data)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place.data)], check=True)


def read_only_disk(place: Place) -> AbstractContextManager[None]:
    """Let DATA_DIR be on a disk that only reads."""
    return mounted(place, "ro")


@contextlib.contextmanager
def full_disk(place: Place) -> Iterator[None]:
    """Let DATA_DIR be on a disk with 4 kB."""
    with mounted(place, "size=64k"):
        (place.data / "fills").write_bytes(b"x" * 60_000)
        yield


@contextlib.contextmanager
def no_database(place: Place) -> Iterator[None]:
    """Let the database's file be something else."""
    place.data.mkdir()
    (place.data / "atelier.db").write_bytes(b"no database" * 1000)
    yield


@contextlib.contextmanager
def damaged_database(place: Place) -> Iterator[None]:
    """Let a page of the database's file be damaged."""
    place.data.mkdir()
    with contextlib.closing(sqlite3.connect(place.data / "atelier.db")) as database:
        database.executescript("CREATE TABLE t (a); INSERT INTO t VALUES (zeroblob(99999))")
    with (place.data / "atelier.db").open("r+b") as file:
        file.seek(100)
        file.write(b"\x07" * 3996)
    yield


@contextlib.contextmanager
def locked_database(place: Place) -> Iterator[None]:
    """Let another program hold the database's lock."""
    place.data.mkdir()
    with contextlib.closing(sqlite3.connect(place.data / "atelier.db", isolation_level=None)) as database:
        database.executescript("CREATE TABLE t (a); BEGIN EXCLUSIVE")
        yield


@contextlib.contextmanager
def folder_for_database(place: Place) -> Iterator[None]:
    """Let the database's file be a folder."""
    (place.data / "atelier.db").mkdir(parents=True)
    yield


@contextlib.contextmanager
def other_bot(place: Place) -> Iterator[None]:
    """Let another bot use the database."""
    place.data.mkdir()
    with FileLock(place.data / "atelier.db.bot-lock"):
        yield


def at_postgresql(
    user: str = "", name: str = "", *, guarded: bool = False
) -> Callable[[Place], AbstractContextManager[None]]:
    """Use a PostgreSQL by another name of a user, of a database, or with a wrong password."""

    @contextlib.contextmanager
    def make(place: Place) -> Iterator[None]:
        server = place.postgresql()
        login, _, rest = server.create().removeprefix("postgresql://").partition("@")
        host, _, database = rest.partition("/")
        asked = server.guard() if guarded else user
        user_and_password = f"{asked}:{SECRET}" if asked else login
        place.env["DATABASE_URL"] = f"postgresql://{user_and_password}@{host}/{name or database}"
        yield

    return make


def taken(setting: str) -> Callable[[Place], AbstractContextManager[None]]:
    """Let another program have a port."""

    @contextlib.contextmanager
    def make(place: Place) -> Iterator[None]:
        with socket.create_server(("127.0.0.1", 0)) as server:
            place.env[setting] = str(server.getsockname()[1])
            yield

    return make


@contextlib.contextmanager
def other_poller(place: Place) -> Iterator[None]:
    """Let another program fetch the messages of a bot with this token, again and again."""

    async def poll(telegram: Playground) -> None:
        while True:
            with contextlib.suppress(ApiError):  # the other program's poll has ended this one
                await telegram.updates.poll(0, 1, 30.0)
            await asyncio.sleep(0.05)

    async def live(ready: queue.Queue[str], loop_ended: threading.Event) -> None:
        telegram = Playground(token=TOKEN)
        async with await serve(telegram) as server:
            polling = asyncio.create_task(poll(telegram))
            ready.put(server.url)
            await asyncio.to_thread(loop_ended.wait)
            polling.cancel()
        telegram.close()

    ready: queue.Queue[str] = queue.Queue()
    ended = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(live(ready, ended)))
    thread.start()
    try:
        place.env["BOT_API_URL"] = ready.get(timeout=60)
        yield
    finally:
        ended.set()
        thread.join()


OPENSSL: Final = """
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -subj /CN=root -out root.pem -days 36500
openssl req -new -key key.pem -subj /CN=localhost -addext subjectAltName=DNS:localhost -out request.pem
openssl ca -batch -config ca.cnf -cert root.pem -keyfile key.pem -in request.pem -out old.pem -notext \
    -startdate 20010101000000Z -enddate 20020101000000Z
"""
AUTHORITY: Final = """
[ca]\ndefault_ca = root
[root]\ndatabase = index\nrand_serial = yes\nnew_certs_dir = .\ndefault_md = sha256\npolicy = any
copy_extensions = copy
[any]\ncommonName = supplied
"""


@contextlib.contextmanager
def other_years(place: Place) -> Iterator[None]:
    """Let the Bot API's certificate, of a trusted authority, be of other years than this machine's clock."""
    folder = place.folder / "certificates"
    folder.mkdir()
    (folder / "index").touch()
    (folder / "ca.cnf").write_text(AUTHORITY)
    subprocess.run(["sh", "-e"], input=OPENSSL, text=True, cwd=folder, check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "old.pem", folder / "key.pem")

    class Greeter(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError), context.wrap_socket(self.request, server_side=True):
                pass

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Greeter) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        place.env["BOT_API_URL"] = f"https://localhost:{server.server_address[1]}"
        place.env["SSL_CERT_FILE"] = str(folder / "root.pem")
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


def file(name: str, content: bytes) -> Callable[[Place], AbstractContextManager[None]]:
    """Write a file in the working folder."""

    @contextlib.contextmanager
    def make(place: Place) -> Iterator[None]:
        (place.folder / name).write_bytes(content)
        yield

    return make


def setting(name: str, value: str, says: str, *commands: Command, **more: str) -> Mistake:
    """Return the mistake of a wrong setting."""
    named = f"setting {name}: {says}"
    return Mistake(f"{name}={value}", commands or (RUN, DOCTOR), named, {name: value} | more)


def device(value: str) -> Mistake:
    """Return the mistake of a wrong device."""
    said = f"setting DEVICE: there is no {value!r} here; try auto or cpu."
    return Mistake(f"DEVICE={value}", (WORK, PAINTER), said, {"DEVICE": value}, make=weights)


def url(value: str, says: str, *, status: int | None = 1, outside: bool = False) -> Mistake:
    """Return the mistake of a wrong database."""
    commands = (RUN, WORK, JOBS, CHECK) if status else (RUN, WORK)
    return Mistake(
        f"DATABASE_URL={value}", commands, says, {"DATABASE_URL": value}, status=status, outside=outside
    )


def proxy(name: str, value: str, says: str) -> Mistake:
    """Return the mistake of a wrong proxy."""
    return Mistake(f"{name}={value}", (RUN, DOCTOR), says, {name: value, "BOT_TOKEN": TOKEN})


URL: Final = "The database's URL should look like sqlite:///path or postgresql://user:password@host/name."
PROXY: Final = "_PROXY should look like http://host:port or socks5://host:port."

MISTAKES: Final = (
    # Settings
    setting("PAINT_SIZE", "big", "input should be a valid integer"),
    setting("PAINT_QUALITY", "superb", "input should be 'draft', 'normal' or 'fine'"),
    setting("RESULT_TTL", "inf", "input should be a finite number"),
    setting("BUSY_AFTER", "nan", "input should be a finite number"),
    setting("BOT_ADMINS", "me", "input should be a valid integer"),
    setting("BOT_CHATS", "@group", "input should be a valid integer"),
    setting("BOT_API_LOCAL", "perhaps", "input should be a valid boolean"),
    setting("ENGINE", "gpu", "input should be 'embedded' or 'external'"),
    setting("BOT_API_URL", "https://[::1", "it should look like https://api.telegram.org"),
    setting("BOT_WEBHOOK_SECRET", f"{SECRET}!", "it may have 16 to 256 letters, digits, _ and -"),
    setting("BOT_WEBHOOK_URL", "https://example.org/x", "without BOT_TOKEN the chat is in the browser"),
    Mistake(
        "a webhook without a port",
        (RUN, DOCTOR),
        "setting BOT_PORT: BOT_WEBHOOK_URL needs a port to listen at",
        {"BOT_WEBHOOK_URL": "https://example.org/telegram", "BOT_TOKEN": TOKEN},
    ),
    setting("FAMOUS_URL", "nonsense", "it should look like https://", RUN, WORK, DOCTOR),
    setting("BATCH", "1000000000", "input should be less than or equal to 64", WORK, DOCTOR),
    setting("BATCH", "many", "input should be a valid integer", WORK, DOCTOR),
    setting("LEASE_SECONDS", "inf", "input should be less than or equal to 86400", RUN, WORK, DOCTOR),
    setting("LOG_LEVEL", "loud", "input should be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'", RUN, WORK, DOCTOR),
    device("gpu"),
    device("meta"),
    device("mkldnn"),
    # Their file
    Mistake(
        "a folder named .env",
        (RUN, WORK, DOCTOR),
        ".env cannot be read (Is a directory).",
        make=folder_for_dotenv,
    ),
    Mistake(
        ".env of another user",
        (RUN, WORK, DOCTOR),
        ".env cannot be read (Permission denied).",
        make=closed_dotenv,
        outside=True,
    ),
    Mistake(
        "no setting in .env",
        (RUN, WORK, DOCTOR),
        ".env, line 2, should look like NAME=value.",
        make=dotenv(f'PAINT_SIZE=512\n{SECRET} = "no end\n'.encode()),
    ),
    Mistake(
        "UTF-16 in .env",
        (RUN, WORK, DOCTOR),
        ".env is not UTF-8. Save it as a text in that encoding.",
        make=dotenv(f"CONTACT=Émile {SECRET}\n".encode("utf-16")),
    ),
    Mistake(
        "NUL in .env",
        (RUN, WORK, DOCTOR),
        ".env holds a NUL character, and is no text.",
        make=dotenv(b"DATA_DIR=a\0b\n"),
    ),
    # The disk
    Mistake(
        "a file for DATA_DIR",
        (RUN, WORK, CHECK),
        "DATA_DIR, {data}, is a file.",
        make=file_for_data,
    ),
    Mistake(
        "a long name for DATA_DIR",
        (RUN, WORK, CHECK),
        ", cannot be a folder (File name too long).",
        {"DATA_DIR": "a" * 300},
    ),
    Mistake(
        "a read-only disk",
        (RUN, WORK, CHECK),
        "DATA_DIR, {data}, cannot be written.",
        make=read_only_disk,
        outside=True,
    ),
    Mistake(
        "a full disk",
        (RUN, JOBS),
        "The database's disk is full: nothing more can be stored.",
        make=full_disk,
        outside=True,
    ),
    Mistake(
        "a full disk, for the doctor",
        (CHECK,),
        "of disk are free.",
        make=full_disk,
        outside=True,
    ),
    Mistake(
        "a full disk, for a worker",
        (WORK,),
        "The database does not answer (opening); retrying: database or disk is full.",
        make=full_disk,
        status=None,
        outside=True,
    ),
    Mistake(
        "a file for the folder of styles",
        (RUN,),
        "{data}/styles is not used as a style: the folder cannot be read (Not a directory)",
        make=file_for_styles,
        status=None,
    ),
    # The database
    url("nonsense", URL),
    url(f"postgresql://me:{SECRET}@localhost:99999/atelier", URL),
    url(f"mysql://me:{SECRET}@localhost/atelier", "The database can be sqlite or postgresql, not mysql."),
    url("sqlite://", "The database needs a file: the bot and the engine are two processes."),
    url("sqlite:///x.db?mode=ro", "SQLite's URL should look like sqlite:///path, without ? and options."),
    Mistake(
        "a file for the database's folder",
        (RUN, WORK, JOBS, CHECK),
        "The folder of the database, {folder}/file, cannot be made (Not a directory).",
        {"DATABASE_URL": "sqlite:///{folder}/file/atelier.db"},
        make=file("file", b""),
    ),
    url(f"postgresql://me:{SECRET}@h/x?sslmode=maybe", "In the database's URL sslmode should be one of"),
    Mistake(
        "a folder for the database",
        (RUN, WORK, JOBS, CHECK),
        "The database, {data}/atelier.db, is a folder.",
        make=folder_for_database,
    ),
    Mistake(
        "a file that is no database",
        (RUN, WORK, JOBS, CHECK),
        "The database cannot be used: file is not a database.",
        make=no_database,
    ),
    Mistake(
        "a damaged database",
        (RUN, WORK, JOBS, CHECK),
        "The database cannot be used: database disk image is malformed.",
        make=damaged_database,
    ),
    Mistake(
        "a locked database",
        (JOBS, CHECK),
        "The queue's database cannot be reached: database is locked.",
        make=locked_database,
        outside=True,
    ),
    Mistake(
        "a locked database, at the start",
        (RUN, WORK),
        "retrying: database is locked.",
        make=locked_database,
        status=None,
        outside=True,
    ),
    Mistake(
        "another bot's database",
        (RUN,),
        "Another bot uses this database.",
        make=other_bot,
    ),
    Mistake(
        "no such database in PostgreSQL",
        (RUN, WORK, JOBS, CHECK),
        'The database cannot be used: database "nope" does not exist.',
        make=at_postgresql(name="nope"),
    ),
    Mistake(
        "no such user in PostgreSQL",
        (RUN, WORK, JOBS, CHECK),
        'The database cannot be used: role "nobody" does not exist.',
        make=at_postgresql("nobody"),
    ),
    Mistake(
        "a wrong password for PostgreSQL",
        (RUN, WORK, JOBS, CHECK),
        "The database cannot be used: password authentication failed for user",
        make=at_postgresql(guarded=True),
    ),
    Mistake(
        "no PostgreSQL at the port",
        (JOBS, CHECK),
        "The queue's database cannot be reached: Connect call failed ('127.0.0.1', 1).",
        {"DATABASE_URL": f"postgresql://me:{SECRET}@127.0.0.1:1/atelier"},
    ),
    url(f"postgresql://me:{SECRET}@127.0.0.1:1/atelier", "The database does not answer", status=None),
    Mistake(
        "no such host of PostgreSQL",
        (JOBS, CHECK),
        "The queue's database cannot be reached: ",
        {"DATABASE_URL": f"postgresql://me:{SECRET}@nowhere.invalid/atelier"},
    ),
    # The network
    Mistake(
        "a token that is none",
        (RUN, DOCTOR),
        "BOT_TOKEN does not look like one: a number, a colon, and at least thirty letters.",
        {"BOT_TOKEN": f"7:{SECRET}"},
    ),
    proxy("ALL_PROXY", f"socks://me:{SECRET}@localhost:9", f"ALL{PROXY}"),
    proxy("HTTPS_PROXY", "http://localhost:99999", f"HTTPS{PROXY}"),
    proxy("NO_PROXY", "[::1]", "NO_PROXY should be a list of hosts without brackets"),
    Mistake(
        "a clock that is years off",
        (RUN,),
        "The Bot API is out of reach (its certificate is not valid here; is the clock right?); trying again",
        {"BOT_TOKEN": TOKEN},
        make=other_years,
        status=None,
        outside=True,
    ),
    Mistake(
        "a clock that is years off, for the doctor",
        (DOCTOR,),
        "The Bot API at localhost cannot be used: its certificate is not valid here; is the clock right?",
        {"BOT_TOKEN": TOKEN},
        make=other_years,
        outside=True,
    ),
    Mistake(
        "two bots with one token",
        (RUN,),
        "Another program fetches this bot's messages, too, and each takes some of the other's.",
        {"BOT_TOKEN": TOKEN},
        make=other_poller,
        status=None,
        outside=True,
    ),
    Mistake(
        "a device that the bot's own worker does not find",
        (RUN,),
        "error: setting DEVICE: there is no 'gpu' here; try auto or cpu.",
        {"DEVICE": "gpu", "ENGINE": "embedded"},
        make=weights,
        status=None,
        outside=True,
    ),
    Mistake(
        "a wrong proxy that the page does not need",
        (RUN,),
        "The famous paintings cannot be downloaded: ALL_PROXY should look like",
        {"ALL_PROXY": f"socks://me:{SECRET}@localhost:9", "FAMOUS": "true"},
        status=None,
    ),
    Mistake(
        "a taken port of the page",
        (RUN, DOCTOR),
        " is taken.",
        make=taken("PLAYGROUND_PORT"),
    ),
    Mistake(
        "a taken port of the bot",
        (RUN, DOCTOR),
        " is taken.",
        make=taken("BOT_PORT"),
    ),
    Mistake(
        "an address that is not here",
        (RUN, DOCTOR),
        "Can't listen on 192.0.2.1:8765 (",
        {"BOT_PORT": "8765", "BOT_LISTEN": "192.0.2.1"},
    ),
    Mistake(
        "a taken port of a worker",
        (WORK,),
        " is taken.",
        make=taken("METRICS_PORT"),
    ),
    # The weights and the pictures
    Mistake(
        "weights that are not there",
        (WORK, PAINTER, PAINT),
        "VGG_WEIGHTS: cannot read /nowhere.pth (No such file or directory).",
        {"VGG_WEIGHTS": "/nowhere.pth"},
    ),
    Mistake(
        "damaged weights",
        (WORK, PAINTER, PAINT),
        "VGG_WEIGHTS: {folder}/damaged is neither safetensors nor a torchvision state dict.",
        {"VGG_WEIGHTS": "{folder}/damaged"},
        make=file("damaged", b"\x93" * 5000),
    ),
    Mistake(
        "a file for the folder of weights",
        (WORK, PAINT),
        "The weights cannot be stored in {data}/weights (File exists).",
        make=file_for_weights,
    ),
    Mistake(
        "no folder for the painting",
        ((*PAINT[:-1], "/nowhere/out.jpg"),),
        "The folder /nowhere does not exist.",
    ),
)
