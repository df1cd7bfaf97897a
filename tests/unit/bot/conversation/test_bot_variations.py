"""From one painting to the next."""

from __future__ import annotations

import pytest

from bot.conversation import Choices, Draft, Sent, varied
from engine.painting.recipe import STRENGTHS

DRAFT = Draft(photo=Sent(file_id="photo"), styles=(Sent(file_id="painting"),))


def with_choices(**choices: object) -> Draft:
    return DRAFT.model_copy(update={"choices": Choices.model_validate(choices)})


@pytest.mark.parametrize(
    ("before", "action", "after"),
    [
        ("photo", "stronger", "balanced"),
        ("balanced", "softer", "photo"),
        ("balanced", "stronger", "painting"),
        ("painting", "softer", "balanced"),
    ],
)
def test_stronger_and_softer_turn_the_dial_by_one(before: str, action: str, after: str) -> None:
    draft = with_choices(alpha=STRENGTHS[before])
    assert varied(draft, action, 7) == with_choices(alpha=STRENGTHS[after])


@pytest.mark.parametrize(("at", "action"), [("photo", "softer"), ("painting", "stronger")])
def test_the_dial_has_an_end(at: str, action: str) -> None:
    assert varied(with_choices(alpha=STRENGTHS[at]), action, 7) is None


def test_again_paints_with_another_seed() -> None:
    assert varied(DRAFT, "again", 7) == DRAFT.model_copy(update={"seed": 7})


def test_bigger_is_the_next_size_if_there_is_one() -> None:
    assert varied(DRAFT, "bigger", 7, 768) == with_choices(size=768)
    assert varied(DRAFT, "bigger", 7, None) is None
