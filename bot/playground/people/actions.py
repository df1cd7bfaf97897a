"""Actions of users: they write, send files, tap buttons, and manage groups."""

import asyncio
import re
import time
from collections.abc import Sequence

from bot.playground.errors import Refusal, Refused
from bot.playground.message_limits import MAX_ALBUM, MAX_CAPTION, MAX_TEXT
from bot.playground.methods.entities import formatted
from bot.playground.people import attachments
from bot.playground.people.file_messages import content_of, external_reply, group_albums
from bot.playground.people.group_rules import GroupRules
from bot.playground.people.stickers import size_of
from bot.playground.state.chats import CONTENT, buttons, without_reply
from bot.playground.state.ephemeral import is_ephemeral, is_visible
from bot.playground.state.groups import (
    chat_member,
    chat_of,
    is_addressed,
    mentions,
    sender_of,
    status_in,
    topic_fields,
)
from bot.playground.state.taps import Answer
from bot.playground.state.telegram import Telegram
from bot.playground.state.users import private_chat
from bot.playground.types import Json
from bot.playground.upload import Upload

ALBUM_GAP = 0.005
"""Seconds between the updates of one album."""
TAP_TIMEOUT = 10.0
"""Seconds for which a user's app waits for the answer to a tap."""
STICKER_NAMES = {"static": "sticker.webp", "animated": "sticker.tgs", "video": "sticker.webm"}
"""File names of stickers, by kind."""

pause = asyncio.sleep
"""Wait between the updates of an album; a test replaces it."""


class People(GroupRules):
    """The users of a server, who act by their ids.

    Every method raises a Refusal, with a sentence for the user, where Telegram's apps would not allow the
    action. `group` is the group in which the user acts; None: the private chat with the bot.
    """

    def __init__(self, telegram: Telegram) -> None:
        """Act on this server."""
        self._telegram = telegram

    def add_person(self, first_name: str, language_code: str = "en") -> int:
        """Add a user, and return the id."""
        person_id: int = self._telegram.users.add(first_name, language_code)["id"]
        return person_id

    def add_group(self, title: str, *people: int) -> int:
        """Create a group of several users and the bot, and return its id; the first user is the owner."""
        for person in people:
            self._telegram.require_person(person)
        group = self._telegram.groups.add(title, people)
        group_id: int = group["id"]
        owner = self._telegram.require_person(people[0])
        created = self._telegram.chats.add(chat_of(group), owner, {"group_chat_created": True})
        self._telegram.updates.push(group_id, "message", created)
        self._push_membership(chat_of(group), owner, "left", "member")
        return group_id

    def add_group_without_bot(self, title: str, *people: int) -> int:
        """Create a group of several users, of which the bot knows nothing, and return its id."""
        group = self._telegram.groups.add(title, people)
        group_id: int = self._telegram.groups.change(group["id"], kicked=True)["id"]
        return group_id

    def upgrade_group(self, group: int) -> int:
        """Turn a group into a supergroup, and return that one's id."""
        old = self._telegram.groups.require(group)
        new = self._telegram.groups.upgrade(group)
        new_id: int = new["id"]
        first = self._telegram.require_person(old["people"][0])
        # The bot seems to join the supergroup, and never to leave the group: tdlib/telegram-bot-api#266.
        self._push_membership(chat_of(new), first, "left", status_in(new, self._telegram.bot))
        for chat, fields in (
            (old, {"migrate_to_chat_id": new_id}),
            (new, {"migrate_from_chat_id": group}),
        ):
            message = self._telegram.chats.add(chat_of(chat), first, fields)
            self._telegram.updates.push(chat["id"], "message", message)
        return new_id

    def kick(self, group_id: int, kicked: bool = True) -> None:
        """Remove the bot from a group, or add it again."""
        group = self._telegram.groups.require(group_id)
        before = status_in(group, self._telegram.bot)
        group = self._telegram.groups.change(group_id, kicked=kicked)
        first = self._telegram.require_person(group["people"][0])
        if kicked == (before == "kicked"):
            return
        if group["type"] == "group" or not kicked:  # Telegram sends no message out of a supergroup
            self._add_service_message(group, first, self._telegram.bot, leaves=kicked)
        self._push_membership(chat_of(group), first, before, status_in(group, self._telegram.bot))

    def join(self, group: int, person: int) -> None:
        """Add a user to a group."""
        self._change_members(group, person, leaves=False)

    def leave(self, group: int, person: int) -> None:
        """Remove a user from a group."""
        self._change_members(group, person, leaves=True)

    def promote(self, group_id: int, user_id: int, administrator: bool = True) -> None:
        """Make a user or the bot an administrator of a group, or take that away."""
        group, bot = self._telegram.groups.require(group_id), self._telegram.bot
        user = bot if user_id == bot["id"] else self._telegram.require_person(user_id)
        before = status_in(group, user)
        if before not in ("member", "administrator"):
            raise Refusal("Only a member of a group can become its administrator.", status=409)
        admins = set(group.get("admins", ())) - {user_id} | ({user_id} if administrator else set())
        group = self._telegram.groups.change(group_id, admins=sorted(admins))
        if before != (after := status_in(group, user)):
            first = self._telegram.require_person(group["people"][0])
            self._push_membership(chat_of(group), first, before, after, user)

    async def send_text(
        self,
        person: int,
        text: str,
        reply_to: int | None = None,
        group: int | None = None,
        reply_chat: int | None = None,
    ) -> Json:
        """Send a text; with ``reply_chat`` as a reply to a message of that chat."""
        if len(text) > MAX_TEXT:
            raise Refused("text", most=MAX_TEXT)
        written = formatted(text)
        if not written.text:
            raise Refused("blank")
        fields = written.fields("text", "entities") | self._for_the_bot_alone(person, text, group)
        if reply_to and reply_chat:
            fields |= external_reply(self._telegram.require_message(reply_chat, reply_to))
            reply_to = None
        return self._send(person, fields, reply_to, group)

    async def start(self, person: int, payload: str = "") -> Json:
        """Open the bot by a link such as ``https://t.me/bot?start=payload``."""
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,64}", payload):
            raise Refusal("Telegram does not accept such a link.")
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
        """Send a sticker: ``static`` (WebP), ``animated`` or ``video``."""
        width, height = size_of(data)
        facts = {"type": "regular", "width": width, "height": height}
        facts |= {"is_animated": kind == "animated", "is_video": kind == "video"}
        upload = Upload.of(data, STICKER_NAMES[kind])
        sticker = await self._telegram.files.add(person, "sticker", upload, facts)
        fields = {key: value for key, value in sticker.items() if key not in ("file_name", "mime_type")}
        return self._send(person, {"sticker": fields}, reply_to, group)

    async def forward(
        self, person: int, message_id: int, from_chat: int | None = None, group: int | None = None
    ) -> Json:
        """Forward a message."""
        original = self._telegram.require_message(from_chat or person, message_id)
        if is_ephemeral(original):
            raise Refused("message", status=404)
        origin = {"type": "user", "sender_user": original["from"], "date": original["date"]}
        fields = {name: original[name] for name in CONTENT if name in original}
        return self._send(person, fields | {"forward_origin": origin}, None, group)

    async def send_photo(
        self,
        person: int,
        data: bytes,
        caption: str = "",
        name: str = "photo.jpg",
        reply_to: int | None = None,
        group: int | None = None,
        *,
        spoiler: bool = False,
    ) -> Json:
        """Send a photo; as a document where a user's app could not send it as a photo.

        A ``spoiler`` covers it until it is tapped.
        """
        uploads = [Upload.of(data, name)]
        sent = await self.send_files(
            person, uploads, caption, reply_to=reply_to, group=group, spoiler=spoiler
        )
        return sent[0]

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
        """Send a file as it is."""
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
        """Send an album; `order` is that of the updates, as indices of `files`; the messages keep theirs."""
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
        spoiler: bool = False,
    ) -> list[Json]:
        """Send one message per file; neighbours of one kind are an album; the first has the caption."""
        if not 1 <= len(uploads) <= MAX_ALBUM:
            raise Refused("files", most=MAX_ALBUM)
        if len(caption) > MAX_CAPTION:
            raise Refused("caption", most=MAX_CAPTION)
        self._require_open(person, group)
        contents = [
            await content_of(self._telegram.files, person, upload, as_photos=as_photos) for upload in uploads
        ]
        contents[0] |= formatted(caption).fields("caption", "caption_entities")
        if spoiler and as_photos:
            contents = [content | {"has_media_spoiler": True} for content in contents]
        group_albums(contents)
        messages = [self._write(person, content, reply_to, group) for content in contents]
        for turn, index in enumerate(range(len(messages)) if order is None else order):
            if turn and gap:
                await pause(gap)
            self._push_message(messages[index])
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
        """Send a ``voice``, ``audio``, ``video``, ``video_note`` or ``animation``.

        The facts are those that a user's app measures, such as ``duration=3``; a film's size may be left out.
        """
        self._require_open(person, group)
        content = await attachments.recording(
            self._telegram.files, person, kind, data, name, facts, thumbnail
        )
        content |= formatted(caption).fields("caption", "caption_entities")
        return self._send(person, content, reply_to, group)

    async def send_other(self, person: int, group: int | None = None, **fields: object) -> Json:
        """Send a message that is not a file, by its fields: see ``bot.playground.people.attachments``."""
        return self._send(person, fields, None, group)

    async def edit_text(self, person: int, message_id: int, text: str, group: int | None = None) -> Json:
        """Edit a text, or a caption, that the user has sent."""
        message = self._telegram.require_message(group or person, message_id)
        self._require_open(person, group)
        fields = ("text", "entities") if "text" in message else ("caption", "caption_entities")
        kept = {key: value for key, value in message.items() if key not in fields}
        stamp = {"edit_date": int(time.time())}
        message = self._telegram.chats.replace(kept | stamp | formatted(text).fields(*fields))
        self._push_message(message, "edited_message")
        return message

    async def tap(
        self,
        person: int,
        message_id: int,
        button: str,
        timeout: float = TAP_TIMEOUT,  # noqa: ASYNC109
        group: int | None = None,
        *,
        inaccessible: bool = False,
    ) -> Answer:
        """Tap a button, and wait for the bot's answer.

        Args:
            person: the user.
            message_id: the message with the button.
            button: its callback data, or its label.
            timeout: seconds to wait.
            group: the group with the message; None: the private chat.
            inaccessible: True: the update has the message's id without its content, as Telegram sends it for
                old messages, from an age that it does not document.
        """
        chat = group or person
        message = self._visible(person, chat, message_id)
        self._require_open(person, group)
        offered = [offer for offer in buttons(message) if "callback_data" in offer]
        chosen = next((offer for offer in offered if offer["callback_data"] == button), None)
        chosen = chosen or next((offer for offer in offered if offer["text"] == button), None)
        if chosen is None:
            raise Refused("button", status=409)
        if inaccessible:
            message = {"chat": message["chat"], "message_id": message_id, "date": 0}
        tap = self._telegram.taps.new(person)
        query = {
            "id": tap.id,
            "from": self._telegram.require_person(person),
            "message": message,
            "chat_instance": str(-(10**18) - chat),
            "data": chosen["callback_data"],
        }
        self._telegram.chats.note(chat, "tap", {"message_id": message_id, "data": chosen["callback_data"]})
        self._telegram.updates.push(chat, "callback_query", query)
        try:
            async with asyncio.timeout(timeout):
                return await asyncio.shield(tap.answer)
        except TimeoutError:
            return Answer(answered=False)

    async def ask_inline(
        self,
        person: int,
        query: str = "",
        timeout: float = TAP_TIMEOUT,  # noqa: ASYNC109
    ) -> Json:
        """Write the bot's name and a query in some chat, and return the bot's answer."""
        if not self._telegram.inline:
            raise Refusal("The bot has no inline mode.", status=409)
        user = self._telegram.require_person(person)
        query_id, answer = self._telegram.inline_queries.new()
        body = {"id": query_id, "from": user, "query": query, "offset": "", "chat_type": "supergroup"}
        self._telegram.updates.push(person, "inline_query", body)
        async with asyncio.timeout(timeout):
            return await answer

    def choose_inline(self, person: int, answer: Json, result: str, group: int | None = None) -> Json:
        """Post one of the messages that the bot has answered a query with."""
        if result not in answer["messages"]:
            raise Refusal("There is no such result.", status=404)
        return self._send(person, answer["messages"][result] | {"via_bot": self._telegram.bot}, None, group)

    def block(self, person: int, blocked: bool = True) -> None:
        """Block the bot, or unblock it."""
        user = self._telegram.require_person(person)
        if self._telegram.users.has_blocked(person) == blocked:
            return
        self._telegram.users.mark(person, blocked=blocked)
        statuses = ("member", "kicked") if blocked else ("kicked", "member")
        self._push_membership(private_chat(user), user, *statuses)

    def _send(self, person: int, fields: Json, reply_to: int | None, group: int | None = None) -> Json:
        self._require_open(person, group)
        message = self._write(person, fields, reply_to, group)
        self._push_message(message)
        return message

    def _write(self, person: int, fields: Json, reply_to: int | None, group: int | None = None) -> Json:
        """Add a message to its chat; the bot has no update of it yet."""
        chat, user = self._chat(person, group), self._telegram.require_person(person)
        if reply_to:
            original = self._visible(person, chat["id"], reply_to)
            fields = fields | {"reply_to_message": without_reply(original)}
            if is_ephemeral(original) and not is_ephemeral(fields):  # what answers one is one itself
                fields |= self._ephemeral()
        if group is None:
            self._telegram.users.mark(person, started=True)
            return self._telegram.chats.add(chat, user, fields)
        there = self._telegram.groups.require(group)
        fields = fields | topic_fields(there, there.get("places", {}).get(str(person)))
        if there.get("protected"):
            fields["has_protected_content"] = True
        sender = sender_of(there, user)
        return self._telegram.chats.add(chat, sender["from"], fields | sender)

    def _push_message(self, message: Json, kind: str = "message") -> None:
        """Send the bot an update of a message, unless privacy mode withholds it."""
        telegram = self._telegram
        chat: int = message["chat"]["id"]
        if (telegram.groups.get(chat) or {}).get("kicked"):
            self._push_guest_message(message)
            return
        strict = telegram.strict_privacy
        addressed = is_ephemeral(message) or is_addressed(message, telegram.bot, strict=strict)
        if chat > 0 or not telegram.privacy or addressed:
            telegram.updates.push(chat, kind, message)

    def _push_guest_message(self, message: Json) -> None:
        """Send the bot an update of a message in a chat where it is no member, if that is meant for it."""
        telegram, chat = self._telegram, message["chat"]["id"]
        text: str = message.get("text") or message.get("caption") or ""
        if telegram.guests and mentions(text, telegram.bot) and not message.get("has_protected_content"):
            body = message | {"guest_query_id": telegram.guest_queries.new(message)}
            telegram.updates.push(chat, "guest_message", body)

    def _for_the_bot_alone(self, person: int, text: str, group_id: int | None) -> Json:
        """Return the fields of a command that nobody else in the group sees; none for any other text."""
        command = re.match(rf"/(\w+)(?:@{self._telegram.bot['username']})?(?:\s|$)", text)
        group = self._telegram.groups.get(group_id or 0)
        if not command or not group or group.get("kicked") or str(person) in group.get("voices", {}):
            return {}
        commands = self._telegram.card(person, group_id)["commands"]
        hidden = {each["command"] for each in commands if each.get("is_ephemeral")}
        return self._ephemeral() if command[1] in hidden else {}

    def _ephemeral(self) -> Json:
        """Return the fields of a message that the bot alone receives."""
        telegram = self._telegram
        return {"receiver_user": telegram.bot, "ephemeral_message_id": telegram.store.next("ephemeral")}

    def _visible(self, person: int, chat: int, message_id: int) -> Json:
        """Return a message that the user sees.

        Raises:
            Refusal: it is not there, or not for the user's eyes.
        """
        message = self._telegram.require_message(chat, message_id)
        if not is_visible(message, person):
            raise Refused("message", status=404)
        return message

    def _chat(self, person: int, group_id: int | None) -> Json:
        """Return the chat in which a user writes, as Telegram's Chat."""
        user = self._telegram.require_person(person)
        if group_id is None:
            return private_chat(user)
        group = self._telegram.groups.require(group_id)
        if person not in group["people"]:
            raise Refused("not-member", status=403)
        if "migrated" in group:
            raise Refused("supergroup", status=409)
        return chat_of(group)

    def _require_open(self, person: int, group: int | None = None) -> None:
        self._chat(person, group)
        if group is None and self._telegram.users.has_blocked(person):
            raise Refused("blocked", status=409)

    def _change_members(self, group_id: int, person: int, *, leaves: bool) -> None:
        group, user = self._telegram.groups.require(group_id), self._telegram.require_person(person)
        if (person in group["people"]) != leaves:
            raise Refused("not-member" if leaves else "member")
        before = status_in(group, user)
        remaining = [member for member in group["people"] if member != person]
        admins = [admin for admin in group.get("admins", ()) if admin != person]
        people = remaining if leaves else [*remaining, person]
        if not people:
            raise Refused("last", status=409)
        group = self._telegram.groups.change(group_id, people=people, admins=admins)
        self._add_service_message(group, user, user, leaves=leaves)
        self._push_membership(chat_of(group), user, before, status_in(group, user), user)

    def _add_service_message(self, group: Json, actor: Json, user: Json, *, leaves: bool) -> None:
        """Say in a group that a user has joined or left."""
        fields = {"left_chat_member": user} if leaves else {"new_chat_members": [user]}
        message = self._telegram.chats.add(chat_of(group), actor, fields)
        self._telegram.updates.push(group["id"], "message", message)

    def _push_membership(
        self, chat: Json, actor: Json, before: str, after: str, user: Json | None = None
    ) -> None:
        """Send the bot an update of a changed status; about other users it gets one as administrator only."""
        bot = self._telegram.bot
        user = user or bot
        own, group = user["id"] == bot["id"], self._telegram.groups.get(chat["id"])
        if not own and not (group and status_in(group, bot) == "administrator"):
            return
        change = {"old_chat_member": chat_member(user, before), "new_chat_member": chat_member(user, after)}
        head = {"chat": chat, "from": actor, "date": int(time.time())}
        self._telegram.updates.push(chat["id"], "my_chat_member" if own else "chat_member", head | change)
