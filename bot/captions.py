"""Captions: what is going to be painted, and what was, in a person's words."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote, urlencode

from bot.addresses import Address
from bot.conversation import STROKES, Choices, Draft, Preset, Style
from bot.texts import Texts
from engine.gallery.presets import preset
from engine.painting.recipe import strength_name
from engine.queue import Job, Limits, Usage

NEAR = 0.5
"""Part of a limit from which on it is counted before the person's eyes."""


def style_title(say: Texts, draft: Draft) -> str:
    """Name the paintings of a draft."""
    return titles(say, draft.styles)


def titles(say: Texts, styles: Sequence[Style]) -> str:
    """Name some paintings; those that somebody sent are counted, for they have no names."""
    sent = sum(not isinstance(style, Preset) for style in styles)
    ours = [preset(style.id).title_in(say.language) for style in styles if isinstance(style, Preset)]
    return say.listed([*([say("your-paintings", count=sent)] if sent else []), *ours])


def recipe_line(say: Texts, choices: Choices, size: int, quality: str) -> str:
    """Say in a line how it is painted."""
    stroke = min(STROKES, key=lambda name: abs(STROKES[name] - choices.stroke))
    return say(
        "recipe",
        strength=strength_name(choices.alpha),
        colours="mine" if choices.keep_colours else "painting",
        stroke=stroke,
        quality=quality,
        size=str(size),
    )


def ready(say: Texts, draft: Draft, usage: Usage, limits: Limits) -> str:
    """Ask whether to paint, and count what is near its limit."""
    lines = [say("ready", style=style_title(say, draft), alpha=strength_name(draft.choices.alpha))]
    if limits.daily and usage.today >= NEAR * limits.daily:
        lines.append(say("counter-today", count=usage.today, limit=limits.daily))
    if usage.live:
        lines.append(say("counter-live", count=usage.live, limit=limits.live))
    return "\n".join(lines)


def done(say: Texts, job: Job, address: Address) -> str:
    """Say what was painted and how, and what was done differently from what was asked for."""
    facts = job.facts or {}
    width, height = str(facts.get("width", 0)), str(facts.get("height", 0))
    took = say.elapsed(facts.get("seconds", 0))
    choices, recipe = address.draft.choices, job.recipe
    lines = [
        say("done", style=address.style, width=width, height=height, time=took),
        recipe_line(say, choices, int(recipe["size"]), recipe["quality"]),
    ]
    lines += [say(f"note-{note}") for note in facts.get("notes", ()) if say.knows(f"note-{note}")]
    if address.asked is not None:
        lines.append(say("note-eased", asked=str(address.asked)))
    return "\n".join(lines)


def share_link(say: Texts, bot: str, draft: Draft) -> str:
    """The address that opens Telegram's list of chats, to send one of them to the bot with this style."""
    style = draft.styles[0]
    start, words = "", say("bot-short-description")
    if isinstance(style, Preset):
        start, words = f"?start=style_{style.id}", say("share", style=style_title(say, draft))
    query = urlencode({"url": f"https://t.me/{bot}{start}", "text": words}, quote_via=quote)
    return f"https://t.me/share/url?{query}"
