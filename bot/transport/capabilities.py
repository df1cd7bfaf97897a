"""Optional features of the Bot API, each with a plain form for chats that refuse it."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest

from bot.transport import ephemeral
from bot.transport.errors import is_button_style_refused, is_effect_refused

log = logging.getLogger(__name__)

T = TypeVar("T")

LIVE_PHOTO: Final = "live photo"
EFFECT: Final = "message effect"
REACTION: Final = "reaction"
STYLES: Final = "button styles"
UNASKED: Final = "ephemeral messages to whom nobody has asked for one"
"""Only an administrator of the chat may send these."""

PARTY: Final = "5046509860389126442"
"""The id of Telegram's effect 🎉."""

MAX_REFUSALS: Final = 10_000
"""Refusals that are remembered; a forgotten one costs one more call."""


class Capabilities:
    """The features that each chat has refused, and the server does not know, as far as this process knows."""

    def __init__(self, max_refusals: int = MAX_REFUSALS) -> None:
        self._refused: OrderedDict[tuple[int, str], None] = OrderedDict()
        self._max_refusals = max_refusals
        self._knows_ephemeral: bool | None = None

    def allows(self, chat: int, feature: str) -> bool:
        """Return whether the feature is worth a try in the chat."""
        return (chat, feature) not in self._refused

    def try_again(self, chat: int, feature: str) -> None:
        """Forget that the chat has refused the feature."""
        self._refused.pop((chat, feature), None)

    async def knows_ephemeral(self, bot: Bot) -> bool:
        """Return whether the server knows ephemeral messages; it is asked once.

        Raises:
            NetworkError: no answer.
            RetryAfter: flood control.
        """
        if self._knows_ephemeral is None:
            self._knows_ephemeral = await ephemeral.is_known(bot)
            log.info(
                "ephemeral messages: %s", "known" if self._knows_ephemeral else "not known to the server"
            )
        return self._knows_ephemeral

    def lacks_ephemeral(self) -> None:
        """Note that the server has sent an ordinary message in the place of an ephemeral one."""
        self._knows_ephemeral = False

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
