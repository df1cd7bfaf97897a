"""The registry of the Bot API's methods, to which their modules add them when they are imported."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from bot.playground.params import Params
from bot.playground.state.telegram import Telegram

Method = Callable[[Telegram, Params], Awaitable[Any]]
"""A method: returns the result of a call, or raises an ApiError."""
M = TypeVar("M", bound=Method)
METHODS: dict[str, Method] = {}
"""The methods by name, in small letters."""


def method(function: M) -> M:
    """Register `send_photo` as sendPhoto."""
    METHODS[function.__name__.replace("_", "")] = function
    return function


def find(name: str) -> Method | None:
    """Return the method with this name, in any case, as on Telegram; None if there is none."""
    return METHODS.get(name.lower())
