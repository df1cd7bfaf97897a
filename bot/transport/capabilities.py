"""Telegram's newest features, each with a plain form for chats that do not take it."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest

log = logging.getLogger(__name__)

T = TypeVar("T")

LIVE_PHOTO: Final = "live photo"
DRAFT: Final = "draft"
REACTION: Final = "reaction"
STYLES: Final = "button styles"

REMEMBERED: Final = 10_000
"""Refusals that are remembered; an older one costs one more call."""


class Capabilities:
    """Which of them a chat has refused, as far as this process knows."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._refused: OrderedDict[tuple[int, str], None] = OrderedDict()
        self._remembered = remembered

    def allows(self, chat: int, name: str) -> bool:
        """Whether it is worth a try."""
        return (chat, name) not in self._refused

    def refuse(self, chat: int, name: str, why: object = "") -> None:
        """Note that the chat does not take it."""
        if not self.allows(chat, name):
            return
        log.info("%s: done without in one chat (%s)", name, why)
        self._refused[chat, name] = None
        if len(self._refused) > self._remembered:
            self._refused.popitem(last=False)

    async def styled(
        self,
        chat: int,
        keyboard: InlineKeyboardMarkup,
        call: Callable[[InlineKeyboardMarkup], Awaitable[T]],
    ) -> T:
        """Make a call with coloured buttons; if it is those that are refused, make it again without colours.

        Raises:
            BadRequest: something else was refused.
        """
        if not self.allows(chat, STYLES):
            return await call(plain(keyboard))
        try:
            return await call(keyboard)
        except BadRequest as error:
            colourless = plain(keyboard)
            if colourless == keyboard or "style" not in str(error).lower():
                raise
            self.refuse(chat, STYLES, error)
            return await call(colourless)


def plain(keyboard: InlineKeyboardMarkup) -> InlineKeyboardMarkup:
    """The same buttons without colours."""
    return InlineKeyboardMarkup([[_plain(button) for button in row] for row in keyboard.inline_keyboard])


def _plain(button: InlineKeyboardButton) -> InlineKeyboardButton:
    said = button.to_dict()
    said.pop("style", None)
    return InlineKeyboardButton.de_json(said)
