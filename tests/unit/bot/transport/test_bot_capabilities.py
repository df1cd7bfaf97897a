"""A feature that a chat refuses is left out there from then on."""

from __future__ import annotations

import pytest
from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest

from bot.transport.capabilities import EFFECT, PARTY, STYLES, Capabilities, without_styles


def _keyboard() -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton("a", callback_data="b", style="success")]])


async def test_refused_colours_are_left_out_at_once_and_from_then_on() -> None:
    capabilities, seen = Capabilities(), []

    async def call(keyboard: InlineKeyboardMarkup) -> str:
        seen.append(keyboard)
        if keyboard != without_styles(keyboard):
            raise BadRequest("Button_style_invalid")
        return "sent"

    assert await capabilities.with_button_styles(1, _keyboard(), call) == "sent"
    assert await capabilities.with_button_styles(1, _keyboard(), call) == "sent"
    assert seen == [_keyboard(), without_styles(_keyboard()), without_styles(_keyboard())]
    assert not capabilities.allows(1, STYLES)
    assert capabilities.allows(2, STYLES)


async def test_another_refusal_is_not_taken_for_that_of_colours() -> None:
    async def call(_: InlineKeyboardMarkup) -> None:
        raise BadRequest("Message to edit not found")

    capabilities = Capabilities()
    with pytest.raises(BadRequest):
        await capabilities.with_button_styles(1, _keyboard(), call)
    assert capabilities.allows(1, STYLES)


async def test_an_effect_is_for_private_chats_and_left_out_where_it_is_refused() -> None:
    capabilities, seen = Capabilities(), []

    async def call(effect: str | None) -> None:
        seen.append(effect)
        if effect:
            raise BadRequest("Can't use message effects in the chat")

    await capabilities.with_effect(-5, call)
    assert seen == [None]
    await capabilities.with_effect(1, call)
    await capabilities.with_effect(1, call)
    assert seen == [None, PARTY, None, None]
    assert not capabilities.allows(1, EFFECT)


def test_refusals_are_forgotten_when_they_are_too_many() -> None:
    capabilities = Capabilities(max_refusals=2)
    for chat in (1, 2, 3):
        capabilities.refuse(chat, STYLES)
    assert [capabilities.allows(chat, STYLES) for chat in (1, 2, 3)] == [True, False, False]
