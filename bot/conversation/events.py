"""The events of a chat."""

from __future__ import annotations

from dataclasses import dataclass

from bot.conversation.session import Sent


@dataclass(frozen=True, slots=True)
class Pictures:
    """One picture, or those of one album in their order."""

    pictures: tuple[Sent, ...]
    caption: str = ""
    reply_to: Sent | None = None
    """The earlier picture that the message replies to."""
    as_style: bool = False
    """A sticker: always the painting, never the photo."""
    animated: bool = False
    """True if one of them is an animation."""
    captions: tuple[str, ...] = ()
    """What is said below each picture of an album; empty where that is not known."""


@dataclass(frozen=True, slots=True)
class Tapped:
    """A tap on an inline button, with the data that it carries."""

    data: str
    message: int | None = None
    """The message that was tapped."""
    own: bool = True
    """False if nothing tells that the bot has sent this message for this user."""
    offered: bool = True
    """False if nothing tells that the message has, or had, a button with these data."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command, without its slash."""

    name: str
    argument: str = ""
    reply_to: Sent | None = None
    comment: bool = False
    """True if nobody chose ``reply_to``: it is a channel's post, and this a comment below it."""
    message: int | None = None
    """Its message."""


@dataclass(frozen=True, slots=True)
class Words:
    """A text message."""

    words: str
    reply_to: Sent | None = None
    comment: bool = False
    """As in :class:`Command`."""
    message: int | None = None
    """As there."""


@dataclass(frozen=True, slots=True)
class Edited:
    """A text or a caption that the user has edited."""

    words: str
    message: int
    """Its message."""
    album: bool = False
    """True if the message is one of an album."""


@dataclass(frozen=True, slots=True)
class Other:
    """Any other message; ``kind`` is Telegram's word for it."""

    kind: str


Event = Pictures | Tapped | Command | Words | Edited | Other
