"""What can be done with a painting once it is there."""

from __future__ import annotations

import io
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import av
import pytest
from PIL import Image, ImageStat

from bot.app import running
from bot.chat import job_actions
from bot.i18n import texts
from bot.settings import Settings
from engine.queue import RESULT, Queue
from tests.support.chat import PAINTED, QUESTION, STYLES, Chat, Json, job_of, keys, largest, said
from tests.support.pictures import correlation, decoded, film_of
from tests.support.playground import Playground
from tests.support.processes import until


@pytest.fixture
def sized(painting_bot: Callable[..., Settings]) -> Settings:
    """A bot that paints at 64 to 128 pixels: so there is something bigger."""
    return painting_bot(paint_size=128, paint_size_max=384)


async def paint(chat: Chat, photo: bytes, style: str = "mosaic") -> Json:
    """Have a photo painted; gives the message, with all that comes with it."""
    painted = await chat.heard(PAINTED, after=await chat.photo(photo, style))
    assert "live_photo" in painted
    return painted


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


async def test_before_and_after_stand_side_by_side_in_the_same_message(
    bot: str, you: Chat, small: bytes
) -> None:
    painted = await paint(you, small)
    alone = you.image(painted)
    await you.more(painted)
    await you.tap(painted, "↔ Compare")
    await you.playground.wait_for(lambda: you.playground.labels(you.now(painted)) == ["‹ Back"])
    both = you.image(you.now(painted))
    assert both.size[1] > 1.9 * alone.size[1]
    upper = both.crop((0, 0, both.width, both.height // 2 - 8))
    assert correlation(upper, decoded(small)) > 0.9
    assert said(you.now(painted)) == said(painted)
    await you.tap(painted, "‹ Back")
    await you.playground.wait_for(lambda: "More…" in you.playground.labels(you.now(painted)))
    assert you.image(you.now(painted)).size == alone.size
    film = you.playground.download(painted["live_photo"]["file_id"])
    assert you.playground.download(you.now(painted)["live_photo"]["file_id"]) == film, "it plays again"
    assert len(you.paintings()) == 1


async def test_the_film_comes_as_an_animation_and_upright_for_stories(
    bot: str, playground: Playground, small: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    say = texts("ru")
    you = Chat(playground, playground.add_person("Ada", "ru"))
    photo = await you.photo(small, say("style-mosaic"))
    painted = await playground.wait_for_message(lambda message: "live_photo" in message, you.id, photo, 120)
    await you.tap(painted, say("button-more"))
    await playground.wait_for(lambda: say("button-film") in playground.labels(you.now(painted)))
    await you.tap(painted, say("button-film"))
    film = await playground.wait_for_message(lambda message: "animation" in message, you.id)
    assert film["reply_to_message"]["message_id"] == painted["message_id"]
    assert film["animation"]["file_name"] == "atelier-mosaic.mp4"

    assert playground.labels(film) == [say("button-story")]
    assert (await you.tap(film, say("button-story"))).text == say("making-story")
    sent = await playground.wait_for_message(lambda message: "video" in message, you.id, timeout=60)
    assert sent["reply_to_message"]["message_id"] == film["message_id"]
    video = sent["video"]
    assert (video["width"], video["height"], video["duration"]) == (720, 1280, 10)
    story = film_of(playground.download(video["file_id"]))
    whole = (0, 370, 720, 910)  # of a photo of 4:3
    assert correlation(story.first.crop(whole), decoded(small)) > 0.97, "it begins with the whole photo"
    assert correlation(story.last.crop(whole), you.image(painted)) > 0.97, "it ends with the whole painting"
    for edge in (story.last.crop((0, 0, 720, 360)), story.last.crop((0, 920, 720, 1280))):
        assert max(ImageStat.Stat(edge).mean) > 20, "its ground is no black bar"

    monkeypatch.setattr(job_actions, "MAX_FILMS", 0)
    monkeypatch.setattr(job_actions.DoubleTaps, "is_double", lambda *_: False)
    busy = await you.tap(film, say("button-story"))
    assert (busy.text, busy.show_alert) == (say("story-busy"), True)


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_a_painting_comes_whole_as_a_sticker(
    bot: str, playground: Playground, small: bytes, language: str
) -> None:
    say = texts(language)
    you = Chat(playground, playground.add_person("Ada", language))
    photo = await you.photo(small, say("style-mosaic") if language != "en" else "mosaic")
    painted = await playground.wait_for_message(lambda message: "live_photo" in message, you.id, photo, 120)
    await you.tap(painted, say("button-more"))
    await playground.wait_for(lambda: say("button-sticker") in playground.labels(you.now(painted)))
    await you.tap(painted, say("button-sticker"))
    sent = await playground.wait_for_message(lambda message: "sticker" in message, you.id)
    assert sent["reply_to_message"]["message_id"] == painted["message_id"]
    with Image.open(io.BytesIO(playground.download(sent["sticker"]["file_id"]))) as sticker:
        assert sticker.format == "WEBP"
        assert sticker.size == (512, 384), "whole, 512 pixels on its longer side"
        assert correlation(sticker.convert("RGB"), you.image(painted)) > 0.9


async def test_a_bigger_one_is_a_painting_of_its_own(
    queue: Queue, sized: Settings, you: Chat, china: bytes
) -> None:
    async with running(sized):
        painted = await paint(you, china)
        await you.more(painted)
        await you.tap(painted, "⤢ Bigger")
        await you.playground.wait_for(lambda: len(you.paintings()) == 2)
        larger = await you.more(you.paintings()[1])
    first, bigger = reversed(await queue.jobs(f"telegram:{you.id}"))
    assert bigger.recipe == first.recipe | {"size": 384}
    assert "470 × 314 pixels" in said(larger)
    assert "⤢ Bigger" not in you.playground.labels(larger), "that is the largest size"


async def test_what_cannot_go_further_is_not_offered_or_says_so(
    bot: str, queue: Queue, you: Chat, small: bytes
) -> None:
    painted = await paint(you, small)
    more = await you.more(painted)
    assert "Your photo is small" in said(more)
    assert "⤢ Bigger" not in you.playground.labels(more), "the photo has no more pixels"
    await you.tap(more, "‹ Back")
    await you.playground.wait_for(lambda: "− Softer" in you.playground.labels(you.now(painted)))
    await you.tap(painted, "− Softer")
    await you.playground.wait_for(lambda: len(you.paintings()) == 2)
    softer = you.paintings()[1]
    assert (await you.tap(softer, "− Softer")).text == "It’s already as soft as it gets."
    assert len(await queue.jobs(f"telegram:{you.id}")) == 2


async def test_the_painting_can_be_the_next_photo_by_its_button_and_by_a_reply(
    bot: str, you: Chat, small: bytes
) -> None:
    painted = await paint(you, small)
    before = you.image(painted)
    await you.more(painted)
    await you.tap(painted, "➜ Paint over")
    sheet = await you.heard(STYLES, after=painted["message_id"])
    await you.tap(sheet, "Stained glass")
    over = await you.painted(sheet)
    assert over["reply_to_message"]["message_id"] == painted["message_id"]
    assert correlation(you.image(over), before) > 0.5
    replied = await you.text("stained glass", reply_to=painted["message_id"])
    again = await you.heard(PAINTED, after=replied)
    assert again["reply_to_message"]["message_id"] == painted["message_id"]


async def test_a_blend_that_was_sent_is_kept_whole_from_below_its_painting(
    bot: str, queue: Queue, you: Chat, small: bytes, flower: bytes, waves: bytes
) -> None:
    sent = await you.playground.send_album(you.person, [small, waves, flower])
    ready = await you.heard(QUESTION, after=sent[-1]["message_id"])
    await you.tap(ready, "🖌 Paint")
    painted = await you.painted(ready)
    assert "⭐ Save style" in you.playground.labels(await you.more(painted))
    await you.tap(painted, "⭐ Save style")
    await you.heard("What should I call this style?")
    await you.heard("Saved as “Sea”.", after=await you.text("Sea"))
    await you.heard("In the style of Sea", after=await you.photo(small, "sea"))
    assert (await job_of(queue, you.id)).recipe["style_weights"] == [1.0, 1.0]


async def test_a_deleted_painting_is_gone_everywhere_once_one_is_sure(
    bot: str, queue: Queue, you: Chat, small: bytes
) -> None:
    painted = await paint(you, small)
    more = await you.more(painted)
    await you.tap(painted, "🗑 Delete")
    asked = await you.becomes(painted, "Delete this painting? This can’t be undone.")
    assert you.playground.labels(asked) == ["🗑 Delete", "‹ Back"]
    await you.tap(asked, "‹ Back")
    await you.becomes(painted, said(more))
    await you.tap(painted, "🗑 Delete")
    await you.becomes(painted, "Delete this painting?")
    assert len(await queue.jobs(f"telegram:{you.id}")) == 1
    assert (await you.tap(painted, "🗑 Delete")).text == "Deleted."
    await you.playground.wait_for(lambda: you.playground.message(painted["message_id"], you.id) is None)

    async def nothing_is_kept() -> bool:
        return await queue.jobs(f"telegram:{you.id}") == []

    await until(nothing_is_kept)


async def test_a_style_is_shared_by_its_link(bot: str, you: Chat, somebody_else: Chat, small: bytes) -> None:
    painted = await you.more(await paint(you, small))
    (url,) = [button["url"] for row in keys(painted) for button in row if "url" in button]
    shared = parse_qs(urlsplit(url).query)
    assert shared["text"] == ["Get your photo painted in the style of Mosaic"]
    link = urlsplit(shared["url"][0])
    assert (link.netloc, link.path) == ("t.me", "/atelier_bot")
    (payload,) = parse_qs(link.query)["start"]
    sent = await somebody_else.playground.start(somebody_else.id, payload)
    await somebody_else.heard("Style: Mosaic.", after=sent["message_id"])


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
