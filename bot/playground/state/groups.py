"""Groups: chats that several people and the bot share."""

import re
from collections.abc import Sequence

from bot.playground.errors import Refusal
from bot.playground.state.store import Store
from bot.playground.types import Json, dumps

SUPERGROUP = -1_000_000_000_000
"""Supergroups have ids below this."""
MAX_TITLE = 128
SERVICE = (
    *("new_chat_members", "left_chat_member", "group_chat_created"),
    *("migrate_to_chat_id", "migrate_from_chat_id"),
)
"""What Telegram itself says in a group."""


class Groups:
    """Whoever is in one; and what became of it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def ids(self) -> list[int]:
        return [group_id for (group_id,) in self._store.rows("SELECT id FROM room ORDER BY id DESC")]

    def get(self, group_id: int) -> Json | None:
        return self._store.document("SELECT body FROM room WHERE id = ?", group_id)

    def require(self, group_id: int) -> Json:
        group = self.get(group_id)
        if group is None:
            raise Refusal("There is no group with this number.", status=404)
        return group

    def add(self, title: str, people: Sequence[int]) -> Json:
        title = " ".join(title.split())
        if not title or len(title) > MAX_TITLE:
            raise Refusal(f"A group's title has 1 to {MAX_TITLE} characters.")
        group = {"id": -self._store.next("group", 5_000), "type": "group", "title": title}
        return self._put(group | {"people": list(people), "owner": people[0], "admins": []})

    def upgrade(self, group_id: int) -> Json:
        """A group becomes a supergroup, which is another chat; the old one is closed."""
        old = self.require(group_id)
        if "migrated" in old:
            raise Refusal("It is a supergroup already.", status=409)
        new = self._put(old | {"id": SUPERGROUP - self._store.next("group", 5_000), "type": "supergroup"})
        self._put(old | {"migrated": new["id"]})
        return new

    def dismiss(self, group_id: int, *, gone: bool) -> Json:
        """The bot is thrown out, or taken in again."""
        return self.change(group_id, kicked=gone)

    def change(self, group_id: int, **what: object) -> Json:
        """Other people, other administrators."""
        return self._put(self.require(group_id) | what)

    def _put(self, group: Json) -> Json:
        self._store.run("INSERT OR REPLACE INTO room VALUES (?, ?)", group["id"], dumps(group))
        return group


def chat_of(group: Json) -> Json:
    """Telegram's Chat."""
    return {name: group[name] for name in ("id", "title", "type")}


def is_addressed(message: Json, bot: Json) -> bool:
    """Whether a bot in privacy mode hears a message of a group: a command, its name, an answer to it.

    A service message is heard by all.
    """
    text = message.get("text", message.get("caption"))
    if "reply_to_message" in message and message["reply_to_message"]["from"]["id"] == bot["id"]:
        return True
    if text is None:
        return any(kind in message for kind in SERVICE)
    name = re.escape(bot["username"])
    command = re.match(r"/[A-Za-z0-9_]{1,32}(?:@(\w+))?(?=\s|$)", text)
    if command:
        return command[1] is None or command[1].lower() == bot["username"].lower()
    return re.search(rf"(?<![\w@])@{name}\b", text, re.IGNORECASE) is not None


RIGHTS = (
    *("can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members"),
    *("can_promote_members", "can_change_info", "can_invite_users", "can_post_stories", "can_edit_stories"),
    *("can_delete_stories", "can_pin_messages", "can_send_welcome_messages"),
)
"""What an administrator of a group may do."""


def status_in(group: Json, user: Json) -> str:
    """What somebody is in a group."""
    number = user["id"]
    if user["is_bot"]:
        if group.get("kicked"):
            return "kicked"
    elif number not in group["people"]:
        return "left"
    elif number == group.get("owner"):
        return "creator"
    return "administrator" if number in group.get("admins", ()) else "member"


def member(user: Json, status: str) -> Json:
    """Telegram's ChatMember."""
    facts: Json = {}
    if status == "creator":
        facts = {"is_anonymous": False}
    elif status == "administrator":
        facts = dict.fromkeys(RIGHTS, True) | {"can_be_edited": False, "is_anonymous": False}
    elif status == "kicked":
        facts = {"until_date": 0}
    return {"user": user, "status": status} | facts
