"""What can be done about an event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bot.conversation.callback_data import JobAction
from bot.conversation.session import Draft


@dataclass(frozen=True, slots=True)
class Say:
    """Send a text by its key."""

    key: str
    values: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Note:
    """Answer the tap: a toast, or an alert to be closed."""

    key: str
    alert: bool = False


@dataclass(frozen=True, slots=True)
class AskStyle:
    """Show a page of styles with their buttons: as a new message, or in the one tapped."""

    page: int | Literal["mine"] = 0
    new: bool = True
    draft_id: str | None = None
    """The draft to go back to."""


@dataclass(frozen=True, slots=True)
class ShowReady:
    """Show the draft with its controls: as a new message, or in the one tapped.

    ``pictures`` says whether the pictures themselves have changed, or only the choices.
    """

    draft: Draft
    draft_id: str
    new: bool
    pictures: bool = True


@dataclass(frozen=True, slots=True)
class Paint:
    """Put the draft into the queue; the tapped message becomes its status."""

    draft: Draft
    draft_id: str


@dataclass(frozen=True, slots=True)
class OfJob:
    """Do something about a job whose message was tapped. ``painted`` is the Paint button of an old draft."""

    action: JobAction | Literal["painted"]
    job_id: str


@dataclass(frozen=True, slots=True)
class CancelAll:
    """Stop all that is being painted for this person in this chat."""

    draft: bool
    """Whether something that was not being painted yet is laid aside with it."""


@dataclass(frozen=True, slots=True)
class Account:
    """Show what concerns the person: ``status``, ``settings``, ``language`` or ``forget``."""

    what: Literal["status", "settings", "language", "forget"]
    new: bool = True


@dataclass(frozen=True, slots=True)
class Forget:
    """Erase everything that is known of the person."""


@dataclass(frozen=True, slots=True)
class Operate:
    """An admin's command; whether the person is one is for the house to know."""

    command: str
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Broadcast:
    """Tell everybody."""

    text: str


Effect = (
    Say | Note | AskStyle | ShowReady | Paint | OfJob | CancelAll | Account | Forget | Operate | Broadcast
)
