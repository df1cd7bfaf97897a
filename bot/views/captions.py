"""The captions of drafts and paintings, in the user's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from bot.conversation import CONTROLS, CatalogueStyle, Draft, Style, style_titles
from bot.i18n import Texts
from bot.storage.job_address import Address
from engine.queue import Job, Limits, Usage
from engine.styles import style
from engine.styles.catalogue import catalogue

MAX_CAPTION = 1024
"""Characters of a caption, at most."""
COUNTED_FROM = 0.5
"""Part of the daily limit from which on it is shown."""


def style_title(say: Texts, draft: Draft) -> str:
    """Return the titles of the styles of a draft."""
    return titles(say, draft.styles)


def titles(say: Texts, styles: Sequence[Style]) -> str:
    """Return the titles of some styles; pictures that a user sent have none, and are counted."""
    sent = sum(not isinstance(style, CatalogueStyle) for style in styles)
    known = [_title(say, style) for style in styles if isinstance(style, CatalogueStyle)]
    return say.listed([*([say("your-paintings", count=sent)] if sent else []), *known])


def _title(say: Texts, style: CatalogueStyle) -> str:
    found = catalogue().find(style.id)
    return style_titles.title(say, found) if found else say("lost-style")


def credits_of(say: Texts, styles: Sequence[Style]) -> str:
    """Return a credit line for each style that wants one: ours and the users' own do not."""
    found = (catalogue().find(style.id) for style in styles if isinstance(style, CatalogueStyle))
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
        question: the text's name.
        first: the number of the first style.
        shown: the styles on the page.
    """
    works = [f"{number} · {work(say, one)}" for number, one in enumerate(shown, first) if one.artist]
    return "\n".join([say(question), *([""] if works else []), *works])


def recipe_line(say: Texts, settings: Mapping[str, Any]) -> str:
    """Return the line that names the settings of a recipe."""
    choices = {control.name: control.choice(settings[field]) for field, control in CONTROLS.items()}
    return say("recipe", **choices)


def ready(say: Texts, draft: Draft, usage: Usage, limits: Limits) -> str:
    """Return the caption of a draft, with the counters that are near their limits."""
    strength = CONTROLS["alpha"].choice(draft.choices.alpha)
    lines = [say("ready", style=style_title(say, draft), alpha=strength)]
    lines += [credit] if (credit := credits_of(say, draft.styles)) else []
    if limits.daily and usage.today >= COUNTED_FROM * limits.daily:
        lines.append(say("counter-today", count=usage.today, limit=limits.daily))
    if usage.live:
        lines.append(say("counter-live", count=usage.live, limit=limits.live))
    return _fitted(lines)


def done(say: Texts, job: Job, address: Address) -> str:
    """Return the caption of a painting: its style, its recipe, and how it differs from the request."""
    facts = job.facts or {}
    width, height = str(facts.get("width", 0)), str(facts.get("height", 0))
    took = say.elapsed(facts.get("seconds", 0))
    lines = [
        say("done", style=address.style, width=width, height=height, time=took),
        *([address.credit] if address.credit else []),
        recipe_line(say, address.draft.choices.model_dump() | job.recipe),
    ]
    lines += [say(f"note-{note}") for note in facts.get("notes", ()) if say.knows(f"note-{note}")]
    if address.asked is not None:
        lines.append(say("note-eased", asked=str(address.asked)))
    return _fitted(lines)


def _fitted(lines: Sequence[str]) -> str:
    """Join lines to a caption that Telegram takes: three long credits may be too many."""
    text = "\n".join(lines)
    return text if len(text) <= MAX_CAPTION else f"{text[: MAX_CAPTION - 1]}…"


def share_link(say: Texts, bot: str, draft: Draft) -> str:
    """Return the address that opens Telegram's list of chats, to recommend the bot in one of them.

    It brings the first style, if that is one of the gallery's.
    """
    style = draft.styles[0]
    start, words = "", say("bot-short-description")
    if isinstance(style, CatalogueStyle) and catalogue().find(style.id):
        start, words = f"?start=style_{style.id}", say("share", style=titles(say, [style]))
    query = urlencode({"url": f"https://t.me/{bot}{start}", "text": words}, quote_via=quote)
    return f"https://t.me/share/url?{query}"
