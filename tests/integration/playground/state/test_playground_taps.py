"""Taps on buttons, and the bot's answers."""

import asyncio

import pytest
from telegram import Bot
from telegram.error import BadRequest

from bot.playground import YOU
from tests.support.playground import Playground


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
