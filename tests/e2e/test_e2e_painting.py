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
from tests.support.chat import SHALL_I, Chat, Json, job_of, largest, said
from tests.support.pictures import correlation, decoded, halves
from tests.support.processes import TIMEOUT

LABELS = [
    *("− Softer", "🔁 Again", "+ Stronger", "🖼 Other style", "📷 My colours", "⤢ Bigger"),
    *("↔ Before", "📄 File", "🎬 Film", "➜ Paint on", "↗ Share", "🗑 Delete"),
]


async def test_a_photo_and_a_painting_become_a_painting_before_ones_eyes(
    queue: Queue,
    painting_bot: Callable[..., Settings],
    you: Chat,
    china: bytes,
    waves: bytes,
    network: Network,
) -> None:
    async with running(painting_bot(paint_size=256)):
        ready = await you.ready(china, waves)
        assert said(ready).startswith("Your photo, painted like the painting you sent.")
        answer = await you.tap(ready, "🖌 Paint")
        assert answer.answered
        painted = await you.painted(ready)

    versions = you.versions(ready)
    painting = [one for one in versions if "%" in said(one)]
    shares = [int(said(one).partition(" %")[0].split()[-1]) for one in painting]
    assert shares == sorted(shares)
    assert all(you.playground.labels(one) == ["✕ Stop"] for one in painting)
    # The diptych, at least one preview, the painting.
    looks = [key for key, _ in itertools.groupby(largest(one)["file_unique_id"] for one in versions)]
    assert len(looks) >= 3

    assert [one["message_id"] for one in you.paintings()] == [ready["message_id"]]
    assert len(you.pictures()) == 2, "the sheet of styles, and the one message that became the painting"
    assert you.playground.labels(painted) == LABELS

    photo, style, result = decoded(china), decoded(waves), you.image(painted).convert("RGB")
    assert abs(result.width / result.height - photo.width / photo.height) < 0.01
    assert abs(result.width * result.height - 256**2) < 0.02 * 256**2
    assert f"{result.width} × {result.height} pixels" in said(painted)
    assert correlation(result, photo) > 0.5
    before, after = (_style_distance(network, image, style) for image in (photo, result))
    assert after < before / 2
    job = await job_of(queue, you.id)
    assert job.state is State.DONE


async def test_the_file_is_lossless_and_tells_how_it_was_made(
    bot: str, you: Chat, small: bytes, waves: bytes
) -> None:
    painted = await _paint(you, small, waves)
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
    await you.playground.send_album(you.id, [small, waves], order=[1, 0], gap=0.2)
    ready = await you.heard(SHALL_I)
    left, right = halves(you.image(ready))
    assert correlation(left, decoded(small)) > 0.8
    assert correlation(right, decoded(waves)) > 0.8
    await you.tap(ready, "🖌 Paint")
    await you.painted(ready)
    assert len(you.playground.from_bot(you.id)) == 1


async def test_documents_are_painted_too_and_so_is_an_iphones_photo(
    bot: str, queue: Queue, you: Chat, heic: bytes, waves: bytes
) -> None:
    await you.heard("send me a painting", after=await you.document(heic, "IMG_0001.HEIC"))
    ready = await you.heard(SHALL_I, after=await you.document(waves, "waves.jpg"))
    await you.tap(ready, "🖌 Paint")
    job = await job_of(queue, you.id)
    assert await queue.read(job.id, "content") in (heic, None), "a file is painted from as it was sent"
    painted = you.image(await you.painted(ready))
    assert abs(painted.width / painted.height - 120 / 90) < 0.02


async def test_a_preset_needs_no_painting_of_ones_own(bot: str, you: Chat, small: bytes) -> None:
    sheet = await you.asked_for_style(small)
    assert you.image(sheet).width > 500
    assert len(you.playground.labels(sheet)) == len(styles_of(0, presets())[1]) + len("‹·›") + len("🎲")
    await you.tap(sheet, "Mosaic")
    ready = await you.becomes(sheet, "Your photo, painted like Mosaic. Shall I?")
    assert "⇄" not in "".join(you.playground.labels(ready)), "there is nothing to swap with"
    await you.tap(ready, "🖌 Paint")
    assert "Painted like Mosaic." in said(await you.painted(ready))
    assert len(you.playground.from_bot(you.id)) == 1


async def test_choices_are_made_in_place_and_painted(
    bot: str, queue: Queue, you: Chat, small: bytes, waves: bytes
) -> None:
    ready = await you.ready(waves, small)  # the wrong way round
    await you.tap(ready, "Swap the two")
    left, _ = halves(you.image(await _changed_picture(you, ready)))
    assert correlation(left, decoded(small)) > 0.8
    await you.tap(ready, "Full")
    await you.becomes(ready, "Strength: full")
    await you.tap(ready, "Painting’s colours")
    await you.playground.wait_for(lambda: "📷 Photo’s colours" in you.playground.labels(you.now(ready)))
    assert "● Full" in you.playground.labels(you.now(ready))
    await you.tap(ready, "🖌 Paint")
    job = await job_of(queue, you.id)
    assert job.recipe["alpha"] == STRENGTHS["painting"]
    assert job.recipe["keep_colours"] is True
    await you.painted(ready)
    assert len(you.pictures()) == 2, "the sheet and the one message"


async def test_variations_get_messages_of_their_own(
    bot: str, queue: Queue, you: Chat, small: bytes, waves: bytes
) -> None:
    first = await _paint(you, small, waves)
    job = await job_of(queue, you.id)
    for label in ("Again", "Stronger", "Softer"):
        await you.tap(first, label)
    await you.playground.wait_for(lambda: len(you.paintings()) == 4, TIMEOUT)
    recipes = {
        one.address["message"]: one.recipe for one in await queue.jobs(job.owner) if one.address is not None
    }
    again, stronger, softer = (recipes[message] for message in sorted(recipes)[1:])
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
        await you.playground.wait_for(
            lambda: any(call.method == "deleteMessage" for call in you.playground.calls), TIMEOUT
        )
    assert len(await queue.jobs((await job_of(queue, you.id)).owner)) == 2
    assert not [message for message in you.playground.messages(you.id) if "setting up" in said(message)]


async def test_another_style_needs_no_new_photo(bot: str, you: Chat, small: bytes, waves: bytes) -> None:
    painted = await _paint(you, small, waves)
    await you.tap(painted, "Other style")
    sheet = await you.heard("or tap one of mine", after=painted["message_id"])
    await you.tap(sheet, "Stained glass")
    ready = await you.becomes(sheet, "painted like Stained glass. Shall I?")
    assert correlation(halves(you.image(ready))[0], decoded(small)) > 0.8
    assert you.now(painted) == painted


async def test_two_quick_taps_paint_once(
    bot: str, queue: Queue, you: Chat, small: bytes, waves: bytes
) -> None:
    ready = await you.ready(small, waves)
    answers = await asyncio.gather(*(you.tap(ready, "🖌 Paint") for _ in range(2)))
    assert sorted(answer.text or "" for answer in answers) == [
        "One moment: I am setting up the canvas …",
        "That one is on its way already.",
    ]
    await you.painted(ready)
    assert len(await queue.jobs(f"telegram:{you.id}")) == 1
    assert len(you.paintings()) == 1


async def test_two_people_at_once_do_not_mix(
    bot: str, queue: Queue, you: Chat, somebody_else: Chat, small: bytes, flower: bytes, waves: bytes
) -> None:
    one, other = await asyncio.gather(
        you.ready(small, waves), _ready_with_preset(somebody_else, flower, "Fauve fields")
    )
    await asyncio.gather(you.tap(one, "🖌 Paint"), somebody_else.tap(other, "🖌 Paint"))
    mine, theirs = await asyncio.gather(you.painted(one), somebody_else.painted(other))
    assert correlation(you.image(mine), decoded(small)) > 0.5
    assert correlation(somebody_else.image(theirs), decoded(flower)) > 0.5
    assert "the painting you sent" in said(mine)
    assert "Fauve fields" in said(theirs)
    for chat in (you, somebody_else):
        assert len(chat.paintings()) == 1
        assert len(await queue.jobs(f"telegram:{chat.id}")) == 1


async def _paint(chat: Chat, photo: bytes, style: bytes) -> Json:
    ready = await chat.ready(photo, style)
    await chat.tap(ready, "🖌 Paint")
    return await chat.painted(ready)


async def _ready_with_preset(chat: Chat, photo: bytes, title: str) -> Json:
    sheet = await chat.asked_for_style(photo)
    await chat.tap(sheet, title)
    return await chat.becomes(sheet, SHALL_I)


async def _changed_picture(chat: Chat, message: Json) -> Json:
    before = largest(message)["file_unique_id"]
    await chat.playground.wait_for(lambda: largest(chat.now(message))["file_unique_id"] != before, 30)
    return chat.now(message)


def _style_distance(network: Network, image: Image.Image, style: Image.Image) -> float:
    """Summed over the layers, both at 224² pixels."""

    eyes = FeatureExtractor(network.features(torch.float32))
    ours, target = (eyes.style(to_tensor(picture, (224, 224))) for picture in (image, style))
    return sum(
        float(DEFAULT.statistic.distance(ours[layer], target[layer])) for layer in DEFAULT.style_layers
    )
