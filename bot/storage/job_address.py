"""A job's address: its messages, and what it was ordered with. The engine never reads it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from telegram import ReplyParameters

from bot.conversation import CatalogueStyle, Draft
from engine.queue import Job

_OWNER = "telegram:"


class Address(BaseModel):
    """The messages of a job, and what it was ordered with."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)
    chat: int
    message: int = 0
    """The card, which shows the progress and goes in the end; 0 as long as there is none."""
    painting: int = 0
    """The message of the finished painting; 0 before it is sent."""
    file_id: str = ""
    """Telegram's id of the painting's photo; empty if there is none."""
    guest_message: str = ""
    """The message in a chat where the bot is a guest, by its inline id; empty for an order from elsewhere."""
    language: str | None = None
    draft: Draft
    style: str
    """The style's title, as users see it."""
    credit: str = ""
    """The credits of the styles, a line each; empty if they need none."""
    source: int | None = None
    """The user's message with the photo, which gets a reaction and the painting as a reply."""
    thread: int | None = None
    """The topic, in a chat that has topics; None for General."""
    held: bool = False
    """True if Telegram took the painting in no form: its user was told so, and can ask for it again."""
    said: int | None = None
    """The user's message that named the styles; None if a button did."""
    asked: int | None = None
    """The size that was ordered, if the painting is smaller because the queue was long."""

    @property
    def ordered_by(self) -> int | None:
        """The message whose words the painting follows: those that named its styles, or its photo's."""
        return self.said or self.source

    def without_messages(self) -> Address:
        """Return the address without the user's messages, which have other numbers in another chat."""
        photo = self.draft.photo.model_copy(update={"message": None})
        draft = self.draft.model_copy(update={"photo": photo, "said": None})
        return self.model_copy(update={"draft": draft, "source": None, "said": None})

    @property
    def reply(self) -> ReplyParameters | None:
        """A reply to the photo, if that is known and still there."""
        if not self.source:
            return None
        return ReplyParameters(self.source, allow_sending_without_reply=True)

    @property
    def covered(self) -> bool | None:
        """True if its pictures are to be covered as spoilers."""
        return self.draft.covered or None

    @property
    def protected(self) -> bool | None:
        """True if its pictures may not be forwarded or saved."""
        return self.draft.protected or None

    @property
    def shareable(self) -> str:
        """The id of the painting's photo, by which anybody may have it; empty if it may not be shared."""
        return "" if self.covered or self.protected else self.file_id

    @property
    def posted_as_guest(self) -> bool:
        """True if the finished painting stands in a chat where the bot, a guest, can delete nothing."""
        return bool(self.guest_message and self.file_id and not self.protected)

    @property
    def stem(self) -> str:
        """The name of the painting's files, without a suffix."""
        style = self.draft.styles[0]
        return f"atelier-{style.id.replace('_', '-') if isinstance(style, CatalogueStyle) else 'painting'}"

    @property
    def file_name(self) -> str:
        """The name of the painting's file."""
        return f"{self.stem}.png"

    @classmethod
    def of(cls, job: Job) -> Address | None:
        """Return a job's address; None if the job is not the bot's."""
        return None if job.address is None else cls.model_validate(job.address)


def owner(person: int) -> str:
    """Return a user's name as an owner of jobs."""
    return f"{_OWNER}{person}"


def person_of(job: Job) -> int:
    """Return the id of the user who owns a job."""
    return int(job.owner.removeprefix(_OWNER))
