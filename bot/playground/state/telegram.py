"""Telegram in a box: the chats of one bot, and the people in them."""

import asyncio
import re
import secrets
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from bot.playground.conditions.faults import Fault, Faults
from bot.playground.conditions.flood import Flood
from bot.playground.errors import ApiError, BadRequest, Migrated, Refusal
from bot.playground.limits import MAX_ALBUM, MAX_CAPTION, MAX_TEXT
from bot.playground.methods import profile
from bot.playground.methods.entities import formatted
from bot.playground.params import Params
from bot.playground.people import attachments
from bot.playground.people.stickers import size_of
from bot.playground.people.uploads import content_of, grouped
from bot.playground.state.chats import CONTENT, Chats, buttons, without_reply
from bot.playground.state.events import Events
from bot.playground.state.files import Files
from bot.playground.state.groups import Groups, chat_of, is_addressed, member, status_in
from bot.playground.state.store import Store
from bot.playground.state.taps import LIFETIME, Answer, Taps
from bot.playground.state.updates import Updates
from bot.playground.state.users import YOU, Users
from bot.playground.state.webhook_delivery import Webhook
from bot.playground.types import Json
from bot.playground.upload import Upload

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
        privacy: bool = True,
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
        self.privacy = privacy
        self.events = Events()
        self.users = Users(self.store)
        self.groups = Groups(self.store)
        self.drafts: dict[int, Json] = {}
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
        if group := self.groups.get(params.integer("chat_id")):
            return chat_of(group)
        person = self.users.get(params.integer("chat_id"))
        if person is None or not self.users.has_started(person["id"]):
            raise BadRequest("chat not found")
        return _chat(person)

    def writable(self, params: Params) -> Json:
        chat = self.known_chat(params)
        group = self.groups.get(chat["id"])
        if group and "migrated" in group:
            raise Migrated(group["migrated"])
        if group and group.get("kicked"):
            raise ApiError(403, f"Forbidden: bot was kicked from the {chat['type']} chat")
        if not group and self.users.has_blocked(chat["id"]):
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

    def add_group(self, title: str, *people: int) -> int:
        """A chat of several people, with the bot in it."""
        for person in people:
            self._require_person(person)
        group = self.groups.add(title, people)
        group_id: int = group["id"]
        adder = self._require_person(people[0])
        created = self.chats.add(chat_of(group), adder, {"group_chat_created": True})
        self.updates.push(group_id, "message", created)
        self._membership(chat_of(group), adder, "left", "member")
        return group_id

    def upgrade_group(self, group: int) -> int:
        """It becomes a supergroup, with another id; gives that."""
        old = self.groups.require(group)
        new = self.groups.upgrade(group)
        new_id: int = new["id"]
        someone = self._require_person(old["people"][0])
        for chat, fields in (
            (old, {"migrate_to_chat_id": new_id}),
            (new, {"migrate_from_chat_id": group}),
        ):
            message = self.chats.add(chat_of(chat), someone, fields)
            self.updates.push(chat["id"], "message", message)
        return new_id

    def kick(self, group: int, kicked: bool = True) -> None:
        """Somebody throws the bot out of a group, or takes it in again."""
        room = self.groups.require(group)
        before = status_in(room, self.bot)
        room, someone = self.groups.dismiss(group, gone=kicked), self._require_person(room["people"][0])
        if kicked == (before == "kicked"):
            return
        if room["type"] == "group" or not kicked:  # out of a supergroup it hears nothing more
            self._serve(room, someone, self.bot, leaves=kicked)
        self._membership(chat_of(room), someone, before, status_in(room, self.bot))

    def join(self, group: int, person: int) -> None:
        """Somebody comes into a group."""
        self._come_or_go(group, person, leaves=False)

    def leave(self, group: int, person: int) -> None:
        """Somebody leaves a group."""
        self._come_or_go(group, person, leaves=True)

    def promote(self, group: int, number: int, administrator: bool = True) -> None:
        """Somebody becomes an administrator of a group, or the bot does; or is none any more."""
        room = self.groups.require(group)
        user = self.bot if number == self.bot["id"] else self._require_person(number)
        before = status_in(room, user)
        if before not in ("member", "administrator"):
            raise Refusal("Only a member of a group can become its administrator.", status=409)
        admins = set(room.get("admins", ())) - {number} | ({number} if administrator else set())
        room = self.groups.change(group, admins=sorted(admins))
        if before != (after := status_in(room, user)):
            self._membership(chat_of(room), self._require_person(room["people"][0]), before, after, user)

    async def send_text(
        self, person: int, text: str, reply_to: int | None = None, group: int | None = None
    ) -> Json:
        if len(text) > MAX_TEXT:
            raise Refusal(f"A message has at most {MAX_TEXT} characters.")
        written = formatted(text)
        if not written.text:
            raise Refusal("Write something first.")
        return self._arrive(person, written.fields("text", "entities"), reply_to, group)

    async def start(self, person: int, payload: str = "") -> Json:
        """Open the bot by a link such as ``https://t.me/bot?start=payload``."""
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,64}", payload):
            raise Refusal("Telegram does not take such a link.")
        return await self.send_text(person, f"/start {payload}".strip())

    async def send_sticker(
        self,
        person: int,
        data: bytes,
        *,
        kind: str = "static",
        reply_to: int | None = None,
        group: int | None = None,
    ) -> Json:
        """A sticker: ``static`` (WebP), ``animated`` or ``video``."""
        name = {"static": "sticker.webp", "animated": "sticker.tgs", "video": "sticker.webm"}[kind]
        width, height = size_of(data)
        facts = {"type": "regular", "width": width, "height": height}
        facts |= {"is_animated": kind == "animated", "is_video": kind == "video"}
        sticker = await self.files.add(person, "sticker", Upload.of(data, name), facts)
        fields = {key: value for key, value in sticker.items() if key not in ("file_name", "mime_type")}
        return self._arrive(person, {"sticker": fields}, reply_to, group)

    async def forward(
        self, person: int, message_id: int, from_chat: int | None = None, group: int | None = None
    ) -> Json:
        """Somebody passes a message on."""
        original = self._require_message(from_chat or person, message_id)
        origin = {"type": "user", "sender_user": original["from"], "date": original["date"]}
        fields = {name: original[name] for name in (*CONTENT, "sticker") if name in original}
        return self._arrive(person, fields | {"forward_origin": origin}, None, group)

    def draft(self, person: int) -> Json | None:
        """What the bot is streaming into a private chat right now."""
        draft = self.drafts.get(person)
        return draft if draft and time.monotonic() < draft["until"] else None

    def stop_draft(self, person: int) -> None:
        """Somebody presses the Stop button of what is being streamed."""
        draft = self.draft(person)
        if draft is None or not draft["can_stop"]:
            raise Refusal("There is nothing to stop.", status=409)
        if not draft["keep_on_stop"]:
            self.end_draft(person)
        chat = self._room(person, None)
        body = {"chat": chat, "draft_id": draft["draft_id"]}
        self.updates.push(person, "stopped_message_generation", body)

    def end_draft(self, chat: int) -> None:
        """A draft goes with the next message, or when it was stopped."""
        if self.drafts.pop(chat, None):
            self.events.publish(chat, "draft", {})

    async def send_photo(
        self,
        person: int,
        data: bytes,
        caption: str = "",
        name: str = "photo.jpg",
        reply_to: int | None = None,
        group: int | None = None,
    ) -> Json:
        """As a document where a person's app could not send it as a photo."""
        uploads = [Upload.of(data, name)]
        return (await self.send_files(person, uploads, caption, reply_to=reply_to, group=group))[0]

    async def send_document(
        self,
        person: int,
        data: bytes,
        name: str,
        caption: str = "",
        mime: str = "",
        reply_to: int | None = None,
        group: int | None = None,
    ) -> Json:
        upload = Upload.of(data, name, mime)
        sent = await self.send_files(
            person, [upload], caption, as_photos=False, reply_to=reply_to, group=group
        )
        return sent[0]

    async def send_album(
        self,
        person: int,
        files: Sequence[bytes | Upload],
        caption: str = "",
        *,
        as_photos: bool = True,
        gap: float = ALBUM_GAP,
        order: Sequence[int] | None = None,
        group: int | None = None,
    ) -> list[Json]:
        """`order` is that of the updates, as indices of `files`; the messages keep theirs."""
        uploads = [
            file if isinstance(file, Upload) else Upload.of(file, f"photo_{number}.jpg")
            for number, file in enumerate(files, start=1)
        ]
        return await self.send_files(
            person, uploads, caption, as_photos=as_photos, gap=gap, order=order, group=group
        )

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
        group: int | None = None,
    ) -> list[Json]:
        """One message per file. Neighbours of one kind are an album; the caption is on the first message."""
        if not 1 <= len(uploads) <= MAX_ALBUM:
            raise Refusal(f"Send 1 to {MAX_ALBUM} files at once.")
        if len(caption) > MAX_CAPTION:
            raise Refusal(f"A caption has at most {MAX_CAPTION} characters.")
        self._require_open(person, group)
        contents = [await content_of(self.files, person, upload, as_photos=as_photos) for upload in uploads]
        contents[0] |= formatted(caption).fields("caption", "caption_entities")
        grouped(contents)
        messages = [self._write(person, content, reply_to, group) for content in contents]
        for turn, index in enumerate(range(len(messages)) if order is None else order):
            if turn and gap:
                await pause(gap)
            self._tell(messages[index])
        return messages

    async def send_recording(
        self,
        person: int,
        kind: str,
        data: bytes,
        caption: str = "",
        name: str = "",
        *,
        thumbnail: bytes | None = None,
        reply_to: int | None = None,
        group: int | None = None,
        **facts: object,
    ) -> Json:
        """A ``voice``, ``audio``, ``video``, ``video_note`` or ``animation``.

        A person's app says what it saw and heard in it, as ``duration=3``; a film's size it need not say.
        """
        self._require_open(person, group)
        content = await attachments.recording(self.files, person, kind, data, name, facts, thumbnail)
        content |= formatted(caption).fields("caption", "caption_entities")
        return self._arrive(person, content, reply_to, group)

    async def send_other(self, person: int, group: int | None = None, **fields: object) -> Json:
        """What is no file, by its fields: see ``bot.playground.people.attachments``."""
        return self._arrive(person, fields, None, group)

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
        group: int | None = None,
        *,
        inaccessible: bool = False,
    ) -> Answer:
        """Taps the button with this data, or with this label, and waits for the bot's answer.

        `inaccessible`: the bot is told on which message, and not what that is. So Telegram does with old
        ones, from an age that it does not name.
        """
        chat = group or person
        message = self._require_message(chat, message_id)
        self._require_open(person, group)
        offered = [offer for offer in buttons(message) if "callback_data" in offer]
        chosen = next((offer for offer in offered if offer["callback_data"] == button), None)
        chosen = chosen or next((offer for offer in offered if offer["text"] == button), None)
        if chosen is None:
            raise Refusal("That button is not there any more.", status=409)
        if inaccessible:
            message = {"chat": message["chat"], "message_id": message_id, "date": 0}
        tap = self.taps.new(person)
        query = {
            "id": tap.id,
            "from": self._require_person(person),
            "message": message,
            "chat_instance": str(-(10**18) - chat),
            "data": chosen["callback_data"],
        }
        self.chats.note(chat, "tap", {"message_id": message_id, "data": chosen["callback_data"]})
        self.updates.push(chat, "callback_query", query)
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
        states = ("member", "kicked") if blocked else ("kicked", "member")
        self._membership(_chat(user), user, *states)

    # What tests look at.

    def messages(self, chat: int = YOU) -> list[Json]:
        return self.chats.messages(chat)

    def snapshot(self, chat: int) -> Json:
        """All that a page which opens a chat has to show."""
        draft = self.draft(chat) or {}
        shown = {key: value for key, value in draft.items() if key not in ("until", "keep_on_stop")}
        return {
            "messages": self.messages(chat),
            "reactions": self.chats.reactions(chat),
            "draft": shown,
        }

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
        if self.groups.get(chat) is None:
            self._require_person(chat)
        self.drafts.pop(chat, None)
        self.updates.clear(chat)
        self.chats.clear(chat)
        self.files.forget(chat)

    def reset(self) -> None:
        """As new, for the next test: only ids keep growing, and the bot keeps its profile."""
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

    # How a message comes about.

    def _arrive(self, person: int, fields: Json, reply_to: int | None, group: int | None = None) -> Json:
        self._require_open(person, group)
        message = self._write(person, fields, reply_to, group)
        self._tell(message)
        return message

    def _write(self, person: int, fields: Json, reply_to: int | None, group: int | None = None) -> Json:
        chat, user = self._room(person, group), self._require_person(person)
        if reply_to:
            fields = fields | {"reply_to_message": without_reply(self._require_message(chat["id"], reply_to))}
        if group is None:
            self.users.mark(person, started=True)
        return self.chats.add(chat, user, fields)

    def _tell(self, message: Json) -> None:
        """To the bot, if it hears it."""
        chat: int = message["chat"]["id"]
        if chat > 0 or not self.privacy or is_addressed(message, self.bot):
            self.updates.push(chat, "message", message)

    def _room(self, person: int, group: int | None) -> Json:
        """Where somebody writes, as Telegram's Chat."""
        user = self._require_person(person)
        if group is None:
            return _chat(user)
        room = self.groups.require(group)
        if person not in room["people"]:
            raise Refusal("You are not in this group.", status=403)
        if "migrated" in room:
            raise Refusal("This group is a supergroup now.", status=409)
        return chat_of(room)

    def _come_or_go(self, group: int, person: int, *, leaves: bool) -> None:
        room, user = self.groups.require(group), self._require_person(person)
        if (person in room["people"]) != leaves:
            raise Refusal("You are in this group already." if not leaves else "You are not in this group.")
        before = status_in(room, user)
        remaining = [number for number in room["people"] if number != person]
        admins = [number for number in room.get("admins", ()) if number != person]
        people = remaining if leaves else [*remaining, person]
        if not people:
            raise Refusal("Somebody has to stay.", status=409)
        room = self.groups.change(group, people=people, admins=admins)
        self._serve(room, user, user, leaves=leaves)
        self._membership(chat_of(room), user, before, status_in(room, user), user)

    def _serve(self, room: Json, doer: Json, user: Json, *, leaves: bool) -> None:
        """Telegram says in a group who has come or gone."""
        fields = {"left_chat_member": user} if leaves else {"new_chat_members": [user]}
        message = self.chats.add(chat_of(room), doer, fields)
        self.updates.push(room["id"], "message", message)

    def _membership(self, chat: Json, doer: Json, before: str, after: str, user: Json | None = None) -> None:
        """Tell the bot that somebody's place in a chat has changed; others' it hears of as administrator."""
        user = user or self.bot
        own, group = user["id"] == self.bot["id"], self.groups.get(chat["id"])
        if not own and not (group and status_in(group, self.bot) == "administrator"):
            return
        change = {"old_chat_member": member(user, before), "new_chat_member": member(user, after)}
        head = {"chat": chat, "from": doer, "date": int(time.time())}
        self.updates.push(chat["id"], "my_chat_member" if own else "chat_member", head | change)

    def _require_person(self, person: int) -> Json:
        user = self.users.get(person)
        if user is None:
            raise Refusal("There is nobody with this number.", status=404)
        return user

    def _require_open(self, person: int, group: int | None = None) -> None:
        self._room(person, group)
        if group is None and self.users.has_blocked(person):
            raise Refusal("You have blocked the bot. Unblock it first.", status=409)

    def _require_message(self, chat: int, message_id: int) -> Json:
        message = self.chats.get(chat, message_id)
        if message is None:
            raise Refusal("That message is gone.", status=404)
        return message

    def _summary(self) -> str:
        lines = []
        for person in [*self.users.ids(), *self.groups.ids()]:
            for entry in self.transcript(person)[-12:]:
                message = entry.get("message", {})
                says = message.get("text") or message.get("caption") or ", ".join(message)
                says = says or entry.get("data", "")
                lines.append(f"{person} {entry['event']} {message.get('message_id', '')}: {says[:100]}")
        return "\n".join(lines)


def _chat(person: Json) -> Json:
    return {"id": person["id"], "first_name": person["first_name"], "type": "private"}
