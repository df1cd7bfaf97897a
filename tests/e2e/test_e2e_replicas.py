"""Two bots behind one address, on one PostgreSQL; one of them is killed in the middle."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import aiohttp
from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.playground import Server
from bot.storage import tables
from engine.queue import Job, State, create_schema, open_database
from tests.e2e.test_e2e_faults import _has_moved, painting
from tests.support.chat import QUESTION, TOKEN, Chat, Json, said
from tests.support.forked import BotProgram
from tests.support.playground import Playground
from tests.support.postgresql import PostgreSQL
from tests.support.processes import Program, environment, free_port, until

PEOPLE = 3
LEASE = 3.0


@dataclass
class Proxy:
    """What leads requests to the bots in turn; to the next one where one does not answer."""

    ports: list[int]
    at: int = 0
    taken: dict[int, int] = field(default_factory=dict)
    """Requests that each has answered."""

    async def pass_on(self, request: web.Request) -> web.Response:
        """Be in between."""
        body = await request.read()
        for _ in self.ports:
            self.at += 1
            port = self.ports[self.at % len(self.ports)]
            url = f"http://127.0.0.1:{port}{request.path}"
            headers = {name: value for name, value in request.headers.items() if name.startswith("X-")}
            try:
                async with (
                    aiohttp.ClientSession() as session,
                    session.post(url, data=body, headers=headers) as answer,
                ):
                    self.taken[port] = self.taken.get(port, 0) + 1
                    return web.Response(status=answer.status)
            except aiohttp.ClientError:
                continue
        return web.Response(status=502)


@contextlib.asynccontextmanager
async def in_front_of(ports: list[int]) -> AsyncIterator[tuple[Proxy, str]]:
    """A proxy that listens; gives its address too."""
    proxy, port = Proxy(ports), free_port()
    app = web.Application()
    app.router.add_post("/telegram", proxy.pass_on)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield proxy, f"http://127.0.0.1:{port}/telegram"
    finally:
        await runner.cleanup()


async def _holders(database: AsyncEngine) -> dict[str, str]:
    """Which bot has which chat."""
    async with database.connect() as connection:
        rows = await connection.execute(select(tables.claim))
        return {row.what: row.replica for row in rows}


async def _commands_are_answered_in_order(chat: Chat) -> None:
    said_at = [await chat.text(command) for command in ("/settings", "/privacy", "/language", "/help")]
    await chat.heard("1. Send a photo", after=said_at[-1])
    answers = [said(one) for one in chat.playground.from_bot(chat.id) if one["message_id"] > said_at[0]]
    marks = ("Your default settings", "What I keep", "Which language should I use?", "1. Send a photo")
    assert [next((mark for mark in marks if mark in text), text) for text in answers] == list(marks)


def _each_painting_arrived(chats: list[Chat], jobs: list[Job]) -> None:
    for you in chats:
        mine = [job for job in jobs if job.owner == f"telegram:{you.person}"]
        assert mine
        arrived = {one["message_id"] for one in you.paintings()}
        assert {job.address["painting"] for job in mine if job.address} <= arrived, "none is lost"
        assert len(arrived) <= len(mine) + 1, "twice only where the kill fell into the sending"


async def test_two_bots_share_the_work_and_one_that_is_killed_is_missed_by_nobody(
    server: Server, playground: Playground, postgresql: PostgreSQL, tmp_path: Path, small: bytes, waves: bytes
) -> None:
    url = postgresql.create()
    database = open_database(url)
    await create_schema(database)
    await tables.create(database)
    ports = [free_port(), free_port()]
    over = asyncio.Event()
    asked: list[tuple[Chat, Json]] = []
    chats = [Chat(playground, playground.add_person(f"Person{number}")) for number in range(PEOPLE)]

    async def live(you: Chat) -> None:
        await _commands_are_answered_in_order(you)
        while not over.is_set():
            await playground.send_album(you.id, [small, waves])  # its parts go to different bots
            ready = await you.heard(QUESTION, after=max((one["message_id"] for _, one in asked), default=0))
            asked.append((you, ready))
            while not _has_moved(you, ready):  # as a person would: it does not move, so tap again
                await you.tap(ready, "🖌 Paint", timeout=5.0)
                with contextlib.suppress(TimeoutError):
                    await playground.wait_for(partial(_has_moved, you, ready), 5.0)
            await you.painted(ready)

    people: list[asyncio.Task[None]] = []
    bots: list[Program] = []
    try:
        async with in_front_of(ports) as (proxy, address), painting(database, pace=0.3) as queue:
            env = environment(
                BOT_TOKEN=TOKEN, BOT_API_URL=server.url, DATABASE_URL=url, ENGINE="external",
                BOT_WEBHOOK_URL=address, PAINT_SIZE="128", PAINT_QUALITY="draft", JOBS_PER_DAY="0",
                LEASE_SECONDS=str(LEASE), LOG_LEVEL="INFO",
            )  # fmt: skip
            bots += [BotProgram(tmp_path / f"bot{port}", env=env | {"BOT_PORT": str(port)}) for port in ports]
            for bot in bots:
                await bot.says("Atelier is open")
            people += [asyncio.create_task(live(you)) for you in chats]

            async def one_at_work() -> Program | None:
                for person in people:
                    if person.done():
                        person.result()
                held = await _holders(database)
                names = {held[str(you.id)] for you in chats if str(you.id) in held}
                busy = [bot for bot in bots if any(f"-{bot.process.pid}-" in name for name in names)]
                return busy[0] if busy and any(you.paintings() for you in chats) else None

            killed = await until(one_at_work)
            assert killed is not None
            killed.kill()
            over.set()
            await asyncio.gather(*people)

            async def all_told() -> bool:
                return all(job.delivered for job in await queue.jobs(count=1000))

            await until(all_told)
            jobs = await queue.jobs(count=1000)
    finally:
        for person in people:
            person.cancel()
        await asyncio.gather(*people, return_exceptions=True)
        for bot in bots:
            await asyncio.to_thread(bot.close)

    assert {job.state for job in jobs} == {State.DONE}
    assert len(proxy.taken) == 2
    assert all(count > PEOPLE for count in proxy.taken.values()), proxy.taken
    assert all(playground.message(ready["message_id"], you.id) is None for you, ready in asked)
    _each_painting_arrived(chats, jobs)
    async with database.connect() as connection:
        left = select(tables.inbox.c.update_id).where(tables.inbox.c.body.is_not(None))
        assert (await connection.execute(left)).all() == []
        assert (await connection.execute(select(tables.claim))).all() == [], "the last one left in good order"
    await database.dispose()
    assert "has expired; others take over" in "".join(bot.output for bot in bots if bot is not killed)
    assert playground.webhook.info()["url"] == address, "a bot that ends leaves the webhook to the others"
    written = "".join(bot.output for bot in bots)
    assert not [each for each in ("Traceback", TOKEN, "Person1") if each in written]
