"""The captions of drafts, cards and paintings, in the user's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from bot.conversation import CONTROLS, CatalogueStyle, Draft, Style, style_titles
from bot.i18n import Texts
from bot.storage.job_address import Address
from engine.queue import Job, JobStatus, Limits, State, Usage
from engine.styles import style
from engine.styles.catalogue import catalogue
from engine.styles.famous import FamousPainting

MAX_CAPTION = 1024
"""Characters of a caption, at most."""
BAR_LENGTH = 12
"""Boxes of the progress bar."""
COUNTED_FROM = 0.5
"""Part of the daily limit from which on it is shown."""
_REDUCED = "painted-smaller"
"""The painter's note on a painting that is smaller than it was ordered."""


Works = Mapping[Style, FamousPainting]
"""The famous paintings among the pictures that a user sent."""


def style_title(say: Texts, draft: Draft, works: Works | None = None) -> str:
    """Return the user's own name of a draft's styles, or else their titles."""
    return draft.name or titles(say, draft.styles, works)


def titles(say: Texts, styles: Sequence[Style], works: Works | None = None) -> str:
    """Return the titles of some styles; pictures that a user sent have none, and are counted.

    Famous paintings have theirs, whoever sends them.
    """
    works = works or {}
    sent = sum(not isinstance(style, CatalogueStyle) and style not in works for style in styles)
    known = [_title(say, style) for style in styles if isinstance(style, CatalogueStyle)]
    known += [style_titles.title(say, _famous(works[style])) for style in styles if style in works]
    return say.listed([*([say("your-paintings", count=sent)] if sent else []), *known])


def _famous(painting: FamousPainting) -> style.Style:
    """Return a famous painting as a style, with the museum that has it as its credit."""
    return replace(painting.style(Path(), 0), credit=painting.museum)


def _title(say: Texts, style: CatalogueStyle) -> str:
    found = catalogue().find(style.id)
    return style_titles.title(say, found) if found else say("lost-style")


def credits_of(say: Texts, styles: Sequence[Style], works: Works | None = None) -> str:
    """Return a credit line for each style that wants one: ours and the users' own do not.

    That of a famous painting which somebody sent says where it hangs.
    """
    works = works or {}
    found = [catalogue().find(style.id) for style in styles if isinstance(style, CatalogueStyle)]
    found += [_famous(works[style]) for style in styles if style in works]
    return "\n".join(line for style in found if style and (line := credit_line(say, style)))


def credit_line(say: Texts, style: style.Style) -> str:
    """Say whose work a painting is: its title, artist, year, and what its owner wants to be said."""
    if not style.artist and not style.credit:
        return ""
    return say("credit", work=work(say, style), owner=style.credit or "none")


def work(say: Texts, style: style.Style) -> str:
    """Name a work: its title, artist and year."""
    return say(
        "work",
        title=style_titles.title(say, style),
        artist=style_titles.artist(say, style) or "none",
        year=style.year or "none",
    )


def gallery(say: Texts, question: str, first: int, shown: Sequence[style.Style]) -> str:
    """Ask which style it shall be, and tell of each work on the page that has an artist.

    Args:
        say: the person's language.
        question: the text.
        first: the number of the first style.
        shown: the styles on the page.
    """
    works = [f"{number} · {work(say, one)}" for number, one in enumerate(shown, first) if one.artist]
    return "\n".join([question, *([""] if works else []), *works])


def size_name(say: Texts, size: int) -> str:
    """Return the name of a size; its pixels for one that has none."""
    key = f"size-{size}"
    return say(key) if say.knows(key) else say("size-pixels", size=str(size))


def recipe_line(say: Texts, settings: Mapping[str, Any]) -> str:
    """Return the line that names the settings of a recipe."""
    choices = {control.name: control.choice(settings[field]) for field, control in CONTROLS.items()}
    return say("recipe", **choices | {"size": size_name(say, settings["size"])})


def ready(
    say: Texts,
    draft: Draft,
    usage: Usage,
    limits: Limits,
    settings: Mapping[str, Any] | None = None,
    works: Works | None = None,
) -> str:
    """Return the caption of a draft, with the counters that are near their limits.

    Args:
        say: the user's language.
        draft: the draft.
        usage: how much of the limits the user has used.
        limits: the limits.
        settings: those of its recipe where it is shown with its choices; None where it is a question.
        works: the famous paintings among its styles.
    """
    style = style_title(say, draft, works)
    lines = [say("ready", style=style) if settings is None else say("adjust", style=style)]
    lines += [credit] if (credit := credits_of(say, draft.styles, works)) else []
    lines += [recipe_line(say, settings)] if settings else []
    if limits.daily and usage.today >= COUNTED_FROM * limits.daily:
        lines.append(say("counter-today", count=usage.today, limit=limits.daily))
    if usage.live:
        lines.append(say("counter-live", count=usage.live, limit=limits.live))
    return _fitted(lines)


def done(say: Texts, job: Job, address: Address) -> str:
    """Return the caption of a painting: a line, credit to whom it is due, and what was not as asked for."""
    return _fitted([*_title_of(say, job, address), *_smaller(say, job, address)])


def shared(say: Texts, address: Address) -> str:
    """Return the caption of a painting that is posted in a chat of others."""
    return _fitted([say("shared", style=address.style), *([address.credit] if address.credit else [])])


def details(say: Texts, job: Job, address: Address) -> str:
    """Return all that there is to say of a painting: its pixels, its recipe, and notes on how it was made."""
    facts = job.facts or {}
    lines = [
        *_title_of(say, job, address),
        say("pixels", width=str(facts.get("width", 0)), height=str(facts.get("height", 0))),
        recipe_line(say, address.draft.choices.model_dump() | job.recipe),
    ]
    notes = (note for note in facts.get("notes", ()) if note != _REDUCED)
    lines += [say(f"note-{note}") for note in notes if say.knows(f"note-{note}")]
    return _fitted([*lines, *_smaller(say, job, address)])


def _title_of(say: Texts, job: Job, address: Address) -> list[str]:
    took = say.brief((job.facts or {}).get("seconds", 0))
    return [say("done", style=address.style, time=took), *([address.credit] if address.credit else [])]


def _smaller(say: Texts, job: Job, address: Address) -> list[str]:
    """Say why a painting is smaller than it was ordered."""
    reduced = _REDUCED in (job.facts or {}).get("notes", ())
    lines = [say(f"note-{_REDUCED}")] if reduced else []
    return (
        lines if address.asked is None else [*lines, say("note-eased", asked=size_name(say, address.asked))]
    )


def _fitted(lines: Sequence[str]) -> str:
    """Join lines to a caption that Telegram takes: three long credits may be too many."""
    text = "\n".join(lines)
    return text if len(text) <= MAX_CAPTION else f"{text[: MAX_CAPTION - 1]}…"


def invitation(bot: str, style: Style) -> str:
    """Return the address of the chat with the bot; it brings the style, if that is the catalogue's."""
    known = isinstance(style, CatalogueStyle) and catalogue().find(style.id)
    start = f"?start=style_{style.id}" if known and isinstance(style, CatalogueStyle) else ""
    return f"https://t.me/{bot}{start}"


def share_link(say: Texts, bot: str, draft: Draft) -> str:
    """Return the address that opens Telegram's list of chats, to recommend the bot in one of them.

    It brings the first style, if that is one of the gallery's.
    """
    style = draft.styles[0]
    known = isinstance(style, CatalogueStyle) and catalogue().find(style.id)
    words = say("share", style=titles(say, [style])) if known else say("bot-short-description")
    query = urlencode({"url": invitation(bot, style), "text": words}, quote_via=quote)
    return f"https://t.me/share/url?{query}"


def progress_caption(say: Texts, status: JobStatus, style: str) -> str:
    """Return the caption of an unfinished job's card."""
    job, forecast = status.job, status.forecast
    eta = "none" if forecast.eta is None else say.duration(forecast.eta)
    if job.state is State.RUNNING:
        filled = round(job.progress * BAR_LENGTH)
        bar = "▰" * filled + "▱" * (BAR_LENGTH - filled)
        return say("painting", bar=bar, percent=round(job.progress * 100), style=style, eta=eta)
    if forecast.eta is None:
        return say("waiting-for-painter", position=forecast.position or 0)
    return say("queued", position=forecast.position or 0, eta=eta)
