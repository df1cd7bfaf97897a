"""What a status message says: pure words from a job and its outlook."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.conversation import CatalogueStyle, Choices, Draft, Sent
from bot.conversation.style_titles import artist, title
from bot.i18n import LANGUAGES, texts
from bot.storage.job_address import Address
from bot.views.captions import (
    BAR_LENGTH,
    MAX_CAPTION,
    credits_of,
    details,
    done,
    gallery,
    progress_caption,
    recipe_line,
    share_link,
    titles,
)
from bot.views.images import PER_PAGE
from engine.painting.result import NOTES
from engine.queue import Forecast, Job, JobStatus, State
from engine.styles import catalogue as module
from engine.styles.catalogue import Catalogue, catalogue, open_catalogue
from engine.styles.famous import paintings
from engine.styles.style import presets
from tests.support.sample_media import jpeg


def _job(**said: Any) -> Job:
    nothing: dict[str, Any] = dict.fromkeys(Job.__dataclass_fields__)
    usual = {"id": "j", "owner": "o", "state": State.QUEUED, "progress": 0.0, "previews": 0, "cost": 1.0}
    return Job(**(nothing | usual | said))


def _says(job: Job, position: int | None = None, eta: float | None = None) -> str:
    return progress_caption(texts(), JobStatus(job, Forecast(position, eta)), "Mosaic")


@pytest.mark.parametrize(
    ("position", "eta", "words"),
    [
        (0, 20, "You’re next. Ready in about 20 seconds."),
        (1, 60, "1 painting ahead of yours. Ready in about a minute."),
        (7, 7200, "7 paintings ahead of yours. Ready in about 2 hours."),
        (0, None, "The painter isn’t ready yet; your painting will wait. You’re next."),
        (1, None, "The painter isn’t ready yet; your painting will wait. 1 painting ahead of yours."),
        (2, None, "The painter isn’t ready yet; your painting will wait. 2 paintings ahead of yours."),
    ],
)
def test_a_job_that_waits_says_for_how_many_and_how_long(
    position: int, eta: float | None, words: str
) -> None:
    assert _says(_job(), position, eta) == words


@pytest.mark.parametrize("progress", [0.0, 0.01, 0.5, 0.999, 1.0])
def test_a_job_under_way_shows_a_bar_that_fills(progress: float) -> None:
    bar, _, rest = _says(_job(state=State.RUNNING, progress=progress), eta=12).partition(" ")
    assert len(bar) == BAR_LENGTH
    assert bar == "▰" * bar.count("▰") + "▱" * bar.count("▱")
    assert bar.count("▰") == round(progress * BAR_LENGTH)
    assert rest.startswith(
        f"{round(progress * 100)}%\nPainting in the style of Mosaic, about 10 seconds left."
    )


def test_a_job_under_way_with_no_outlook_promises_nothing() -> None:
    assert _says(_job(state=State.RUNNING, progress=0.25)).endswith("Painting in the style of Mosaic…")


@pytest.mark.parametrize(
    ("language", "one", "blend"),
    [
        ("en", "the painting you sent", "the 2 paintings you sent and Mosaic"),
        ("zh", "你发的画", "你发的 2 幅画和马赛克"),
        ("ru", "присланная картина", "2 присланные картины и Мозаика"),
        ("es", "tu cuadro", "tus 2 cuadros y Mosaico"),
    ],
)
def test_paintings_that_were_sent_are_counted_and_ours_are_named(language: str, one: str, blend: str) -> None:
    first, second, mosaic = Sent(file_id="1"), Sent(file_id="2"), CatalogueStyle(id="mosaic")
    assert titles(texts(language), [first]) == one
    assert titles(texts(language), [first, mosaic, second]) == blend


def _painted(asked: int | None = None, style: str = "Mosaic", credit: str = "", **facts: Any) -> Any:
    draft = Draft(
        photo=Sent(file_id="p"), styles=(CatalogueStyle(id="mosaic"),), choices=Choices(keep_colours=True)
    )
    address = Address(chat=1, message=2, draft=draft, style=style, credit=credit, asked=asked)
    job = _job(state=State.DONE, facts=facts or None, recipe={"size": 512, "quality": "fine"})
    return texts(), job, address


def _done(**said: Any) -> str:
    return done(*_painted(**said))


def _details(**said: Any) -> str:
    return details(*_painted(**said))


RECIPE = recipe_line(texts(), Choices(keep_colours=True).model_dump() | {"size": 512, "quality": "fine"})


def test_a_recipe_is_named_by_its_choices() -> None:
    wanted = {"Medium strength", "photo’s colours", "medium strokes", "best quality", "size: Medium"}
    assert wanted <= set(RECIPE.split(" · "))


def test_a_painting_says_what_it_is_in_one_line_and_how_it_was_made_when_it_is_asked() -> None:
    made: dict[str, Any] = {"width": 640, "height": 427, "seconds": 12.4}
    assert _done(**made) == "In the style of Mosaic · 12 s"
    assert _details(**made) == f"In the style of Mosaic · 12 s\n640 × 427 pixels\n{RECIPE}"


def test_a_painting_of_less_than_a_second_took_one() -> None:
    assert _done(width=64, height=64, seconds=0.2).endswith("· 1 s")


def test_large_numbers_stay_plain() -> None:
    assert "· 60 min\n4096 × 2731 pixels\n" in _details(width=4096, height=2731, seconds=3601.0)


def test_notes_are_said_and_unknown_ones_are_left_out() -> None:
    notes = ["photo-smaller-than-size", "from-the-future"]
    lines = _details(width=64, height=64, seconds=1, notes=notes).splitlines()
    assert lines[3:] == [texts()("note-photo-smaller-than-size")]


def test_a_painting_that_became_smaller_because_many_wait_says_so() -> None:
    lines = _done(asked=768, width=512, height=512, seconds=1).splitlines()
    assert lines[1].startswith("It’s busy, so this is smaller than you asked for (Large).")
    reduced = _done(notes=["painted-smaller"], seconds=1).splitlines()
    assert reduced[1:] == [texts()("note-painted-smaller")]


def test_a_person_reads_of_every_note_that_concerns_them() -> None:
    unsaid = {note for note in NOTES if not texts().knows(f"note-{note}")}
    assert unsaid == {"fell-back-to-fp32"}, "nothing that shows in the painting"


def test_a_job_without_facts_has_a_caption_all_the_same() -> None:
    assert _done().startswith("In the style of Mosaic · ")


@pytest.fixture
def famous(tmp_path: Path) -> Iterator[Catalogue]:
    """The process's catalogue, with a famous painting in it and one of the operator's own."""
    for folder, name in (("paintings", "shipwreck_of_the_minotaur"), ("styles", "own")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{name}.jpg").write_bytes(jpeg(80, 80))
    (tmp_path / "styles" / "own.toml").write_text('title = "Own"\ncredit = "© Ann, CC BY 4.0"')
    before = catalogue()
    yield open_catalogue(tmp_path)
    module._current = before


MINOTAUR, OWN, MOSAIC, LOST = (
    CatalogueStyle(id=name) for name in ("shipwreck_of_the_minotaur", "own", "mosaic", "starry_night")
)


@pytest.mark.parametrize(
    ("language", "credit"),
    [
        ("en", "After “The Shipwreck of the Minotaur” by J. M. W. Turner, 1810"),
        ("zh", "原作：威廉·透纳《米诺陶号的沉没》，1810"),
        ("ru", "По мотивам: Уильям Тёрнер, «Кораблекрушение „Минотавра“», 1810"),
        ("es", "Inspirado en «El naufragio del Minotauro», de J. M. W. Turner, 1810"),
    ],
)
def test_credit_is_given_to_a_painter_in_ones_own_language(
    famous: Catalogue, language: str, credit: str
) -> None:
    assert credits_of(texts(language), [MINOTAUR]) == credit


def test_credit_is_given_to_all_of_a_blend_that_want_it_and_to_nobody_else(famous: Catalogue) -> None:
    lines = credits_of(texts(), [MOSAIC, MINOTAUR, OWN]).splitlines()
    assert lines == [credits_of(texts(), [MINOTAUR]), "After “Own”. © Ann, CC BY 4.0"]
    assert credits_of(texts(), [MOSAIC, Sent(file_id="p"), LOST]) == ""


def test_a_painting_gives_credit_below_its_title() -> None:
    lines = _done(width=64, height=64, seconds=1, credit="After “Own”. © Ann").splitlines()
    assert lines[1:] == ["After “Own”. © Ann"]


def test_a_style_that_is_gone_has_a_name_and_no_link(famous: Catalogue) -> None:
    assert titles(texts(), [LOST, MOSAIC]) == "a style I no longer have and Mosaic"
    draft = Draft(photo=Sent(file_id="p"), styles=(LOST,))
    assert "start" not in share_link(texts(), "abot", draft)
    there = draft.model_copy(update={"styles": (MINOTAUR,)})
    assert "start%3Dstyle_shipwreck_of_the_minotaur" in share_link(texts(), "abot", there)


@pytest.mark.parametrize("others", [(OWN,), (Sent(file_id="q"), OWN)])
def test_what_is_shared_of_a_blend_is_the_one_style_that_its_link_brings(others: tuple[Any, ...]) -> None:
    draft = Draft(photo=Sent(file_id="p"), styles=(MOSAIC, *others))
    shared = parse_qs(urlsplit(share_link(texts(), "abot", draft)).query)
    assert shared == {
        "url": ["https://t.me/abot?start=style_mosaic"],
        "text": ["Get your photo painted in the style of Mosaic"],
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_of_the_gallery_tells_of_each_work_with_its_number(language: str) -> None:
    say, works = texts(language), [painting.style(Path(), 0) for painting in paintings()]
    assert gallery(say, say("gallery"), 1, presets()) == say("gallery")
    for first in range(0, len(works), PER_PAGE):
        shown = works[first : first + PER_PAGE]
        question, empty, *lines = gallery(say, say("ask-style"), first + 14, shown).splitlines()
        assert (question, empty) == (say("ask-style"), "")
        for number, (line, work) in enumerate(zip(lines, shown, strict=True), first + 14):
            assert line.startswith(f"{number} · ")
            assert title(say, work) in line
            assert artist(say, work) in line
            assert line.endswith(work.year)
    longest = replace(works[0], id="own", title="W" * 46, artist="A" * 40, artist_id="", year="Y" * 16)
    greeting = say("start", name="N" * 64)
    assert len(gallery(say, greeting, 94, [longest] * PER_PAGE)) <= MAX_CAPTION


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_longest_caption_is_within_telegrams_limit(language: str) -> None:
    draft = Draft(photo=Sent(file_id="p"), styles=(CatalogueStyle(id="mosaic"),))
    credit = "\n".join(["c" * 220] * 3)
    address = Address(chat=1, message=2, draft=draft, style="x" * 200, credit=credit, asked=4096)
    facts = {"width": 10_000, "height": 10_000, "seconds": 1e6, "notes": sorted(NOTES)}
    job = _job(state=State.DONE, facts=facts, recipe={"size": 4096, "quality": "fine"})
    for caption in (done(texts(language), job, address), details(texts(language), job, address)):
        assert len(caption) <= 1024
        assert credit in caption
