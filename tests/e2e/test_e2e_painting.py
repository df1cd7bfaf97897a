"""From two pictures to a painting: the real bot, the real worker, the real network."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable

import pytest
import torch
from PIL import Image

from bot.app import running
from bot.chat.job_actions import DoubleTaps
from bot.settings import Settings
from bot.views.images import styles_of
from engine.painting.loss import FeatureExtractor
from engine.painting.network import Network
from engine.painting.objective import DEFAULT
from engine.painting.recipe import STRENGTHS, Recipe
from engine.painting.tensors import to_tensor
from engine.queue import Queue, State
from engine.styles.style import presets
from tests.support.chat import PAINTED, QUESTION, Chat, Json, job_of, keys, largest, said
from tests.support.pictures import correlation, decoded, halves
from tests.support.processes import TIMEOUT, until

LABELS = ["− Softer", "🔁 Again", "+ Stronger", "🖼 Other style", "⚙ Adjust", "More…"]
MORE = ["↔ Compare", "📄 File", "🎬 Video", "➜ Paint over", "↗ Share", "🗑 Delete", "‹ Back"]
PARTY = "5046509860389126442"


async def test_one_tap_below_the_photo_paints_it_and_the_painting_is_a_message_of_its_own(
    queue: Queue, painting_bot: Callable[..., Settings], you: Chat, china: bytes
) -> None:
    async with running(painting_bot(paint_size=256, paint_quality="normal")):
        photo = await you.photo(china)
        sheet = await you.heard("Pick a style", after=photo)
        answer = await you.tap(sheet, "Mosaic")
        assert answer.text == "Setting up the canvas…"
        painted = await you.painted(sheet)
        await you.goes(sheet)

    versions = you.versions(sheet)
    cards = [one for one in versions if you.playground.labels(one) == ["✕ Stop"]]
    assert cards, "the sheet became the card"
    # The photo beside the style, and at least one preview.
    assert len({largest(one)["file_unique_id"] for one in cards}) >= 2
    assert [one["message_id"] for one in you.playground.from_bot(you.id)] == [painted["message_id"]]
    told = [one["message_id"] for one in you.playground.notifications(you.id)]
    assert told == [sheet["message_id"], painted["message_id"]], "the painting notifies, and it does so once"
    assert painted["reply_to_message"]["message_id"] == photo
    assert painted["effect_id"] == PARTY
    assert said(painted).startswith("In the style of Mosaic · ")
    assert "\n" not in said(painted)
    assert [[button["text"] for button in row] for row in keys(painted)] == [LABELS[:3], LABELS[3:]]
    assert correlation(you.image(painted), decoded(china)) > 0.5
    assert (await job_of(queue, you.id)).state is State.DONE


async def test_a_photo_and_a_painting_become_a_painting_before_ones_eyes(
    queue: Queue,
    painting_bot: Callable[..., Settings],
    you: Chat,
    china: bytes,
    waves: bytes,
    network: Network,
) -> None:
    async with running(painting_bot(paint_size=256, paint_quality="normal")):
        ready = await you.ready(china, waves)
        assert said(ready) == "Paint this in the style of the painting you sent?"
        answer = await you.tap(ready, "🖌 Paint")
        assert answer.answered
        painted = await you.painted(ready)
        await you.goes(ready)

    versions = you.versions(ready)
    painting = [one for one in versions if "%" in said(one)]
    shares = [int(said(one).partition("%")[0].split()[-1]) for one in painting]
    assert shares == sorted(shares)
    assert all(you.playground.labels(one) == ["✕ Stop"] for one in painting)
    # The two pictures, and at least one preview.
    looks = [key for key, _ in itertools.groupby(largest(one)["file_unique_id"] for one in versions)]
    assert len(looks) >= 2

    assert you.paintings() == [painted]
    assert len(you.pictures()) == 2, "the sheet of styles, and the painting"
    assert you.playground.labels(painted) == LABELS

    photo, style, result = decoded(china), decoded(waves), you.image(painted).convert("RGB")
    assert abs(result.width / result.height - photo.width / photo.height) < 0.01
    assert abs(result.width * result.height - 256**2) < 0.02 * 256**2
    assert correlation(result, photo) > 0.5
    before, after = (_style_distance(network, image, style) for image in (photo, result))
    assert after < 0.7 * before, "the worker's network is narrow, and this one is not"
    job = await job_of(queue, you.id)
    assert job.state is State.DONE


async def test_the_file_is_lossless_and_tells_how_it_was_made(
    bot: str, you: Chat, small: bytes, waves: bytes
) -> None:
    painted = await _paint(you, small, waves)
    await you.more(painted)
    await you.tap(painted, "📄 File")
    answer = await you.playground.wait_for_message(lambda message: "document" in message, you.id)
    assert answer["reply_to_message"]["message_id"] == painted["message_id"]
    assert answer["document"]["file_name"].endswith(".png")
    assert answer["document"]["file_size"] > largest(painted)["file_size"]
    file = you.image(answer)
    assert file.format == "PNG"
    assert file.size == you.image(painted).size
    made_with = json.loads(file.info["Recipe"])
    assert made_with["network"] == "vgg16"
    assert Recipe.of(**made_with["recipe"]) == Recipe(size=128, quality="draft")
    # The photo that Telegram shows is this file, but for the losses of two JPEGs.
    assert correlation(file, you.image(painted)) > 0.98


async def test_an_album_of_two_is_a_photo_and_its_painting(
    bot: str, you: Chat, small: bytes, waves: bytes
) -> None:
    # Telegram promises no order of an album's updates; its messages have one.
    await you.playground.send_album(you.id, [small, waves], order=[1, 0])
    ready = await you.heard(QUESTION)
    left, right = halves(you.image(ready))
    assert correlation(left, decoded(small)) > 0.8
    assert correlation(right, decoded(waves)) > 0.8
    await you.tap(ready, "🖌 Paint")
    await you.painted(ready)
    await you.goes(ready)
    assert len(you.playground.from_bot(you.id)) == 1


async def test_documents_are_painted_too_and_so_is_an_iphones_photo(
    bot: str, queue: Queue, you: Chat, heic: bytes, waves: bytes
) -> None:
    await you.heard("Pick a style", after=await you.document(heic, "IMG_0001.HEIC"))
    ready = await you.heard(QUESTION, after=await you.document(waves, "waves.jpg"))
    await you.tap(ready, "🖌 Paint")
    job = await job_of(queue, you.id)
    assert await queue.read(job.id, "content") in (heic, None), "a file is painted from as it was sent"
    painted = you.image(await you.painted(ready))
    assert abs(painted.width / painted.height - 120 / 90) < 0.02


async def test_a_preset_needs_no_painting_of_ones_own(bot: str, you: Chat, small: bytes) -> None:
    sheet = await you.asked_for_style(small)
    assert you.image(sheet).width > 500
    assert len(you.playground.labels(sheet)) == len(styles_of(0, presets())[1]) + len("‹›") + len("🎲⚙")
    await you.tap(sheet, "Mosaic")
    assert "In the style of Mosaic" in said(await you.painted(sheet))
    await you.goes(sheet)
    assert len(you.playground.from_bot(you.id)) == 1


async def test_choices_are_made_in_place_and_painted(
    bot: str, queue: Queue, you: Chat, small: bytes, waves: bytes
) -> None:
    ready = await you.ready(waves, small)  # the wrong way round
    await you.tap(ready, "Swap")
    left, _ = halves(you.image(await _changed_picture(you, ready)))
    assert correlation(left, decoded(small)) > 0.8
    await you.tap(ready, "⚙ Adjust")
    await you.becomes(ready, "Style: the painting you sent\nMedium strength · painting’s colours")
    await you.tap(ready, "Strength")
    await you.becomes(ready, "Full strength · painting’s colours")
    await you.tap(ready, "○ Photo’s colours")
    await you.becomes(ready, "Full strength · photo’s colours")
    labels = you.playground.labels(you.now(ready))
    assert labels[:2] == ["Strength ●●●", "✓ Photo’s colours"]
    assert len(labels) == 8
    await you.tap(ready, "🖌 Paint")
    job = await job_of(queue, you.id)
    assert job.recipe["alpha"] == STRENGTHS["painting"]
    assert job.recipe["keep_colours"] is True
    await you.painted(ready)
    await you.goes(ready)
    assert len(you.pictures()) == 2, "the sheet and the painting"


async def test_variations_get_messages_of_their_own(
    bot: str, queue: Queue, you: Chat, small: bytes, waves: bytes
) -> None:
    first = await _paint(you, small, waves)
    job = await job_of(queue, you.id)
    for label in ("Again", "Stronger", "Softer"):
        await you.tap(first, label)
    await you.playground.wait_for(lambda: len(you.paintings()) == 4, TIMEOUT)

    async def all_are_delivered() -> bool:
        return all(one.delivered for one in await queue.jobs(job.owner))

    await until(all_are_delivered)
    jobs = sorted(await queue.jobs(job.owner), key=lambda one: one.created)
    recipes = {one.address["painting"]: one.recipe for one in jobs if one.address is not None}
    again, stronger, softer = (one.recipe for one in jobs[1:])  # who is quick may arrive before another
    assert again == job.recipe | {"seed": again["seed"]}
    assert again["seed"] != job.recipe["seed"]
    assert stronger == job.recipe | {"alpha": STRENGTHS["painting"]}
    assert softer == job.recipe | {"alpha": STRENGTHS["photo"]}
    paintings = you.paintings()
    assert [one["message_id"] for one in paintings] == sorted(recipes)
    assert len({largest(one)["file_unique_id"] for one in paintings}) == 4
    assert paintings[0] == first, "the first painting stays as it was"


async def test_a_tap_that_telegram_brings_twice_paints_once(
    queue: Queue,
    painting_bot: Callable[..., Settings],
    you: Chat,
    small: bytes,
    waves: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "bot.app.DoubleTaps", lambda: DoubleTaps(0.0)
    )  # as after a crash: nothing is remembered
    updates, taps = you.playground.updates, []
    push = updates.push

    def recorded(chat: int, kind: str, body: Json) -> int | None:
        taps.extend([body] if kind == "callback_query" else [])
        return push(chat, kind, body)

    monkeypatch.setattr(updates, "push", recorded)
    async with running(painting_bot()):
        first = await _paint(you, small, waves)
        await you.tap(first, "Again")
        await you.playground.wait_for(lambda: len(you.paintings()) == 2, TIMEOUT)
        push(you.id, "callback_query", taps[-1])
        heard = await you.heard("You have no paintings in progress", after=await you.text("/status"))
    assert len(await queue.jobs((await job_of(queue, you.id)).owner)) == 2
    after_all = [one for one in you.playground.from_bot(you.id) if one["message_id"] < heard["message_id"]]
    assert [PAINTED in said(one) for one in after_all] == [False, True, True], "and the sheet"


async def test_another_style_needs_no_new_photo(bot: str, you: Chat, small: bytes, waves: bytes) -> None:
    painted = await _paint(you, small, waves)
    await you.tap(painted, "Other style")
    sheet = await you.heard("Pick a style", after=painted["message_id"])
    await you.tap(sheet, "Stained glass")
    other = await you.painted(sheet)
    assert said(other).startswith("In the style of Stained glass")
    assert correlation(you.image(other), decoded(small)) > 0.5
    assert you.now(painted) == painted


async def test_a_painting_is_adjusted_in_a_message_of_its_own_with_its_own_choices(
    bot: str, queue: Queue, you: Chat, small: bytes
) -> None:
    await you.photo(small, "mosaic")
    first = await you.heard(PAINTED)
    await you.tap(first, "Stronger")
    strong = await you.painted(first)
    await you.tap(strong, "⚙ Adjust")
    card = await you.heard("Style: Mosaic\nFull strength · painting’s colours", after=strong["message_id"])
    assert correlation(halves(you.image(card))[0], decoded(small)) > 0.8
    await you.tap(card, "○ Photo’s colours")
    await you.becomes(card, "Full strength · photo’s colours")
    await you.tap(card, "🖌 Paint")
    await you.painted(card)
    job = await job_of(queue, you.id)
    assert (job.recipe["alpha"], job.recipe["keep_colours"]) == (STRENGTHS["painting"], True)
    settings = await you.heard("Your default settings", after=await you.text("/settings"))
    assert "Medium strength · painting’s colours" in said(settings), "that was for the one painting"


async def test_a_lost_answer_leaves_nothing_behind_that_is_not_true(
    bot: str, queue: Queue, you: Chat, china: bytes
) -> None:
    await you.photo(china, "mosaic")
    first = await you.heard(PAINTED)
    you.playground.fault("sendPhoto", deliver=True, drop=True)  # the card of “Again”
    await you.tap(first, "Again")
    second = await you.painted(first)
    left = [one for one in you.playground.from_bot(you.id) if one not in (you.now(first), second)]
    assert [said(one) for one in left] == ["Your photo, in the style of Mosaic."]
    assert keys(left[0]) == []
    assert len(await queue.jobs(f"telegram:{you.id}")) == 2


async def test_two_quick_taps_paint_once(
    bot: str, queue: Queue, you: Chat, small: bytes, waves: bytes
) -> None:
    ready = await you.ready(small, waves)
    answers = await asyncio.gather(*(you.tap(ready, "🖌 Paint") for _ in range(2)))
    said_to_both = {answer.text for answer in answers}
    assert "Setting up the canvas…" in said_to_both
    # One that waits for its turn for too long is answered without words.
    assert said_to_both <= {
        "Setting up the canvas…",
        "That painting is already in progress.",
        None,
    }
    await you.painted(ready)
    assert len(await queue.jobs(f"telegram:{you.id}")) == 1
    assert len(you.paintings()) == 1


async def test_two_people_at_once_do_not_mix(
    bot: str, queue: Queue, you: Chat, somebody_else: Chat, small: bytes, flower: bytes, waves: bytes
) -> None:
    one, other = await asyncio.gather(you.ready(small, waves), somebody_else.asked_for_style(flower))
    await asyncio.gather(you.tap(one, "🖌 Paint"), somebody_else.tap(other, "Rainy avenue"))
    mine, theirs = await asyncio.gather(you.painted(one), somebody_else.painted(other))
    assert correlation(you.image(mine), decoded(small)) > 0.5
    assert correlation(somebody_else.image(theirs), decoded(flower)) > 0.5
    assert "the painting you sent" in said(mine)
    assert "Rainy avenue" in said(theirs)
    for chat in (you, somebody_else):
        assert len(chat.paintings()) == 1
        assert len(await queue.jobs(f"telegram:{chat.id}")) == 1


async def _paint(chat: Chat, photo: bytes, style: bytes) -> Json:
    ready = await chat.ready(photo, style)
    await chat.tap(ready, "🖌 Paint")
    return await chat.painted(ready)


async def _changed_picture(chat: Chat, message: Json) -> Json:
    before = largest(message)["file_unique_id"]
    await chat.playground.wait_for(lambda: largest(chat.now(message))["file_unique_id"] != before)
    return chat.now(message)


def _style_distance(network: Network, image: Image.Image, style: Image.Image) -> float:
    """Summed over the layers, both at 224² pixels."""

    eyes = FeatureExtractor(network.features(torch.float32))
    ours, target = (eyes.style(to_tensor(picture, (224, 224))) for picture in (image, style))
    return sum(
        float(DEFAULT.statistic.distance(ours[layer], target[layer])) for layer in DEFAULT.style_layers
    )
