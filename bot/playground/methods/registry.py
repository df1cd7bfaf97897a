"""The methods of the Bot API, by name. Names are case-insensitive, as they are on Telegram."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

from bot.playground.params import Params

if TYPE_CHECKING:
    from bot.playground.state.telegram import Playground

Method = Callable[["Playground", Params], Awaitable[Any]]
M = TypeVar("M", bound=Method)
METHODS: dict[str, Method] = {}


def method(function: M) -> M:
    """Registers `send_photo` as sendPhoto."""
    METHODS[function.__name__.replace("_", "")] = function
    return function


def find(name: str) -> Method | None:
    # Imported late: the modules register their methods here.
    from bot.playground.methods import editing, members, polling, profile, sending  # noqa: F401

    return METHODS.get(name.lower())
