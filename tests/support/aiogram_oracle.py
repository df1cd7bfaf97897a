"""For tests that drive a playground: pictures, a client, and an oracle that knows the Bot API by heart.

Needs the development packages: nothing else may import this module.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiogram import methods, types
from pydantic import BaseModel, TypeAdapter

from bot.playground.methods import registry as known
from bot.playground.params import Params
from bot.playground.state.telegram import Playground
from bot.playground.types import Json

_RETURNED = {
    name.lower(): getattr(methods, name).__returning__
    for name in methods.__all__
    if name not in ("Request", "Response", "TelegramMethod")
}
"""What each method answers, by its name in small letters."""


@contextmanager
def watched(playground: Playground) -> Iterator[Playground]:
    """At the end aiogram reads every update, every version of every message and every answer that came about.

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
    known.find("getMe")  # now all of them are there
    usual = dict(known.METHODS)

    def listened(name: str, method: known.Method) -> known.Method:
        async def answering(of: Playground, params: Params) -> Any:
            answer = await method(of, params)
            if of is playground:
                answers.append((name, answer))
            return answer

        return answering

    # What getUpdates gives is read as it comes about.
    known.METHODS |= {name: listened(name, usual[name]) for name in usual if name != "getupdates"}
    try:
        yield
    finally:
        known.METHODS.update(usual)


def approve(model: Any, body: Any) -> None:
    unknown = unknown_fields(TypeAdapter(model).validate_python(body), getattr(model, "__name__", str(model)))
    if unknown:
        raise AssertionError(f"The Bot API does not know {', '.join(unknown)}")


def unknown_fields(value: Any, path: str) -> list[str]:
    if isinstance(value, BaseModel):
        found = [f"{path}.{name}" for name in value.model_extra or {}]
        for name in type(value).model_fields:
            found += unknown_fields(getattr(value, name), f"{path}.{name}")
        return found
    if isinstance(value, list):
        return [name for index, item in enumerate(value) for name in unknown_fields(item, f"{path}[{index}]")]
    return []
