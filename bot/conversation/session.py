"""The state of a conversation: references to pictures, and choices; never images."""

from __future__ import annotations

from hashlib import blake2s
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.conversation.controls import Choices

MAX_PAINTINGS: Final = 3
"""Paintings that one picture may be a blend of."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class Sent(_Frozen):
    """A picture that a user sent. Telegram stores it."""

    kind: Literal["sent"] = "sent"
    file_id: str
    message: int | None = None
    """The id of its message."""
    covered: bool = False
    """True if it is hidden as a spoiler, until somebody taps it."""
    protected: bool = False
    """True if it may not be forwarded or saved."""


class CatalogueStyle(_Frozen):
    """A style of the catalogue, by its id."""

    kind: Literal["preset"] = "preset"
    id: str


Style = Annotated[Sent | CatalogueStyle, Field(discriminator="kind")]


def mark(style: Style) -> str:
    """Return a short hash of a style, for the button that swaps it with the photo."""
    return blake2s(style.model_dump_json().encode(), digest_size=3).hexdigest()


class Kept(_Frozen):
    """A style that a user keeps under a name of their own: a painting, or a blend."""

    id: str
    name: str
    styles: tuple[Style, ...] = Field(min_length=1)
    """Several for a blend."""


class Draft(_Frozen):
    """A painting that can be queued: the photo, the styles and the choices."""

    photo: Sent
    styles: tuple[Style, ...] = Field(min_length=1)
    choices: Choices = Choices()
    seed: int = 0
    name: str = ""
    """The user's own name of the styles, if they keep them."""
    said: int | None = None
    """The message that named the styles, where that is another one than the message with the order."""

    @property
    def sent(self) -> tuple[Sent, ...]:
        """The pictures that the user sent."""
        return tuple(each for each in (self.photo, *self.styles) if isinstance(each, Sent))

    @property
    def covered(self) -> bool:
        """True if one of its pictures came as a spoiler; then all that shows it is one."""
        return any(each.covered for each in self.sent)

    @property
    def protected(self) -> bool:
        """True if one of its pictures may not be forwarded; then the painting may not."""
        return any(each.protected for each in self.sent)

    @property
    def keepable(self) -> bool:
        """True if the styles are not simply one of the catalogue's."""
        return len(self.styles) > 1 or isinstance(self.styles[0], Sent)


class Person(_Frozen):
    """The state of a user in all chats."""

    language: str | None = None
    """The chosen language; None for Telegram's."""
    choices: Choices = Choices()
    last: tuple[Style, ...] = ()
    """The styles of the last painting."""
    styles: tuple[Kept, ...] = ()

    def name_of(self, styles: tuple[Style, ...]) -> str:
        """Return the user's own name of these styles; empty if they are not kept."""
        return next((kept.name for kept in self.styles if kept.styles == styles), "")

    def draft(self, photo: Sent, styles: tuple[Style, ...], choices: Choices | None = None) -> Draft:
        """Return a draft with the user's choices, if it has none of its own."""
        name = self.name_of(styles)
        return Draft(photo=photo, styles=styles, choices=choices or self.choices, name=name)

    def merged(self, before: Person, after: Person) -> Person:
        """Return a copy with the changes from ``before`` to ``after``, and no others.

        So a change that was made in another chat meanwhile stays.
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
    """The state of a user's conversation in one chat."""

    photo: Sent | None = None
    styles: tuple[Style, ...] = ()
    choices: Choices | None = None
    """The choices for this draft alone, where a painting is adjusted; None: the user's own."""
    draft_id: str | None = None
    """The id of the draft that is shown. It becomes the job's, so that two taps paint once."""
    adjusting: bool = False
    """True if the draft is shown with its choices, and not as a question."""
    shown: int | None = None
    """The message that shows the draft."""
    taken: int | None = None
    """The message that has become the card of the latest painting: its former buttons do nothing more."""
    unnamed: int | None = None
    """The message whose words named no style; they may still be corrected."""
    awaiting: Literal["blend", "name", "broadcast"] | None = None
    """The purpose of the next picture or text, where it is an answer."""
    keeping: tuple[Style, ...] = ()
    """The paintings whose name is awaited."""
    broadcast: str = ""
    """The text of an announcement that waits for its confirmation."""
    person: Person = Person()

    @property
    def draft(self) -> Draft | None:
        """The draft, once there are a photo and a style."""
        if self.photo is None or not self.styles:
            return None
        return self.person.draft(self.photo, self.styles, self.choices)

    @property
    def pictures(self) -> tuple[Style, ...]:
        """All that the session refers to, the user's saved styles included."""
        photo = () if self.photo is None else (self.photo,)
        kept = (picture for style in self.person.styles for picture in style.styles)
        return *photo, *self.styles, *self.keeping, *self.person.last, *kept

    def updated(self, **changes: Any) -> Session:
        """Return a copy with some fields changed."""
        return self.model_copy(update=changes)

    def with_choices(self, **changes: Any) -> Session:
        """Return a copy with some of the user's choices changed."""
        choices = self.person.choices.model_copy(update=changes)
        return self.updated(person=self.person.model_copy(update={"choices": choices}))

    def with_draft_choices(self, **changes: Any) -> Session:
        """Return a copy with some choices changed: the draft's if it has its own, or else the user's."""
        if self.choices is None:
            return self.with_choices(**changes)
        return self.updated(choices=self.choices.model_copy(update=changes))
