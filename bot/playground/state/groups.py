"""Groups: chats that several users and the bot share; and the channels in whose name users may speak."""

import re
from collections.abc import Sequence

from bot.playground.errors import ApiError, BadRequest, Refusal, Refused
from bot.playground.state.store import Store
from bot.playground.types import Json, dumps

SUPERGROUP = -1_000_000_000_000
"""Upper bound of the ids of supergroups."""
MAX_TITLE = 128
"""Characters of a group's title."""
ANONYMOUS = {"id": 1_087_968_824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
"""The user from whom the messages of anonymous administrators are."""
CHANNEL_BOT = {"id": 136_817_688, "is_bot": True, "first_name": "Channel", "username": "Channel_Bot"}
"""The user from whom the messages of users are that speak as a channel."""
SERVICE_USER = {"id": 777_000, "is_bot": False, "first_name": "Telegram"}
"""The user from whom a channel's posts are in the group of their comments."""
SENT_KINDS = {
    "text": "text messages",
    "photo": "photos",
    "live_photo": "photos",
    "document": "documents",
    "video": "videos",
    "animation": "animations",
    "sticker": "stickers",
}
"""What a group may forbid to send, in Telegram's words, by the kind of message."""
SERVICE = (
    *("new_chat_members", "left_chat_member", "group_chat_created"),
    *("migrate_to_chat_id", "migrate_from_chat_id"),
)
"""Fields of the service messages of a group, by which they are recognised."""
RIGHTS = (
    *("can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members"),
    *("can_promote_members", "can_change_info", "can_invite_users", "can_post_stories", "can_edit_stories"),
    *("can_delete_stories", "can_pin_messages", "can_send_welcome_messages"),
)
"""Rights of an administrator of a group."""


class Groups:
    """The groups by id: members, administrators, and whether the bot is still there."""

    def __init__(self, store: Store) -> None:
        """Keep them in the store."""
        self._store = store

    def ids(self) -> list[int]:
        """Return all ids, the oldest group's first."""
        return [group_id for (group_id,) in self._store.rows("SELECT id FROM group_chat ORDER BY id DESC")]

    def get(self, group_id: int) -> Json | None:
        """Return a group; None if there is no such group."""
        return self._store.document("SELECT body FROM group_chat WHERE id = ?", group_id)

    def require(self, group_id: int) -> Json:
        """Return a group.

        Raises:
            Refusal: there is no such group.
        """
        group = self.get(group_id)
        if group is None:
            raise Refused("group", status=404)
        return group

    def add(self, title: str, people: Sequence[int]) -> Json:
        """Add a group, and return it; its first member is the owner.

        Raises:
            Refusal: the title is empty or too long.
        """
        title = " ".join(title.split())
        if not title or len(title) > MAX_TITLE:
            raise Refused("title", most=MAX_TITLE)
        group = {"id": -self._store.next("group", 5_000), "type": "group", "title": title}
        return self._put(group | {"people": list(people), "owner": people[0], "admins": []})

    def upgrade(self, group_id: int) -> Json:
        """Turn a group into a supergroup, which is another chat, and return that; the old chat is closed.

        Raises:
            Refusal: there is no such group, or it is a supergroup already.
        """
        old = self.require(group_id)
        if "migrated" in old:
            raise Refusal("This group is a supergroup already.", status=409)
        new = self._put(old | {"id": SUPERGROUP - self._store.next("group", 5_000), "type": "supergroup"})
        self._put(old | {"migrated": new["id"]})
        return new

    def add_channel(self, title: str) -> Json:
        """Add a channel, in whose name users may speak in groups, and return it."""
        number = SUPERGROUP - self._store.next("group", 5_000)
        return self._put({"id": number, "type": "channel", "title": title, "people": []})

    def change(self, group_id: int, **fields: object) -> Json:
        """Change fields of a group, such as its members, and return it.

        Raises:
            Refusal: there is no such group.
        """
        return self._put(self.require(group_id) | fields)

    def _put(self, group: Json) -> Json:
        self._store.run("INSERT OR REPLACE INTO group_chat VALUES (?, ?)", group["id"], dumps(group))
        return group


def chat_of(group: Json) -> Json:
    """Return a group or a channel as Telegram's Chat."""
    forum = {"is_forum": True} if "topics" in group else {}
    return {name: group[name] for name in ("id", "title", "type")} | forum


def sender_of(group: Json, user: Json) -> Json:
    """Return the fields of a message that say who speaks: a user, the group itself, or a channel."""
    voice = group.get("voices", {}).get(str(user["id"]))
    if voice is None:
        return {"from": user}
    return {"from": ANONYMOUS if voice["id"] == group["id"] else CHANNEL_BOT, "sender_chat": voice}


def topic_fields(group: Json, topic: int | None) -> Json:
    """Return the fields of a message in a topic; none in General, and in a group without topics."""
    return {"message_thread_id": topic, "is_topic_message": True} if "topics" in group and topic else {}


def check_rights(group: Json, bot: Json, kind: str, topic: int | None) -> None:
    """Check that the bot may send a message of this kind to a topic; None is General.

    Raises:
        ApiError: it may not, or there is no such topic.
    """
    if status_in(group, bot) == "administrator":
        return
    if kind in group.get("forbidden", ()):
        raise BadRequest(f"not enough rights to send {SENT_KINDS[kind]} to the chat")
    topics = group.get("topics", {})
    if topic and str(topic) not in topics:
        raise BadRequest("message thread not found")
    if topics.get(str(topic or 0), {}).get("closed"):
        raise ApiError(400, "Bad Request: TOPIC_CLOSED")


def is_addressed(message: Json, bot: Json, *, strict: bool = False) -> bool:
    """True if a bot in privacy mode receives a message of a group: a command, its name, a reply to it.

    Service messages are received by every bot. ``strict`` leaves what Telegram promises: a command in a text,
    and a reply to the bot.
    """
    text = message.get("text") if strict else message.get("text", message.get("caption"))
    if "reply_to_message" in message and message["reply_to_message"]["from"]["id"] == bot["id"]:
        return True
    if text is None:
        return any(kind in message for kind in SERVICE)
    command = re.match(r"/[A-Za-z0-9_]{1,32}(?:@(\w+))?(?=\s|$)", text)
    if command:
        return command[1] is None or command[1].lower() == bot["username"].lower()
    return not strict and mentions(text, bot)


def mentions(text: str, bot: Json) -> bool:
    """True if a text has the name of the bot."""
    name = re.escape(bot["username"])
    return re.search(rf"(?<![\w@])@{name}\b", text, re.IGNORECASE) is not None


def status_in(group: Json, user: Json) -> str:
    """Return a user's status in a group, as in Telegram's ChatMember."""
    number = user["id"]
    if user["is_bot"]:
        if group.get("kicked"):
            return "kicked"
    elif number not in group["people"]:
        return "left"
    elif number == group.get("owner"):
        return "creator"
    return "administrator" if number in group.get("admins", ()) else "member"


def chat_member(user: Json, status: str) -> Json:
    """Return Telegram's ChatMember."""
    facts: Json = {}
    if status == "creator":
        facts = {"is_anonymous": False}
    elif status == "administrator":
        facts = dict.fromkeys(RIGHTS, True) | {"can_be_edited": False, "is_anonymous": False}
    elif status == "kicked":
        facts = {"until_date": 0}
    return {"user": user, "status": status} | facts
