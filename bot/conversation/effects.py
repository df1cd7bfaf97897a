"""The effects of an event: messages to send and work to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bot.conversation.callback_data import JobAction
from bot.conversation.session import Draft, Style


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
    greet: bool = False
    """True if the user has just arrived."""


@dataclass(frozen=True, slots=True)
class ShowReady:
    """Show the draft: as a new message, or in the one tapped.

    ``pictures`` is True if the pictures have changed, and not the choices alone.
    """

    draft: Draft
    draft_id: str
    new: bool
    pictures: bool = True
    adjusting: bool = False
    """True: with its choices. False: as the question what its pictures are."""


@dataclass(frozen=True, slots=True)
class Paint:
    """Queue the draft; the tapped message becomes its card, or else it gets a new one."""

    draft: Draft
    draft_id: str


@dataclass(frozen=True, slots=True)
class PaintEach:
    """Queue several drafts, as far as the user's limits allow, and say how many."""

    drafts: tuple[Draft, ...]
    draft_id: str
    """The id of the first, from which those of the others follow."""


@dataclass(frozen=True, slots=True)
class Correct:
    """Give the paintings that a message has ordered other styles, if they have not begun."""

    message: int
    styles: tuple[Style, ...]


@dataclass(frozen=True, slots=True)
class Suggest:
    """Say that a name is of no style, and offer those whose names are nearest."""

    name: str
    styles: tuple[str, ...]
    """Ids; one of the user's own begins with the action of its button."""


@dataclass(frozen=True, slots=True)
class ActOnJob:
    """Carry out a button of a job's message. ``painted`` is the Paint button of a draft that was queued."""

    action: JobAction | Literal["painted"]
    job_id: str


@dataclass(frozen=True, slots=True)
class CancelAll:
    """Cancel the user's live jobs in this chat."""

    draft: bool
    """True if a photo waits for a style. It is discarded if there are no jobs."""


@dataclass(frozen=True, slots=True)
class Account:
    """Show a part of the account: ``status``, ``settings``, ``language`` or ``forget``."""

    what: Literal["status", "settings", "language", "forget"]
    new: bool = True
    """False: in the tapped message."""


@dataclass(frozen=True, slots=True)
class Forget:
    """Erase all data of the user."""


@dataclass(frozen=True, slots=True)
class AskReport:
    """Ask whether the painting that is replied to is to be reported to the admins."""


@dataclass(frozen=True, slots=True)
class Operate:
    """Carry out an admin's command; the dispatcher knows the admins."""

    command: str
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Broadcast:
    """Send an announcement to all users."""

    text: str


Effect = (
    Say
    | Note
    | AskStyle
    | ShowReady
    | Suggest
    | Paint
    | PaintEach
    | Correct
    | ActOnJob
    | CancelAll
    | Account
    | Forget
    | AskReport
    | Operate
    | Broadcast
)
