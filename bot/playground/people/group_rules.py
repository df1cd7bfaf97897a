"""The rules of groups, which their owners set: rights, topics, and in whose name somebody speaks."""

import time

from bot.playground.errors import Refusal
from bot.playground.methods.entities import formatted
from bot.playground.people.file_messages import content_of
from bot.playground.state.groups import SENT_KINDS, SERVICE_USER, chat_of, status_in
from bot.playground.state.telegram import Telegram
from bot.playground.types import Json
from bot.playground.upload import Upload


class GroupRules:
    """Sets the rules of a server's groups; each method raises a Refusal where Telegram's apps would."""

    _telegram: Telegram

    def add_channel(self, title: str) -> int:
        """Create a channel, in whose name users may speak in groups, and return its id."""
        channel: int = self._telegram.groups.add_channel(title)["id"]
        return channel

    async def post(self, channel: int, group: int, data: bytes, caption: str = "") -> Json:
        """Post a photo in a channel; return the message that brings it to the group of its comments."""
        content = await content_of(self._telegram.files, group, Upload.of(data, "photo.jpg"), as_photos=True)
        content |= formatted(caption).fields("caption", "caption_entities")
        chat = chat_of(self._telegram.groups.require(channel))
        origin = {"type": "channel", "chat": chat, "message_id": 1, "date": int(time.time())}
        content |= {"sender_chat": chat, "forward_origin": origin, "is_automatic_forward": True}
        telegram = self._telegram
        place = chat_of(telegram.groups.require(group))
        message = telegram.chats.add(place, SERVICE_USER, content)
        telegram.updates.push(group, "message", message)
        return message

    def speak_as(self, person: int, group_id: int, chat: int | None) -> None:
        """Let a user speak in a group as a channel, or as the group itself: an anonymous administrator."""
        group, telegram = self._telegram.groups.require(group_id), self._telegram
        voices = {key: voice for key, voice in group.get("voices", {}).items() if key != str(person)}
        if chat is not None:
            voices[str(person)] = chat_of(telegram.groups.require(chat))
        if chat == group_id and status_in(group, telegram.require_person(person)) == "member":
            raise Refusal("Only an administrator can be anonymous.", status=409)
        telegram.groups.change(group_id, voices=voices)

    def add_topic(self, group_id: int, name: str, *, closed: bool = False) -> int:
        """Add a topic to a group, which becomes a forum, and return its id."""
        topics = self._telegram.groups.require(group_id).get("topics", {})
        creator = self._telegram.require_person(self._telegram.groups.require(group_id)["people"][0])
        group = self._telegram.groups.change(group_id, topics={"0": {"name": "General"}} | topics)
        created = {"forum_topic_created": {"name": name, "icon_color": 7_322_096}}
        topic: int = self._telegram.chats.add(chat_of(group), creator, created)["message_id"]
        self._telegram.groups.change(
            group_id, topics=group["topics"] | {str(topic): {"name": name, "closed": closed}}
        )
        return topic

    def close_topic(self, group_id: int, topic: int = 0, closed: bool = True) -> None:
        """Close a topic of a group, or open it again; 0 is General."""
        topics = self._telegram.groups.require(group_id)["topics"]
        changed = topics[str(topic)] | {"closed": closed}
        self._telegram.groups.change(group_id, topics=topics | {str(topic): changed})

    def enter_topic(self, person: int, group_id: int, topic: int | None) -> None:
        """Open a topic: what the user writes in the group from now on is in it; None is General."""
        places = self._telegram.groups.require(group_id).get("places", {})
        self._telegram.groups.change(group_id, places=places | {str(person): topic})

    def forbid(self, group_id: int, *kinds: str) -> None:
        """Forbid the members of a group to send messages of these kinds, such as ``photo``."""
        if unknown := sorted(set(kinds) - set(SENT_KINDS)):
            raise Refusal(f"A group cannot forbid “{unknown[0]}”.")
        self._telegram.groups.change(group_id, forbidden=sorted(kinds))

    def protect(self, group_id: int, protected: bool = True) -> None:
        """Let nobody save or forward what is in a group."""
        self._telegram.groups.change(group_id, protected=protected)
