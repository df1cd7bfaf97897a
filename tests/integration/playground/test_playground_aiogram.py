"""A second client, which we did not write: aiogram as the bot of our server."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator

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
    MessageGenerationStopped,
    ReactionTypeEmoji,
)

from bot.playground import YOU, Playground, Server
from bot.playground.testing import jpeg

GO = InlineKeyboardMarkup(
    inline_keyboard=[[InlineKeyboardButton(text="Go", callback_data="go", style="success")]]
)


@pytest.fixture
async def client(server: Server, playground: Playground) -> AsyncIterator[Bot]:
    """aiogram's client."""
    session = AiohttpSession(api=TelegramAPIServer.from_base(server.url))
    bot = Bot(playground.token, session=session)
    yield bot
    await session.close()


async def test_a_bot_by_aiogram_holds_a_whole_conversation(client: Bot, playground: Playground) -> None:
    dispatcher = Dispatcher()
    stopped: list[int] = []

    @dispatcher.message()
    async def on_message(message: Message) -> None:
        await message.react([ReactionTypeEmoji(emoji="👀")])
        if message.photo:
            data = io.BytesIO()
            await client.download(message.photo[-1], data)
            file = BufferedInputFile(data.getvalue(), "photo.jpg")
            await message.answer_photo(file, caption="Shall I?", reply_markup=GO)
        else:
            await client.send_message_draft(message.chat.id, 7, text="thinking", can_stop=True)

    @dispatcher.callback_query()
    async def on_tap(query: CallbackQuery) -> None:
        await query.answer("Yes", show_alert=True)
        assert isinstance(query.message, Message)
        media = InputMediaPhoto(media=BufferedInputFile(jpeg(color="red"), "red.jpg"), caption="There")
        await query.message.edit_media(media)
        with pytest.raises(TelegramBadRequest, match="not modified"):
            await query.message.edit_caption(caption="There")

    @dispatcher.stopped_message_generation()
    async def on_stop(event: MessageGenerationStopped) -> None:
        stopped.append(event.draft_id)

    group = playground.add_group("Sunday painters", YOU)
    polling = asyncio.create_task(dispatcher.start_polling(client, handle_signals=False, polling_timeout=1))
    try:
        await playground.send_text(YOU, "hello")
        await playground.wait_for(lambda: playground.draft(YOU))
        playground.stop_draft(YOU)
        await playground.wait_for(lambda: not playground.updates.waiting)
        await playground.send_photo(YOU, jpeg())
        asked = await playground.wait_for_message(lambda message: message.get("caption") == "Shall I?")
        answer = await playground.tap(YOU, asked["message_id"], "Go")
        assert (answer.text, answer.show_alert) == ("Yes", True)
        await playground.wait_for_message(lambda message: message.get("caption") == "There")
        await playground.send_photo(YOU, jpeg(), "@atelier_bot", group=group)
        await playground.wait_for_message(lambda message: message.get("caption") == "Shall I?", group)
        await playground.wait_for(lambda: stopped == [7])
    finally:
        await dispatcher.stop_polling()
        await polling
    assert (await client.get_me()).username == "atelier_bot"
