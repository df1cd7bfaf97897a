import asyncio
import time

import pytest
from telegram import Bot
from telegram.error import Conflict
from telegram.ext import ApplicationBuilder, CommandHandler, ContextTypes

from bot.playground import YOU, Server
from bot.playground.state import updates
from tests.support.playground import Playground
from tests.support.telegram_client import connect


async def test_a_poll_waits_until_there_is_something(bot: Bot, playground: Playground) -> None:
    poll = asyncio.create_task(bot.get_updates(timeout=30, read_timeout=5))
    await playground.wait_for(lambda: playground.updates.holding)
    await playground.send_text(YOU, "hello")
    (update,) = await poll
    assert update.message
    assert update.message.text == "hello"
    assert update.message.from_user
    assert update.message.from_user.language_code == "en"


async def test_a_poll_ends_empty_when_its_time_is_up_and_not_before(bot: Bot) -> None:
    before = time.monotonic()
    assert await bot.get_updates(timeout=1) == ()
    assert time.monotonic() - before >= 0.95


async def test_without_a_timeout_a_poll_returns_at_once(bot: Bot) -> None:
    assert await bot.get_updates(timeout=0) == ()


async def test_updates_come_again_until_they_are_confirmed(bot: Bot, playground: Playground) -> None:
    for text in "abc":
        await playground.send_text(YOU, text)
    first = await bot.get_updates()
    assert first == await bot.get_updates()
    ids = [update.update_id for update in first]
    assert ids == list(range(ids[0], ids[0] + 3))
    assert [update.update_id for update in await bot.get_updates(limit=2)] == ids[:2]
    assert [update.update_id for update in await bot.get_updates(offset=ids[2])] == ids[2:]
    assert [update.update_id for update in await bot.get_updates()] == ids[2:]
    assert await bot.get_updates(offset=ids[2] + 1) == ()


async def test_a_negative_offset_keeps_only_the_last(bot: Bot, playground: Playground) -> None:
    for text in "abc":
        await playground.send_text(YOU, text)
    (last,) = await bot.get_updates(offset=-1)
    assert last.message
    assert last.message.text == "c"
    assert len(playground.updates.waiting) == 1


async def test_only_allowed_kinds_of_updates_are_made(bot: Bot, playground: Playground) -> None:
    await bot.get_updates(allowed_updates=["callback_query"])
    await playground.send_text(YOU, "unheard")
    playground.block(YOU)
    playground.block(YOU, blocked=False)
    assert await bot.get_updates() == ()
    await bot.get_updates(allowed_updates=[])
    await playground.send_text(YOU, "heard")
    (update,) = await bot.get_updates()
    assert update.message


async def test_a_second_poller_ends_the_first(bot: Bot, server: Server, playground: Playground) -> None:
    first = asyncio.create_task(bot.get_updates(timeout=30, read_timeout=5))
    await playground.wait_for(lambda: playground.updates.holding)
    async with connect(server) as other:
        second = asyncio.create_task(other.get_updates(timeout=30, read_timeout=5))
        with pytest.raises(Conflict, match="terminated by other getUpdates request"):
            await first
        await playground.send_text(YOU, "x")
        assert len(await second) == 1


async def test_a_poller_that_hangs_up_leaves_no_trace(bot: Bot, playground: Playground) -> None:
    poll = asyncio.create_task(bot.get_updates(timeout=30, read_timeout=5))
    await playground.wait_for(lambda: playground.updates.holding)
    poll.cancel()
    with pytest.raises(asyncio.CancelledError):
        await poll
    await playground.send_text(YOU, "x")
    assert len(await bot.get_updates()) == 1


async def test_the_page_learns_when_the_bot_comes_and_goes(
    bot: Bot, playground: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(updates, "DISCONNECTED_AFTER", 0.05)
    with playground.events.subscribe(YOU) as events:
        await bot.get_updates()
        states: list[bool] = []
        async with asyncio.timeout(5):
            while states != [True, False]:
                event = await events.get()
                assert event
                if event.name == "bot":
                    states.append(event.data["connected"])


async def test_a_whole_application_runs_without_spinning(server: Server, playground: Playground) -> None:
    async def greet(update: object, context: ContextTypes.DEFAULT_TYPE) -> None:
        await context.bot.send_message(YOU, f"Hello, {context.args[0] if context.args else 'you'}!")

    application = (
        ApplicationBuilder()
        .token(playground.token)
        .base_url(server.base_url)
        .base_file_url(server.base_file_url)
        .job_queue(None)
        .build()
    )
    application.add_handler(CommandHandler("start", greet))
    async with application:
        await application.start()
        assert application.updater
        await application.updater.start_polling()
        await playground.send_text(YOU, "/start Ann")
        message = await playground.wait_for_message(timeout=5)
        assert message["text"] == "Hello, Ann!"
        await playground.send_text(YOU, "/start")
        await playground.wait_for_message(lambda message: message["text"] == "Hello, you!", timeout=5)
        await application.updater.stop()
        await application.stop()
    polls = [call for call in playground.calls if call.method == "getUpdates"]
    assert len(polls) <= 5


async def test_closing_and_logging_out_are_accepted(bot: Bot) -> None:
    assert await bot.close()
    assert await bot.log_out()
