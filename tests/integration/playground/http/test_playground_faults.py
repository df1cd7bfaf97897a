import asyncio
import time
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from telegram import Bot
from telegram.error import NetworkError, RetryAfter, TelegramError, TimedOut

from bot.playground import YOU, Fault, FloodLimits, Server
from tests.support.playground import Playground
from tests.support.sample_media import jpeg
from tests.support.telegram_client import connect


def texts(playground: Playground) -> list[str]:
    return [message["text"] for message in playground.from_bot()]


async def test_a_method_fails_as_often_as_asked_with_any_code(bot: Bot, playground: Playground) -> None:
    playground.fault("sendMessage", code=502, times=2)
    for _ in range(2):
        with pytest.raises(NetworkError, match="Bad Gateway"):
            await bot.send_message(YOU, "x")
    await bot.get_me()
    await bot.send_message(YOU, "through")
    assert texts(playground) == ["through"]


async def test_flood_errors_say_how_long_to_wait(bot: Bot, playground: Playground) -> None:
    playground.fault("edit*", code=429, retry_after=7)
    sent = await bot.send_message(YOU, "x")
    with pytest.raises(RetryAfter) as caught:
        await sent.edit_text("y")
    assert caught.value.retry_after == timedelta(seconds=7)
    assert await sent.edit_text("y")


async def test_an_error_can_say_anything(bot: Bot, playground: Playground) -> None:
    playground.fault(code=400, description="Bad Request: the moon is full", chat_id=YOU)
    with pytest.raises(TelegramError, match="The moon is full"):
        await bot.send_message(YOU, "x")


async def test_a_refused_call_is_noticed_by_who_waits_for_it(bot: Bot, playground: Playground) -> None:
    playground.fault("setMessageReaction", code=400, description="Bad Request: MESSAGE_ID_INVALID")
    photo = await playground.send_photo(YOU, jpeg())
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(
            playground.wait_for(
                lambda: any(call.method == "setMessageReaction" for call in playground.calls), 5
            )
        )
        await asyncio.sleep(0)  # it waits now
        with pytest.raises(TelegramError):
            await bot.set_message_reaction(YOU, photo["message_id"], "👍")


async def test_a_dropped_call_never_happened(bot: Bot, playground: Playground) -> None:
    playground.fault("sendMessage", drop=True)
    with pytest.raises(NetworkError):
        await bot.send_message(YOU, "lost")
    await bot.send_message(YOU, "sent")
    assert texts(playground) == ["sent"]


async def test_a_delivered_and_dropped_call_happened_although_its_answer_is_lost(
    bot: Bot, playground: Playground
) -> None:
    playground.fault("sendPhoto", drop=True, deliver=True)
    with pytest.raises(NetworkError):
        await bot.send_photo(YOU, jpeg())
    assert len(playground.from_bot()) == 1


async def test_a_hanging_call_ends_when_the_bot_gives_up(
    server: Server, bot: Bot, playground: Playground
) -> None:
    playground.fault("sendMessage", hang=True, deliver=True)
    async with connect(server, read_timeout=0.2) as impatient:
        with pytest.raises(TimedOut):
            await impatient.send_message(YOU, "x")
    assert texts(playground) == ["x"]


async def test_what_the_bot_asked_for_happens_although_it_hung_up(
    server: Server, bot: Bot, playground: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, go = asyncio.Event(), asyncio.Event()
    add_photo = playground.files.add_photo

    async def slow(*arguments: Any) -> Any:
        started.set()
        await go.wait()
        return await add_photo(*arguments)

    monkeypatch.setattr(playground.files, "add_photo", slow)
    call = asyncio.create_task(bot.send_photo(YOU, jpeg()))
    await asyncio.wait_for(started.wait(), 5)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    go.set()
    assert await playground.wait_for_message(lambda message: "photo" in message, timeout=5)


async def test_an_album_arrives_whole_although_its_sender_closed_the_page(
    page: aiohttp.ClientSession, playground: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = asyncio.Event()

    async def pause(_: float) -> None:
        await go.wait()

    monkeypatch.setattr("bot.playground.people.actions.pause", pause)
    form = aiohttp.FormData()
    for _ in range(3):
        form.add_field("files", jpeg(), filename="a.jpg")
    upload = asyncio.create_task(page.post(f"/api/chats/{YOU}/messages", data=form).__aenter__())
    await playground.wait_for(lambda: playground.updates.waiting)
    upload.cancel()
    with pytest.raises(asyncio.CancelledError):
        await upload
    go.set()
    await playground.wait_for(lambda: len(playground.updates.waiting) == 3)


async def test_latency_only_slows_down(bot: Bot, playground: Playground) -> None:
    playground.fault("getMe", latency=0.2)
    before = time.monotonic()
    await bot.get_me()
    assert time.monotonic() - before >= 0.19


async def test_downloads_can_fail_too(bot: Bot, playground: Playground) -> None:
    message = await playground.send_photo(YOU, jpeg())
    file = await bot.get_file(message["photo"][0]["file_id"])
    for fault in ({"code": 500}, {"drop": True}):
        playground.fault("download", **fault)
        with pytest.raises(TelegramError):
            await file.download_as_bytearray()
    assert await file.download_as_bytearray()


async def test_a_failing_poll_loses_no_update(bot: Bot, playground: Playground) -> None:
    playground.fault("getUpdates", drop=True, deliver=True)
    await playground.send_text(YOU, "x")
    with pytest.raises(NetworkError):
        await bot.get_updates()
    assert len(await bot.get_updates()) == 1


async def test_faults_are_set_and_cleared_over_http(
    page: aiohttp.ClientSession, bot: Bot, playground: Playground
) -> None:
    async with page.post("/api/faults", json={"method": "sendMessage", "code": 500, "times": None}) as answer:
        assert answer.status == 200
    assert playground.faults.active == [Fault("sendMessage", code=500, times=None)]
    with pytest.raises(NetworkError):
        await bot.send_message(YOU, "x")
    async with page.delete("/api/faults") as answer:
        assert answer.status == 200
    await bot.send_message(YOU, "x")
    async with page.post("/api/faults", json={"colour": "red"}) as answer:
        assert answer.status == 400
        assert "colour" in (await answer.json())["error"]


async def test_a_fast_bot_is_slowed_where_flood_limits_are_on(bot: Bot, playground: Playground) -> None:
    playground.flood = FloodLimits(chat_burst=2)
    sent = [await bot.send_message(YOU, text) for text in "ab"]
    with pytest.raises(RetryAfter) as caught:
        await sent[0].edit_text("c")
    assert caught.value.retry_after == timedelta(seconds=1)
    await bot.send_chat_action(YOU, "typing")
    await sent[0].delete()
    assert texts(playground) == ["b"]
