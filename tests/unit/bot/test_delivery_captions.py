"""What a status message says: pure words from a job and its outlook."""

from __future__ import annotations

from typing import Any

import pytest

from bot.addresses import Address
from bot.captions import done, titles
from bot.conversation import Choices, Draft, Preset, Sent
from bot.news import BAR, progress_caption
from bot.texts import LANGUAGES, texts
from engine.painting.painter import NOTES
from engine.queue import Job, Outlook, State, Watch


def _job(**said: Any) -> Job:
    nothing: dict[str, Any] = dict.fromkeys(Job.__dataclass_fields__)
    usual = {"id": "j", "owner": "o", "state": State.QUEUED, "progress": 0.0, "previews": 0, "cost": 1.0}
    return Job(**(nothing | usual | said))


def _says(job: Job, position: int | None = None, eta: float | None = None) -> str:
    return progress_caption(texts(), Watch(job, Outlook(position, eta)), "Mosaic")


@pytest.mark.parametrize(
    ("position", "eta", "words"),
    [
        (0, 20, "You are next. It will be done in about 20 seconds."),
        (1, 60, "One painting is before yours. It will be done in about a minute."),
        (7, 7200, "7 paintings are before yours. It will be done in about 2 hours."),
        (0, None, "The painter is getting ready. It will start on yours first."),
        (1, None, "The painter is getting ready. It will start on yours after one other."),
        (2, None, "The painter is getting ready. It will start on yours after 2 others."),
    ],
)
def test_a_job_that_waits_says_for_how_many_and_how_long(
    position: int, eta: float | None, words: str
) -> None:
    assert _says(_job(), position, eta) == words


@pytest.mark.parametrize("progress", [0.0, 0.01, 0.5, 0.999, 1.0])
def test_a_job_under_way_shows_a_bar_that_fills(progress: float) -> None:
    bar, _, rest = _says(_job(state=State.RUNNING, progress=progress), eta=12).partition(" ")
    assert len(bar) == BAR
    assert bar == "▰" * bar.count("▰") + "▱" * bar.count("▱")
    assert bar.count("▰") == round(progress * BAR)
    assert rest.startswith(f"{round(progress * 100)} %\nPainting like Mosaic, about 10 seconds to go.")


def test_a_job_under_way_with_no_outlook_promises_nothing() -> None:
    assert _says(_job(state=State.RUNNING, progress=0.25)).endswith("Painting like Mosaic …")


@pytest.mark.parametrize(
    ("language", "one", "blend"),
    [
        ("en", "the painting you sent", "the 2 paintings you sent and Mosaic"),
        ("zh", "你发的画", "你发的 2 幅画和马赛克"),
        ("ru", "ваша картина", "ваши 2 картины и Мозаика"),
        ("es", "tu cuadro", "tus 2 cuadros y Mosaico"),
    ],
)
def test_paintings_that_were_sent_are_counted_and_ours_are_named(language: str, one: str, blend: str) -> None:
    first, second, mosaic = Sent(file_id="1"), Sent(file_id="2"), Preset(id="mosaic")
    assert titles(texts(language), [first]) == one
    assert titles(texts(language), [first, mosaic, second]) == blend


def _done(asked: int | None = None, style: str = "Mosaic", **facts: Any) -> str:
    draft = Draft(photo=Sent(file_id="p"), styles=(Preset(id="mosaic"),), choices=Choices(keep_colours=True))
    address = Address(chat=1, message=2, draft=draft, style=style, asked=asked)
    job = _job(state=State.DONE, facts=facts or None, recipe={"size": 512, "quality": "fine"})
    return done(texts(), job, address)


RECIPE = "Balanced · the photo’s colours · medium strokes · finest quality · size 512"


def test_a_painting_says_what_it_is_and_how_it_was_made() -> None:
    said = _done(width=640, height=427, seconds=12.4)
    assert said == f"Painted like Mosaic. 640 × 427 pixels in 12 seconds.\n{RECIPE}"


def test_a_painting_of_less_than_a_second_took_one() -> None:
    assert "in a second.\n" in _done(width=64, height=64, seconds=0.2)


def test_large_numbers_stay_plain() -> None:
    assert "4096 × 2731 pixels in an hour.\n" in _done(width=4096, height=2731, seconds=3601.0)


def test_notes_are_said_and_unknown_ones_are_left_out() -> None:
    notes = ["photo-smaller-than-size", "from-the-future"]
    lines = _done(width=64, height=64, seconds=1, notes=notes).splitlines()
    assert lines[2:] == [texts()("note-photo-smaller-than-size")]


def test_a_painting_that_became_smaller_because_many_wait_says_so() -> None:
    lines = _done(asked=768, width=512, height=512, seconds=1).splitlines()
    assert lines[2].startswith("Many are waiting, so I painted it smaller than the 768 you asked for.")


def test_a_person_reads_of_every_note_that_concerns_them() -> None:
    unsaid = {note for note in NOTES if not texts().knows(f"note-{note}")}
    assert unsaid == {"fell-back-to-fp32"}, "nothing that shows in the painting"


def test_a_job_without_facts_has_a_caption_all_the_same() -> None:
    assert _done().startswith("Painted like Mosaic.")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_longest_caption_is_within_telegrams_limit(language: str) -> None:
    draft = Draft(photo=Sent(file_id="p"), styles=(Preset(id="mosaic"),))
    address = Address(chat=1, message=2, draft=draft, style="x" * 200, asked=4096)
    facts = {"width": 10_000, "height": 10_000, "seconds": 1e6, "notes": sorted(NOTES)}
    job = _job(state=State.DONE, facts=facts, recipe={"size": 4096, "quality": "fine"})
    assert len(done(texts(language), job, address)) <= 1024
