"""A second client, which we did not write: aiogram as the bot of our server."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramBadRequest
from aiogram.types import (
    BufferedInputFile,
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    Message,
    ReactionTypeEmoji,
)

from bot.playground import YOU, Server, serve
from bot.playground.errors import Refusal
from bot.playground.people import attachments
from tests.support.aiogram_oracle import complete_all, watched
from tests.support.playground import Playground
from tests.support.sample_media import film, jpeg, sound


def go() -> InlineKeyboardMarkup:
    """A keyboard with one button."""
    button = InlineKeyboardButton(text="Go", callback_data="go", style="success")
    return InlineKeyboardMarkup(inline_keyboard=[[button]])


@pytest.fixture
async def client(server: Server, playground: Playground) -> AsyncIterator[Bot]:
    """aiogram's client."""
    complete_all()
    session = AiohttpSession(api=TelegramAPIServer.from_base(server.url))
    bot = Bot(playground.token, session=session)
    yield bot
    await session.close()


async def test_a_bot_by_aiogram_holds_a_whole_conversation(client: Bot, playground: Playground) -> None:
    dispatcher = Dispatcher()
    edited: list[str | None] = []

    @dispatcher.message()
    async def on_message(message: Message) -> None:
        await message.react([ReactionTypeEmoji(emoji="👀")])
        if message.photo:
            data = io.BytesIO()
            await client.download(message.photo[-1], data)
            file = BufferedInputFile(data.getvalue(), "photo.jpg")
            await message.answer_photo(file, caption="Paint it?", reply_markup=go())
        else:
            await message.answer("Send me a photo.")

    @dispatcher.callback_query()
    async def on_tap(query: CallbackQuery) -> None:
        await query.answer("Yes", show_alert=True)
        assert isinstance(query.message, Message)
        media = InputMediaPhoto(media=BufferedInputFile(jpeg(color="red"), "red.jpg"), caption="There")
        await query.message.edit_media(media)
        with pytest.raises(TelegramBadRequest, match="not modified"):
            await query.message.edit_caption(caption="There")

    @dispatcher.edited_message()
    async def on_edit(message: Message) -> None:
        edited.append(message.text)

    group = playground.add_group("Sunday painters", YOU)
    polling = asyncio.create_task(dispatcher.start_polling(client, handle_signals=False, polling_timeout=1))
    try:
        sent = await playground.send_text(YOU, "hello")
        await playground.wait_for_message(lambda message: message.get("text") == "Send me a photo.")
        await playground.edit_text(YOU, sent["message_id"], "hello, bot")
        await playground.wait_for(lambda: not playground.updates.waiting)
        await playground.send_photo(YOU, jpeg())
        asked = await playground.wait_for_message(lambda message: message.get("caption") == "Paint it?")
        answer = await playground.tap(YOU, asked["message_id"], "Go")
        assert (answer.text, answer.show_alert) == ("Yes", True)
        await playground.wait_for_message(lambda message: message.get("caption") == "There")
        await playground.send_photo(YOU, jpeg(), "@atelier_bot", group=group)
        await playground.wait_for_message(lambda message: message.get("caption") == "Paint it?", group)
        await playground.wait_for(lambda: edited == ["hello, bot"])
    finally:
        await dispatcher.stop_polling()
        await polling
    assert (await client.get_me()).username == "atelier_bot"


async def test_recordings_are_what_they_are_down_to_their_bytes(client: Bot, playground: Playground) -> None:
    clip, picture = film(96, 64), jpeg(96, 64)
    sent: dict[str, tuple[bytes, dict[str, Any]]] = {
        "voice": (sound(), {"duration": 1}),
        "audio": (sound(music=True), {"duration": 1, "title": "Silence", "performer": "Nobody"}),
        "video": (clip, {}),
        "video_note": (film(64, 64), {}),
        "animation": (clip, {}),
    }
    for kind, (data, facts) in sent.items():
        small = None if kind == "voice" else picture
        await playground.send_recording(YOU, kind, data, "with words", thumbnail=small, **facts)
    messages = [update.message for update in await client.get_updates()]
    for message, (kind, (data, facts)) in zip(messages, sent.items(), strict=True):
        assert message is not None
        assert message.content_type == kind
        content = getattr(message, kind)
        assert content.duration == 1
        assert content.file_size == len(data)
        assert {fact: getattr(content, fact) for fact in facts} == facts
        downloaded = io.BytesIO()
        await client.download(content, downloaded)
        assert downloaded.getvalue() == data
        if kind != "voice":
            assert (content.thumbnail.width, content.thumbnail.height) == (96, 64)
    _, _, video, note, animation = messages
    assert video is not None
    assert video.video is not None
    assert (video.video.width, video.video.height, video.video.mime_type) == (96, 64, "video/mp4")
    assert note is not None
    assert note.video_note is not None
    assert note.video_note.length == 64
    assert animation is not None
    assert animation.document is not None
    impossible: dict[str, dict[str, Any]] = {"voice": {}, "tune": {}, "video": {"colour": 1}}
    for kind, facts in impossible.items():
        with pytest.raises(Refusal):
            await playground.send_recording(YOU, kind, b"nothing of the kind", **facts)


async def test_what_is_no_file_is_whole_too(client: Bot, playground: Playground) -> None:
    await playground.send_other(YOU, **attachments.location(48.2, 16.4))
    await playground.send_other(YOU, **attachments.contact("Zoë", "+43 1 23456"))
    await playground.send_other(YOU, **attachments.poll("Which one?", "Mosaic", "Waves"))
    place, number, question = (update.message for update in await client.get_updates())
    assert place is not None
    assert place.location is not None
    assert number is not None
    assert number.contact is not None
    assert (number.contact.first_name, number.contact.phone_number) == ("Zoë", "+43 1 23456")
    assert question is not None
    assert question.poll is not None
    assert [option.text for option in question.poll.options] == ["Mosaic", "Waves"]
    with pytest.raises(Refusal):
        attachments.poll("Which one?")


async def test_an_answer_that_the_bot_api_does_not_know_is_noticed() -> None:
    made = Playground()
    made.bot["colour"] = "teal"
    with pytest.raises(AssertionError, match="colour"), watched(made):
        async with (
            await serve(made) as running,
            Bot(made.token, session=AiohttpSession(api=TelegramAPIServer.from_base(running.url))) as bot,
        ):
            await bot.get_me()
    made.close()
