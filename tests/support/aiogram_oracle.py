"""An oracle of the Bot API: aiogram's models check all that a playground sends."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from aiogram import methods, types
from pydantic import BaseModel, TypeAdapter

from bot.playground.methods import registry
from bot.playground.params import Params
from bot.playground.state.telegram import Telegram
from bot.playground.types import Json
from tests.support.playground import Playground

_RETURNED = {
    name.lower(): getattr(methods, name).__returning__
    for name in methods.__all__
    if name not in ("Request", "Response", "TelegramMethod")
}
"""Type of each method's result, by its name in small letters."""


@contextmanager
def watched(playground: Playground) -> Iterator[Playground]:
    """Check with aiogram, at the end, every update, every version of every message and every result.

    Raises:
        AssertionError: one of them has something that the Bot API does not.
        pydantic.ValidationError: one of them lacks something.
    """
    updates: list[Json] = []
    push = playground.updates.push

    def recorded(chat: int, kind: str, body: Json) -> int | None:
        updates.append({"update_id": 1, kind: body})
        return push(chat, kind, body)

    playground.updates.push = recorded  # type: ignore[method-assign]
    answers: list[tuple[str, Any]] = []
    with _answers_into(answers, playground):
        yield playground
    for name, answer in answers:
        approve(_RETURNED[name], answer)
    for update in updates:
        approve(types.Update, update)
    for chat in [*playground.users.ids(), *playground.groups.ids()]:
        for entry in playground.transcript(chat):
            if "message" in entry:
                approve(types.Message, entry["message"])


@contextmanager
def _answers_into(answers: list[tuple[str, Any]], playground: Playground) -> Iterator[None]:
    usual = dict(registry.METHODS)

    def listened(name: str, method: registry.Method) -> registry.Method:
        async def answering(of: Telegram, params: Params) -> Any:
            answer = await method(of, params)
            if of is playground:
                answers.append((name, answer))
            return answer

        return answering

    # What getUpdates gives is read as it comes about.
    registry.METHODS |= {name: listened(name, usual[name]) for name in usual if name != "getupdates"}
    try:
        yield
    finally:
        registry.METHODS.update(usual)


def approve(model: Any, body: Any) -> None:
    """Check a document against one of aiogram's models.

    Raises:
        AssertionError: it has a field that the Bot API does not.
        pydantic.ValidationError: it lacks a field.
    """
    unknown = unknown_fields(_adapter(model).validate_python(body), getattr(model, "__name__", str(model)))
    if unknown:
        raise AssertionError(f"The Bot API does not know {', '.join(unknown)}")


_adapter = cache(TypeAdapter[Any])
"""Returns a model's adapter, which takes milliseconds to make."""


def unknown_fields(value: Any, path: str) -> list[str]:
    """Return the paths of all fields that the models do not know."""
    if isinstance(value, BaseModel):
        found = [f"{path}.{name}" for name in value.model_extra or {}]
        for name in type(value).model_fields:
            found += unknown_fields(getattr(value, name), f"{path}.{name}")
        return found
    if isinstance(value, list):
        return [name for index, item in enumerate(value) for name in unknown_fields(item, f"{path}[{index}]")]
    return []
