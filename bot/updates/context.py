"""python-telegram-bot's context of an update, with the batch that the update belongs to."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Self

from telegram.ext import CallbackContext, ExtBot

from bot.updates.batch import UpdateBatch
from bot.updates.processor import ChatOrderedProcessor


class UpdateContext(CallbackContext[ExtBot[Any], Any, Any, Any]):
    """The context that handlers get."""

    batch: UpdateBatch
    turn_in: Callable[[int], AbstractAsyncContextManager[object]]
    """Returns the lock of a chat that this one has become."""

    @classmethod
    def from_update(cls, update: object, application: Any) -> Self:
        """Return the context of an update that the processor is handling."""
        context = super().from_update(update, application)
        assert isinstance(application.update_processor, ChatOrderedProcessor)  # noqa: S101 - build() makes one
        context.batch = application.update_processor.batch(update)
        context.turn_in = application.update_processor.turn_in
        return context
