"""One user's chat with the bot, for the tests that run the whole product."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any, Final

from PIL import Image

from bot.playground import Answer
from bot.playground.state.ephemeral import is_visible
from engine.queue import Job, Queue
from tests.support.playground import Playground
from tests.support.processes import TIMEOUT, until

Json = dict[str, Any]

TOKEN: Final = "7000000001:AAF-never-in-any-log-0123456789abcd"
"""The bot's token."""
PAINTED: Final = "In the style of"
"""Words of a painting's caption."""
QUESTION: Final = "Paint this in the style of"
"""Words of the message that asks what several pictures are."""
STYLES: Final = "Pick a style"
"""Words of the sheet of styles below a photo."""


@dataclass(frozen=True)
class Chat:
    """A private chat or a group with the bot, as one user sees it."""

    playground: Playground
    person: int
    group: int | None = None

    @property
    def id(self) -> int:
        """The chat's number."""
        return self.group or self.person

    async def photo(self, data: bytes, caption: str = "", reply_to: int | None = None) -> int:
        """Send a photo, and return the message's id."""
        sent = await self.playground.send_photo(
            self.person, data, caption, reply_to=reply_to, group=self.group
        )
        return int(sent["message_id"])

    async def document(self, data: bytes, name: str) -> int:
        """Send a file, and return the message's id."""
        sent = await self.playground.send_document(self.person, data, name, group=self.group)
        return int(sent["message_id"])

    async def sticker(self, data: bytes, kind: str = "static") -> int:
        """Send a sticker, and return the message's id."""
        sent = await self.playground.send_sticker(self.person, data, kind=kind, group=self.group)
        return int(sent["message_id"])

    async def text(self, text: str, reply_to: int | None = None) -> int:
        """Send a text, and return the message's id."""
        sent = await self.playground.send_text(self.person, text, reply_to, self.group)
        return int(sent["message_id"])

    async def heard(self, words: str, after: int = 0) -> Json:
        """Wait for a message of the bot's that contains ``words``."""
        return await self.playground.wait_for_message(
            lambda message: words in said(message), self.id, after, TIMEOUT
        )

    async def asked_for_style(self, photo: bytes) -> Json:
        """Send a photo, and wait for the sheet of styles."""
        return await self.heard(STYLES, after=await self.photo(photo))

    async def ready(self, photo: bytes, painting: bytes) -> Json:
        """Send a photo and a painting, and return the message that asks what they are."""
        await self.asked_for_style(photo)
        return await self.heard(QUESTION, after=await self.photo(painting))

    async def card(self, after: int = 0) -> Json:
        """Wait for a card that shows progress."""
        return await self.playground.wait_for_message(_is_card, self.id, after, TIMEOUT)

    async def begun(self, photo: bytes, style: str = "mosaic") -> Json:
        """Send a photo whose caption names its style, and return the card."""
        return await self.card(after=await self.photo(photo, style))

    async def tap(
        self,
        message: Json,
        label: str,
        timeout: float = TIMEOUT,  # noqa: ASYNC109
        *,
        inaccessible: bool = False,
    ) -> Answer:
        """Tap the button whose label is ``label`` or contains it, as the message is now."""
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

    async def tap_old(self, message: Json, data: str) -> Answer:
        """Tap a button that is not there any more, as an old client may still show it."""
        shown = {"reply_markup": {"inline_keyboard": [[{"text": "old", "callback_data": data}]]}}
        self.playground.chats.replace(self.now(message) | shown)
        return await self.playground.tap(self.person, message["message_id"], data, TIMEOUT, group=self.group)

    async def more(self, painted: Json) -> Json:
        """Tap “More…” below a painting, and wait for the other buttons."""
        await self.tap(painted, "More…")
        await self.playground.wait_for(
            lambda: "🗑 Delete" in self.playground.labels(self.now(painted)), TIMEOUT
        )
        return self.now(painted)

    async def painted(self, message: Json) -> Json:
        """Wait for the painting that comes after this message."""
        return await self.heard(PAINTED, after=int(message["message_id"]))

    async def becomes(self, message: Json, words: str) -> Json:
        """Wait until this message contains ``words``."""
        await self.playground.wait_for(lambda: words in said(self._found(message)), TIMEOUT)
        return self.now(message)

    async def goes(self, message: Json) -> None:
        """Wait until this message is deleted."""
        await self.playground.wait_for(lambda: not self._found(message), TIMEOUT)

    def _found(self, message: Json) -> Json:
        """Return the message as it is now; empty if it is deleted."""
        return self.playground.message(message["message_id"], self.id) or {}

    def now(self, message: Json) -> Json:
        """Return the message as it is now."""
        now = self.playground.message(message["message_id"], self.id)
        assert now is not None
        return now

    def versions(self, message: Json) -> list[Json]:
        """Return the message as it was sent and after each edit."""
        return [
            entry["message"]
            for entry in self.playground.transcript(self.id)
            if entry.get("message", {}).get("message_id") == message["message_id"]
        ]

    def pictures(self) -> list[Json]:
        """Return the bot's messages with a picture or a file, as they are now."""
        return [one for one in self.playground.from_bot(self.id) if "photo" in one or "document" in one]

    def sees(self) -> list[str]:
        """Return the words of all messages that this user sees in the chat."""
        return [said(one) for one in self.playground.messages(self.id) if is_visible(one, self.person)]

    def paintings(self) -> list[Json]:
        """Return the bot's messages that are paintings."""
        return [one for one in self.playground.from_bot(self.id) if PAINTED in said(one)]

    def image(self, message: Json) -> Image.Image:
        """Decode a message's picture or file."""
        medium = message.get("document") or largest(message)
        image = Image.open(io.BytesIO(self.playground.download(medium["file_id"])))
        image.load()
        return image


def _is_card(message: Json) -> bool:
    return [button["text"] for row in keys(message) for button in row] == ["✕ Stop"]


def said(message: Json) -> str:
    """Return a message's text or caption."""
    return str(message.get("text") or message.get("caption") or "")


def keys(message: Json) -> list[list[Json]]:
    """Return a message's inline buttons, by rows."""
    return list(message.get("reply_markup", {}).get("inline_keyboard", []))


def largest(message: Json) -> Json:
    """Return the largest version of a message's photo."""
    return max(message["photo"], key=lambda size: int(size["width"]) * int(size["height"]))


async def job_of(queue: Queue, person: int) -> Job:
    """Wait for a user's job, and return the newest."""

    async def newest() -> Job | None:
        return next(iter(await queue.jobs(f"telegram:{person}")), None)

    job = await until(newest)
    assert job is not None
    return job
