"""A group may take photos, and no files, videos or stickers."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from engine.queue import TIMELAPSE
from engine.queue.schema import blob
from tests.support.chat import Chat, said
from tests.support.house import House
from tests.support.sample_media import film


@pytest.mark.parametrize(
    ("button", "kind", "told"),
    [
        ("🙂 Sticker", "sticker", "I’m not allowed to send stickers here."),
        ("🎬 Video", "animation", "The video is a GIF, and I’m not allowed to send GIFs here."),
        ("📱 For stories, 9:16", "video", "I’m not allowed to send videos here."),
        ("📄 File", "document", "I’m not allowed to send files here."),
    ],
)
async def test_a_group_that_takes_no_such_thing_is_told_of_that_and_not_of_photos(
    house: House, button: str, kind: str, told: str
) -> None:
    you, admin = house.somebody(), Chat(house.playground, house.admin)
    group = house.playground.add_group("Sunday painters", you.person)
    await house.quiet()
    here = Chat(house.playground, you.person, group)
    job, painted = await house.painting(here)
    async with house.database.begin() as connection:
        await connection.execute(insert(blob).values(job=job, name=TIMELAPSE, bytes=film()))
    house.playground.forbid(group, kind)
    await here.tap(painted, button)
    await here.heard(f"{told} An admin of the group can change that.", after=painted["message_id"])
    await house.quiet()
    figures = said(await admin.heard("Queued:", after=await admin.text("/stats")))
    refused = figures.partition("Refused in the last 24 hours:\n")[2]
    assert refused == "• no right to send files, videos or stickers: 1"
