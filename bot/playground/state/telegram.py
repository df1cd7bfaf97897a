"""The server's state, composed of its parts: the chats of one bot with its users."""

import secrets
from collections import deque
from pathlib import Path
from typing import NamedTuple

from bot.playground.conditions.faults import Faults
from bot.playground.conditions.flood import FloodLimits
from bot.playground.errors import ApiError, BadRequest, Migrated, Refused
from bot.playground.params import Params
from bot.playground.state.bot_profile import BotProfile
from bot.playground.state.chats import Chats
from bot.playground.state.events import Events
from bot.playground.state.files import Files
from bot.playground.state.groups import Groups, chat_of, status_in
from bot.playground.state.guest_queries import GuestQueries
from bot.playground.state.inline_queries import InlineQueries
from bot.playground.state.store import Store
from bot.playground.state.taps import LIFETIME, Taps
from bot.playground.state.updates import Updates
from bot.playground.state.users import Users, private_chat
from bot.playground.state.webhook_delivery import Webhook
from bot.playground.types import Json

BOT_ID = 7_000_000_001
"""The bot's id, unless its token has another."""
CALLS_KEPT = 2_000
"""Calls of the bot that are remembered."""


class Call(NamedTuple):
    """A call that the bot made, as it came: for tests that look at the parameters a bot sends."""

    method: str
    values: Json
    uploads: dict[str, int]
    """Bytes of each upload."""
    at: float
    """Seconds, by the monotonic clock."""


class Telegram:
    """A Telegram server for one bot."""

    def __init__(
        self,
        folder: Path | None = None,
        *,
        token: str | None = None,
        flood: FloodLimits | None = None,
        tap_lifetime: float = LIFETIME,
    ) -> None:
        """Open the folder, or start empty.

        Args:
            folder: where the state survives any kind of end: chats, files, waiting updates, the bot's token
                and profile; None: nothing is left behind.
            token: the bot's token; None: the folder's, or a new one.
            flood: limits on the bot's messages; None: there are none.
            tap_lifetime: seconds for which a callback query can be answered.
        """
        self.store = Store(folder)
        self.token: str = token or self.store.setting("token") or f"{BOT_ID}:{secrets.token_urlsafe(26)}"
        self.store.set("token", self.token)
        bot_id = self.token.partition(":")[0]
        self.bot: Json = {
            "id": int(bot_id) if bot_id.isdecimal() else BOT_ID,
            "is_bot": True,
            "first_name": "Atelier",
            "username": "atelier_bot",
        }
        self.privacy = True
        """In groups the bot receives only messages that are addressed to it."""
        self.inline = False
        """Users may ask the bot in other chats: inline mode is on at @BotFather."""
        self.guests = False
        """Users may name the bot in chats where it is no member: guest mode is on at @BotFather."""
        self.ephemeral = True
        """The server knows ephemeral messages: it is of Bot API 10.2 or later."""
        self.strict_privacy = False
        """In privacy mode it receives only those that Telegram promises."""
        self.local = False
        """The server runs with ``--local``: files are read by their absolute paths, and not downloaded."""
        self.profile = BotProfile(self.store, self.announce)
        self.events = Events()
        self.users = Users(self.store)
        self.groups = Groups(self.store)
        self.files = Files(self.store)
        self.files.prune()
        self.chats = Chats(self.store, self.events)
        self.chats.prune()
        self.updates = Updates(self.store, self.events, self.announce)
        self.webhook = Webhook(self.store, self.events, self.updates)
        self.taps = Taps(tap_lifetime)
        self.inline_queries = InlineQueries()
        self.guest_queries = GuestQueries()
        self.faults = Faults()
        self.flood = flood
        self.calls: deque[Call] = deque(maxlen=CALLS_KEPT)

    def close(self) -> None:
        """End polls, streams and deliveries, and close the store; call it on the event loop that served."""
        self.webhook.stop()
        self.updates.close()
        self.events.close()
        self.store.close()

    def known_chat(self, params: Params) -> Json:
        """Return the chat that a call names, as Telegram's Chat.

        Raises:
            BadRequest: there is no such chat, or its user has never written.
        """
        chat_id = params.text("chat_id")
        if not chat_id:
            raise BadRequest("chat_id is empty")
        if group := self.groups.get(params.integer("chat_id")):
            return chat_of(group)
        user = self.users.get(params.integer("chat_id"))
        if user is None or not self.users.has_started(user["id"]):
            raise BadRequest("chat not found")
        return private_chat(user)

    def writable(self, params: Params) -> Json:
        """Return the chat that a call names, if the bot may write there.

        Raises:
            ApiError: it may not.
        """
        chat = self.known_chat(params)
        group = self.groups.get(chat["id"])
        if group and "migrated" in group:
            raise Migrated(group["migrated"])
        if group and group.get("kicked"):
            raise ApiError(403, f"Forbidden: bot was kicked from the {chat['type']} chat")
        if not group and self.users.has_blocked(chat["id"]):
            raise ApiError(403, "Forbidden: bot was blocked by the user")
        return chat

    def require_person(self, person: int) -> Json:
        """Return a user as Telegram's User.

        Raises:
            Refusal: there is no such user.
        """
        user = self.users.get(person)
        if user is None:
            raise Refused("user", status=404)
        return user

    def require_message(self, chat: int, message_id: int) -> Json:
        """Return a message as it is now.

        Raises:
            Refusal: it is not there.
        """
        message = self.chats.get(chat, message_id)
        if message is None:
            raise Refused("message", status=404)
        return message

    def card(self, person: int | None = None, chat: int | None = None) -> Json:
        """Return the bot as the page shows it to a user in a chat; in their private chat if None."""
        user = self.users.get(person) if person is not None else None
        language = user["language_code"] if user else ""
        return {
            "username": self.bot["username"],
            "name": self.profile.text("name", language) or self.bot["first_name"],
            "description": self.profile.text("description", language),
            "short_description": self.profile.text("short_description", language),
            "commands": self.profile.commands(language, self._scopes(user, chat)),
            "connected": self.updates.connected,
        }

    def _scopes(self, user: Json | None, chat: int | None) -> list[Json]:
        """Return the scopes of a user's commands in a chat, the narrowest first, in Telegram's order."""
        here, default = {"chat_id": chat}, {"type": "default"}
        group = self.groups.get(chat) if chat is not None else None
        if user is None or group is None:
            own = [{"type": "chat", "chat_id": user["id"]}] if user else []
            return [*own, {"type": "all_private_chats"}, default]
        is_admin = status_in(group, user) in ("creator", "administrator")
        return [
            {"type": "chat_member", **here, "user_id": user["id"]},
            *([{"type": "chat_administrators", **here}] if is_admin else []),
            {"type": "chat", **here},
            *([{"type": "all_chat_administrators"}] if is_admin else []),
            {"type": "all_group_chats"},
            default,
        ]

    def announce(self) -> None:
        """Send the bot's card to the open pages."""
        self.events.broadcast("bot", self.card())

    def snapshot(self, chat: int) -> Json:
        """Return all that a page which opens a chat has to show."""
        return {"messages": self.chats.messages(chat), "reactions": self.chats.reactions(chat)}

    def clear(self, chat: int) -> None:
        """Empty a chat: messages, files, waiting updates. The bot may still write there.

        Raises:
            Refusal: there is no such chat.
        """
        if self.groups.get(chat) is None:
            self.require_person(chat)
        self.updates.clear(chat)
        self.chats.clear(chat)
        self.files.forget(chat)
