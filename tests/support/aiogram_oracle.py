"""An oracle of the Bot API: aiogram's models check all that a playground sends."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final, Literal, Optional, Union
from unittest.mock import patch

from pydantic import BaseModel, TypeAdapter

from bot.playground.methods import registry
from bot.playground.params import Params
from bot.playground.state.telegram import Telegram
from bot.playground.types import Json
from tests.support.playground import Playground

# aiogram completes its 400 models as it is imported, in four seconds. Here each is completed as it is needed.
with patch.object(BaseModel, "model_rebuild"):
    from aiogram import methods, types
    from aiogram.client.default import Default

_METHODS: Final = {
    name.lower(): getattr(methods, name)
    for name in methods.__all__
    if name not in ("Request", "Response", "TelegramMethod")
}
"""Model of each method, by its name in small letters."""
_NAMES: Final = {
    "List": list,
    "Optional": Optional,
    "Union": Union,
    "Literal": Literal,
    "Default": Default,
    **{name: getattr(types, name) for name in types.__all__},
}
"""What the models' annotations name."""


@cache
def reader(model: Any) -> TypeAdapter[Any]:
    """Return what reads a type of aiogram's."""
    for part in getattr(model, "__args__", (model,)):
        _complete(part)
    return TypeAdapter(model)


@cache
def complete_all() -> None:
    """Complete all types, for aiogram's own client."""
    for name in types.__all__:
        _complete(_NAMES[name])


def _complete(part: Any) -> None:
    if isinstance(part, type) and issubclass(part, BaseModel):
        part.model_rebuild(_types_namespace=_NAMES)


def parameters(method: str) -> set[str]:
    """Return the names of a method's parameters."""
    return {field.alias or name for name, field in _METHODS[method.lower()].model_fields.items()}


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
        approve(_METHODS[name].__returning__, answer)
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
    unknown = unknown_fields(reader(model).validate_python(body), getattr(model, "__name__", str(model)))
    if unknown:
        raise AssertionError(f"The Bot API does not know {', '.join(unknown)}")


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
