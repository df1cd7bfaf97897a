"""For tests that drive a playground: pictures, a client, and an oracle that knows the Bot API by heart.

Needs the development packages: nothing else may import this module.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import av
import numpy as np
from aiogram import methods, types
from PIL import Image
from pydantic import BaseModel, TypeAdapter
from telegram import Bot
from telegram.request import HTTPXRequest

from bot.playground.http.server import Server
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


def jpeg(width: int = 400, height: int = 300, color: str = "teal") -> bytes:
    return _encode(Image.new("RGB", (width, height), color), "JPEG")


def png(width: int = 40, height: int = 30) -> bytes:
    """Noise, so that it does not compress."""
    return _encode(Image.effect_noise((width, height), 60), "PNG")


def film(width: int = 64, height: int = 48, frames: int = 25) -> bytes:
    """An MP4 (H.264) of one second; what moves in it is its brightness."""
    out = BytesIO()
    with av.open(out, "w", "mp4") as container:
        stream = container.add_stream("libx264", rate=frames)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(frames):
            grey = Image.new("RGB", (width, height), (number * 200 // frames,) * 3)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.asarray(grey), "rgb24")))
        container.mux(stream.encode(None))
    return out.getvalue()


def sound(*, music: bool = False) -> bytes:
    """One second of silence: a voice message (Opus in Ogg), or a piece of music (MP3)."""
    out = BytesIO()
    with av.open(out, "w", "mp3" if music else "ogg") as container:
        stream = (
            container.add_stream("libmp3lame", 48_000) if music else container.add_stream("libopus", 48_000)
        )
        stream.layout = "mono"
        size = stream.codec_context.frame_size or 960
        for number in range(48_000 // size):
            silence = av.AudioFrame("s16", "mono", size)
            silence.planes[0].update(bytes(silence.planes[0].buffer_size))
            silence.rate, silence.pts = 48_000, number * size
            container.mux(stream.encode(silence))
        container.mux(stream.encode(None))
    return out.getvalue()


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


def _request(read_timeout: float) -> HTTPXRequest:
    # Without TLS there is nothing to verify, and loading certificates takes longer than most tests.
    return HTTPXRequest(read_timeout=read_timeout, httpx_kwargs={"verify": False})


def _encode(image: Image.Image, kind: str) -> bytes:
    out = BytesIO()
    image.save(out, kind)
    return out.getvalue()
