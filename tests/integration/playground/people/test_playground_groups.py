"""Groups: who hears what, who may write, and what becomes of them."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import pytest
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InputMediaPhoto,
    InputTextMessageContent,
)
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter

from bot.playground import YOU, FloodLimits, Server, serve
from bot.playground.errors import Refusal
from tests.support.playground import Playground
from tests.support.sample_media import jpeg
from tests.support.telegram_client import connect


async def _heard(bot: Bot) -> list[str]:
    """The words of the updates that wait."""
    updates = await bot.get_updates(timeout=0)
    return [update.message.text or update.message.caption or "" for update in updates if update.message]


async def test_in_privacy_mode_a_bot_hears_what_is_said_to_it(
    playground: Playground, bot: Bot, group: int, somebody: int
) -> None:
    mine = await bot.send_message(group, "Good morning")
    for words in (
        "lovely weather",
        "@atelier_botanist hello",
        "mail me at x@atelier_bot",
        "/cancel@other_bot",
    ):
        await playground.send_text(YOU, words, group=group)
    await playground.send_photo(YOU, jpeg(), "our cat", group=group)
    addressed = ["/cancel", "/cancel@atelier_bot now", "hello @Atelier_Bot!"]
    for words in addressed:
        await playground.send_text(somebody, words, group=group)
    await playground.send_text(YOU, "well?", reply_to=mine.message_id, group=group)
    await playground.send_photo(YOU, jpeg(), "for @atelier_bot", group=group)
    assert await _heard(bot) == [*addressed, "well?", "for @atelier_bot"]


async def test_without_privacy_mode_it_hears_everything(playground: Playground, bot: Bot, group: int) -> None:
    playground.privacy = False
    assert (await bot.get_me()).can_read_all_group_messages
    await playground.send_text(YOU, "lovely weather", group=group)
    assert await _heard(bot) == ["lovely weather"]


async def test_a_command_carries_the_picture_that_it_answers(
    playground: Playground, bot: Bot, group: int
) -> None:
    photo = await playground.send_photo(YOU, jpeg(), group=group)
    await playground.send_text(YOU, "/paint", reply_to=photo["message_id"], group=group)
    (update,) = await bot.get_updates(timeout=0)
    assert update.message is not None
    assert update.message.chat.title == "Sunday painters"
    assert update.message.reply_to_message is not None
    assert update.message.reply_to_message.photo


async def test_a_tap_in_a_group_is_of_who_tapped(
    playground: Playground, bot: Bot, group: int, somebody: int
) -> None:
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Go", callback_data="go")]])
    message = await bot.send_message(group, "Paint it?", reply_markup=keyboard)
    await playground.tap(somebody, message.message_id, "Go", timeout=0.01, group=group)
    (update,) = await bot.get_updates(timeout=0)
    assert update.callback_query is not None
    assert update.callback_query.from_user.id == somebody
    assert update.callback_query.message is not None
    assert update.callback_query.message.chat.id == group


async def test_who_is_not_in_a_group_cannot_write_there(playground: Playground, group: int) -> None:
    stranger = playground.add_person("Zoë")
    with pytest.raises(Refusal, match="not in this group"):
        await playground.send_text(stranger, "hello", group=group)


async def test_a_group_that_becomes_a_supergroup_is_another_chat(
    playground: Playground, bot: Bot, group: int
) -> None:
    old = await bot.send_message(group, "Good morning")
    moved = playground.upgrade_group(group)
    with pytest.raises(ChatMigrated) as caught:
        await bot.send_message(group, "Are you there?")
    assert caught.value.new_chat_id == moved
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await bot.edit_message_text("Good evening", moved, old.message_id)
    assert (await bot.send_message(moved, "Here you are")).chat.type == "supergroup"
    updates = await bot.get_updates(timeout=0)
    messages = [update.message for update in updates if update.message]
    assert [one.migrate_to_chat_id for one in messages if one.migrate_to_chat_id] == [moved]
    assert [one.migrate_from_chat_id for one in messages if one.migrate_from_chat_id] == [group]


async def test_a_bot_that_is_thrown_out_is_told_so(playground: Playground, bot: Bot, group: int) -> None:
    playground.kick(group)
    with pytest.raises(Forbidden, match="kicked"):
        await bot.send_message(group, "Hello?")
    with pytest.raises(Forbidden, match="kicked from the group chat"):
        await bot.get_chat_administrators(group)
    said, own = await bot.get_updates(timeout=0, allowed_updates=[])
    assert said.message is not None
    assert said.message.left_chat_member == await bot.get_me()
    assert own.my_chat_member is not None
    assert own.my_chat_member.new_chat_member.status == "kicked"
    playground.kick(group, kicked=False)
    await bot.send_message(group, "Here again")


async def test_who_comes_and_goes_is_said_in_the_group(
    playground: Playground, bot: Bot, group: int, somebody: int
) -> None:
    newcomer = playground.add_person("Zoë")
    playground.join(group, newcomer)
    playground.leave(group, somebody)
    came, went = (update.message for update in await bot.get_updates(timeout=0))
    assert came is not None
    assert [user.first_name for user in came.new_chat_members] == ["Zoë"]
    assert went is not None
    assert went.left_chat_member is not None
    assert went.left_chat_member.id == somebody
    assert await bot.get_chat_member_count(group) == 3
    statuses = [(await bot.get_chat_member(group, who)).status for who in (YOU, newcomer, somebody, bot.id)]
    assert statuses == ["creator", "member", "left", "member"]
    with pytest.raises(Refusal, match="not in this group"):
        playground.leave(group, somebody)
    with pytest.raises(BadRequest, match="Invalid user_id"):
        await bot.get_chat_member(group, 4711)


async def test_of_others_places_an_administrator_hears_who_asks_for_it(
    playground: Playground, bot: Bot, group: int, somebody: int
) -> None:
    playground.updates.allow(["my_chat_member", "chat_member"])
    playground.leave(group, somebody)  # the bot is none yet
    playground.promote(group, bot.id)
    playground.join(group, somebody)
    playground.promote(group, somebody)
    own, came, rose = await bot.get_updates(timeout=0)
    assert own.my_chat_member is not None
    assert own.my_chat_member.new_chat_member.status == "administrator"
    assert came.chat_member is not None
    assert came.chat_member.difference()["status"] == ("left", "member")
    assert rose.chat_member is not None
    assert rose.chat_member.difference()["status"] == ("member", "administrator")
    administrators = await bot.get_chat_administrators(group)
    assert {one.user.id for one in administrators} == {YOU, somebody, bot.id}
    with pytest.raises(BadRequest, match="private chat"):
        await bot.get_chat_administrators(YOU)


async def test_a_group_takes_twenty_messages_a_minute() -> None:
    playground = Playground(flood=FloodLimits(rate=1000, burst=1000))
    group = playground.add_group("Loud", YOU)
    async with await serve(playground) as server, connect(server) as bot:
        for number in range(20):
            await bot.send_message(group, f"{number}")
        with pytest.raises(RetryAfter):
            await bot.send_message(group, "one too many")
    playground.close()


async def test_groups_come_back_after_a_restart(tmp_path: Path) -> None:
    first = Playground(tmp_path)
    group = first.add_group("Sunday painters", YOU)
    await first.send_text(YOU, "/start", group=group)
    first.close()
    second = Playground(tmp_path)
    assert [message.get("text") for message in second.messages(group)] == [None, "/start"]
    assert second.groups.require(group)["title"] == "Sunday painters"
    second.close()


async def test_the_page_makes_a_group_and_speaks_in_it(
    server: Server, page: aiohttp.ClientSession, playground: Playground, somebody: int
) -> None:
    async with page.post("/api/groups", json={"title": "By the page", "people": [YOU, somebody]}) as answer:
        made = await answer.json()
    async with page.get("/api/groups") as answer:
        assert [group["title"] for group in await answer.json()] == ["By the page"]
    form = aiohttp.FormData({"text": "/start", "person": str(somebody)})
    async with page.post(f"/api/chats/{made['id']}/messages", data=form) as answer:
        assert answer.status == 200
    assert playground.messages(made["id"])[-1]["from"]["id"] == somebody


async def test_the_page_brings_somebody_into_a_group_and_lets_them_leave(
    page: aiohttp.ClientSession, playground: Playground, somebody: int
) -> None:
    group = playground.add_group("Sunday painters", YOU)
    path = f"/api/chats/{group}/people"
    async with page.post(path, json={"person": somebody}) as answer:
        assert (await answer.json())["people"] == [YOU, somebody]
    assert playground.messages(group)[-1]["new_chat_members"][0]["id"] == somebody
    async with page.post(path, json={"person": somebody, "leaves": True}) as answer:
        assert (await answer.json())["people"] == [YOU]
    assert playground.messages(group)[-1]["left_chat_member"]["id"] == somebody
    async with page.post(path, json={"person": 4711}) as answer:
        assert answer.status == 404


async def test_a_guest_bot_is_told_of_what_names_it_alone_and_answers_once(
    playground: Playground, bot: Bot, somebody: int
) -> None:
    assert not (await bot.get_me()).supports_guest_queries
    friends = playground.add_group_without_bot("Friends", YOU, somebody)
    await playground.send_text(YOU, "@atelier_bot hello", group=friends)
    assert await bot.get_updates(timeout=0) == (), "guest mode is off"
    playground.guests = True
    assert (await bot.get_me()).supports_guest_queries
    photo = await playground.send_photo(somebody, jpeg(), group=friends)
    await playground.send_text(YOU, "lovely weather", group=friends)
    await playground.send_text(YOU, "hello @Atelier_Bot", photo["message_id"], friends)
    (update,) = await bot.get_updates(timeout=0)
    asked = update.guest_message
    assert update.message is None
    assert asked is not None
    assert asked.reply_to_message is not None
    assert len(asked.reply_to_message.photo) > 1
    text = InputTextMessageContent("Here I am")
    with pytest.raises(BadRequest, match='can\'t find field "title"'):
        await asked.answer_guest_query(InlineQueryResultArticle("1", "", text))
    sent = await asked.answer_guest_query(InlineQueryResultArticle("1", "Hello", text))
    (answer,) = playground.from_bot(friends)
    assert (answer["text"], answer["guest_bot_caller_user"]["id"]) == ("Here I am", YOU)
    with pytest.raises(BadRequest, match="Query is too old"):
        await asked.answer_guest_query(InlineQueryResultArticle("1", "Hello", text))
    with pytest.raises(Forbidden):
        await bot.send_message(friends, "And more")

    there = sent.inline_message_id
    assert await bot.edit_message_text("Still here", inline_message_id=there) is True
    with pytest.raises(BadRequest, match="Invalid message content specified"):
        await bot.edit_message_media(InputMediaPhoto(jpeg()), inline_message_id=there)
    known = asked.reply_to_message.photo[-1].file_id
    assert (
        await bot.edit_message_media(InputMediaPhoto(known, caption="A photo"), inline_message_id=there)
        is True
    )
    (answer,) = playground.from_bot(friends)
    assert answer["caption"] == "A photo"
    with pytest.raises(BadRequest, match=r"(?i)message_id_invalid"):
        await bot.edit_message_text("Where?", inline_message_id="x")


async def test_a_guest_bot_hears_nothing_of_protected_groups_and_may_be_too_late(
    playground: Playground, bot: Bot
) -> None:
    playground.guests = True
    friends = playground.add_group_without_bot("Friends", YOU)
    playground.protect(friends)
    await playground.send_text(YOU, "@atelier_bot hello", group=friends)
    playground.protect(friends, protected=False)
    await playground.send_text(YOU, "@atelier_bot again", group=friends)
    (update,) = await bot.get_updates(timeout=0)
    assert update.guest_message is not None
    assert update.guest_message.text == "@atelier_bot again"
    playground.guest_queries.expire()
    with pytest.raises(BadRequest, match="Query is too old"):
        await update.guest_message.answer_guest_query(
            InlineQueryResultArticle("1", "Hello", InputTextMessageContent("Here I am"))
        )
