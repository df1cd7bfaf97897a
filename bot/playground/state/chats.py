"""The messages of every chat, as Telegram's own JSON, with the history of their edits."""

import secrets
import time

from bot.playground.state.ephemeral import is_visible
from bot.playground.state.events import Events
from bot.playground.state.store import Store
from bot.playground.types import Json, dumps

CONTENT = (
    "text",
    "entities",
    "link_preview_options",
    "caption",
    "caption_entities",
    "show_caption_above_media",
    "has_media_spoiler",
    "photo",
    "live_photo",
    "document",
    "video",
    "animation",
    "sticker",
)
"""Fields of a message that an edit may replace; the rest (id, date, sender …) stays."""
CAPTION = ("caption", "caption_entities", "show_caption_above_media")
"""Fields of a message that make up its caption."""
HISTORY_KEPT = 5000
"""Newest entries of a chat's transcript that outlast a start: each edit of a card is one."""
PRUNE = """
DELETE FROM history WHERE id IN (
    SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY chat ORDER BY id DESC) AS place FROM history)
    WHERE place > ?
) AND id NOT IN (
    SELECT max(id) FROM history WHERE json_extract(body, '$.event') = 'reaction'
    GROUP BY chat, json_extract(body, '$.message_id')
)
"""
"""The statement that does so, but for the newest reaction to each message."""
HEAD = ("message_id", "from", "chat", "date", "edit_date", "media_group_id", "reply_to_message")
"""Fields that come first in a message, in Telegram's order, so that transcripts are easy to read."""


class Chats:
    """The messages of all chats; every change is published and kept in the transcript."""

    def __init__(self, store: Store, events: Events) -> None:
        """Keep messages in the store, and publish to the events."""
        self._store = store
        self._events = events

    def get(self, chat: int, message_id: int) -> Json | None:
        """Return a message as it is now; None if it is not there."""
        return self._store.document("SELECT body FROM message WHERE chat = ? AND id = ?", chat, message_id)

    def messages(self, chat: int) -> list[Json]:
        """Return a chat's messages as they are now, in order."""
        return self._store.documents("SELECT body FROM message WHERE chat = ? ORDER BY id", chat)

    def ephemeral(self, chat: int, number: int) -> Json | None:
        """Return an ephemeral message by its own number; None if it is not there."""
        found = (message for message in self.messages(chat) if message.get("ephemeral_message_id") == number)
        return next(found, None)

    def transcript(self, chat: int) -> list[Json]:
        """Return all that happened in a chat, in order, with each version of each message."""
        return self._store.documents("SELECT body FROM history WHERE chat = ? ORDER BY id", chat)

    def reactions(self, chat: int) -> Json:
        """Return the newest reaction to each message, by its id; Telegram keeps them apart from messages."""
        noted = (entry for entry in self.transcript(chat) if entry["event"] == "reaction")
        return {str(entry["message_id"]): entry["reaction"] for entry in noted}

    def notifications(self, chat: int, person: int) -> list[Json]:
        """Return the messages of which a user's app has told, as they were sent.

        It tells of others' new messages, and once of an album; never of an edit, nor of a message that was
        sent without a sound, nor of a service message.
        """
        told, albums = [], set()
        for entry in self.transcript(chat):
            message = entry.get("message", {})
            new = entry["event"] == "message" and not entry.get("silent") and medium_or_text(message)
            album = message.get("media_group_id")
            others = new and message["from"]["id"] != person and is_visible(message, person)
            if others and album not in albums:
                told.append(message)
                albums |= {album} - {None}
        return told

    def add(self, chat: Json, sender: Json, content: Json, *, silent: bool = False) -> Json:
        """Add a message, and return it; ids grow over all chats, as they do for a bot in private chats.

        A ``silent`` one notifies nobody.
        """
        message_id = self._store.next("message")
        head = {"message_id": message_id, "from": sender, "chat": chat, "date": int(time.time())}
        message = _ordered(head | content)
        with self._store.transaction():
            self._store.run("INSERT INTO message VALUES (?, ?, ?)", chat["id"], message_id, dumps(message))
            muted = {"silent": True} if silent else {}
            self._remember(chat["id"], "message", {"message": message} | muted)
        self._events.publish(chat["id"], "message", {"message": message})
        return message

    def replace(self, message: Json) -> Json:
        """Store a new version of a message, and return it."""
        chat, message_id = message["chat"]["id"], message["message_id"]
        message = _ordered(message)
        with self._store.transaction():
            self._store.run(
                "UPDATE message SET body = ? WHERE chat = ? AND id = ?", dumps(message), chat, message_id
            )
            self._remember(chat, "edit", {"message": message})
        self._events.publish(chat, "edit", {"message": message})
        return message

    def remove(self, chat: int, message_id: int) -> bool:
        """Delete a message; False if it is not there."""
        with self._store.transaction():
            found = self._store.run("DELETE FROM message WHERE chat = ? AND id = ?", chat, message_id) > 0
            if found:
                self._remember(chat, "delete", {"message_id": message_id})
        if found:
            self._events.publish(chat, "delete", {"message_id": message_id})
        return found

    def clear(self, chat: int) -> None:
        """Delete a chat's messages and its transcript."""
        with self._store.transaction():
            self._store.run("DELETE FROM message WHERE chat = ?", chat)
            self._store.run("DELETE FROM history WHERE chat = ?", chat)
        self._events.publish(chat, "snapshot", {"messages": [], "reactions": {}})

    def prune(self) -> None:
        """Delete the oldest entries of long transcripts, at the start: until then a test may look at them.

        Messages stay as they are, and so do their reactions.
        """
        self._store.run(PRUNE, HISTORY_KEPT)

    def note(self, chat: int, event: str, data: Json) -> None:
        """Keep and publish something that is not a message, such as a tap."""
        self._remember(chat, event, data)
        self._events.publish(chat, event, data)

    def _remember(self, chat: int, event: str, data: Json) -> None:
        body = {"event": event, "at": round(time.time(), 3), **data}
        self._store.run("INSERT INTO history (chat, body) VALUES (?, ?)", chat, dumps(body))


def medium(message: Json) -> str | None:
    """Return the kind of file in a message; an animation also fills the field `document`."""
    kinds = ("animation", "live_photo", "video", "document", "photo", "sticker")
    return next((kind for kind in kinds if kind in message), None)


def medium_or_text(message: Json) -> bool:
    """Return whether somebody has said or sent something in a message; a service message has neither."""
    return "text" in message or medium(message) is not None


def _ordered(message: Json) -> Json:
    head = {key: message[key] for key in HEAD if key in message}
    tail = {"reply_markup": message["reply_markup"]} if message.get("reply_markup") else {}
    middle = {key: value for key, value in message.items() if key not in HEAD and key != "reply_markup"}
    return head | middle | tail


def new_media_group_id() -> str:
    """Return an id for the messages of one album."""
    return str(10**16 + secrets.randbelow(10**16))


def without_reply(message: Json) -> Json:
    """Return a message as it is nested in a reply to it: Telegram nests replies one level deep."""
    return {key: value for key, value in message.items() if key != "reply_to_message"}


def buttons(message: Json) -> list[Json]:
    """Return the inline buttons of a message."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [button for row in rows for button in row]
