"""Telegram in a box: the chats of one bot, and the people in them."""

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from bot.playground import profile
from bot.playground.chats import Chats
from bot.playground.content import MAX_CAPTION, MAX_TEXT
from bot.playground.entities import formatted
from bot.playground.errors import ApiError, BadRequest, Refusal
from bot.playground.events import Events
from bot.playground.faults import Fault, Faults
from bot.playground.files import Files, Upload
from bot.playground.flood import Flood
from bot.playground.keyboards import buttons
from bot.playground.params import Params
from bot.playground.sending import MAX_ALBUM, without_reply
from bot.playground.store import Json, Store
from bot.playground.taps import LIFETIME, Answer, Taps
from bot.playground.updates import Updates
from bot.playground.uploads import content_of, group
from bot.playground.users import YOU, Users
from bot.playground.webhook import Webhook

pause = asyncio.sleep
BOT_ID = 7_000_000_001
ALBUM_GAP = 0.005  # seconds between the updates of one album
TAP_PATIENCE = 10.0  # seconds
CALLS_KEPT = 2_000
T = TypeVar("T")


class Call(NamedTuple):
    """A call that the bot made, as it came: for tests that look at what a bot sends."""

    method: str
    values: Json
    uploads: dict[str, int]  # bytes of each
    at: float  # seconds, by the monotonic clock


class Playground:
    """Everything that Telegram would be to one bot.

    With a folder it comes back after any kind of end: chats, files, waiting updates, the bot's token and
    commands. Without one it is empty and leaves nothing behind. Without `flood` a bot may talk at any speed.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        token: str | None = None,
        name: str = "Atelier",
        username: str = "atelier_bot",
        flood: Flood | None = None,
        tap_lifetime: float = LIFETIME,
    ) -> None:
        self.store = Store(folder)
        self.token: str = token or self.store.setting("token") or f"{BOT_ID}:{secrets.token_urlsafe(26)}"
        self.store.set("token", self.token)
        bot_id = self.token.partition(":")[0]
        self.bot: Json = {
            "id": int(bot_id) if bot_id.isdecimal() else BOT_ID,
            "is_bot": True,
            "first_name": name,
            "username": username,
        }
        self.events = Events()
        self.users = Users(self.store)
        self.files = Files(self.store)
        self.files.prune()
        self.chats = Chats(self.store, self.events)
        self.updates = Updates(self.store, self.events, self.announce)
        self.webhook = Webhook(self.store, self.events, self.updates)
        self.taps = Taps(tap_lifetime)
        self.faults = Faults()
        self.flood = flood
        self.calls: deque[Call] = deque(maxlen=CALLS_KEPT)

    def close(self) -> None:
        """Ends whatever waits; what was stored stays. Call it on the event loop that served it."""
        self.webhook.stop()
        self.updates.close()
        self.events.close()
        self.store.close()

    # What the bot's methods ask.

    def known_chat(self, params: Params) -> Json:
        """The chat that a call means, as Telegram's Chat."""
        chat_id = params.text("chat_id")
        if not chat_id:
            raise BadRequest("chat_id is empty")
        person = self.users.get(params.integer("chat_id"))
        if person is None or not self.users.has_started(person["id"]):
            raise BadRequest("chat not found")
        return _chat(person)

    def writable(self, params: Params) -> Json:
        chat = self.known_chat(params)
        if self.users.has_blocked(chat["id"]):
            raise ApiError(403, "Forbidden: bot was blocked by the user")
        return chat

    # What the page shows of the bot.

    def card(self, language: str = "") -> Json:
        return {
            "username": self.bot["username"],
            "name": profile.localised(self, "name", language) or self.bot["first_name"],
            "description": profile.localised(self, "description", language),
            "short_description": profile.localised(self, "short_description", language),
            "commands": profile.commands_for(self, language),
            "connected": self.updates.connected,
        }

    def announce(self) -> None:
        self.events.broadcast("bot", self.card())

    # What people do.

    def add_person(self, first_name: str, language_code: str = "en") -> int:
        person_id: int = self.users.add(first_name, language_code)["id"]
        return person_id

    async def send_text(self, person: int, text: str, reply_to: int | None = None) -> Json:
        if len(text) > MAX_TEXT:
            raise Refusal(f"A message has at most {MAX_TEXT} characters.")
        written = formatted(text)
        if not written.text:
            raise Refusal("Write something first.")
        return self._arrive(person, written.fields("text", "entities"), reply_to)

    async def send_photo(
        self,
        person: int,
        data: bytes,
        caption: str = "",
        name: str = "photo.jpg",
        reply_to: int | None = None,
    ) -> Json:
        """As a document where a person's app could not send it as a photo."""
        return (await self.send_files(person, [Upload.of(data, name)], caption, reply_to=reply_to))[0]

    async def send_document(
        self,
        person: int,
        data: bytes,
        name: str,
        caption: str = "",
        mime: str = "",
        reply_to: int | None = None,
    ) -> Json:
        upload = Upload.of(data, name, mime)
        return (await self.send_files(person, [upload], caption, as_photos=False, reply_to=reply_to))[0]

    async def send_album(
        self,
        person: int,
        files: Sequence[bytes | Upload],
        caption: str = "",
        *,
        as_photos: bool = True,
        gap: float = ALBUM_GAP,
        order: Sequence[int] | None = None,
    ) -> list[Json]:
        """`order` is that of the updates, as indices of `files`; the messages keep theirs."""
        uploads = [
            file if isinstance(file, Upload) else Upload.of(file, f"photo_{number}.jpg")
            for number, file in enumerate(files, start=1)
        ]
        return await self.send_files(person, uploads, caption, as_photos=as_photos, gap=gap, order=order)

    async def send_files(
        self,
        person: int,
        uploads: Sequence[Upload],
        caption: str = "",
        *,
        as_photos: bool = True,
        reply_to: int | None = None,
        gap: float = ALBUM_GAP,
        order: Sequence[int] | None = None,
    ) -> list[Json]:
        """One message per file. Neighbours of one kind are an album; the caption is on the first message."""
        if not 1 <= len(uploads) <= MAX_ALBUM:
            raise Refusal(f"Send 1 to {MAX_ALBUM} files at once.")
        if len(caption) > MAX_CAPTION:
            raise Refusal(f"A caption has at most {MAX_CAPTION} characters.")
        self._require_open(person)
        contents = [await content_of(self.files, person, upload, as_photos=as_photos) for upload in uploads]
        contents[0] |= formatted(caption).fields("caption", "caption_entities")
        group(contents)
        messages = [self._write(person, content, reply_to) for content in contents]
        for turn, index in enumerate(range(len(messages)) if order is None else order):
            if turn and gap:
                await pause(gap)
            self.updates.push(person, "message", messages[index])
        return messages

    async def send_other(self, person: int, **fields: object) -> Json:
        """A message of any other kind, such as a sticker or a location, by its fields."""
        return self._arrive(person, fields, None)

    async def edit_text(self, person: int, message_id: int, text: str) -> Json:
        """A person changes what they wrote."""
        message = self._require_message(person, message_id)
        kept = {key: value for key, value in message.items() if key not in ("text", "entities")}
        stamp = {"edit_date": int(time.time())}
        message = self.chats.replace(kept | stamp | formatted(text).fields("text", "entities"))
        self.updates.push(person, "edited_message", message)
        return message

    async def tap(
        self,
        person: int,
        message_id: int,
        button: str,
        timeout: float = TAP_PATIENCE,  # noqa: ASYNC109
    ) -> Answer:
        """Taps the button with this data, or with this label, and waits for the bot's answer."""
        message = self._require_message(person, message_id)
        self._require_open(person)
        offered = [offer for offer in buttons(message) if "callback_data" in offer]
        chosen = next((offer for offer in offered if offer["callback_data"] == button), None)
        chosen = chosen or next((offer for offer in offered if offer["text"] == button), None)
        if chosen is None:
            raise Refusal("That button is not there any more.", status=409)
        tap = self.taps.new(person)
        query = {
            "id": tap.id,
            "from": self._require_person(person),
            "message": message,
            "chat_instance": str(-(10**18) - person),
            "data": chosen["callback_data"],
        }
        self.chats.note(person, "tap", {"message_id": message_id, "data": chosen["callback_data"]})
        self.updates.push(person, "callback_query", query)
        try:
            async with asyncio.timeout(timeout):
                return await asyncio.shield(tap.answer)
        except TimeoutError:
            return Answer(answered=False)

    def block(self, person: int, blocked: bool = True) -> None:
        user = self._require_person(person)
        if self.users.has_blocked(person) == blocked:
            return
        self.users.mark(person, blocked=blocked)
        states: list[Json] = [
            {"user": self.bot, "status": "member"},
            {"user": self.bot, "status": "kicked", "until_date": 0},
        ]
        self.updates.push(
            person,
            "my_chat_member",
            {
                "chat": _chat(user),
                "from": user,
                "date": int(time.time()),
                "old_chat_member": states[not blocked],
                "new_chat_member": states[blocked],
            },
        )

    # What tests look at.

    def messages(self, chat: int = YOU) -> list[Json]:
        return self.chats.messages(chat)

    def message(self, message_id: int, chat: int = YOU) -> Json | None:
        return self.chats.get(chat, message_id)

    def from_bot(self, chat: int = YOU) -> list[Json]:
        return [message for message in self.messages(chat) if message["from"]["is_bot"]]

    def last(self, chat: int = YOU) -> Json | None:
        messages = self.from_bot(chat)
        return messages[-1] if messages else None

    def transcript(self, chat: int = YOU) -> list[Json]:
        """Everything that happened, in order: {"event": "message" | "edit" | "delete" | "tap", "at", …}."""
        return self.chats.transcript(chat)

    def labels(self, message: Json) -> list[str]:
        """What its buttons say."""
        return [button["text"] for button in buttons(message)]

    def download(self, file_id: str) -> bytes:
        return self.files.read(file_id)

    def fault(self, method: str = "*", **how: object) -> Fault:
        """Trouble for the next call of a method: see `Fault`."""
        return self.faults.add(Fault.of({"method": method, **how}))

    async def wait_for(self, predicate: Callable[[], T], timeout: float = 10.0) -> T:  # noqa: ASYNC109
        """The predicate's first true value.

        Raises:
            TimeoutError: with the end of every chat, to see what happened instead.
        """
        try:
            return await self.events.wait_for(predicate, timeout)
        except TimeoutError:
            raise TimeoutError(f"Nothing of it in {timeout} s.\n{self._summary()}") from None

    async def wait_for_message(
        self,
        matches: Callable[[Json], object] = lambda _: True,
        chat: int = YOU,
        after: int = 0,
        timeout: float = 10.0,  # noqa: ASYNC109
    ) -> Json:
        """The bot's newest message that matches, also one that came to match by an edit."""

        def found() -> Json | None:
            fitting = [one for one in self.from_bot(chat) if one["message_id"] > after and matches(one)]
            return fitting[-1] if fitting else None

        message = await self.wait_for(found, timeout)
        assert message is not None  # noqa: S101 - wait_for gives true values only
        return message

    def clear(self, chat: int) -> None:
        """Empties one chat: messages, files, updates on the way. The bot may go on writing there."""
        self._require_person(chat)
        self.updates.clear(chat)
        self.chats.clear(chat)
        self.files.forget(chat)

    def reset(self) -> None:
        """As new, for the next test: only ids keep growing, and the bot keeps its profile."""
        for person in self.users.ids():
            self.clear(person)
            self.users.mark(person, started=False, blocked=False)
        self.faults.clear()
        self.calls.clear()
        self.taps.expire()
        if self.flood:
            self.flood.reset()

    # How a message comes about.

    def _arrive(self, person: int, fields: Json, reply_to: int | None) -> Json:
        self._require_open(person)
        message = self._write(person, fields, reply_to)
        self.updates.push(person, "message", message)
        return message

    def _write(self, person: int, fields: Json, reply_to: int | None) -> Json:
        user = self._require_person(person)
        if reply_to:
            fields = fields | {"reply_to_message": without_reply(self._require_message(person, reply_to))}
        self.users.mark(person, started=True)
        return self.chats.add(_chat(user), user, fields)

    def _require_person(self, person: int) -> Json:
        user = self.users.get(person)
        if user is None:
            raise Refusal("There is nobody with this number.", status=404)
        return user

    def _require_open(self, person: int) -> None:
        self._require_person(person)
        if self.users.has_blocked(person):
            raise Refusal("You have blocked the bot. Unblock it first.", status=409)

    def _require_message(self, person: int, message_id: int) -> Json:
        self._require_person(person)
        message = self.chats.get(person, message_id)
        if message is None:
            raise Refusal("That message is gone.", status=404)
        return message

    def _summary(self) -> str:
        lines = []
        for person in self.users.ids():
            for entry in self.transcript(person)[-12:]:
                message = entry.get("message", {})
                says = message.get("text") or message.get("caption") or ", ".join(message)
                says = says or entry.get("data", "")
                lines.append(f"{person} {entry['event']} {message.get('message_id', '')}: {says[:100]}")
        return "\n".join(lines)


def _chat(person: Json) -> Json:
    return {"id": person["id"], "first_name": person["first_name"], "type": "private"}
