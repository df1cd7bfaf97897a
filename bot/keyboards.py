"""Inline keyboards. What a button carries is read by :func:`bot.conversation.step`."""

from __future__ import annotations

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.conversation import Draft, Sent
from bot.texts import Texts
from engine.gallery.presets import presets
from engine.painting.recipe import STRENGTHS, strength_name


def styles() -> InlineKeyboardMarkup:
    """One button for each preset, numbered like the sheet."""
    buttons = [
        InlineKeyboardButton(f"{number} · {preset.title}", callback_data=f"s:{preset.id}")
        for number, preset in enumerate(presets(), start=1)
    ]
    return InlineKeyboardMarkup([buttons[at : at + 2] for at in range(0, len(buttons), 2)])


def ready(texts: Texts, draft: Draft, draft_id: str) -> InlineKeyboardMarkup:
    """The controls of a painting that is about to be painted."""
    chosen = strength_name(draft.alpha)
    strengths = [
        InlineKeyboardButton(
            ("● " if name == chosen else "") + texts(f"button-{name}"), callback_data=f"a:{name}:{draft_id}"
        )
        for name in STRENGTHS
    ]
    colours = "button-colours-mine" if draft.keep_colours else "button-colours-painting"
    second = [InlineKeyboardButton(texts(colours), callback_data=f"c::{draft_id}")]
    if isinstance(draft.style, Sent):
        second.append(InlineKeyboardButton(texts("button-swap"), callback_data=f"w::{draft_id}"))
    last = [
        InlineKeyboardButton(texts("button-reset"), callback_data=f"x::{draft_id}"),
        InlineKeyboardButton(texts("button-paint"), callback_data=f"p::{draft_id}", style="success"),
    ]
    return InlineKeyboardMarkup([strengths, second, last])


def under_way(texts: Texts, job_id: str) -> InlineKeyboardMarkup:
    """The one button of a painting that is being painted."""
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(texts("button-cancel"), callback_data=f"cancel:{job_id}")]]
    )


def finished(texts: Texts, job_id: str) -> InlineKeyboardMarkup:
    """What can be done with a painting."""

    def button(action: str) -> InlineKeyboardButton:
        return InlineKeyboardButton(texts(f"button-{action}"), callback_data=f"{action}:{job_id}")

    return InlineKeyboardMarkup(
        [
            [button("softer"), button("again"), button("stronger")],
            [button("other"), button("file")],
        ]
    )


def ended(texts: Texts, job_id: str) -> InlineKeyboardMarkup:
    """What can be done after a painting was stopped or failed."""
    return InlineKeyboardMarkup(
        [
            [
                InlineKeyboardButton(texts("button-retry"), callback_data=f"again:{job_id}"),
                InlineKeyboardButton(texts("button-other"), callback_data=f"other:{job_id}"),
            ]
        ]
    )
