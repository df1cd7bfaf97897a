"""Ephemeral messages: who may get one, who sees it, and what the bot can do with it."""

from __future__ import annotations

from typing import Any

import pytest
from telegram import Bot, BotCommand, InlineKeyboardButton, InlineKeyboardMarkup, Message
from telegram.error import BadRequest, EndPointNotFound

from bot.playground import YOU
from bot.playground.errors import Refusal
from bot.playground.state.ephemeral import WINDOW, is_visible
from tests.support.chat import said
from tests.support.playground import Playground

KEYBOARD = InlineKeyboardMarkup([[InlineKeyboardButton("Go", callback_data="go")]])


async def _send(bot: Bot, group: int, person: int = YOU, answer: int = 0, **beside: Any) -> Message:
    fields: dict[str, Any] = {"ephemeral_message_parameters": {"receiver_user_id": person, **beside}}
    if answer:
        fields["reply_parameters"] = {"ephemeral_message_id": answer}
    return await bot.send_message(group, "For you", reply_markup=KEYBOARD, api_kwargs=fields)


def _number(message: Message | None) -> int:
    assert message is not None
    assert message.message_id == 0
    return int(message.api_kwargs["ephemeral_message_id"])


def _seen(playground: Playground, group: int, person: int) -> list[str]:
    return [said(one) for one in playground.messages(group) if is_visible(one, person) and said(one)]


async def test_an_administrators_message_is_seen_by_its_receiver_alone(
    playground: Playground, bot: Bot, group: int, somebody: int
) -> None:
    playground.promote(group, playground.bot["id"])
    sent = await _send(bot, group)
    assert sent.api_kwargs["receiver_user"]["id"] == YOU
    assert _seen(playground, group, YOU) == ["For you"]
    assert _seen(playground, group, somebody) == []
    assert [said(one) for one in playground.notifications(group, YOU)] == ["For you"]
    assert playground.notifications(group, somebody) == []
    stored = playground.from_bot(group)[-1]["message_id"]
    with pytest.raises(Refusal):
        await playground.tap(somebody, stored, "Go", 0.01, group=group)
    with pytest.raises(Refusal):
        await playground.forward(YOU, stored, group)
    with pytest.raises(BadRequest, match="to edit not found"):
        await bot.edit_message_text("?", group, stored)
    what = {"chat_id": group, "ephemeral_message_id": _number(sent)}
    with pytest.raises(BadRequest):
        await bot.do_api_request(
            "editEphemeralMessageText", api_kwargs=what | {"receiver_user_id": somebody, "text": "?"}
        )
    what |= {"receiver_user_id": YOU}
    assert await bot.do_api_request("editEphemeralMessageText", api_kwargs=what | {"text": "Changed"})
    assert _seen(playground, group, YOU) == ["Changed"]
    assert await bot.do_api_request("deleteEphemeralMessage", api_kwargs=what)
    assert _seen(playground, group, YOU) == []


async def test_another_bot_may_answer_a_tap_of_that_user_for_a_while(
    playground: Playground, bot: Bot, group: int, somebody: int
) -> None:
    asked = await bot.send_message(group, "Go?", reply_markup=KEYBOARD)
    await playground.tap(YOU, asked.message_id, "Go", 0.01, group=group)
    (update,) = await bot.get_updates(timeout=0)
    assert update.callback_query is not None
    tap = update.callback_query.id
    with pytest.raises(BadRequest, match=r"(?i)bot_not_admin"):
        await _send(bot, group)
    with pytest.raises(BadRequest, match=r"(?i)bot_not_admin"):
        await _send(bot, group, somebody, callback_query_id=tap)
    assert _number(await _send(bot, group, callback_query_id=tap))
    shown = playground.from_bot(group)[-1]["message_id"]
    await playground.tap(YOU, shown, "Go", 0.01, group=group)
    *_, update = await bot.get_updates(timeout=0)
    assert update.callback_query is not None
    assert isinstance(update.callback_query.message, Message)
    assert _number(update.callback_query.message)
    playground.taps.expire()
    with pytest.raises(BadRequest, match=r"(?i)bot_not_admin"):
        await _send(bot, group, callback_query_id=tap)


async def test_an_ephemeral_command_is_the_bots_alone_and_so_is_its_answer(
    playground: Playground, bot: Bot, group: int, somebody: int
) -> None:
    await bot.set_my_commands(
        [BotCommand("status", "?", api_kwargs={"is_ephemeral": True}), BotCommand("paint", "?")]
    )
    await playground.send_text(YOU, "/paint", group=group)
    await playground.send_text(YOU, "/status@atelier_bot", group=group)
    assert _seen(playground, group, somebody) == ["/paint"]
    _, update = await bot.get_updates(timeout=0)
    number = _number(update.message)
    with pytest.raises(BadRequest, match=r"(?i)bot_not_admin"):
        await _send(bot, group, somebody, answer=number)
    with pytest.raises(BadRequest, match="replied not found"):
        await bot.send_message(
            group, "For all", api_kwargs={"reply_parameters": {"ephemeral_message_id": number}}
        )
    sent = await _send(bot, group, answer=number)
    assert sent.reply_to_message is not None
    assert _seen(playground, group, YOU) == ["/paint", "/status@atelier_bot", "For you"]
    assert _seen(playground, group, somebody) == ["/paint"]
    answer = playground.from_bot(group)[-1]["message_id"]
    await playground.send_text(YOU, "thanks", reply_to=answer, group=group)
    assert _seen(playground, group, somebody) == ["/paint"], "what answers an ephemeral message is one itself"
    command = playground.chats.ephemeral(group, number)
    assert command is not None
    playground.chats.replace(command | {"date": command["date"] - WINDOW - 1})
    with pytest.raises(BadRequest, match=r"(?i)bot_not_admin"):
        await _send(bot, group, answer=number)


async def test_nobody_gets_one_outside_of_groups_or_who_is_no_member(
    playground: Playground, bot: Bot, group: int
) -> None:
    playground.promote(group, playground.bot["id"])
    with pytest.raises(BadRequest, match=r"(?i)bot_not_admin"):
        await _send(bot, YOU)
    with pytest.raises(BadRequest, match=r"(?i)user_not_participant"):
        await _send(bot, group, playground.add_person("Cleo"))


async def test_a_server_that_does_not_know_them_ignores_the_parameter_and_shows_all(
    playground: Playground, bot: Bot, group: int, somebody: int
) -> None:
    playground.ephemeral = False
    sent = await _send(bot, group)
    assert sent.message_id
    assert "ephemeral_message_id" not in sent.api_kwargs
    assert _seen(playground, group, somebody) == ["For you"]
    with pytest.raises(EndPointNotFound):
        await bot.do_api_request("deleteEphemeralMessage")
