"""For tests that drive a playground: pictures, a client, and an oracle that knows the Bot API by heart.

Needs the development packages: nothing else may import this module.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from aiogram import types
from PIL import Image
from pydantic import BaseModel
from telegram import Bot
from telegram.request import HTTPXRequest

from bot.playground.playground import Playground
from bot.playground.server import Server
from bot.playground.store import Json


def jpeg(width: int = 400, height: int = 300, color: str = "teal") -> bytes:
    return _encode(Image.new("RGB", (width, height), color), "JPEG")


def png(width: int = 40, height: int = 30) -> bytes:
    """Noise, so that it does not compress."""
    return _encode(Image.effect_noise((width, height), 60), "PNG")


def connect(server: Server, read_timeout: float = 5) -> Bot:
    """python-telegram-bot's client, to be used as `async with connect(server) as bot`."""
    return Bot(
        server.playground.token,
        base_url=server.base_url,
        base_file_url=server.base_file_url,
        request=_request(read_timeout),
        get_updates_request=_request(read_timeout),
    )


@contextmanager
def watched(playground: Playground) -> Iterator[Playground]:
    """At the end aiogram reads every update and every version of every message that came about.

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
    yield playground
    for update in updates:
        approve(types.Update, update)
    for chat in [*playground.users.ids(), *playground.groups.ids()]:
        for entry in playground.transcript(chat):
            if "message" in entry:
                approve(types.Message, entry["message"])


def approve(model: type[BaseModel], body: Json) -> None:
    unknown = unknown_fields(model.model_validate(body), model.__name__)
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


def _request(read_timeout: float) -> HTTPXRequest:
    # Without TLS there is nothing to verify, and loading certificates takes longer than most tests.
    return HTTPXRequest(read_timeout=read_timeout, httpx_kwargs={"verify": False})


def _encode(image: Image.Image, kind: str) -> bytes:
    out = BytesIO()
    image.save(out, kind)
    return out.getvalue()
