"""Variations of a painting: the same draft with one thing changed."""

from __future__ import annotations

from typing import Final

from bot.conversation.callback_data import JobAction
from bot.conversation.session import Draft, Session
from engine.painting.recipe import STRENGTHS, strength_name

_DIAL: Final = tuple(STRENGTHS.values())


def without_draft(session: Session) -> Session:
    """Return the session with its pictures, and nothing that was shown, chosen or asked for a painting."""
    return session.updated(
        choices=None, draft_id=None, adjusting=False, shown=None, unnamed=None, awaiting=None
    )


def without_pictures(session: Session) -> Session:
    """Return the session without its pictures. The choices stay: they are the user's own defaults."""
    return without_draft(session.updated(photo=None, styles=(), keeping=()))


def varied(draft: Draft, action: str, seed: int, size: int | None = None) -> Draft | None:
    """Return the draft of the next painting.

    Args:
        draft: the draft of the painting which is there.
        action: again (with ``seed``), stronger, softer or bigger (of ``size``).
        seed: another seed.
        size: the next size up; None if there is none.

    Returns:
        The draft; None where there is nothing further that way.
    """
    choices = draft.choices
    at = _DIAL.index(STRENGTHS[strength_name(choices.alpha)])
    match action:
        case JobAction.STRONGER | JobAction.SOFTER:
            to = at + (1 if action == JobAction.STRONGER else -1)
            if not 0 <= to < len(_DIAL):
                return None
            choices = choices.model_copy(update={"alpha": _DIAL[to]})
        case JobAction.BIGGER:
            if size is None:
                return None
            choices = choices.model_copy(update={"size": size})
        case _:
            return draft.model_copy(update={"seed": seed})
    return draft.model_copy(update={"choices": choices})
