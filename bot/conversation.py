"""The conversation, pure: a session and an event give a new session and what to do about it.

Sessions hold references to pictures and choices, never images.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from engine.painting.recipe import STRENGTHS, strength_name


class Sent(BaseModel):
    """A picture that somebody sent; Telegram keeps it."""

    model_config = ConfigDict(frozen=True)
    kind: Literal["sent"] = "sent"
    file_id: str


class Preset(BaseModel):
    """One of our own style images."""

    model_config = ConfigDict(frozen=True)
    kind: Literal["preset"] = "preset"
    id: str


Style = Annotated[Sent | Preset, Field(discriminator="kind")]


class Draft(BaseModel):
    """A painting as far as it has been decided."""

    model_config = ConfigDict(frozen=True)
    photo: Sent
    style: Style
    alpha: float = STRENGTHS["balanced"]
    keep_colours: bool = False
    seed: int = 0


class Session(BaseModel):
    """What one person has said so far in one chat."""

    model_config = ConfigDict(frozen=True)
    photo: Sent | None = None
    style: Style | None = None
    alpha: float = STRENGTHS["balanced"]
    keep_colours: bool = False
    draft_id: str | None = None
    """Names the painting that the ready message offers; becomes the job's id, so two taps paint once."""

    @property
    def draft(self) -> Draft | None:
        """The painting, once both pictures are there."""
        if self.photo is None or self.style is None:
            return None
        return Draft(photo=self.photo, style=self.style, alpha=self.alpha, keep_colours=self.keep_colours)


# Events


@dataclass(frozen=True, slots=True)
class Pictures:
    """One picture, or those of one album in their order."""

    pictures: tuple[Sent, ...]


@dataclass(frozen=True, slots=True)
class Tapped:
    """An inline button; ``data`` is what it carries."""

    data: str


@dataclass(frozen=True, slots=True)
class Command:
    """``start``, ``help`` or ``cancel``."""

    name: str


@dataclass(frozen=True, slots=True)
class Other:
    """Anything that is not a picture."""


Event = Pictures | Tapped | Command | Other


# Effects


@dataclass(frozen=True, slots=True)
class Say:
    """Send a text by its key."""

    key: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer the tap: a toast, or an alert to be closed."""

    key: str
    alert: bool = False


@dataclass(frozen=True, slots=True)
class AskStyle:
    """Send the sheet of presets with their buttons."""


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
    """Do something about a job whose message was tapped."""

    action: Literal["cancel", "again", "stronger", "softer", "other", "file", "painted"]
    """``painted``: the Paint button of a draft that this session no longer has."""
    job_id: str


@dataclass(frozen=True, slots=True)
class CancelAll:
    """Stop all that is being painted for this person in this chat."""


Effect = Say | Answer | AskStyle | ShowReady | Paint | OfJob | CancelAll

_JOB_ACTIONS: Final = ("cancel", "again", "stronger", "softer", "other", "file")


def new_id() -> str:
    """Make an id for a draft: short, for buttons carry at most 64 bytes, and not to be guessed."""
    return secrets.token_urlsafe(9)


def step(session: Session, event: Event, fresh: Callable[[], str] = new_id) -> tuple[Session, list[Effect]]:
    """Decide. The same session and event always give the same, but for ids from ``fresh``."""
    match event:
        case Pictures(pictures):
            return _pictures(session, pictures, fresh)
        case Tapped(data):
            return _tapped(session, data, fresh)
        case Command("cancel"):
            return without_pictures(session), [CancelAll()]
        case Command(name):
            return session, [Say("help" if name == "help" else "start")]
        case Other():
            if session.photo is None:
                return session, [Say("not-a-picture")]
            return session, [Say("tap-paint") if session.style else AskStyle()]


def _pictures(
    session: Session, pictures: tuple[Sent, ...], fresh: Callable[[], str]
) -> tuple[Session, list[Effect]]:
    effects: list[Effect] = []
    if len(pictures) > 1:
        photo, style = pictures[:2]
        session = session.model_copy(update={"photo": photo, "style": style})
        if len(pictures) > 2:
            effects.append(Say("extra-pictures"))
    elif session.photo is None:
        session = session.model_copy(update={"photo": pictures[0], "style": None})
    else:
        session = session.model_copy(update={"style": pictures[0]})
    if session.draft is None:
        return session, [*effects, AskStyle()]
    return _ready(session, fresh, effects, new=True)


def _ready(
    session: Session, fresh: Callable[[], str], effects: list[Effect], *, new: bool
) -> tuple[Session, list[Effect]]:
    """Offer the painting, under an id of its own."""
    draft_id = fresh()
    session = session.model_copy(update={"draft_id": draft_id})
    assert session.draft is not None  # noqa: S101 - callers have looked
    return session, [*effects, ShowReady(session.draft, draft_id, new)]


def _tapped(session: Session, data: str, fresh: Callable[[], str]) -> tuple[Session, list[Effect]]:
    action, _, value = data.partition(":")
    if action in _JOB_ACTIONS:
        return session, [OfJob(action, value)]  # type: ignore[arg-type]
    if action == "s":
        if session.photo is None:
            return session, [Answer("ask-photo", alert=True)]
        return _ready(session.model_copy(update={"style": Preset(id=value)}), fresh, [], new=False)
    draft = session.draft
    choice, _, draft_id = value.rpartition(":")
    if draft is None or draft_id != session.draft_id:
        return session, [OfJob("painted", draft_id) if action == "p" else Answer("old-button", alert=True)]
    match action, choice:
        case "a", name if name in STRENGTHS:
            changed = session.model_copy(update={"alpha": STRENGTHS[name]})
        case "c", _:
            changed = session.model_copy(update={"keep_colours": not session.keep_colours})
        case "w", _ if isinstance(session.style, Sent):
            changed = session.model_copy(update={"photo": session.style, "style": session.photo})
        case "x", _:
            return without_pictures(session), [Say("started-over")]
        case "p", _:
            return without_pictures(session), [Paint(draft, draft_id)]
        case _:
            return session, [Answer("old-button", alert=True)]
    if changed == session or changed.draft is None:
        return session, []
    return changed, [ShowReady(changed.draft, draft_id, new=False, pictures=action == "w")]


def without_pictures(session: Session) -> Session:
    """Keep the choices: they are the person's own defaults."""
    return session.model_copy(update={"photo": None, "style": None, "draft_id": None})


def changed(draft: Draft, action: str, seed: int) -> Draft:
    """Give the draft of the next painting after ``again`` (with another seed), ``stronger`` or ``softer``."""
    dial = list(STRENGTHS.values())
    at = dial.index(STRENGTHS[strength_name(draft.alpha)])
    match action:
        case "stronger":
            return draft.model_copy(update={"alpha": dial[min(at + 1, len(dial) - 1)]})
        case "softer":
            return draft.model_copy(update={"alpha": dial[max(at - 1, 0)]})
        case _:
            return draft.model_copy(update={"seed": seed})
