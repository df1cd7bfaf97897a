"""The state of a conversation: references to pictures, and choices; never images."""

from __future__ import annotations

from hashlib import blake2s
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.conversation.controls import Choices

MOST_PAINTINGS: Final = 3
"""Paintings that one picture may be a blend of."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class Sent(_Frozen):
    """A picture that somebody sent; Telegram keeps it."""

    kind: Literal["sent"] = "sent"
    file_id: str
    message: int | None = None
    """The message that it came with."""


class CatalogueStyle(_Frozen):
    """A style of the catalogue, by its id."""

    kind: Literal["preset"] = "preset"
    id: str


Style = Annotated[Sent | CatalogueStyle, Field(discriminator="kind")]


def mark(style: Style) -> str:
    """A few characters that tell a painting from another, for the button that swaps it with the photo."""
    return blake2s(style.model_dump_json().encode(), digest_size=3).hexdigest()


class Kept(_Frozen):
    """A painting that a person keeps as a style, under a name of their own."""

    id: str
    name: str
    picture: Sent


class Draft(_Frozen):
    """A painting as far as it has been decided."""

    photo: Sent
    styles: tuple[Style, ...] = Field(min_length=1)
    choices: Choices = Choices()
    seed: int = 0


class Person(_Frozen):
    """What is remembered of a person in all chats."""

    language: str | None = None
    """The one they chose; None: as their Telegram has it."""
    choices: Choices = Choices()
    last: tuple[Style, ...] = ()
    """What they last painted with."""
    styles: tuple[Kept, ...] = ()

    def changed(self, before: Person, after: Person) -> Person:
        """The same with what has changed from ``before`` to ``after``, and nothing else.

        So what somebody did in another chat meanwhile stays.
        """
        if self == before:
            return after
        changes = _changes(before, after)
        if "choices" in changes:
            changes["choices"] = self.choices.model_copy(update=_changes(before.choices, after.choices))
        if "styles" in changes:
            new = tuple(kept for kept in after.styles if kept not in before.styles)
            gone = {kept.id for kept in before.styles} - {kept.id for kept in after.styles}
            gone |= {kept.id for kept in new}
            changes["styles"] = tuple(kept for kept in self.styles if kept.id not in gone) + new
        return self.model_copy(update=changes)


def _changes(before: BaseModel, after: BaseModel) -> dict[str, Any]:
    fields = type(after).model_fields
    return {name: getattr(after, name) for name in fields if getattr(after, name) != getattr(before, name)}


class Session(_Frozen):
    """What one person has said so far in one chat."""

    photo: Sent | None = None
    styles: tuple[Style, ...] = ()
    draft_id: str | None = None
    """Names the painting that the ready message offers; becomes the job's id, so two taps paint once."""
    awaiting: Literal["blend", "name", "broadcast"] | None = None
    """What the next picture or words are for, if not for the usual."""
    broadcast: str = ""
    """What an admin is about to tell everybody."""
    person: Person = Person()

    @property
    def draft(self) -> Draft | None:
        """The painting, once all its pictures are there."""
        if self.photo is None or not self.styles:
            return None
        return Draft(photo=self.photo, styles=self.styles, choices=self.person.choices)

    def now(self, **changes: Any) -> Session:
        """The same with some fields changed."""
        return self.model_copy(update=changes)

    def choosing(self, **changes: Any) -> Session:
        """The same with some of the person's choices changed."""
        choices = self.person.choices.model_copy(update=changes)
        return self.now(person=self.person.model_copy(update={"choices": choices}))
