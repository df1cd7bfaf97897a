"""No painting is lost, whatever ends whenever; and none arrives twice."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.app import running
from bot.playground import Server
from bot.settings import Settings
from engine.queue import Queue, State, open_database
from tests.support.chat import QUESTION, TOKEN, Chat, job_of
from tests.support.forked import BotProgram
from tests.support.playground import Playground
from tests.support.processes import alive, environment, until


async def test_a_bot_that_is_started_again_delivers_what_was_being_painted(
    queue: Queue, painting_bot: Callable[..., Settings], you: Chat, china: bytes, waves: bytes
) -> None:
    # Not a draft: it has to be under way for long enough to be seen so.
    async with running(painting_bot(paint_quality="normal")):
        ready = await you.ready(china, waves)
        await you.tap(ready, "🖌 Paint")
        await you.becomes(ready, "%")
    async with running(painting_bot()):
        await you.painted(ready)
        await you.goes(ready)
    assert len(you.paintings()) == 1


async def test_what_ends_while_the_bot_is_away_is_delivered_when_it_is_back(
    queue: Queue, painting_bot: Callable[..., Settings], you: Chat, small: bytes, waves: bytes
) -> None:
    async with running(painting_bot()):
        ready = await you.ready(small, waves)
        await you.tap(ready, "🖌 Paint")
    job = await job_of(queue, you.id)

    async def done() -> bool:
        found = await queue.get(job.id)
        return found is not None and found.state is State.DONE

    await until(done)
    async with running(painting_bot()):
        await you.painted(ready)
    assert len(you.paintings()) == 1


async def test_the_conversation_goes_on_after_a_restart(
    settings: Callable[..., Settings], you: Chat, small: bytes, waves: bytes
) -> None:
    async with running(settings()):
        await you.asked_for_style(small)
    painting = await you.photo(waves)  # while the bot is away
    async with running(settings()):
        ready = await you.heard(QUESTION, after=painting)
    async with running(settings()):
        await you.tap(ready, "🖌 Paint")
        await you.becomes(ready, "The painter isn’t ready yet")


@pytest.mark.parametrize(
    "fault",
    [{"deliver": True, "drop": True}, {"code": 429, "retry_after": 1}],
    ids=["the answer is lost", "too many requests"],
)
async def test_a_card_that_cannot_be_deleted_at_once_goes_later_and_no_second_painting_comes(
    bot: str, queue: Queue, you: Chat, small: bytes, waves: bytes, fault: dict[str, object]
) -> None:
    ready = await you.ready(small, waves)
    you.playground.fault("deleteMessage", **fault)
    await you.tap(ready, "🖌 Paint")
    await you.painted(ready)
    await you.goes(ready)

    async def delivered() -> bool:
        return (await job_of(queue, you.id)).delivered is not None

    await until(delivered)
    assert len(you.paintings()) == 1
    assert you.playground.faults.active == []


async def test_a_killed_bot_takes_its_worker_along_and_both_go_on_after_a_restart(
    server: Server, playground: Playground, data_dir: Path, tmp_path: Path, small: bytes, waves: bytes
) -> None:
    you = Chat(playground, playground.add_person("Ada"))
    env = environment(
        BOT_TOKEN=TOKEN, BOT_API_URL=server.url, DATA_DIR=str(data_dir), DEVICE="cpu", PAINT_SIZE="128",
        PAINT_QUALITY="normal", LOG_LEVEL="DEBUG",
    )  # fmt: skip
    first = BotProgram(tmp_path / "first", env=env)
    try:
        ready = await you.ready(small, waves)
        await you.tap(ready, "🖌 Paint")
        await you.becomes(ready, "%")
        (worker,) = first.children()
        first.kill()
        await until(lambda: _gone(worker))
    finally:
        first.close()
    assert you.paintings() == []

    database = open_database(f"sqlite:///{data_dir / 'atelier.db'}")
    second = BotProgram(tmp_path / "second", env=env)
    try:
        await you.painted(ready)
        job = await job_of(Queue(database), you.id)
        assert job.state is State.DONE
        (worker,) = second.children()
        second.process.send_signal(signal.SIGINT)
        assert await second.ends() == 0
        assert not alive(worker)
    finally:
        second.close()
        await database.dispose()
    assert len(you.paintings()) == 1
    # All of it was logged in detail; the token is in none of it, and nobody was told of an error.
    for program in (first, second):
        assert "DEBUG" in program.output
        assert TOKEN not in program.output
        assert TOKEN.partition(":")[2] not in program.output
        assert "Traceback" not in program.output
    assert "Closing …" in second.output


async def test_a_painting_under_way_goes_back_to_the_queue_when_everything_is_closed(
    server: Server, playground: Playground, data_dir: Path, tmp_path: Path, small: bytes, waves: bytes
) -> None:
    you = Chat(playground, playground.add_person("Ada"))
    env = environment(
        BOT_TOKEN=TOKEN, BOT_API_URL=server.url, DATA_DIR=str(data_dir), DEVICE="cpu", PAINT_QUALITY="fine"
    )
    program = BotProgram(tmp_path, env=env)
    try:
        ready = await you.ready(small, waves)
        await you.tap(ready, "🖌 Paint")
        await you.becomes(ready, "%")
        (worker,) = program.children()
        os.kill(program.process.pid, signal.SIGTERM)
        assert await program.ends() == 0
        assert not alive(worker)
    finally:
        program.close()
    database = open_database(f"sqlite:///{data_dir / 'atelier.db'}")
    try:
        job = await job_of(Queue(database), you.id)
        assert job.state is State.QUEUED
        assert job.attempts == 0
    finally:
        await database.dispose()


async def _gone(pid: int) -> bool:
    return not alive(pid)
