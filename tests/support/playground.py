"""A playground for tests: the server's state, its users' actions, and inspection, in one object."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from bot.playground import YOU, Fault, FloodLimits, People, Telegram, media
from bot.playground.state.chats import buttons
from bot.playground.state.taps import LIFETIME
from bot.playground.types import Json
from bot.playground.upload import Upload
from tests.support.processes import TIMEOUT

T = TypeVar("T")

for _name in ("photo", "photo_of_person", "thumbnail"):  # the tests send the same pictures time and again
    setattr(media, _name, lru_cache(maxsize=64)(getattr(media, _name)))


class Playground(Telegram, People):
    """A Telegram server whose users a test plays."""

    def __init__(
        self,
        folder: Path | None = None,
        *,
        token: str | None = None,
        flood: FloodLimits | None = None,
        tap_lifetime: float = LIFETIME,
    ) -> None:
        """Open the folder, or start empty: see `Telegram`."""
        Telegram.__init__(self, folder, token=token, flood=flood, tap_lifetime=tap_lifetime)
        People.__init__(self, self)

    async def send_album(
        self,
        person: int,
        files: Sequence[bytes | Upload],
        caption: str = "",
        *,
        gap: float = 0.0,
        **said: Any,
    ) -> list[Json]:
        """Send an album whose updates come together: on a busy machine a late one would be another album."""
        return await super().send_album(person, files, caption, gap=gap, **said)

    async def ask_inline(self, person: int, query: str = "", timeout: float = TIMEOUT) -> Json:  # noqa: ASYNC109
        """Write a query, and return the bot's answer, however long that takes on a busy machine."""
        return await super().ask_inline(person, query, timeout)

    def messages(self, chat: int = YOU) -> list[Json]:
        """Return a chat's messages as they are now, in order."""
        return self.chats.messages(chat)

    def message(self, message_id: int, chat: int = YOU) -> Json | None:
        """Return a message as it is now; None if it is not there."""
        return self.chats.get(chat, message_id)

    def from_bot(self, chat: int = YOU) -> list[Json]:
        """Return the bot's messages as they are now, in order."""
        return [message for message in self.messages(chat) if message["from"]["is_bot"]]

    def last(self, chat: int = YOU) -> Json | None:
        """Return the bot's newest message; None if there is none."""
        messages = self.from_bot(chat)
        return messages[-1] if messages else None

    def transcript(self, chat: int = YOU) -> list[Json]:
        """Return all that happened, in order: {"event": "message" | "edit" | "delete" | "tap", "at", …}."""
        return self.chats.transcript(chat)

    def notifications(self, chat: int = YOU, person: int | None = None) -> list[Json]:
        """Return the messages of a chat of which a user's app has told; in a private chat, its user's."""
        return self.chats.notifications(chat, person or chat)

    def labels(self, message: Json) -> list[str]:
        """Return the labels of a message's buttons."""
        return [button["text"] for button in buttons(message)]

    def download(self, file_id: str) -> bytes:
        """Return a file's bytes."""
        return self.files.read(file_id)

    def fault(self, method: str = "*", **fields: object) -> Fault:
        """Add a fault for the next call of a method: see `Fault`."""
        return self.faults.add(Fault.of({"method": method, **fields}))

    async def wait_for(self, predicate: Callable[[], T], timeout: float = TIMEOUT) -> T:  # noqa: ASYNC109
        """Return the predicate's first true value.

        Raises:
            TimeoutError: with the end of every chat, to show what happened instead.
        """
        try:
            return await self.events.wait_for(predicate, timeout)
        except TimeoutError:
            raise TimeoutError(f"Not true within {timeout} s.\n{self._summary()}") from None

    async def wait_for_message(
        self,
        matches: Callable[[Json], object] = lambda _: True,
        chat: int = YOU,
        after: int = 0,
        timeout: float = TIMEOUT,  # noqa: ASYNC109
    ) -> Json:
        """Return the bot's newest message that matches, also one that came to match by an edit.

        Raises:
            TimeoutError: as `wait_for` does.
        """

        def found() -> Json | None:
            fitting = [one for one in self.from_bot(chat) if one["message_id"] > after and matches(one)]
            return fitting[-1] if fitting else None

        message = await self.wait_for(found, timeout)
        assert message is not None
        return message

    def reset(self) -> None:
        """Make everything as new, for the next test, but ids keep growing, and the bot keeps its profile."""
        for group in self.groups.ids():
            self.clear(group)
        for person in self.users.ids():
            self.clear(person)
            self.users.mark(person, started=False, blocked=False)
        self.faults.clear()
        self.calls.clear()
        self.taps.expire()
        if self.flood:
            self.flood.reset()

    def _summary(self) -> str:
        lines = []
        for chat in [*self.users.ids(), *self.groups.ids()]:
            for entry in self.transcript(chat)[-12:]:
                message = entry.get("message", {})
                text = message.get("text") or message.get("caption") or ", ".join(message)
                text = text or entry.get("data", "")
                lines.append(f"{chat} {entry['event']} {message.get('message_id', '')}: {text[:100]}")
        return "\n".join(lines)
