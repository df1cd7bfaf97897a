"""The address on a job: where its owner waits, and what was asked for. The engine never looks inside."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from bot.conversation import CatalogueStyle, Draft
from engine.queue import Job

_OWNER = "telegram:"


class Address(BaseModel):
    """The status message that becomes the painting."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)
    chat: int
    message: int
    language: str | None = None
    draft: Draft
    style: str
    """The style's title, for people."""
    credit: str = ""
    """Whose works the styles are, in a line each; empty where they are nobody's."""
    source: int | None = None
    """The person's message with the photo, for a reaction."""
    asked: int | None = None
    """The size that was asked for, where many were waiting and it was painted smaller."""

    @property
    def stem(self) -> str:
        """What to call the painting's files."""
        style = self.draft.styles[0]
        return f"atelier-{style.id.replace('_', '-') if isinstance(style, CatalogueStyle) else 'painting'}"

    @property
    def file_name(self) -> str:
        """What to call the painting's file."""
        return f"{self.stem}.png"

    @classmethod
    def of(cls, job: Job) -> Address | None:
        """Read a job's address; None if the job was not the bot's."""
        return None if job.address is None else cls.model_validate(job.address)


def owner(person: int) -> str:
    """Name a person to the queue."""
    return f"{_OWNER}{person}"


def person_of(job: Job) -> int:
    """Who owns a job."""
    return int(job.owner.removeprefix(_OWNER))
