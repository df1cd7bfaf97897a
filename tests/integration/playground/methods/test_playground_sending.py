import asyncio
import json
from collections.abc import Awaitable
from io import BytesIO

import aiohttp
import pytest
from PIL import Image
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    ReplyKeyboardMarkup,
    ReplyParameters,
)
from telegram.constants import ParseMode
from telegram.error import BadRequest, EndPointNotFound, Forbidden, InvalidToken, TelegramError

from bot.playground import YOU, Server
from tests.support.playground import Playground
from tests.support.sample_media import jpeg, png


async def refusal(call: Awaitable[object]) -> str:
    with pytest.raises(TelegramError) as caught:
        await call
    return caught.value.message


async def test_the_bot_is_who_it_is_every_time(bot: Bot, playground: Playground) -> None:
    me = await bot.get_me()
    assert me == await bot.get_me()
    assert (me.is_bot, me.username, me.id) == (True, "atelier_bot", int(playground.token.split(":")[0]))
    assert not me.api_kwargs


async def test_a_text_arrives_with_its_formatting_and_its_buttons(bot: Bot, playground: Playground) -> None:
    markup = InlineKeyboardMarkup([[InlineKeyboardButton("Go", callback_data="go")]])
    sent = await bot.send_message(YOU, "🎨 <b>Hi</b>", parse_mode=ParseMode.HTML, reply_markup=markup)
    assert sent.parse_entities() == {sent.entities[0]: "Hi"}
    assert sent.reply_markup == markup
    assert sent.chat.id == YOU
    assert playground.last() == playground.message(sent.message_id)


async def test_a_reply_holds_what_it_replies_to(bot: Bot) -> None:
    first = await bot.send_message(YOU, "first")
    second = await bot.send_message(YOU, "second", reply_parameters=ReplyParameters(first.message_id))
    third = await bot.send_message(YOU, "third", reply_to_message_id=second.message_id)
    assert third.reply_to_message
    assert third.reply_to_message.text == "second"
    assert third.reply_to_message.reply_to_message is None
    gone = ReplyParameters(999, allow_sending_without_reply=True)
    assert (await bot.send_message(YOU, "x", reply_parameters=gone)).reply_to_message is None
    assert await refusal(bot.send_message(YOU, "x", reply_parameters=ReplyParameters(999))) == (
        "Message to be replied not found"
    )


async def test_reply_keyboards_are_accepted_and_not_part_of_the_message(bot: Bot) -> None:
    sent = await bot.send_message(YOU, "x", reply_markup=ReplyKeyboardMarkup([["Yes", "No"]]))
    assert sent.reply_markup is None


async def test_texts_are_refused_in_telegrams_words(bot: Bot) -> None:
    assert await refusal(bot.send_message(YOU, " \n")) == "Message text is empty"
    assert await refusal(bot.send_message(YOU, "x" * 4097)) == "Message is too long"
    assert (await bot.send_message(YOU, "<b>" + "x" * 4096 + "</b>", "HTML")).text == "x" * 4096


async def test_unknown_chats_and_people_who_never_wrote_are_not_found(
    bot: Bot, playground: Playground
) -> None:
    ann = playground.add_person("Ann")
    assert await refusal(bot.send_message(4711, "x")) == "Chat not found"
    assert await refusal(bot.send_message(ann, "x")) == "Chat not found"
    await playground.send_text(ann, "hello")
    assert (await bot.send_message(ann, "x")).chat.first_name == "Ann"


async def test_a_blocked_bot_is_forbidden_to_speak_until_it_is_unblocked(
    bot: Bot, playground: Playground
) -> None:
    sent = await bot.send_message(YOU, "x")
    playground.block(YOU)
    for call in (
        bot.send_message(YOU, "x"),
        bot.send_photo(YOU, jpeg()),
        bot.send_chat_action(YOU, "typing"),
        sent.edit_text("y"),
    ):
        with pytest.raises(Forbidden, match="bot was blocked by the user"):
            await call
    playground.block(YOU, blocked=False)
    await bot.send_message(YOU, "again")
    kinds = [update.my_chat_member for update in await bot.get_updates()]
    assert [kind.new_chat_member.status for kind in kinds if kind] == ["kicked", "member"]


async def test_a_wrong_token_is_unauthorized(server: Server) -> None:
    stranger = Bot("1:wrong", base_url=server.base_url)
    with pytest.raises(InvalidToken):
        await stranger.initialize()
    await stranger.shutdown()


async def test_only_unknown_methods_are_not_found(bot: Bot) -> None:
    with pytest.raises(EndPointNotFound):
        await bot.do_api_request("paintTheRoom")


async def test_parameters_come_by_query_form_and_json_in_any_case(
    bot: Bot, server: Server, page: aiohttp.ClientSession
) -> None:
    path = f"/bot{server.telegram.token}"
    markup = {"inline_keyboard": [[{"text": "Go", "callback_data": "go"}]]}
    query = {"chat_id": str(YOU), "text": "query"}
    for request in (
        page.get(f"{path}/sendmessage", params=query),
        page.post(f"{path}/SENDMESSAGE", data={**query, "reply_markup": json.dumps(markup)}),
        page.post(f"{path}/sendMessage", json={"chat_id": YOU, "text": "json", "reply_markup": markup}),
    ):
        async with request as answer:
            body = await answer.json()
            assert (answer.status, body["ok"]) == (200, True)
    assert body["result"]["reply_markup"] == markup


async def test_the_status_is_the_error_code(bot: Bot, server: Server, page: aiohttp.ClientSession) -> None:
    async with page.post(f"/bot{server.telegram.token}/sendMessage", data={"chat_id": "1"}) as answer:
        assert answer.status == 400
        assert await answer.json() == {
            "ok": False,
            "error_code": 400,
            "description": "Bad Request: chat not found",
        }


@pytest.mark.parametrize("body", ["{", "[]"])
async def test_a_body_that_is_no_json_object_is_refused(
    bot: Bot, server: Server, page: aiohttp.ClientSession, body: str
) -> None:
    headers = {"Content-Type": "application/json"}
    async with page.post(f"/bot{server.telegram.token}/getMe", data=body, headers=headers) as answer:
        assert answer.status == 400


async def test_chat_actions_are_checked_and_told_to_the_page(bot: Bot, playground: Playground) -> None:
    with playground.events.subscribe(YOU) as events:
        await bot.send_chat_action(YOU, "upload_photo")
        event = await asyncio.wait_for(events.get(), 5)
    assert event
    assert (event.name, event.data) == ("action", {"action": "upload_photo"})
    assert await refusal(bot.send_chat_action(YOU, "dance")) == "Wrong parameter action in request"


async def test_a_photo_that_a_bot_sends_comes_in_sizes_and_can_be_sent_again_by_any_of_them(bot: Bot) -> None:
    sent = await bot.send_photo(YOU, jpeg(1600, 800), caption="<i>c</i>", parse_mode="HTML", has_spoiler=True)
    assert [(size.width, size.height) for size in sent.photo] == [
        (90, 45),
        (320, 160),
        (800, 400),
        (1280, 640),
    ]
    assert sent.caption == "c"
    assert sent.has_media_spoiler
    again = await bot.send_photo(YOU, sent.photo[0].file_id)
    assert again.photo == sent.photo


async def test_a_caption_of_1024_characters_is_the_longest(bot: Bot) -> None:
    assert (await bot.send_photo(YOU, jpeg(), caption="x" * 1024)).caption == "x" * 1024
    assert await refusal(bot.send_photo(YOU, jpeg(), caption="x" * 1025)) == "Message caption is too long"


async def test_documents_stay_byte_exact_and_keep_their_name(bot: Bot) -> None:
    data = png(700, 400)
    sent = await bot.send_document(YOU, data, filename="Ночь 🎨 (1).png")
    document = sent.document
    assert document
    assert (document.file_name, document.mime_type, document.file_size) == (
        "Ночь 🎨 (1).png",
        "image/png",
        len(data),
    )
    assert document.thumbnail
    assert (document.thumbnail.width, document.thumbnail.height) == (320, 183)
    file = await bot.get_file(document)
    assert file.file_path
    assert file.file_path.endswith(".png")
    assert bytes(await file.download_as_bytearray()) == data
    assert (await bot.send_document(YOU, document.file_id)).document == document


async def test_uploads_end_at_fifty_megabytes_and_downloads_at_twenty(bot: Bot) -> None:
    large = await bot.send_document(YOU, bytes(21 * 1024 * 1024), filename="large.bin")
    assert large.document
    assert await refusal(bot.get_file(large.document)) == "File is too big"
    assert await refusal(bot.send_document(YOU, bytes(51 * 1024 * 1024))) == "Request Entity Too Large"


async def test_a_request_above_sixty_megabytes_is_refused_too(bot: Bot) -> None:
    with pytest.raises(TelegramError):
        await bot.send_document(YOU, bytes(61 * 1024 * 1024))


async def test_films_and_animations_keep_what_their_sender_says(bot: Bot) -> None:
    video = (await bot.send_video(YOU, b"no mp4", width=640, height=360, duration=4, thumbnail=jpeg())).video
    assert video
    facts = video.to_dict()
    assert (facts["width"], facts["height"], facts["duration"]) == (640, 360, 4)
    assert video.thumbnail
    sent = await bot.send_animation(YOU, b"no mp4", width=64, height=36, duration=4, filename="a.mp4")
    assert sent.animation
    assert sent.document
    assert sent.animation.file_id == sent.document.file_id


async def test_a_live_photo_is_a_still_with_a_film(bot: Bot) -> None:
    sent = await bot.send_live_photo(YOU, b"no mp4", jpeg(500, 400), caption="c")
    assert sent.photo[-1].width == 500
    assert sent.to_dict()["live_photo"]["photo"]
    assert sent.caption == "c"


async def test_an_album_is_one_group_of_distinct_messages(bot: Bot) -> None:
    album = [InputMediaPhoto(jpeg(color=color), caption=color) for color in ("red", "green", "blue")]
    sent = await bot.send_media_group(YOU, album)
    assert len({message.message_id for message in sent}) == 3
    assert len({message.media_group_id for message in sent}) == 1
    assert [message.caption for message in sent] == ["red", "green", "blue"]
    (single,) = await bot.send_media_group(YOU, album[:1])
    assert single.media_group_id is None


async def test_new_messages_notify_and_nothing_else_does(bot: Bot, playground: Playground) -> None:
    first = await bot.send_message(YOU, "one")
    await bot.send_message(YOU, "in silence", disable_notification=True)
    await bot.edit_message_text("two", YOU, first.message_id)
    await bot.set_message_reaction(YOU, playground.messages()[0]["message_id"], "👀")
    await playground.send_text(YOU, "mine")
    album = await bot.send_media_group(YOU, [InputMediaPhoto(jpeg()), InputMediaPhoto(jpeg())])
    await bot.delete_message(YOU, first.message_id)
    told = [message["message_id"] for message in playground.notifications()]
    assert told == [first.message_id, album[0].message_id], "an album once, and what was told stays told"


async def test_a_copy_has_the_same_content_and_may_have_another_caption(
    bot: Bot, playground: Playground
) -> None:
    mine = await playground.send_photo(YOU, jpeg(), "mine")
    copied = await bot.copy_message(YOU, YOU, mine["message_id"], caption="yours")
    copy = playground.message(copied.message_id)
    assert copy
    assert (copy["photo"], copy["caption"], copy["from"]) == (mine["photo"], "yours", playground.bot)
    assert await bot.pin_chat_message(YOU, copied.message_id)
    assert await bot.unpin_chat_message(YOU)
    assert await bot.unpin_all_chat_messages(YOU)


async def test_a_button_with_too_much_data_is_refused_before_anything_is_sent(
    bot: Bot, playground: Playground
) -> None:
    markup = InlineKeyboardMarkup([[InlineKeyboardButton("Go", callback_data="x" * 65)]])
    with pytest.raises(BadRequest, match="Button_data_invalid"):
        await bot.send_photo(YOU, jpeg(), reply_markup=markup)
    assert playground.from_bot() == []


async def test_an_inline_query_may_be_empty(bot: Bot, playground: Playground) -> None:
    here = {"text": "Ask", "switch_inline_query_current_chat": ""}
    await bot.send_message(YOU, "?", reply_markup={"inline_keyboard": [[here]]})  # type: ignore[arg-type]
    assert playground.messages()[-1]["reply_markup"] == {"inline_keyboard": [[here]]}


async def test_an_effect_is_for_private_chats_and_one_that_there_is(bot: Bot, playground: Playground) -> None:
    party = "5046509860389126442"
    sent = await bot.send_photo(YOU, jpeg(), message_effect_id=party)
    assert sent.effect_id == party
    assert (await bot.send_message(YOU, "plain")).effect_id is None
    group = playground.add_group("Sunday painters", YOU)
    for chat, effect, words in (
        (YOU, "1", "Effect_id_invalid"),
        (YOU, "🎉", "Invalid message effect identifier specified"),
        (group, party, "Can't use message effects in the chat"),
    ):
        with pytest.raises(BadRequest, match=words):
            await bot.send_photo(chat, jpeg(), message_effect_id=effect)


async def test_a_sticker_is_a_webp_of_512_pixels(bot: Bot) -> None:
    def webp(width: int, height: int, kind: str = "WEBP") -> bytes:
        out = BytesIO()
        Image.new("RGB", (width, height), "red").save(out, kind)
        return out.getvalue()

    sticker = (await bot.send_sticker(YOU, webp(512, 300))).sticker
    assert sticker is not None
    assert (sticker.width, sticker.height, sticker.is_animated, sticker.type) == (512, 300, False, "regular")
    for wrong in (webp(511, 300), webp(1024, 512), webp(512, 300, "PNG")):
        with pytest.raises(BadRequest):
            await bot.send_sticker(YOU, wrong)
