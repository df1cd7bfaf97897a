"""From one painting to the next."""

from __future__ import annotations

from typing import Final

from bot.conversation.session import Draft, Session
from engine.painting.recipe import STRENGTHS, strength_name

_DIAL: Final = tuple(STRENGTHS.values())


def without_pictures(session: Session) -> Session:
    """Keep the choices: they are the person's own defaults."""
    return session.now(photo=None, styles=(), draft_id=None, awaiting=None)


def varied(draft: Draft, action: str, seed: int, size: int | None = None) -> Draft | None:
    """Give the draft of the next painting.

    Args:
        draft: that of the painting which is there.
        action: ``again`` (with ``seed``), ``stronger``, ``softer``, ``bigger`` (of ``size``) or ``colours``.
        seed: another one.
        size: the next one up; None if there is none.

    Returns None where there is nothing further that way.
    """
    choices = draft.choices
    at = _DIAL.index(STRENGTHS[strength_name(choices.alpha)])
    match action:
        case "stronger" | "softer":
            to = at + (1 if action == "stronger" else -1)
            if not 0 <= to < len(_DIAL):
                return None
            choices = choices.model_copy(update={"alpha": _DIAL[to]})
        case "bigger":
            if size is None:
                return None
            choices = choices.model_copy(update={"size": size})
        case "colours":
            choices = choices.model_copy(update={"keep_colours": not choices.keep_colours})
        case _:
            return draft.model_copy(update={"seed": seed})
    return draft.model_copy(update={"choices": choices})
