import asyncio
import time

import pytest
from aiohttp import web
from telegram import Bot, BotCommand, BotCommandScopeAllPrivateChats, MenuButtonCommands
from telegram.error import BadRequest, Conflict
from telegram.ext import ApplicationBuilder, CommandHandler, ContextTypes

from bot.playground import YOU, Server
from bot.playground.state import updates, webhook_delivery
from tests.support.playground import Playground
from tests.support.sample_media import jpeg
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


async def test_a_button_is_tapped_and_answered(bot: Bot, playground: Playground) -> None:
    markup = {"inline_keyboard": [[{"text": "Go", "callback_data": "go:1"}]]}
    sent = await bot.send_message(YOU, "x", reply_markup=markup)  # type: ignore[arg-type]
    tap = asyncio.create_task(playground.tap(YOU, sent.message_id, "Go"))
    (update,) = await bot.get_updates(timeout=5)
    query = update.callback_query
    assert query
    assert (query.data, query.from_user.id) == ("go:1", YOU)
    assert query.message == sent
    await query.answer("Gone.", show_alert=True)
    assert await tap == (True, "Gone.", True)
    assert await query.answer("Too late, but no error.")


async def test_of_an_old_message_that_is_tapped_the_bot_learns_its_number_alone(
    bot: Bot, playground: Playground
) -> None:
    markup = {"inline_keyboard": [[{"text": "Go", "callback_data": "go"}]]}
    sent = await bot.send_message(YOU, "x", reply_markup=markup)  # type: ignore[arg-type]
    await playground.tap(YOU, sent.message_id, "Go", timeout=0.01, inaccessible=True)
    (update,) = await bot.get_updates()
    assert update.callback_query
    message = update.callback_query.message
    assert message
    assert not message.is_accessible
    assert (message.chat, message.message_id) == (sent.chat, sent.message_id)
    assert message.to_dict().keys() & {"text", "from", "reply_markup"} == set()


async def test_a_tap_that_nobody_answers_ends_unanswered_and_gets_too_old(
    bot: Bot, playground: Playground
) -> None:
    markup = {"inline_keyboard": [[{"text": "Go", "callback_data": "go"}]]}
    sent = await bot.send_message(YOU, "x", reply_markup=markup)  # type: ignore[arg-type]
    assert await playground.tap(YOU, sent.message_id, "go", timeout=0.01) == (False, None, False)
    (update,) = await bot.get_updates()
    assert update.callback_query
    with pytest.raises(BadRequest, match="Message_too_long"):
        await update.callback_query.answer("x" * 201)
    playground.taps.expire()
    with pytest.raises(BadRequest, match="Query is too old and response timeout expired"):
        await update.callback_query.answer()


async def test_commands_and_descriptions_are_kept_by_scope_and_language(
    bot: Bot, playground: Playground
) -> None:
    await bot.set_my_commands([BotCommand("start", "Begin")])
    await bot.set_my_commands([BotCommand("start", "Los")], language_code="de")
    assert playground.card()["commands"] == [{"command": "start", "description": "Begin"}]
    assert playground.card("de")["commands"] == [{"command": "start", "description": "Los"}]
    await bot.set_my_commands([BotCommand("help", "Help")], scope=BotCommandScopeAllPrivateChats())
    assert playground.card()["commands"] == [{"command": "help", "description": "Help"}]
    assert await bot.get_my_commands() == (BotCommand("start", "Begin"),)
    await bot.delete_my_commands(scope=BotCommandScopeAllPrivateChats())
    assert playground.card("fr")["commands"] == [{"command": "start", "description": "Begin"}]

    await bot.set_my_name("Studio")
    await bot.set_my_description("Paints.")
    await bot.set_my_short_description("Paints", language_code="de")
    assert (await bot.get_my_name()).name == "Studio"
    assert (await bot.get_my_description("de")).description == "Paints."
    assert (await bot.get_my_short_description()).short_description == ""
    assert playground.card("de")["short_description"] == "Paints"
    await bot.set_chat_menu_button(menu_button=MenuButtonCommands())
    assert await bot.get_chat_menu_button(YOU) == MenuButtonCommands()


async def test_the_bot_can_ask_about_a_person(bot: Bot) -> None:
    chat = await bot.get_chat(YOU)
    assert (chat.first_name, chat.type) == ("You", "private")
    assert (await bot.get_chat_member(YOU, YOU)).status == "member"


async def test_closing_and_logging_out_are_accepted(bot: Bot) -> None:
    assert await bot.close()
    assert await bot.log_out()


async def test_an_album_arrives_as_separate_updates_in_any_order(bot: Bot, playground: Playground) -> None:
    sent = await playground.send_album(YOU, [jpeg(), jpeg(), jpeg()], "three", gap=0, order=[2, 0, 1])
    messages = [update.message for update in await bot.get_updates() if update.message]
    ids = [message["message_id"] for message in sent]
    assert [message.message_id for message in messages] == [ids[2], ids[0], ids[1]]
    assert len({message.media_group_id for message in messages}) == 1
    assert [message.caption for message in messages] == [None, "three", None]
