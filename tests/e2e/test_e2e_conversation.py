"""Everything that can be said before a painting is begun: any order, any form, by buttons and by words."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from functools import partial

import pytest
from PIL import Image, ImageOps
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.app import running
from bot.chat import downloads
from bot.conversation.style_titles import title
from bot.i18n import LANGUAGES, texts
from bot.playground.people import attachments
from bot.settings import Settings
from bot.storage.refusals import Refusals
from bot.views.images import styles_of
from engine.painting.recipe import STRENGTHS
from engine.queue import Leases, Queue, open_database
from engine.styles.style import presets
from tests.support.chat import QUESTION, STYLES, Chat, Json, job_of, keys, said
from tests.support.pictures import correlation, decoded, halves
from tests.support.processes import until
from tests.support.sample_media import film, jpeg, sound
from tests.support.updates import all_handled

ADMIN = 1001
"""The playground's first person."""


@pytest.fixture
async def idle_bot(settings: Callable[..., Settings]) -> AsyncIterator[str]:
    """A bot without a worker."""
    async with running(settings(bot_admins=frozenset({ADMIN}), paint_size_max=512)) as address:
        yield address


@pytest.fixture
def sticker(waves: bytes) -> bytes:
    """A sticker that stands still, with nothing in its corners."""
    image = Image.open(io.BytesIO(waves)).convert("RGBA").resize((512, 512))
    image.putalpha(Image.new("L", (512, 512), 255))
    image.putpixel((0, 0), (0, 0, 0, 0))
    out = io.BytesIO()
    image.save(out, "WEBP", quality=90)
    return out.getvalue()


async def test_the_caption_may_name_the_style(idle_bot: str, you: Chat, small: bytes) -> None:
    await you.begun(small, "stained glass")
    await you.begun(small, "马赛克")
    status = await you.heard("2 paintings in progress", after=await you.text("/status"))
    assert "1. Style: Stained glass. Next in line.\n2. Style: Mosaic. 1 painting ahead." in said(status)


async def test_the_style_may_come_first_by_words_by_a_sticker_and_by_a_link(
    idle_bot: str, you: Chat, small: bytes, sticker: bytes, waves: bytes
) -> None:
    await you.heard("Style: Mosaic. Now send me a photo.", after=await you.text("mosaic"))
    await you.card(after=await you.photo(small))
    await you.heard("Style: the painting you sent. Now send me a photo.", after=await you.sticker(sticker))
    card = await you.card(after=await you.photo(small))
    left, right = halves(you.image(card))
    assert correlation(left, decoded(small)) > 0.8
    assert correlation(right, decoded(waves)) > 0.8
    link = await you.playground.start(you.id, "style_rainy_avenue")
    await you.heard("Style: Rainy avenue.", after=link["message_id"])
    await you.card(after=await you.photo(small))
    status = await you.heard("3 paintings in progress", after=await you.text("/status"))
    assert [line.rpartition(". ")[0] for line in said(status).splitlines()[1:4]] == [
        *("1. Style: Mosaic", "2. Style: the painting you sent", "3. Style: Rainy avenue"),
    ]


async def test_who_arrives_sees_styles_and_the_one_that_is_tapped_is_for_the_next_photo(
    idle_bot: str, you: Chat, small: bytes
) -> None:
    sheet = await you.heard("Hi, Ada! Send me a photo", after=await you.text("/start"))
    assert "photo" in sheet
    await you.tap(sheet, "Mosaic")
    await you.heard("Style: Mosaic.", after=sheet["message_id"])
    card = await you.card(after=await you.photo(small))
    assert correlation(halves(you.image(card))[0], decoded(small)) > 0.8
    await you.heard("1. Style: Mosaic", after=await you.text("/status"))


async def test_adjust_on_the_sheet_sets_what_the_next_tap_on_a_style_paints(
    idle_bot: str, settings: Callable[..., Settings], you: Chat, small: bytes
) -> None:
    sheet = await you.asked_for_style(small)
    await you.tap(sheet, "⚙ Adjust")
    await you.becomes(sheet, "Your default settings")
    assert len(you.playground.labels(you.now(sheet))) <= 8
    await you.tap(sheet, "Strength ●●○")
    await you.becomes(sheet, "Full strength · painting’s colours")
    await you.tap(sheet, "All styles")
    await you.becomes(sheet, STYLES)
    await you.tap(sheet, "Mosaic")
    database = open_database(settings().database)
    job = await job_of(Queue(database), you.id)
    assert job.recipe["alpha"] == STRENGTHS["painting"]
    await database.dispose()


async def test_a_second_tap_on_the_sheet_paints_no_second_time_and_chooses_nothing(
    idle_bot: str, settings: Callable[..., Settings], you: Chat, small: bytes
) -> None:
    sheet = await you.asked_for_style(small)
    first, second = await asyncio.gather(you.tap(sheet, "Mosaic"), you.tap(sheet, "Stained glass"))
    assert first.text == "Setting up the canvas…"
    assert second.text in ("That painting is already in progress.", None)  # None: answered while it waited
    await you.heard(STYLES, after=await you.photo(small))
    database = open_database(settings().database)
    assert len(await Queue(database).jobs()) == 1
    await database.dispose()


async def test_a_reply_with_words_or_with_a_painting_takes_the_earlier_picture(
    idle_bot: str, you: Chat, small: bytes, flower: bytes, waves: bytes
) -> None:
    first = await you.photo(waves)
    await you.text("/cancel")
    await you.ready(small, flower)
    card = await you.card(after=await you.text("mosaic", reply_to=first))
    assert correlation(halves(you.image(card))[0], decoded(waves)) > 0.8
    assert card["reply_to_message"]["message_id"] == first
    ready = await you.heard(QUESTION, after=await you.photo(small, reply_to=first))
    left, right = halves(you.image(ready))
    assert correlation(left, decoded(waves)) > 0.8
    assert correlation(right, decoded(small)) > 0.8


async def test_a_picture_that_somebody_passes_on_is_a_picture(
    idle_bot: str, you: Chat, somebody_else: Chat, small: bytes, waves: bytes
) -> None:
    theirs = await somebody_else.photo(small)
    passed_on = await you.playground.forward(you.id, theirs, from_chat=somebody_else.id)
    await you.heard(STYLES, after=passed_on["message_id"])
    ready = await you.heard(QUESTION, after=await you.photo(waves))
    assert correlation(halves(you.image(ready))[0], decoded(small)) > 0.8


async def test_what_moves_is_taken_by_its_first_frame_and_that_is_said_at_once(
    idle_bot: str, you: Chat, small: bytes
) -> None:
    frames = [decoded(small).resize((120, 90)), Image.new("RGB", (120, 90), "teal")]
    out = io.BytesIO()
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:])
    sent = await you.document(out.getvalue(), "moving.webp")
    await you.heard("That one is animated. I’ll use its first frame.", after=sent)
    await you.heard(STYLES, after=sent)


async def test_what_cannot_be_painted_has_an_answer_of_its_own(idle_bot: str, you: Chat) -> None:
    clip, still = film(), jpeg(64, 48)
    recordings: tuple[tuple[str, bytes, bytes | None, str], ...] = (
        ("voice", sound(), None, "I can’t listen to audio"),
        ("audio", sound(music=True), still, "I can’t listen to audio"),
        ("video_note", film(48, 48), still, "I can’t paint videos yet"),
        ("video", clip, still, "I can’t paint videos yet"),
        ("animation", clip, still, "I can’t paint animations"),
    )
    for kind, data, thumbnail, words in recordings:
        heard: Json = {"duration": 1} if kind in ("voice", "audio") else {}
        sent = await you.playground.send_recording(you.id, kind, data, thumbnail=thumbnail, **heard)
        await you.heard(words, after=sent["message_id"])
    for fields in (
        attachments.location(48.2, 16.4),
        attachments.contact("Zoë", "+43 1 23456"),
        attachments.poll("Which one?", "Mosaic", "Waves"),
    ):
        sent = await you.playground.send_other(you.id, **fields)
        await you.heard("I can only paint pictures", after=sent["message_id"])


async def test_a_sticker_that_moves_is_answered_helpfully(idle_bot: str, you: Chat) -> None:
    await you.heard("This sticker is animated.", after=await you.sticker(b"\x1f\x8b animated", "animated"))


async def test_three_pictures_in_an_album_are_a_photo_and_a_blend(
    idle_bot: str, you: Chat, small: bytes, waves: bytes, flower: bytes
) -> None:
    await you.playground.send_album(you.id, [small, waves, flower])
    ready = await you.heard(QUESTION)
    assert "the 2 paintings you sent" in said(ready)


async def test_one_more_painting_is_blended_in_by_a_button(
    idle_bot: str, settings: Callable[..., Settings], you: Chat, small: bytes, waves: bytes
) -> None:
    ready = await you.ready(small, waves)
    await you.tap(ready, "⚙ Adjust")
    await you.becomes(ready, "Style: the painting you sent")
    await you.tap(ready, "Blend")
    sheet = await you.becomes(ready, "Which painting should I blend in?")
    await you.tap(sheet, "Mosaic")
    await you.becomes(ready, "Style: the painting you sent and Mosaic")
    await you.tap(ready, "🖌 Paint")
    await you.becomes(ready, "The painter isn’t ready yet")
    database = open_database(settings().database)
    job = await job_of(Queue(database), you.id)
    assert job.recipe["style_weights"] == [1.0, 1.0]
    assert await Queue(database).read(job.id, "style1") == presets()[3].read()
    await database.dispose()


async def test_a_painting_is_kept_used_by_name_and_by_button_and_let_go(
    idle_bot: str, you: Chat, small: bytes, flower: bytes, waves: bytes
) -> None:
    ready = await you.ready(small, waves)
    await you.tap(ready, "⚙ Adjust")
    await you.becomes(ready, "Style: the painting you sent")
    await you.tap(ready, "Save style")
    asked = await you.heard("What should I call this style?")
    await you.heard("Saved as “Big sea”.", after=await you.text("Big  sea"))
    assert asked["message_id"] > ready["message_id"]
    card = await you.begun(flower, "big sea")
    assert correlation(halves(you.image(card))[1], decoded(waves)) > 0.8
    sheet = await you.heard(STYLES, after=await you.text("/styles"))  # the first photo still waits
    await you.tap(sheet, "⭐ My styles")
    mine = await you.becomes(sheet, "Your saved styles.")
    await you.tap(mine, "Big sea")
    await you.becomes(sheet, "The painter isn’t ready yet")
    sheet = await you.heard("Choose a style, then", after=await you.text("/styles"))
    you.playground.files.forget(you.id)  # as Telegram may: what is kept then can be let go of all the same
    await you.tap(sheet, "⭐ My styles")
    mine = await you.becomes(sheet, "Your saved styles.")
    assert (await you.tap(mine, "Remove")).text == "Removed."
    gallery = await you.becomes(mine, "Choose a style, then")
    assert not any("My styles" in button["text"] for row in keys(gallery) for button in row)


async def test_a_saved_blend_shows_its_paintings_and_what_does_not_fit_into_a_blend_is_said(
    idle_bot: str, you: Chat, small: bytes, flower: bytes, waves: bytes
) -> None:
    sent = await you.playground.send_album(you.person, [small, waves, flower])
    ready = await you.heard(QUESTION, after=sent[-1]["message_id"])
    await you.tap(ready, "⚙ Adjust")
    await you.becomes(ready, "Style: the 2 paintings you sent")
    await you.tap(ready, "Save style")
    await you.heard("What should I call this style?")
    await you.heard("Saved as “Sea and flower”.", after=await you.text("Sea and flower"))
    sheet = await you.heard(STYLES, after=await you.text("/styles"))
    await you.tap(sheet, "⭐ My styles")
    mine = await you.becomes(sheet, "Your saved styles.")
    tile = you.image(mine)
    assert tile.size == (1080, 712)
    for painting, top in ((waves, 0), (flower, 364)):
        meant = ImageOps.fit(decoded(painting), (1080, 348), centering=(0.5, 0.3))
        assert correlation(tile.crop((0, top, 1080, top + 348)), meant) > 0.8
    await you.heard("Cleared.", after=await you.text("/cancel"))
    ready = await you.ready(small, waves)
    await you.tap(ready, "⚙ Adjust")
    await you.becomes(ready, "Style: the painting you sent")
    await you.tap(ready, "Blend")
    await you.becomes(ready, "Which painting should I blend in?")
    album = await you.playground.send_album(you.person, [flower, small, flower])
    heard = await you.heard("A blend has up to 3 paintings", after=album[-1]["message_id"])
    assert heard


async def test_a_surprise_and_the_last_painting_are_one_tap_away(
    idle_bot: str, you: Chat, small: bytes
) -> None:
    sheet = await you.asked_for_style(small)
    await you.tap(sheet, "Surprise me")
    await you.becomes(sheet, "The painter isn’t ready yet")
    sheet = await you.asked_for_style(small)
    await you.tap(sheet, "Last style")
    await you.becomes(sheet, "1 painting ahead of yours.")
    status = await you.heard("2 paintings in progress", after=await you.text("/status"))
    first, second = (
        line.partition("Style: ")[2].partition(".")[0] for line in said(status).splitlines()[1:3]
    )
    assert first == second
    assert first in {preset.title for preset in presets()}


async def test_choices_are_remembered_for_the_next_painting_and_shown_in_the_settings(
    idle_bot: str, you: Chat, small: bytes, waves: bytes
) -> None:
    ready = await you.ready(small, waves)
    await you.tap(ready, "⚙ Adjust")
    await you.becomes(ready, "Style: the painting you sent")
    for label, after in (
        ("Strokes ●●○", "Strokes ●●●"),
        ("⤢ 128 px", "⤢ Small"),
        ("○ Photo’s colours", "✓ Photo’s colours"),
    ):
        await you.tap(ready, label)
        await you.playground.wait_for(partial(_offers, you, ready, after))
    await you.text("/cancel")
    settings = await you.heard("Your default settings", after=await you.text("/settings"))
    assert "photo’s colours · broad strokes · draft quality · size: Small" in said(settings)
    await you.tap(settings, "Quality ●○○")
    await you.becomes(settings, "good quality")
    await you.tap(settings, "Strength")
    await you.becomes(settings, "Full strength · photo’s colours")
    again = await you.ready(small, waves)
    await you.tap(again, "⚙ Adjust")
    await you.becomes(again, "Full strength · photo’s colours · broad strokes · good quality · size: Small")
    assert _offers(you, again, "Strength ●●●")


def _offers(chat: Chat, message: Json, label: str) -> bool:
    return any(label in button["text"] for row in keys(chat.now(message)) for button in row)


@pytest.mark.parametrize("language", LANGUAGES[1:])
async def test_each_person_is_spoken_to_in_their_own_language(
    idle_bot: str, you: Chat, small: bytes, waves: bytes, language: str
) -> None:
    say = texts(language)
    person = you.playground.add_person("Li", language_code={"zh": "zh-hans"}.get(language, language))
    chat = Chat(you.playground, person)
    await chat.heard(say("start", name="Li"), after=await chat.text("/start"))
    sheet = await chat.heard(say("ask-style"), after=await chat.photo(small))
    titles = [title(say, preset) for preset in styles_of(0, presets())[1]]
    assert [button["text"][4:] for row in keys(sheet)[:3] for button in row] == titles
    ready_words = say("ready", style=say("your-paintings", count=1))
    ready = await chat.heard(ready_words, after=await chat.photo(waves))
    await chat.tap(ready, say("button-paint"))
    await chat.becomes(ready, say("waiting-for-painter", position=0))


async def test_the_language_can_be_changed_and_given_back_to_telegram(idle_bot: str, you: Chat) -> None:
    asked = await you.heard("Which language should I use?", after=await you.text("/language"))
    await you.tap(asked, "中文")
    await you.becomes(asked, texts("zh")("language"))
    await you.heard(texts("zh")("send-a-photo"), after=await you.text("hello"))
    await you.tap(asked, texts("zh")("button-as-telegram"))
    await you.becomes(asked, "Which language should I use?")
    await you.heard("Send me a photo", after=await you.text("hello"))


async def test_the_menu_is_there_in_each_language(profile: None, idle_bot: str, you: Chat) -> None:
    for language in LANGUAGES[1:]:
        say, playground = texts(language), you.playground
        person = playground.add_person("Grace", language)
        # The bot paints already while it introduces itself; the description is the last of a language.
        await playground.wait_for(lambda: playground.card(person)["description"] == say("bot-description"))  # noqa: B023
        commands = {one["command"]: one["description"] for one in playground.card(person)["commands"]}
        assert commands["cancel"] == say("command-cancel")


async def test_privacy_says_what_is_kept(idle_bot: str, you: Chat) -> None:
    said = await you.heard("What I keep, and for how long", after=await you.text("/privacy"))
    assert "samples" not in said["text"], "this host wants none"


async def test_status_says_where_each_painting_stands_and_stops_it(
    idle_bot: str, you: Chat, small: bytes, waves: bytes
) -> None:
    await you.heard("You have no paintings in progress", after=await you.text("/status"))
    for _ in range(2):
        ready = await you.ready(small, waves)
        await you.tap(ready, "🖌 Paint")
        await you.becomes(ready, "The painter isn’t ready yet")
    status = await you.heard("2 paintings in progress (up to 5 at once).", after=await you.text("/status"))
    assert "2. Style: the painting you sent. 1 painting ahead." in said(status)
    offered = keys(status)
    assert (await you.tap(status, "Stop 2")).text == "Stopping…"
    await you.becomes(ready, "Stopped.")
    await you.becomes(status, "1 painting in progress")
    assert (await you.tap(status, "Stop 1")).text == "Stopping…"
    await you.becomes(status, "You have no paintings in progress.")
    assert keys(you.now(status)) == []
    # An old client still shows them: everything is stopped, and that is what they say.
    for button in offered[0]:
        await you.heard("1. Send a photo.", after=await you.text("/help"))  # the bot has nothing else to do
        answer = await you.tap_old(status, button["callback_data"])
        assert answer.text == "That painting is no longer in progress."


async def test_what_is_near_its_limit_is_counted_before_it_is_reached(
    settings: Callable[..., Settings], you: Chat, small: bytes, waves: bytes
) -> None:
    async with running(settings(jobs_per_day=2)):
        for number in range(2):
            ready = await you.ready(small, waves)
            assert ("of 2 paintings in the last 24 hours" in said(ready)) is bool(number)
            await you.tap(ready, "🖌 Paint")
            await you.becomes(ready, "The painter isn’t ready yet")
        third = await you.ready(small, waves)
        assert "2 of 2 paintings in the last 24 hours." in said(third)
        assert "2 paintings in progress (up to 5 at once)." in said(third)
        await you.tap(third, "🖌 Paint")
        await you.heard("You’ve reached the limit of 2 paintings in 24 hours.")
        assert QUESTION in said(you.now(third))
        assert "🖌 Paint" in you.playground.labels(you.now(third))


async def test_under_load_a_painting_gets_smaller_and_that_is_said(
    settings: Callable[..., Settings], you: Chat, china: bytes, waves: bytes
) -> None:
    async with running(settings(paint_size=512, busy_after=10.0)):
        database = open_database(settings().database)
        leases = Leases(database)
        await leases.announce("painter", "cpu", "vgg16", rate=0.01)
        first = await you.ready(china, waves)
        await you.tap(first, "🖌 Paint")
        await you.becomes(first, "You’re next.")
        second = await you.ready(china, waves)
        await you.tap(second, "🖌 Paint")
        await you.becomes(second, "1 painting ahead of yours.")
        sizes = [job.recipe["size"] for job in await Queue(database).jobs(f"telegram:{you.id}")]
        assert sizes == [256, 512]
        await database.dispose()


async def test_who_is_forgotten_leaves_nothing_behind(
    idle_bot: str, settings: Callable[..., Settings], you: Chat, small: bytes, waves: bytes
) -> None:
    ready = await you.ready(small, waves)
    await you.tap(ready, "⚙ Adjust")
    await you.becomes(ready, "Style: the painting you sent")
    await you.tap(ready, "Save style")
    await you.heard("Saved as “Sea”.", after=await you.text("Sea"))
    await you.tap(ready, "🖌 Paint")
    await you.becomes(ready, "The painter isn’t ready yet")
    await you.photo(small)
    asked = await you.heard("Erase all your data", after=await you.text("/forget"))
    await you.tap(asked, "Keep everything")
    await you.heard("Nothing was erased.")
    await you.tap(asked, "Erase everything")
    await you.becomes(asked, "Erased: 1 painting, your styles, settings and language.")
    assert "nothing is left" in said(you.now(asked))
    assert "Only a count stays" not in said(you.now(asked)), "no worker has begun it"
    assert "Stopped and erased." in said(you.now(ready))
    assert keys(you.now(ready)) == []
    database = open_database(settings().database)
    async with database.connect() as connection:
        rows = await connection.exec_driver_sql(
            "SELECT (SELECT count(*) FROM job) + (SELECT count(*) FROM blob) + (SELECT count(*) FROM person)"
            " + (SELECT count(*) FROM session)"
        )
        assert rows.scalar_one() == 0
    await database.dispose()
    await you.heard("You have no saved styles yet.", after=await _mine(you))


async def _mine(chat: Chat) -> int:
    """Ask for one's own styles by an old button."""
    sheet = await chat.heard("Choose a style, then", after=await chat.text("/styles"))
    assert not any("My styles" in button["text"] for row in keys(sheet) for button in row)
    chat.playground.chats.replace(
        sheet | {"reply_markup": {"inline_keyboard": [[{"text": "⭐ My styles", "callback_data": "g:mine"}]]}}
    )
    await chat.tap(sheet, "⭐ My styles")
    return int(sheet["message_id"])


# Admins


@pytest.fixture
def admin(you: Chat) -> Chat:
    """The chat of who runs the bot."""
    return Chat(you.playground, ADMIN)


@pytest.mark.parametrize("command", ["stats", "broadcast hello", "ban 1", "unban 1", "drain", "resume"])
async def test_what_admins_may_do_is_no_command_to_others(idle_bot: str, you: Chat, command: str) -> None:
    await you.heard("1. Send a photo.", after=await you.text(f"/{command}"))


async def test_admins_see_figures_and_let_the_queue_run_dry(
    idle_bot: str, settings: Callable[..., Settings], admin: Chat, you: Chat, small: bytes, waves: bytes
) -> None:
    ready = await you.ready(small, waves)
    await you.tap(ready, "🖌 Paint")
    await you.becomes(ready, "The painter isn’t ready yet")
    await admin.heard("Queued: 1, painting: 0, workers: 0", after=await admin.text("/stats"))
    await admin.heard("No new paintings will start", after=await admin.text("/drain"))
    database = open_database(settings().database)
    leases = Leases(database)
    assert await leases.claim("painter") == []
    await admin.heard("Painting again.", after=await admin.text("/resume"))
    assert len(await leases.claim("painter")) == 1
    await database.dispose()


async def _is_counted(database: AsyncEngine, kind: str, count: int) -> bool:
    return (await Refusals(database).of_a_day()).get(kind) == count


async def test_admins_see_what_was_refused_and_why_also_after_a_restart(
    settings: Callable[..., Settings], admin: Chat, you: Chat, somebody_else: Chat, small: bytes
) -> None:
    host = settings(bot_admins=frozenset({ADMIN}), bot_chats=f"{you.id},{somebody_else.id}", jobs_per_day=1)
    stranger = Chat(you.playground, you.playground.add_person("Zoë"))
    async with running(host):
        assert "Refused" not in said(await admin.heard("Queued: 0", after=await admin.text("/stats")))
        for _ in range(2):
            await you.heard("This picture is too small", after=await you.photo(jpeg(50, 50)))
        await you.playground.send_other(you.id, **attachments.location(48.2, 16.4))
        await you.heard("I can only paint pictures")
        await you.begun(small)
        await you.heard("You’ve reached the limit of 1 painting", after=await you.photo(small, "mosaic"))
        await stranger.heard("I only paint in the chats", after=await stranger.text("/start"))
        await admin.heard("is banned", after=await admin.text(f"/ban {somebody_else.id}"))
        await somebody_else.photo(small)
        await somebody_else.text("/help")
        database = open_database(host.database)
        await until(lambda: _is_counted(database, "banned", 2))
        await database.dispose()
    async with running(host):
        figures = said(await admin.heard("banned users: 2", after=await admin.text("/stats")))
        assert figures.partition("Refused in the last 24 hours:\n")[2].splitlines() == [
            *("• banned users: 2", "• pictures that are too small: 2", "• messages in other chats: 1"),
            *("• no picture in the message: 1", "• daily limit: 1"),
        ]


async def test_admins_tell_everybody_once_they_are_sure(
    idle_bot: str, admin: Chat, you: Chat, somebody_else: Chat
) -> None:
    for chat in (admin, you, somebody_else):
        await chat.heard("Send me a photo and", after=await chat.text("/start"))
    you.playground.block(somebody_else.id)
    await admin.heard("Write the announcement", after=await admin.text("/broadcast"))
    asked = await admin.heard("Send this to 3 users?", after=await admin.text("/broadcast Hi\nall"))
    await admin.tap(asked, "Don’t send")
    await admin.heard("Nothing was sent.")
    assert (await admin.tap(asked, "📣 Send")).text is not None
    asked = await admin.heard("Send this to 3 users?", after=await admin.text("/broadcast Hi\nall"))
    await admin.tap(asked, "📣 Send")
    await you.heard("Hi\nall")
    await admin.heard("Announcement sent. Delivered: 2, not delivered: 1.")


async def test_who_is_shut_out_is_not_answered(
    idle_bot: str, admin: Chat, you: Chat, small: bytes, settings: Callable[..., Settings]
) -> None:
    await admin.heard("is banned", after=await admin.text(f"/ban {you.id}"))
    before = len(you.playground.from_bot(you.id))
    await you.text("/start")
    await you.photo(small)
    database = open_database(settings().database)
    await all_handled(you.playground, database)
    await database.dispose()
    await admin.heard("is no longer banned", after=await admin.text(f"/unban {you.id}"))
    await you.heard("Send me a photo and", after=await you.text("/start"))
    assert len(you.playground.from_bot(you.id)) == before + 1


async def test_an_admin_cannot_be_shut_out(idle_bot: str, admin: Chat) -> None:
    await admin.heard("Admins can’t be banned", after=await admin.text(f"/ban {ADMIN}"))


@pytest.mark.parametrize("cached", [True, False], ids=["cached", "evicted"])
async def test_from_photo_to_queue_each_file_is_downloaded_once(
    settings: Callable[..., Settings],
    you: Chat,
    small: bytes,
    flower: bytes,
    monkeypatch: pytest.MonkeyPatch,
    cached: bool,
) -> None:
    if not cached:
        monkeypatch.setattr(downloads.Downloads, "_cache", lambda *_: None)
    database = open_database(settings().database)
    async with running(settings()):
        await you.heard(STYLES, after=await you.document(small, "photo.jpg"))
        ready = await you.heard(QUESTION, after=await you.document(flower, "painting.jpg"))
        await you.tap(ready, "⚙ Adjust")
        await you.becomes(ready, "Style: the painting you sent")
        await you.tap(ready, "Blend")
        await you.becomes(ready, "Which painting should I blend in?")
        await you.tap(ready, "Back")
        await you.becomes(ready, "Style: the painting you sent")
        await you.tap(ready, "Strength")
        await you.becomes(ready, "Full strength")
        await you.tap(ready, "🖌 Paint")
        queue = Queue(database)
        job = await job_of(queue, you.person)
        assert await queue.read(job.id, "content") == small
        assert await queue.read(job.id, "style0") == flower
    await database.dispose()
    calls = [call.values["file_id"] for call in you.playground.calls if call.method == "getFile"]
    assert len(set(calls)) == 2
    # Inspected, shown twice, queued.
    assert [calls.count(file) for file in set(calls)] == ([1, 1] if cached else [4, 4])
