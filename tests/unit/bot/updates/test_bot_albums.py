"""Albums: gathered by chat and group, whole, in order, once."""

from __future__ import annotations

import asyncio
import datetime as dt

from telegram import Chat, Message

from bot.updates.albums import Albums


def _message(number: int, group: str = "g", chat: int = 1) -> Message:
    moment = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    return Message(number, moment, Chat(chat, "private"), media_group_id=group)


async def _handled(albums: Albums, *messages: Message) -> list[list[int]]:
    """What becomes of messages that come at once, each with its handler."""
    firsts = [message for message in messages if albums.join(message, message.message_id)[1]]
    gathered = await asyncio.gather(*(albums.gather(first) for first in firsts))
    return [[message.message_id for message in album] for album in gathered]


async def test_messages_out_of_order_are_put_in_order_and_handed_on_once() -> None:
    albums = Albums(quiet_period=0.01)
    assert await _handled(albums, *(_message(number) for number in (3, 1, 2))) == [[1, 2, 3]]


async def test_two_chats_and_two_groups_are_kept_apart() -> None:
    messages = [
        _message(1, "g", chat=1),
        _message(2, "g", chat=2),
        _message(3, "h", chat=1),
        _message(4, "g", chat=1),
        _message(5, "g", chat=2),
    ]
    assert await _handled(Albums(quiet_period=0.01), *messages) == [[1, 4], [2, 5], [3]]


async def test_a_picture_that_comes_late_is_waited_for() -> None:
    albums = Albums(quiet_period=0.2)
    first = _message(1)
    assert albums.join(first, 1)[1]
    gathering = asyncio.create_task(albums.gather(first))
    done, _ = await asyncio.wait([gathering], timeout=0.1)  # the picture itself is late here
    assert not done
    assert not albums.join(_message(2), 2)[1]
    assert [message.message_id for message in await gathering] == [1, 2]


async def test_the_same_group_again_is_a_new_album() -> None:
    albums = Albums(quiet_period=0.01)
    assert await _handled(albums, _message(1)) == [[1]]
    assert await _handled(albums, _message(2)) == [[2]]


async def test_gathering_that_is_cut_short_leaves_nothing_behind() -> None:
    albums = Albums(quiet_period=60)
    first = _message(1)
    albums.join(first, 1)
    gathering = asyncio.create_task(albums.gather(first))
    await asyncio.sleep(0)
    gathering.cancel()
    await asyncio.wait([gathering])
    assert albums.join(_message(2), 2)[1], "the next picture begins an album"
