"""What can happen in a chat."""

from __future__ import annotations

from dataclasses import dataclass

from bot.conversation.session import Sent


@dataclass(frozen=True, slots=True)
class Pictures:
    """One picture, or those of one album in their order."""

    pictures: tuple[Sent, ...]
    caption: str = ""
    reply_to: Sent | None = None
    """The earlier picture that this is a reply to."""
    as_style: bool = False
    """A sticker: always the painting, never the photo."""
    animated: bool = False
    """Whether one of them moves."""


@dataclass(frozen=True, slots=True)
class Tapped:
    """An inline button; ``data`` is what it carries."""

    data: str


@dataclass(frozen=True, slots=True)
class Command:
    """A command, without its slash."""

    name: str
    argument: str = ""
    reply_to: Sent | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """A message of words alone."""

    words: str
    reply_to: Sent | None = None


@dataclass(frozen=True, slots=True)
class Other:
    """Anything that can neither be painted nor read; ``kind`` is Telegram's word for it."""

    kind: str


Event = Pictures | Tapped | Command | Words | Other
