"""The webhook: delivered until accepted, and exclusive with polling."""

import asyncio

import pytest
from aiohttp import web
from telegram import Bot
from telegram.error import Conflict

from bot.playground import YOU
from bot.playground.state import webhook_delivery
from tests.support.playground import Playground


async def test_polling_and_webhook_exclude_each_other(bot: Bot, playground: Playground) -> None:
    poll = asyncio.create_task(bot.get_updates(timeout=30, read_timeout=5))
    await playground.wait_for(lambda: playground.updates.holding)
    await bot.set_webhook("http://127.0.0.1:9/hook")
    with pytest.raises(Conflict, match="terminated by setWebhook request"):
        await poll
    with pytest.raises(Conflict, match="can't use getUpdates method while webhook is active"):
        await bot.get_updates()
    await bot.delete_webhook()
    assert await bot.get_updates() == ()


async def test_a_webhook_is_tried_until_it_takes_each_update(
    bot: Bot, playground: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_delivery, "MIN_BACKOFF", 0.01)
    taken: list[tuple[str, str | None]] = []
    answers = iter([500, 302, 200, 200])

    async def hook(request: web.Request) -> web.Response:
        text = (await request.json())["message"]["text"]
        taken.append((text, request.headers.get("X-Telegram-Bot-Api-Secret-Token")))
        playground.events.changed()
        return web.Response(status=next(answers))

    app = web.Application()
    app.router.add_post("/hook", hook)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        await bot.set_webhook(f"http://127.0.0.1:{runner.addresses[0][1]}/hook", secret_token="s3cret_-")
        await playground.send_text(YOU, "one")
        await playground.send_text(YOU, "two")
        await playground.wait_for(lambda: len(taken) == 4, timeout=5)
        assert taken == [(text, "s3cret_-") for text in ("one", "one", "one", "two")]
        await playground.wait_for(lambda: not playground.updates.waiting, timeout=5)
        info = await bot.get_webhook_info()
        assert info.last_error_message == "Wrong response from the webhook: 302 Found"
        assert playground.updates.connected
        assert await bot.delete_webhook(drop_pending_updates=True)
        assert (await bot.get_webhook_info()).url == ""
    finally:
        await runner.cleanup()


async def test_a_webhook_that_is_not_there_yet_is_tried_again(bot: Bot, playground: Playground) -> None:
    await bot.set_webhook("http://127.0.0.1:9/hook", allowed_updates=["message"])
    await playground.send_text(YOU, "x")
    await playground.wait_for(lambda: playground.webhook.info().get("last_error_message"), timeout=5)
    info = await bot.get_webhook_info()
    assert info.pending_update_count == 1
    assert info.allowed_updates == ("message",)
    await bot.set_webhook("")
    assert len(await bot.get_updates()) == 1
