"""What people say is understood: replies to the bot answer it, and words outrank what is around them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from bot.app import running
from bot.chat.admin import Admin
from bot.i18n import texts
from bot.playground.state.bot_profile import command_key
from bot.settings import Settings
from bot.storage.job_address import Address
from engine.imaging.encoding import encode_png
from engine.queue import Job, Leases, Queue, open_database
from tests.support.chat import STYLES, Chat, job_of, keys, said
from tests.support.pictures import correlation, decoded, halves
from tests.support.playground import Playground
from tests.support.processes import until

ME = "@atelier_bot"
NEAREST = "Did you mean one of these?"
ASIDE = "I’ve set your earlier photo aside."


@pytest.fixture
async def idle_bot(settings: Callable[..., Settings]) -> AsyncIterator[str]:
    """A bot without a worker."""
    async with running(settings(jobs_per_person=3)) as address:
        yield address


@pytest.fixture
async def orders(idle_bot: str, settings: Callable[..., Settings], you: Chat) -> AsyncIterator[Any]:
    """Return a function that waits until so many paintings of yours are ordered, and returns them."""
    database = open_database(settings().database)
    queue = Queue(database)

    async def ordered(count: int) -> list[Job]:
        async def all_there() -> list[Job] | None:
            jobs = await queue.jobs(f"telegram:{you.id}")
            return list(reversed(jobs)) if len(jobs) >= count else None

        jobs = await until(all_there)
        assert jobs is not None
        assert len(jobs) == count
        return jobs

    yield ordered
    await database.dispose()


@pytest.fixture(params=["private", "group"])
def here(request: pytest.FixtureRequest, playground: Playground, you: Chat, somebody_else: Chat) -> Chat:
    """Where you talk to the bot."""
    if request.param == "private":
        return you
    return Chat(playground, you.id, playground.add_group("Painters", you.id, somebody_else.id))


def _style(job: Job) -> str:
    address = Address.of(job)
    assert address is not None
    return address.style


async def test_a_reply_to_the_bots_own_pictures_answers_it(
    idle_bot: str, here: Chat, small: bytes, waves: bytes
) -> None:
    sheet = await here.heard(STYLES, after=await here.photo(small, ME))
    asked = await here.photo(waves, reply_to=sheet["message_id"])
    question = await here.heard("Paint this in the style of", after=asked)
    left, right = halves(here.image(question))
    assert correlation(left, decoded(small)) > 0.8, "the photo is yours, and not the sheet"
    assert correlation(right, decoded(waves)) > 0.8
    card = await here.card(after=await here.text("mosaic", reply_to=question["message_id"]))
    assert correlation(halves(here.image(card))[0], decoded(small)) > 0.8


async def test_a_finished_painting_of_the_bots_may_be_the_next_photo(
    bot: str, queue: Queue, you: Chat, small: bytes
) -> None:
    painted = await you.heard("In the style of", after=await you.photo(small, "mosaic"))
    asked = await you.text("stained glass", reply_to=painted["message_id"])
    again = await you.heard("In the style of Stained glass", after=asked)
    assert again["reply_to_message"]["message_id"] == painted["message_id"]
    job = await job_of(queue, you.id)
    address = Address.of(job)
    assert address is not None
    assert address.draft.photo.message == painted["message_id"]


@pytest.mark.parametrize("mime", ["application/octet-stream", None])
async def test_a_reply_to_a_file_of_no_known_kind_takes_it(
    idle_bot: str, you: Chat, small: bytes, heic: bytes, mime: str | None
) -> None:
    file = await _file(you, heic, mime)
    card = await you.card(after=await you.text("/paint mosaic", reply_to=file))
    assert correlation(halves(you.image(card))[0], decoded(small)) > 0.8


async def _file(you: Chat, data: bytes, mime: str | None) -> int:
    """Send a file as some apps do, and take the bot's mind off it."""
    sent = await you.playground.send_document(you.person, data, "IMG_1", mime="application/octet-stream")
    if mime is None:
        del sent["document"]["mime_type"]
        you.playground.chats.replace(sent)
    await you.heard("", after=sent["message_id"])
    await you.heard("", after=await you.text("/cancel"))
    return int(sent["message_id"])


async def test_a_reply_to_what_cannot_be_painted_says_why_not(idle_bot: str, you: Chat, small: bytes) -> None:
    poem = await _file(you, b"no picture, but a poem", None)
    heard = await you.heard(
        "I couldn’t open this as an image.", after=await you.text("/paint mosaic", reply_to=poem)
    )
    assert "photo" not in heard


async def test_a_reply_to_a_picture_in_another_chat_takes_it(
    idle_bot: str, you: Chat, small: bytes, china: bytes
) -> None:
    elsewhere = await you.playground.send_photo(you.person, small)
    await you.heard(STYLES, after=elsewhere["message_id"])
    await you.heard("", after=await you.text("/cancel"))
    origin = {"type": "hidden_user", "sender_user_name": "Grace", "date": elsewhere["date"]}
    external = {"origin": origin, "photo": elsewhere["photo"]}
    asked = await you.playground.send_other(you.person, text="mosaic", external_reply=external)
    card = await you.card(after=asked["message_id"])
    assert correlation(halves(you.image(card))[0], decoded(small)) > 0.8


@pytest.mark.parametrize("space", ["\n", "\t", "\u00a0", "  "], ids=["line", "tab", "no-break", "spaces"])
async def test_any_white_space_ends_a_command(idle_bot: str, you: Chat, small: bytes, space: str) -> None:
    photo = await you.photo(small)
    await you.heard(STYLES, after=photo)
    await you.card(after=await you.text(f"/paint{space}mosaic", reply_to=photo))
    await you.card(after=await you.photo(small, f"/paint{space}stained glass"))
    status = await you.heard("2 ", after=await you.text("/status"))
    assert "Style: Mosaic" in said(status)
    assert "Style: Stained glass" in said(status)


async def test_each_photo_of_an_album_with_a_style_is_painted_as_far_as_the_limits_go(
    orders: Any, you: Chat, small: bytes, china: bytes, flower: bytes, waves: bytes
) -> None:
    await you.playground.send_album(you.person, [small, flower], "mosaic")
    await you.heard("I’m painting all 2 photos.")
    jobs = await orders(2)
    assert [_style(job) for job in jobs] == ["Mosaic", "Mosaic"]
    cards = [one for one in you.playground.from_bot(you.id) if "photo" in one]
    sent = await you.playground.send_album(you.person, [china, waves], "stained glass")
    heard = await you.heard("I’m painting 1 of 2 photos.", after=sent[-1]["message_id"])
    assert "the most you can have at once" in said(heard), "and it says why"
    assert len(await orders(3)) == 3
    assert len(cards) <= 2


async def test_an_edited_caption_corrects_a_painting_that_has_not_begun(
    orders: Any, here: Chat, small: bytes
) -> None:
    photo = await here.photo(small, f"{ME} mosaic")
    card = await here.card(after=photo)
    before = here.image(card)
    await here.playground.edit_text(here.person, photo, f"{ME} stained glass", here.group)

    def changed() -> bool:
        left, right = halves(here.image(here.now(card)))
        was = halves(before)[1]
        return correlation(left, decoded(small)) > 0.8 and correlation(right, was) < 0.8

    await here.playground.wait_for(changed)
    heard = await here.heard("Style: Stained glass", after=await here.text("/status"))
    assert "Mosaic" not in said(heard)
    (job,) = await orders(1)
    assert job.address
    assert job.address["message"] == card["message_id"], "it keeps its card, and its place in the queue"


async def test_an_edited_caption_of_an_album_corrects_all_that_follow_it(
    orders: Any, you: Chat, small: bytes, flower: bytes
) -> None:
    sent = await you.playground.send_album(you.person, [small, flower], "mosaic", order=[1, 0])
    await you.heard("I’m painting all 2 photos.")
    await you.playground.edit_text(you.person, sent[0]["message_id"], "stained glass")

    async def corrected() -> bool:
        return [_style(job) for job in await orders(2)] == ["Stained glass"] * 2

    await until(corrected)


async def test_an_edited_message_corrects_what_it_has_ordered_and_nothing_else(
    orders: Any, you: Chat, small: bytes, flower: bytes
) -> None:
    photo = await you.photo(small, "mosaic")
    await you.card(after=photo)
    words = await you.text("woodblock waves", reply_to=photo)
    await you.card(after=words)
    await you.playground.edit_text(you.person, words, "something else")
    await you.playground.edit_text(you.person, words, "stained glass")

    async def corrected() -> bool:
        return [_style(job) for job in await orders(2)] == ["Mosaic", "Stained glass"]

    await until(corrected)


async def test_a_style_in_the_edited_caption_of_a_photo_that_waits_paints_it(
    orders: Any, you: Chat, small: bytes
) -> None:
    photo = await you.photo(small, "my holidays")
    sheet = await you.heard(STYLES, after=photo)
    await you.playground.edit_text(you.person, photo, "mosaic")
    card = await you.card(after=sheet["message_id"])
    assert correlation(halves(you.image(card))[0], decoded(small)) > 0.8
    await you.playground.wait_for(lambda: not keys(you.now(sheet)))
    await orders(1)


async def test_a_style_in_an_edited_caption_answers_what_several_pictures_are(
    orders: Any, you: Chat, small: bytes, flower: bytes
) -> None:
    sent = await you.playground.send_album(you.person, [small, flower])
    question = await you.heard("Paint this in the style of")
    await you.playground.edit_text(you.person, sent[0]["message_id"], "mosaic")
    assert [_style(job) for job in await orders(2)] == ["Mosaic", "Mosaic"]
    await you.playground.wait_for(lambda: not keys(you.now(question)))
    photo = await you.photo(small)
    await you.heard(STYLES, after=photo)
    await you.heard("Paint this in the style of", after=await you.photo(flower))
    await you.playground.edit_text(you.person, photo, "stained glass")
    await you.heard(ASIDE, after=photo)
    assert _style((await orders(3))[-1]) == "Stained glass"


async def test_an_edited_caption_is_about_the_painting_that_it_ordered_and_not_about_a_later_one(
    idle_bot: str, you: Chat, small: bytes
) -> None:
    photo = await you.photo(small, "mosaic")
    first = await you.card(after=photo)
    await you.tap(first, "✕ Stop")
    await you.becomes(first, "Stopped.")
    await you.tap(first, "Other style")
    sheet = await you.heard(STYLES, after=first["message_id"])
    await you.tap(sheet, "Stained glass")
    await you.becomes(sheet, "The painter isn’t ready yet")
    await you.playground.edit_text(you.person, photo, "watercolour hills")
    status = said(await you.heard("1 painting in progress", after=await you.text("/status")))
    assert "Stained glass" in status, "a button has ordered that"


async def test_an_edited_caption_changes_no_painting_that_has_begun(
    orders: Any, settings: Callable[..., Settings], you: Chat, small: bytes
) -> None:
    photo = await you.photo(small, "mosaic")
    card = await you.card(after=photo)
    (job,) = await orders(1)
    database = open_database(settings().database)
    leases = Leases(database)
    assert [each.id for each in await leases.claim("painter")] == [job.id]
    await you.playground.edit_text(you.person, photo, "stained glass")
    await you.heard("I’ve already started this painting.", after=card["message_id"])
    assert _style((await orders(1))[0]) == "Mosaic"
    await leases.finish(job.id, "painter", encode_png(decoded(small)), {"seconds": 1.0})
    painted = await you.painted(card)
    assert "In the style of Mosaic" in said(painted)
    await you.playground.edit_text(you.person, photo, "watercolour hills")
    heard = await you.heard("", after=await you.text("/status"))
    assert said(heard).startswith("You have no paintings in progress.")
    messages = [one for one in you.playground.from_bot(you.id) if one["message_id"] > painted["message_id"]]
    assert messages == [you.now(heard)], "an old caption is no order"
    await database.dispose()


async def test_a_comment_with_a_picture_paints_that_and_not_the_channels(
    idle_bot: str, playground: Playground, you: Chat, small: bytes, waves: bytes
) -> None:
    group = playground.add_group("Discussion", you.id)
    here = Chat(playground, you.id, group)
    post = playground.message(await here.photo(waves), group)
    assert post is not None
    playground.chats.replace(post | {"is_automatic_forward": True})
    sheet = await here.heard(STYLES, after=await here.photo(small, ME, reply_to=post["message_id"]))
    asked = await here.text(f"{ME} mosaic", reply_to=post["message_id"])
    card = await here.card(after=asked)
    assert correlation(halves(here.image(card))[0], decoded(small)) > 0.8
    assert not keys(here.now(sheet)), "it is painted: there is nothing to choose any more"


async def test_cancelling_leaves_the_photo_that_waits(
    idle_bot: str, you: Chat, small: bytes, waves: bytes
) -> None:
    await you.begun(small)
    sheet = await you.asked_for_style(waves)
    heard = await you.heard("I stopped your painting.", after=await you.text("/cancel"))
    assert "The photo you sent last is still waiting for a style." in said(heard)
    await you.tap(sheet, "Mosaic")
    await you.becomes(sheet, "The painter isn’t ready yet")
    assert correlation(halves(you.image(you.now(sheet)))[0], decoded(waves)) > 0.8


async def test_a_photo_that_is_replaced_is_not_lost_without_a_word(
    idle_bot: str, you: Chat, small: bytes, flower: bytes, waves: bytes
) -> None:
    sheet = await you.asked_for_style(flower)
    sent = await you.playground.send_album(you.person, [small, waves])
    await you.heard(ASIDE, after=sent[-1]["message_id"])
    await you.playground.wait_for(lambda: not keys(you.now(sheet)))


async def test_a_name_of_no_style_is_answered_with_three_buttons(
    idle_bot: str, you: Chat, small: bytes
) -> None:
    sheet = await you.asked_for_style(small)
    answer = await you.heard(NEAREST, after=await you.text("mozaïque"))
    assert "photo" not in answer, "the gallery is not sent again"
    labels = [button["text"] for row in keys(answer) for button in row]
    assert labels[0] == "Mosaic"
    assert len(labels) == 4
    await you.playground.wait_for(lambda: not keys(you.now(sheet)))
    await you.tap(answer, "Mosaic")
    now = await you.becomes(answer, "The painter isn’t ready yet")
    assert correlation(halves(you.image(now))[0], decoded(small)) > 0.8


async def test_a_chosen_language_is_that_of_errors_and_of_the_commands(
    idle_bot: str, playground: Playground, you: Chat
) -> None:
    asked = await you.heard("", after=await you.text("/language"))
    await you.tap(asked, "中文")
    here = command_key("", {"type": "chat", "chat_id": you.id})
    chinese = texts("zh")

    def commands() -> dict[str, str]:
        found = playground.profile.get("commands", here) or []
        return {one["command"]: one["description"] for one in found}

    await playground.wait_for(lambda: commands().get("paint") == chinese("command-paint"))
    file = await you.document(b"no picture, but a poem", "poem.jpg")
    await you.heard(chinese("error-image-unreadable"), after=file)
    await you.tap(asked, chinese("button-as-telegram"))
    await playground.wait_for(lambda: not commands())


async def test_an_apology_is_in_the_chosen_language(
    idle_bot: str, you: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = await you.heard("", after=await you.text("/language"))
    await you.tap(asked, "中文")
    await you.becomes(asked, texts("zh")("language"))

    async def broken(*_: object) -> None:
        raise ValueError

    monkeypatch.setattr(Admin, "operate", broken)
    await you.heard(texts("zh")("error-internal"), after=await you.text("/stats"))


async def test_a_dead_button_says_so_and_changes_nothing(
    idle_bot: str, you: Chat, small: bytes, flower: bytes, waves: bytes
) -> None:
    old = await you.ready(small, waves)
    data = [button["callback_data"] for row in keys(old) for button in row]
    new = await you.heard("Paint this in the style of", after=await you.photo(flower))
    await you.playground.wait_for(lambda: not keys(you.now(old)))
    for each in data[1:]:
        answer = await you.tap_old(old, each)
        assert (answer.text or "").startswith("This button is out of date.")
        await you.playground.wait_for(lambda: not keys(you.now(old)))
    assert you.now(new) == new
    await you.tap(new, "🖌 Paint")
    card = await you.becomes(new, "The painter isn’t ready yet")
    left, right = halves(you.image(card))
    assert correlation(left, decoded(small)) > 0.8
    assert right.height > right.width, "the flower"


async def test_other_style_below_a_painting_that_is_painted_over_is_for_the_painting(
    bot: str, queue: Queue, you: Chat, small: bytes
) -> None:
    painted = await you.heard("In the style of", after=await you.photo(small, "mosaic"))
    await you.more(painted)
    await you.tap(painted, "Paint over")
    sheet = await you.heard(STYLES, after=painted["message_id"])
    await you.tap(painted, "‹ Back")
    await you.becomes(painted, "In the style of")
    await you.playground.wait_for(lambda: "🖼 Other style" in you.playground.labels(you.now(painted)))
    await you.tap(painted, "🖼 Other style")
    other = await you.heard(STYLES, after=sheet["message_id"])
    await you.tap(other, "Stained glass")
    again = await you.heard("In the style of Stained glass", after=other["message_id"])
    assert again["reply_to_message"]["message_id"] == painted["message_id"]


async def test_an_answer_that_a_moderator_removes_at_once_is_given_once_and_holds_nothing_up(
    idle_bot: str, you: Chat, small: bytes
) -> None:
    removed = "Internal Server Error: sent message was immediately deleted"
    you.playground.fault("sendPhoto", code=500, description=removed, times=None)
    photo = await you.photo(small)
    await you.heard("1. Send a photo.", after=await you.text("/help"))
    calls = [call for call in you.playground.calls if call.method == "sendPhoto"]
    assert len(calls) == 1
    said_since = [said(one) for one in you.playground.from_bot(you.id) if one["message_id"] > photo]
    assert len(said_since) == 1, "and nothing else is said"
