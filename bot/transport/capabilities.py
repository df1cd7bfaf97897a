"""Optional features of the Bot API, each with a plain form for chats that refuse it."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest

from bot.transport.errors import is_button_style_refused, is_effect_refused

log = logging.getLogger(__name__)

T = TypeVar("T")

LIVE_PHOTO: Final = "live photo"
EFFECT: Final = "message effect"
REACTION: Final = "reaction"
STYLES: Final = "button styles"

PARTY: Final = "5046509860389126442"
"""The id of Telegram's effect 🎉."""

MAX_REFUSALS: Final = 10_000
"""Refusals that are remembered; a forgotten one costs one more call."""


class Capabilities:
    """The features that each chat has refused, as far as this process knows."""

    def __init__(self, max_refusals: int = MAX_REFUSALS) -> None:
        self._refused: OrderedDict[tuple[int, str], None] = OrderedDict()
        self._max_refusals = max_refusals

    def allows(self, chat: int, feature: str) -> bool:
        """Return whether the feature is worth a try in the chat."""
        return (chat, feature) not in self._refused

    def refuse(self, chat: int, feature: str, reason: object = "") -> None:
        """Note that the chat does not take the feature."""
        if not self.allows(chat, feature):
            return
        log.info("%s: not available in a chat (%s)", feature, reason)
        self._refused[chat, feature] = None
        if len(self._refused) > self._max_refusals:
            self._refused.popitem(last=False)

    async def with_button_styles(
        self,
        chat: int,
        keyboard: InlineKeyboardMarkup,
        call: Callable[[InlineKeyboardMarkup], Awaitable[T]],
    ) -> T:
        """Make a call with coloured buttons; repeat it without colours if these are refused.

        Raises:
            BadRequest: something else was refused.
        """
        if not self.allows(chat, STYLES):
            return await call(without_styles(keyboard))
        try:
            return await call(keyboard)
        except BadRequest as error:
            plain = without_styles(keyboard)
            if plain == keyboard or not is_button_style_refused(error):
                raise
            self.refuse(chat, STYLES, error)
            return await call(plain)

    async def with_effect(self, chat: int, call: Callable[[str | None], Awaitable[T]]) -> T:
        """Make a call with the effect 🎉, in private chats alone; repeat it without if that is refused.

        Raises:
            BadRequest: something else was refused.
        """
        if chat < 0 or not self.allows(chat, EFFECT):
            return await call(None)
        try:
            return await call(PARTY)
        except BadRequest as error:
            if not is_effect_refused(error):
                raise
            self.refuse(chat, EFFECT, error)
            return await call(None)


def without_styles(keyboard: InlineKeyboardMarkup) -> InlineKeyboardMarkup:
    """Return the same buttons without colours."""
    return InlineKeyboardMarkup(
        [[_without_style(button) for button in row] for row in keyboard.inline_keyboard]
    )


def _without_style(button: InlineKeyboardButton) -> InlineKeyboardButton:
    fields = button.to_dict()
    fields.pop("style", None)
    return InlineKeyboardButton.de_json(fields)
