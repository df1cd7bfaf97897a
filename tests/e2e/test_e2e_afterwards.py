"""What can be done with a painting once it is there."""

from __future__ import annotations

import io
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import av
import pytest
from PIL import Image

from bot.app import running
from bot.settings import Settings
from engine.queue import RESULT, Queue, State
from tests.support.chat import SHALL_I, Chat, Json, job_of, keys, largest, said
from tests.support.pictures import correlation, decoded
from tests.support.processes import until


@pytest.fixture
def sized(painting_bot: Callable[..., Settings]) -> Settings:
    """A bot that paints at 64 to 128 pixels: so there is something bigger."""
    return painting_bot(paint_size=128, paint_size_max=384)


async def paint(chat: Chat, photo: bytes, style: str = "mosaic") -> Json:
    """Have a photo painted; gives the message, with all that comes with it."""
    ready = await chat.heard(SHALL_I, after=await chat.photo(photo, style))
    await chat.tap(ready, "🖌 Paint")
    await chat.playground.wait_for(lambda: "live_photo" in chat.now(ready), 120)
    return chat.now(ready)


async def test_the_painting_shows_how_it_was_painted_and_the_photo_gets_a_receipt(
    bot: str, you: Chat, china: bytes
) -> None:
    painted = await paint(you, china)
    data = io.BytesIO(you.playground.download(painted["live_photo"]["file_id"]))
    with av.open(data, mode="r") as film:
        assert film.streams.video[0].codec_context.name == "h264"
        assert float(film.duration or 0) / 1e6 <= 10.0
    reactions = [entry for entry in you.playground.transcript(you.id) if entry["event"] == "reaction"]
    seen = [entry["reaction"][0]["emoji"] for entry in reactions]
    await you.playground.wait_for(
        lambda: (
            "🎉"
            in [
                entry["reaction"][0]["emoji"]
                for entry in you.playground.transcript(you.id)
                if entry["event"] == "reaction"
            ]
        ),
        30,
    )
    assert seen[0] == "👀", "first it is seen, then it is painted"


def _reactions(chat: Chat) -> list[str]:
    """The bot's reactions to the photo, one after the other."""
    entries = (entry for entry in chat.playground.transcript(chat.id) if entry["event"] == "reaction")
    return [reaction["emoji"] for entry in entries for reaction in entry["reaction"]]


async def test_before_and_after_stand_side_by_side_in_the_same_message(
    bot: str, you: Chat, small: bytes
) -> None:
    painted = await paint(you, small)
    alone = you.image(painted)
    await you.tap(painted, "↔ Before")
    await you.playground.wait_for(lambda: "↔ Painting" in you.playground.labels(you.now(painted)), 30)
    both = you.image(you.now(painted))
    assert both.size[1] > 1.9 * alone.size[1]
    upper = both.crop((0, 0, both.width, both.height // 2 - 8))
    assert correlation(upper, decoded(small)) > 0.9
    assert said(you.now(painted)) == said(painted)
    assert any("🎬 Film" in label for label in you.playground.labels(you.now(painted)))
    await you.tap(painted, "↔ Painting")
    await you.playground.wait_for(lambda: "↔ Before" in you.playground.labels(you.now(painted)), 30)
    assert you.image(you.now(painted)).size == alone.size
    film = you.playground.download(painted["live_photo"]["file_id"])
    assert you.playground.download(you.now(painted)["live_photo"]["file_id"]) == film, "it plays again"
    assert len(you.paintings()) == 1


async def test_the_film_comes_as_an_animation(bot: str, you: Chat, small: bytes) -> None:
    painted = await paint(you, small)
    await you.tap(painted, "🎬 Film")
    film = await you.playground.wait_for_message(lambda message: "animation" in message, you.id)
    assert film["reply_to_message"]["message_id"] == painted["message_id"]
    assert film["animation"]["file_name"] == "atelier-mosaic.mp4"


async def test_bigger_and_other_colours_are_paintings_of_their_own(
    queue: Queue, sized: Settings, you: Chat, china: bytes
) -> None:
    async with running(sized):
        painted = await paint(you, china)
        await you.tap(painted, "📷 My colours")
        await you.playground.wait_for(lambda: len(you.paintings()) == 2, 120)
        await you.tap(painted, "⤢ Bigger")
        await you.playground.wait_for(lambda: len(you.paintings()) == 3, 120)
    first, colours, bigger = reversed(await queue.jobs(f"telegram:{you.id}"))
    assert colours.recipe == first.recipe | {"keep_colours": True}
    assert bigger.recipe == first.recipe | {"size": 384}
    assert "🎨 Its colours" in you.playground.labels(you.paintings()[1])
    assert "size 384" in said(you.paintings()[2])


async def test_what_cannot_go_further_says_so(bot: str, queue: Queue, you: Chat, small: bytes) -> None:
    painted = await paint(you, small)
    answer = await you.tap(painted, "⤢ Bigger")
    assert answer.text is not None
    assert answer.text.startswith("Your photo has no more pixels than this.")
    await you.tap(painted, "− Softer")
    await you.playground.wait_for(lambda: len(you.paintings()) == 2, 120)
    softer = you.paintings()[1]
    assert (await you.tap(softer, "− Softer")).text == "It is as light as can be already."
    assert len(await queue.jobs(f"telegram:{you.id}")) == 2


async def test_the_painting_can_be_the_next_photo_by_its_button_and_by_a_reply(
    bot: str, you: Chat, small: bytes
) -> None:
    painted = await paint(you, small)
    await you.tap(painted, "➜ Paint on")
    sheet = await you.heard("send me a painting", after=painted["message_id"])
    await you.tap(sheet, "Stained glass")
    ready = await you.becomes(sheet, "painted like Stained glass. Shall I?")
    diptych, before = you.image(ready), you.image(painted)
    left = diptych.crop((32, 32, 32 + round(460 * before.width / before.height), 492))
    assert correlation(left, before) > 0.9
    await you.heard(
        "painted like Stained glass. Shall I?",
        after=await you.text("stained glass", reply_to=painted["message_id"]),
    )


async def test_a_deleted_painting_is_gone_everywhere(bot: str, queue: Queue, you: Chat, small: bytes) -> None:
    painted = await paint(you, small)
    assert (await you.tap(painted, "🗑 Delete")).text == "Deleted."
    await you.playground.wait_for(lambda: you.playground.message(painted["message_id"], you.id) is None, 30)

    async def nothing_is_kept() -> bool:
        return await queue.jobs(f"telegram:{you.id}") == []

    await until(nothing_is_kept)


async def test_a_style_is_shared_by_its_link(bot: str, you: Chat, somebody_else: Chat, small: bytes) -> None:
    painted = await paint(you, small)
    (url,) = [button["url"] for row in keys(painted) for button in row if "url" in button]
    shared = parse_qs(urlsplit(url).query)
    assert shared["text"] == ["Have your photo painted like Mosaic"]
    link = urlsplit(shared["url"][0])
    assert (link.netloc, link.path) == ("t.me", "/atelier_bot")
    (payload,) = parse_qs(link.query)["start"]
    sent = await somebody_else.playground.start(somebody_else.id, payload)
    await somebody_else.heard("Mosaic: a good choice.", after=sent["message_id"])


async def test_the_news_are_streamed_with_a_button_that_stops_the_painting(
    queue: Queue, painting_bot: Callable[..., Settings], you: Chat, china: bytes
) -> None:
    async with running(painting_bot(paint_size=384, paint_quality="fine")):
        ready = await you.heard(SHALL_I, after=await you.photo(china, "mosaic"))
        await you.tap(ready, "🖌 Paint")
        await you.playground.wait_for(lambda: you.playground.draft(you.id), 120)
        draft = you.playground.draft(you.id)
        assert draft is not None
        assert "Painting like Mosaic" in draft["text"] or "You are next" in draft["text"]
        you.playground.stop_draft(you.id)
        await you.becomes(ready, "Stopped.")
    job = await job_of(queue, you.id)

    async def stopped() -> bool:
        found = await queue.get(job.id)
        return found is not None and found.state is State.CANCELLED

    await until(stopped)


async def test_the_pictures_of_a_person_are_not_kept_once_they_are_painted(
    bot: str, queue: Queue, you: Chat, small: bytes
) -> None:
    painted = await paint(you, small)
    job = await job_of(queue, you.id)
    assert await queue.read(job.id, "content") is None
    assert await queue.read(job.id, "style0") is None
    result = await queue.read(job.id, RESULT)
    assert result is not None
    assert Image.open(io.BytesIO(result)).size == you.image(painted).size
    assert largest(painted)["width"] == Image.open(io.BytesIO(result)).width
