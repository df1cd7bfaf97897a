import pytest
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaDocument,
    InputMediaPhoto,
    InputMediaVideo,
    Message,
    ReactionTypeEmoji,
)
from telegram.error import BadRequest

from bot.playground import YOU
from tests.support.playground import Playground
from tests.support.sample_media import jpeg, png

NOT_MODIFIED = (
    "Message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)
KEYBOARD = InlineKeyboardMarkup([[InlineKeyboardButton("Go", callback_data="go")]])
OTHER = InlineKeyboardMarkup([[InlineKeyboardButton("Stop", callback_data="stop")]])


async def test_a_text_is_edited_and_the_edit_is_remembered(bot: Bot, playground: Playground) -> None:
    sent = await bot.send_message(YOU, "old")
    edited = await bot.edit_message_text("<b>new</b>", YOU, sent.message_id, parse_mode="HTML")
    assert isinstance(edited, Message)
    assert (edited.text, edited.date) == ("new", sent.date)
    assert edited.edit_date
    texts = [entry["message"]["text"] for entry in playground.transcript() if entry["event"] != "delete"]
    assert texts == ["/start", "old", "new"]


async def test_the_same_again_is_not_modified(bot: Bot) -> None:
    text = await bot.send_message(YOU, "<b>x</b>", "HTML", reply_markup=KEYBOARD)
    photo = await bot.send_photo(YOU, jpeg(), caption="c")
    for call in (
        text.edit_text("<b> x</b>", "HTML", reply_markup=KEYBOARD),
        text.edit_reply_markup(KEYBOARD),
        photo.edit_caption("c"),
        photo.edit_media(InputMediaPhoto(photo.photo[-1].file_id, caption="c")),
    ):
        with pytest.raises(BadRequest) as caught:
            await call
        assert caught.value.message == NOT_MODIFIED


async def test_an_edit_that_says_nothing_of_buttons_removes_them(bot: Bot) -> None:
    sent = await bot.send_message(YOU, "x", reply_markup=KEYBOARD)
    with_other = await sent.edit_reply_markup(OTHER)
    assert isinstance(with_other, Message)
    assert with_other.reply_markup == OTHER
    plain = await sent.edit_text("x")
    assert isinstance(plain, Message)
    assert plain.reply_markup is None


async def test_one_message_evolves_from_text_to_photo_to_document(bot: Bot, playground: Playground) -> None:
    message = await bot.send_message(YOU, "queued", reply_markup=KEYBOARD)
    photo = await message.edit_media(
        InputMediaPhoto(jpeg(900, 600), caption="halfway"), reply_markup=KEYBOARD
    )
    assert isinstance(photo, Message)
    assert (photo.text, photo.caption, photo.photo[-1].width) == (None, "halfway", 900)
    data = png()
    final = await message.edit_media(InputMediaDocument(data, filename="painting.png"))
    assert isinstance(final, Message)
    assert final.document
    assert not final.photo
    assert final.caption is None
    assert final.message_id == message.message_id
    assert playground.download(final.document.file_id) == data
    assert [entry["event"] for entry in playground.transcript()] == ["message", "message", "edit", "edit"]


async def test_wrong_edits_are_refused_in_telegrams_words(bot: Bot, playground: Playground) -> None:
    text = await bot.send_message(YOU, "x")
    photo = await bot.send_photo(YOU, jpeg(), caption="c")
    (mine, *_) = playground.messages()
    for call, reason in (
        (photo.edit_text("x"), "There is no text in the message to edit"),
        (text.edit_caption("x"), "There is no caption in the message to edit"),
        (bot.edit_message_text("x", YOU, 999), "Message to edit not found"),
        (bot.edit_message_text("x", YOU, mine["message_id"]), "Message can't be edited"),
        (photo.edit_caption("x" * 1025), "Message caption is too long"),
        (text.edit_text(" "), "Message text is empty"),
        (photo.edit_media(InputMediaPhoto(b"no picture")), "Image_process_failed"),
        (bot.delete_message(YOU, 999), "Message to delete not found"),
        (bot.set_message_reaction(YOU, 999, "👍"), "Message to react not found"),
    ):
        with pytest.raises(BadRequest) as caught:
            await call
        assert caught.value.message == reason


async def test_an_album_stays_an_album(bot: Bot) -> None:
    one, _ = await bot.send_media_group(YOU, [InputMediaPhoto(jpeg()), InputMediaPhoto(jpeg())])
    with pytest.raises(BadRequest, match="Can't use the media of the specified type in the album"):
        await one.edit_media(InputMediaDocument(b"x"))
    edited = await one.edit_media(InputMediaVideo(b"x", width=1, height=1))
    assert isinstance(edited, Message)
    assert edited.media_group_id == one.media_group_id


async def test_messages_are_deleted_one_by_one_or_together(bot: Bot, playground: Playground) -> None:
    sent = [await bot.send_message(YOU, "x") for _ in range(3)]
    await sent[0].delete()
    await bot.delete_messages(YOU, [message.message_id for message in sent])
    (mine,) = playground.messages()
    await bot.delete_message(YOU, mine["message_id"])
    assert playground.messages() == []
    assert [entry["event"] for entry in playground.transcript()][-4:] == ["delete"] * 4


async def test_a_reaction_is_told_to_the_page(bot: Bot, playground: Playground) -> None:
    (mine,) = playground.messages()
    await bot.set_message_reaction(YOU, mine["message_id"], "👍")
    assert playground.transcript()[-1]["reaction"] == [ReactionTypeEmoji("👍").to_dict()]
