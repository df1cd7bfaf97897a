"""What the end-to-end tests are written with: one person's chat, and processes that end with their test."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
from PIL import Image

from bot.playground import Answer
from engine.queue import Job, Queue
from tests.support.playground import Playground

Json = dict[str, Any]
T = TypeVar("T")

REPO: Final = Path(__file__).resolve().parents[2]
PATIENCE: Final = 120.0
"""Seconds until a test gives up: long, for a machine that does other things."""
TOKEN: Final = "7000000001:AAF-never-in-any-log-0123456789abcd"
PAINTED: Final = "Painted like"
SHALL_I: Final = "Shall I?"


@dataclass(frozen=True)
class Chat:
    """A private chat with the bot, as its person sees it."""

    playground: Playground
    person: int
    group: int | None = None

    @property
    def id(self) -> int:
        """The chat's number."""
        return self.group or self.person

    async def photo(self, data: bytes, caption: str = "", reply_to: int | None = None) -> int:
        """Send a photo; gives the message's id."""
        sent = await self.playground.send_photo(
            self.person, data, caption, reply_to=reply_to, group=self.group
        )
        return int(sent["message_id"])

    async def document(self, data: bytes, name: str) -> int:
        """Send a file; gives the message's id."""
        sent = await self.playground.send_document(self.person, data, name, group=self.group)
        return int(sent["message_id"])

    async def sticker(self, data: bytes, kind: str = "static") -> int:
        """Send a sticker; gives the message's id."""
        sent = await self.playground.send_sticker(self.person, data, kind=kind, group=self.group)
        return int(sent["message_id"])

    async def text(self, text: str, reply_to: int | None = None) -> int:
        """Write; gives the message's id."""
        sent = await self.playground.send_text(self.person, text, reply_to, self.group)
        return int(sent["message_id"])

    async def heard(self, words: str, after: int = 0) -> Json:
        """Wait for the bot's newest message that says ``words``."""
        return await self.playground.wait_for_message(
            lambda message: words in said(message), self.id, after, PATIENCE
        )

    async def asked_for_style(self, photo: bytes) -> Json:
        """Send a photo and wait for the sheet of styles."""
        return await self.heard("send me a painting", after=await self.photo(photo))

    async def ready(self, photo: bytes, painting: bytes) -> Json:
        """Send a photo and a painting; gives the message that asks whether to paint."""
        await self.asked_for_style(photo)
        return await self.heard(SHALL_I, after=await self.photo(painting))

    async def tap(
        self,
        message: Json,
        label: str,
        timeout: float = 30.0,  # noqa: ASYNC109
        *,
        inaccessible: bool = False,
    ) -> Answer:
        """Tap the button whose label is ``label``, or has it, as the message is now."""
        offered = [button for row in keys(self.now(message)) for button in row]
        buttons = [button for button in offered if label == button["text"]]
        buttons = buttons or [button for button in offered if label in button["text"]]
        assert len(buttons) == 1, f"{label} in {self.playground.labels(self.now(message))}"
        return await self.playground.tap(
            self.person,
            message["message_id"],
            buttons[0]["callback_data"],
            timeout,
            group=self.group,
            inaccessible=inaccessible,
        )

    async def painted(self, message: Json) -> Json:
        """Wait until this very message is the painting."""
        return await self.becomes(message, PAINTED)

    async def becomes(self, message: Json, words: str) -> Json:
        """Wait until this very message says ``words``."""
        await self.playground.wait_for(lambda: words in said(self.now(message)), PATIENCE)
        return self.now(message)

    def now(self, message: Json) -> Json:
        """The message as it is now."""
        now = self.playground.message(message["message_id"], self.id)
        assert now is not None
        return now

    def versions(self, message: Json) -> list[Json]:
        """The message as it was at first and after each edit."""
        return [
            entry["message"]
            for entry in self.playground.transcript(self.id)
            if entry.get("message", {}).get("message_id") == message["message_id"]
        ]

    def pictures(self) -> list[Json]:
        """The bot's messages with a picture or a file, as they are now."""
        return [one for one in self.playground.from_bot(self.id) if "photo" in one or "document" in one]

    def paintings(self) -> list[Json]:
        """The bot's messages that are paintings."""
        return [one for one in self.playground.from_bot(self.id) if PAINTED in said(one)]

    def image(self, message: Json) -> Image.Image:
        """Decode the picture that a message shows, or its file."""
        medium = message.get("document") or largest(message)
        image = Image.open(io.BytesIO(self.playground.download(medium["file_id"])))
        image.load()
        return image


def said(message: Json) -> str:
    """A message's words."""
    return str(message.get("text") or message.get("caption") or "")


def keys(message: Json) -> list[list[Json]]:
    """A message's inline buttons, by rows."""
    return list(message.get("reply_markup", {}).get("inline_keyboard", []))


def largest(message: Json) -> Json:
    """The largest version of a message's photo."""
    return max(message["photo"], key=lambda size: int(size["width"]) * int(size["height"]))


async def until(look: Callable[[], Awaitable[T]], seconds: float = PATIENCE) -> T:
    """Look at the queue, or anything else that tells no news, until there is something true."""
    end = time.monotonic() + seconds
    while not (found := await look()):
        assert time.monotonic() < end, f"nothing true in {seconds} s: {look}"
        await asyncio.sleep(0.05)
    return found


async def job_of(queue: Queue, person: int) -> Job:
    """Wait for a person's newest job."""

    async def newest() -> Job | None:
        return next(iter(await queue.jobs(f"telegram:{person}")), None)

    job = await until(newest)
    assert job is not None
    return job


def environment(**variables: str) -> dict[str, str]:
    """The environment of a child: nothing of the developer's own settings, and no ``.env``."""
    from bot.settings import Settings

    ours = {name.upper() for name in Settings.model_fields}
    kept = {name: value for name, value in os.environ.items() if name.upper() not in ours}
    usual = {
        "PYTHONPATH": str(REPO),
        "PYTHONUNBUFFERED": "1",
        "OMP_WAIT_POLICY": "PASSIVE",
        "FAMOUS": "false",  # a test asks nothing of anybody's server
    }
    return kept | usual | variables


def free_port() -> int:
    """A port that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


class Program:
    """A Python program in a process of its own, its output in a file."""

    def __init__(self, folder: Path, *arguments: str, env: Mapping[str, str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.log = folder / f"{'-'.join(arguments).replace('/', '_')}.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=folder,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def output(self) -> str:
        """What it has written so far."""
        return self.log.read_text("utf-8", "replace")

    async def says(self, words: str, seconds: float = PATIENCE) -> str:
        """Wait for ``words`` in its output; gives the whole of it."""

        async def look() -> bool:
            assert words in self.output or self.process.poll() is None, self.output
            return words in self.output

        await until(look, seconds)
        return self.output

    async def ends(self, seconds: float = PATIENCE) -> int:
        """Wait for its end; gives its status."""
        return await asyncio.to_thread(self.process.wait, seconds)

    def children(self) -> set[int]:
        """The processes that it has started and that still run."""
        return {pid for pid in _processes() if _parent(pid) == self.process.pid}

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        """End it in good order, or at all; its children too."""
        children = self.children()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()
        for child in filter(alive, children):
            os.kill(child, signal.SIGKILL)


def alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be buried does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def _processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def decoded(data: bytes) -> Image.Image:
    """Decode a picture."""
    return Image.open(io.BytesIO(data)).convert("RGB")


def correlation(one: Image.Image, other: Image.Image) -> float:
    """Of the luminance, coarsely: whether one still sees what was photographed."""
    grey = [
        np.asarray(image.convert("L").resize((96, 64)), dtype=np.float64).ravel() for image in (one, other)
    ]
    return float(np.asarray(np.corrcoef(np.stack(grey)))[0, 1])


def halves(diptych: Image.Image) -> tuple[Image.Image, Image.Image]:
    """The two pictures on their ground, which is nearly black, as are their margins."""
    grey = np.asarray(diptych.convert("L"))
    columns = np.flatnonzero((grey > 60).mean(0) > 0.1)
    gap = int(np.argmax(np.diff(columns)))
    rows = np.flatnonzero((grey > 60).mean(1) > 0.1)
    top, bottom = int(rows[0]), int(rows[-1])
    left = diptych.crop((int(columns[0]), top, int(columns[gap]), bottom))
    return left, diptych.crop((int(columns[gap + 1]), top, int(columns[-1]), bottom))
