"""The table of the controls: each is a field of :class:`Choices`, annotated with its buttons and words.

Keyboards, taps, captions, /settings and the recipe of a job are derived from it. A new control is a field
here, one of the same name in :class:`~engine.painting.recipe.Recipe`, and its texts in every language.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, get_args

from pydantic import BaseModel, ConfigDict

from bot.conversation.rules import Rules
from engine.painting.recipe import QUALITIES, STRENGTHS, Faces, Quality

STROKES: Final = {"fine": 0.6, "medium": 1.0, "broad": 1.6}
"""Names of good scales of the painting against the canvas."""


@dataclass(frozen=True, slots=True, eq=False)
class Control:
    """The buttons and words of one setting of the recipe."""

    action: str
    """Its code in the data of its buttons; none of :class:`~bot.conversation.callback_data.Action`."""
    name: str
    """The variable that takes the choice's name, in the caption's text ``recipe`` and in its own."""
    label: str
    """The key of its buttons' text; ``{choice}`` stands for the choice's name."""
    choices: Mapping[str, Any] | Callable[[Rules], Mapping[str, Any]]
    """The values to choose from, by their names. Its button shows one, and a tap goes to the next."""

    def values(self, rules: Rules) -> Mapping[str, Any]:
        """Return the values to choose from, by their names."""
        return self.choices(rules) if callable(self.choices) else self.choices

    def choice(self, value: Any) -> str:
        """Return the name of the choice that is nearest to a value."""
        if callable(self.choices):
            return str(value)
        choices = self.choices
        return min(choices, key=lambda name: _distance(choices[name], value))

    def following(self, choice: str, rules: Rules) -> str:
        """Return the name of the next choice, round and round; the first for one that is not offered."""
        names = list(self.values(rules))
        return names[(names.index(choice) + 1) % len(names)] if choice in names else names[0]


def _distance(one: Any, other: Any) -> float:
    """Return 0 for equal values, the logarithm of the ratio of positive numbers, and else infinity."""
    if one == other:
        return 0.0
    numbers = all(isinstance(each, (int, float)) and each > 0 for each in (one, other))
    return abs(math.log(one / other)) if numbers else math.inf


class Choices(BaseModel):
    """A user's choices. None: the value of the host's :class:`Rules`."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    alpha: Annotated[
        float, Control("a", "strength", "button-strength-{choice}", STRENGTHS)
    ] = STRENGTHS["balanced"]  # fmt: skip
    keep_colours: Annotated[
        bool, Control("c", "colours", "button-colours-{choice}", {"painting": False, "mine": True})
    ] = False  # fmt: skip
    stroke: Annotated[
        float, Control("k", "stroke", "button-stroke-{choice}", STROKES)
    ] = STROKES["medium"]  # fmt: skip
    size: Annotated[
        int | None,
        Control("z", "size", "button-size", lambda rules: {str(size): size for size in rules.sizes}),
    ] = None  # fmt: skip
    quality: Annotated[
        Quality | None,
        Control("q", "quality", "button-quality-{choice}", {name: name for name in QUALITIES}),
    ] = None  # fmt: skip
    faces: Annotated[
        Faces, Control("f", "faces", "button-faces-{choice}", {name: name for name in get_args(Faces)})
    ] = "keep"  # fmt: skip

    def settings(self, rules: Rules) -> dict[str, Any]:
        """Return the settings of the recipe, with the host's where the user has not chosen."""
        chosen = {field: getattr(self, field) for field in CONTROLS}
        return {field: getattr(rules, field) if value is None else value for field, value in chosen.items()}


CONTROLS: Final[Mapping[str, Control]] = {
    name: next(control for control in field.metadata if isinstance(control, Control))
    for name, field in Choices.model_fields.items()
}
"""The controls by their fields, in the order in which they are shown."""
