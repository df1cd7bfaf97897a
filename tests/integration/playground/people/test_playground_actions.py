"""Actions of users, as the bot receives them."""

import pytest
from telegram import Bot

from bot.playground import YOU
from bot.playground.errors import Refusal
from bot.playground.people import attachments
from tests.support.playground import Playground
from tests.support.sample_media import jpeg


async def test_an_album_arrives_as_separate_updates_in_any_order(bot: Bot, playground: Playground) -> None:
    sent = await playground.send_album(YOU, [jpeg(), jpeg(), jpeg()], "three", gap=0, order=[2, 0, 1])
    messages = [update.message for update in await bot.get_updates() if update.message]
    ids = [message["message_id"] for message in sent]
    assert [message.message_id for message in messages] == [ids[2], ids[0], ids[1]]
    assert len({message.media_group_id for message in messages}) == 1
    assert [message.caption for message in messages] == [None, "three", None]


async def test_people_cannot_do_what_is_impossible(playground: Playground) -> None:
    with pytest.raises(Refusal, match="no such user"):
        await playground.send_text(4711, "x")
    with pytest.raises(Refusal, match="4,096"):
        await playground.send_text(YOU, "x" * 4097)
    playground.block(YOU)
    with pytest.raises(Refusal, match="blocked"):
        await playground.send_photo(YOU, jpeg())


async def test_people_can_send_other_things_and_change_their_mind(bot: Bot, playground: Playground) -> None:
    await playground.send_other(YOU, **attachments.location(48.86, 2.34))
    text = await playground.send_text(YOU, "first")
    await playground.edit_text(YOU, text["message_id"], "second")
    place, message, edited = await bot.get_updates()
    assert place.message
    assert place.message.location
    assert message.message
    assert edited.edited_message
    assert (message.message.text, edited.edited_message.text) == ("first", "second")


async def _heard(bot: Bot) -> list[str]:
    """The words of the updates that wait."""
    updates = await bot.get_updates(timeout=0)
    return [update.message.text or update.message.caption or "" for update in updates if update.message]


async def test_stickers_and_what_is_passed_on(playground: Playground, bot: Bot) -> None:
    for kind in ("static", "animated", "video"):
        await playground.send_sticker(YOU, jpeg(512, 512), kind=kind)
    photo = await playground.send_photo(YOU, jpeg(), "our cat")
    await playground.forward(YOU, photo["message_id"])
    messages = [update.message for update in await bot.get_updates(timeout=0) if update.message]
    stickers = [one.sticker for one in messages if one.sticker]
    assert [(one.is_animated, one.is_video) for one in stickers] == [
        (False, False),
        (True, False),
        (False, True),
    ]
    file = await bot.get_file(stickers[0].file_id)
    assert bytes(await file.download_as_bytearray()) == jpeg(512, 512)
    assert messages[-1].forward_origin is not None
    assert messages[-1].caption == "our cat"
    assert messages[-1].photo


async def test_a_link_says_what_it_brings(playground: Playground, bot: Bot) -> None:
    await playground.start(YOU, "style_mosaic")
    assert await _heard(bot) == ["/start style_mosaic"]
    with pytest.raises(Refusal):
        await playground.start(YOU, "no spaces!")
