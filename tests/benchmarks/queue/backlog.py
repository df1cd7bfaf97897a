"""What a long queue costs the bot and the workers: 10 000 jobs wait, and 100 000 are done."""

from __future__ import annotations

import asyncio
import gc
import os
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final

from sqlalchemy import event, insert, text
from sqlalchemy.ext.asyncio import AsyncEngine
from telegram.ext import ExtBot

from bot.chat.account import Accounts
from bot.chat.context import ChatContext
from bot.chat.orders import Orders
from bot.conversation import CatalogueStyle, Draft, Person, Sent
from bot.delivery.deliveries import Deliveries
from bot.delivery.progress import Shown
from bot.settings import Settings
from bot.storage import tables
from bot.storage.claims import claims_for
from bot.storage.job_address import Address
from bot.storage.people import People
from engine.painting.recipe import Recipe
from engine.queue import Job, JobStatus, Leases, Queue, QueueAdmin, State, create_schema, open_database
from engine.queue.schema import blob, job
from tests.benchmarks.queue.queue import Place, databases

LOOKS: Final = 5
"""Looks at deliveries that are timed, after the first."""
TIMES: Final = 9
"""Times that each other call is timed."""
PICTURE_BYTES: Final = 2000
"""Bytes of each picture: what is measured is rows."""
AT_ONCE: Final = 5000
"""Rows of one INSERT."""
RATE: Final = 1000.0
"""Megapixel-iterations of a simulated worker in a second."""
COST: Final = 60.0
"""Megapixel-iterations of a job."""
WEEK: Final = 7 * 86400.0
"""Seconds over which the jobs that are done have ended."""


@dataclass(frozen=True, slots=True)
class Size:
    """The jobs of a long queue."""

    queued: int = 10_000
    done: int = 100_000
    running: int = 8
    """Jobs that are painted, each by a worker of its own."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call with a long queue."""

    name: str
    wall: float
    """Milliseconds, median."""
    cpu: float
    """Milliseconds of all threads of the calling process, median."""
    held: float
    """Milliseconds of processor time of its event loop's longest step."""
    written: float
    """Milliseconds of its longest write transaction; 0 if there is none."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """The results of one database."""

    database: str
    size: Size
    calls: Sequence[Call]


def measure(
    folder: Path,
    database: str | None = None,
    size: Size | None = None,
    *,
    report: Callable[[str], None] = lambda _: None,
) -> list[Backlog]:
    """Measure SQLite and PostgreSQL.

    Args:
        folder: a folder for their files.
        database: the URL of an empty PostgreSQL. Otherwise a private server is started, if one is installed.
        size: how many jobs.
        report: gets a line about each result.

    Raises:
        AtelierError: the database of that URL is not empty, or no PostgreSQL.
    """
    return asyncio.run(_measure(folder, database, size or Size(), report))


async def _measure(
    folder: Path, database: str | None, size: Size, report: Callable[[str], None]
) -> list[Backlog]:
    notes: list[str] = []
    async with databases(folder, database, notes) as places:
        found = [await _backlog(place, size, report) for place in places]
    for note in notes:
        report(note)
    return found


async def _backlog(place: Place, size: Size, report: Callable[[str], None]) -> Backlog:
    engine, calls = open_database(place.url), []
    try:
        await create_schema(engine)
        await tables.create(engine)
        began = time.perf_counter()
        await _fill(engine, size)
        report(f"{place.name}: filled in {time.perf_counter() - began:.0f} s")
        async for call in _calls(engine, size):
            calls.append(call)
            report(
                f"{call.name}: {call.wall:.1f} ms, {call.cpu:.1f} ms of CPU time, the loop held for "
                f"{call.held:.1f} ms, the longest write {call.written:.1f} ms"
            )
    finally:
        await engine.dispose()
    return Backlog(place.name, size, calls)


async def _calls(engine: AsyncEngine, size: Size) -> AsyncIterator[Call]:
    queue, leases, admin = Queue(engine), Leases(engine), QueueAdmin(engine)
    deliveries = _Unsent(_bot(), queue, claims=claims_for(engine))
    await deliveries.claims_started()
    middle = f"telegram:{size.queued // 2}"
    settings: dict[str, Any] = {"_env_file": None}
    account = Accounts(queue, People(engine), Orders(Settings(**settings), queue))
    gc.collect()
    gc.freeze()  # as the bot does after its start
    context = ChatContext(_bot(), size.queued // 2, size.queued // 2, "Ada", "en")
    numbers = iter(range(10**6))

    async def order() -> None:
        await queue.backlog()
        await _enqueue(queue, next(numbers))

    async def claim() -> None:
        (claimed,) = await leases.claim("worker-0")
        await leases.release("worker-0", claimed.id)

    yield await _timed(engine, "first look at deliveries", deliveries.look, 1)
    yield await _timed(engine, "look at deliveries", deliveries.look, LOOKS)
    yield await _timed(engine, "order", order, TIMES)
    yield await _timed(engine, "claim and release", claim, TIMES)
    yield await _timed(engine, "look ahead", lambda: leases.upcoming("worker-0", 4), TIMES)
    yield await _timed(engine, "positions of a user's jobs", lambda: queue.live(middle), TIMES)
    yield await _timed(engine, "/status", lambda: account._status(context), TIMES)
    yield await _timed(engine, "/stats", admin.statistics, TIMES)
    yield await _timed(engine, "metrics", admin.health, TIMES)
    yield await _timed(engine, "pruning", lambda: queue.prune(-1.0), 1)


async def _timed(engine: AsyncEngine, name: str, call: Callable[[], Awaitable[object]], times: int) -> Call:
    walls, cpus = [], []
    if times > 1:
        await call()  # statements are compiled, and texts are loaded, once
    with _steps() as steps, _writes(engine) as writes:
        for _ in range(times):
            wall, cpu = time.perf_counter(), time.process_time()
            await call()
            walls.append(1000 * (time.perf_counter() - wall))
            cpus.append(1000 * (time.process_time() - cpu))
    return Call(name, statistics.median(walls), statistics.median(cpus), steps.longest, writes.longest)


@dataclass(slots=True)
class _Longest:
    """Milliseconds of the longest of several things."""

    longest: float = 0.0
    open: dict[int, float] = field(default_factory=dict)

    def add(self, seconds: float) -> None:
        self.longest = max(self.longest, 1000 * seconds)


@contextmanager
def _steps() -> Iterator[_Longest]:
    """Time the steps of event loops, by their thread's processor time: other programs do not count."""
    found, run = _Longest(), asyncio.Handle._run

    def timed(handle: asyncio.Handle) -> None:
        began = time.thread_time()
        run(handle)
        found.add(time.thread_time() - began)

    asyncio.Handle._run = timed  # type: ignore[method-assign, assignment]
    try:
        yield found
    finally:
        asyncio.Handle._run = run  # type: ignore[method-assign]


@contextmanager
def _writes(engine: AsyncEngine) -> Iterator[_Longest]:
    """Time the transactions that may write, from their beginning to their end."""
    found = _Longest()

    def begin(connection: Any) -> None:
        options = connection.get_execution_options()
        reads = options.get("atelier_begin") is not None or options.get("isolation_level") == "AUTOCOMMIT"
        if not reads:
            found.open[id(connection)] = time.perf_counter()

    def end(connection: Any) -> None:
        if (began := found.open.pop(id(connection), None)) is not None:
            found.add(time.perf_counter() - began)

    listeners = {"begin": begin, "commit": end, "rollback": end}
    for what, listener in listeners.items():
        event.listen(engine.sync_engine, what, listener)
    try:
        yield found
    finally:
        for what, listener in listeners.items():
            event.remove(engine.sync_engine, what, listener)


class _Unsent(Deliveries):
    """Deliveries whose messages are not sent: the card counts as edited."""

    async def _update(self, status: JobStatus, address: Address, shown: Shown) -> None:
        shown.styles, shown.preview = address.draft.styles, status.job.previews
        shown.position, shown.state = status.forecast.position, status.job.state
        shown.edited = time.monotonic()

    async def claims_started(self) -> None:
        """Start the lease of the chats."""
        if self._claims:
            await self._claims.start()


def _bot() -> ExtBot[Any]:
    return ExtBot("1:token")


async def _fill(engine: AsyncEngine, size: Size) -> None:
    """Store the jobs, the workers and the users."""
    leases, now = Leases(engine), time.time()
    for number in range(size.running):
        await leases.announce(f"worker-{number}", "cuda", "vgg19", RATE)
    live = {
        "state": State.QUEUED,
        "attempts": 0,
        "worker": None,
        "lease": None,
        "started": None,
        "progress": 0.0,
    }
    for_long = {"worker": "worker-0", "lease": now + WEEK, "renewed": now, "attempts": 1, "started": now}
    await _insert(engine, job, (
        _row(number) | live | {"tag": 1 + number % 3, "created": now - size.queued + number}
        for number in range(size.queued)
    ))  # fmt: skip
    await _insert(engine, job, (
        _row(-1 - number) | for_long
        | {"state": State.RUNNING, "worker": f"worker-{number}", "progress": 0.5, "created": now - WEEK}
        for number in range(size.running)
    ))  # fmt: skip
    await _insert(engine, job, (
        _row(size.queued + number, number % size.queued) | live
        | {
            "state": State.DONE, "created": (ended := now - WEEK * (1 - number / size.done)) - 60.0,
            "started": ended - 10.0, "finished": ended, "delivered": ended, "progress": 1.0,
            "facts": {"width": 512, "height": 512, "seconds": 10.0}, "worker": "worker-0", "attempts": 1,
        }
        for number in range(size.done)
    ))  # fmt: skip
    picture = os.urandom(PICTURE_BYTES)
    for names, numbers in (
        (("content", "style0"), range(-size.running, size.queued)),
        (("result",), range(size.queued, size.queued + size.done)),
    ):
        await _insert(engine, blob, (
            {"job": _id(number), "name": name, "bytes": picture} for number in numbers for name in names
        ))  # fmt: skip
    person = Person().model_dump_json()
    await _insert(engine, tables.person, (
        {"id": 1 + number, "body": person, "updated": now} for number in range(size.queued)
    ))  # fmt: skip
    # As a server does by itself before long.
    async with engine.execution_options(
        isolation_level="AUTOCOMMIT", atelier_begin=""
    ).connect() as connection:
        await connection.execute(text("ANALYZE" if engine.dialect.name == "sqlite" else "VACUUM ANALYZE"))


async def _insert(engine: AsyncEngine, table: Any, rows: Any) -> None:
    while part := list(islice(rows, AT_ONCE)):
        async with engine.begin() as connection:
            await connection.execute(insert(table), part)


def _id(number: int) -> str:
    return f"{number + 10**9:018x}"


def _row(number: int, person: int | None = None) -> dict[str, Any]:
    """Return what is the same in all states of a job."""
    owner = abs(number) if person is None else person
    draft = Draft(photo=Sent(file_id="A" * 80, message=1), styles=(CatalogueStyle(id="mosaic"),))
    address = Address(chat=1 + owner, message=1, draft=draft, style="Mosaic", source=1)
    return {
        "id": _id(number), "owner": f"telegram:{owner}", "priority": 0, "tag": 0, "cancel": False,
        "recipe": Recipe().as_dict(), "shape": "512x512", "cost": COST, "previews": 0,
        "address": address.model_dump(mode="json"),
    }  # fmt: skip


async def _enqueue(queue: Queue, number: int) -> Job:
    row = _row(-1000 - number)
    names = ("id", "owner", "recipe", "cost", "shape", "address")
    picture = os.urandom(PICTURE_BYTES)
    return await queue.enqueue(
        **{name: row[name] for name in names}, blobs={"content": picture, "style0": picture}
    )
