"""How a painting is to be made: the choices that a person has, checked, and stored with the job."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Literal, get_args

from engine.errors import RecipeError

Quality = Literal["draft", "normal", "fine"]
Initialisation = Literal["photo", "noise", "painting"]
Statistic = Literal["moments", "gram"]
OptimizerName = Literal["lbfgs", "adam"]

QUALITIES: Final[tuple[Quality, ...]] = get_args(Quality)
STRENGTHS: Final[Mapping[str, float]] = {"photo": 1e-2, "balanced": 1e-4, "painting": 1e-6}
"""Names of good points on the α dial: α is the weight of the content."""

SIZES: Final = (128, 4096)
"""Smallest and largest size: the square root of the canvas's area in pixels."""
STROKES: Final = (0.25, 4.0)
"""Finest and broadest stroke."""

_NUMBERS: Final[Mapping[str, tuple[float, float]]] = {
    "size": SIZES,
    "alpha": (1e-8, 1.0),
    "stroke": STROKES,
    "seed": (0, 2**31 - 1),
}
_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "quality": QUALITIES,
    "init": get_args(Initialisation),
    "statistic": get_args(Statistic),
    "optimizer": get_args(OptimizerName),
}
_HEAVIEST: Final = 1e6


@dataclass(frozen=True, slots=True)
class Recipe:
    """One painting's settings. Two equal recipes over equal pictures give equal paintings.

    Raises:
        RecipeError: a setting is out of its range; the message names it and the range.
    """

    size: int = 512
    """Square root of the canvas's area, in pixels; the photo's own aspect ratio is kept."""
    alpha: float = STRENGTHS["balanced"]
    """Weight of the content: 1e-2 keeps the photo, 1e-4 is balanced, 1e-6 is nearly all style."""
    keep_colours: bool = False
    """Match the painting's colours to the photo's before the run."""
    stroke: float = 1.0
    """Scale of the style image against the canvas: larger means broader strokes."""
    quality: Quality = "normal"
    init: Initialisation = "photo"
    seed: int = 0
    style_weights: tuple[float, ...] = (1.0,)
    """One weight for each style image; only their proportions count."""
    statistic: Statistic = "moments"
    """What a style is: mean and covariance, or the Gram matrix of the first paper."""
    optimizer: OptimizerName = "lbfgs"

    def __post_init__(self) -> None:
        for name, (least, most) in _NUMBERS.items():
            value = getattr(self, name)
            whole = name in ("size", "seed")
            if not _is_number(value, whole=whole) or not least <= value <= most:
                kind = "a whole number" if whole else "a number"
                raise RecipeError(f"{name}: {kind} from {least:g} to {most:g} (got {value!r}).", setting=name)
        for name, choices in _CHOICES.items():
            if (value := getattr(self, name)) not in choices:
                raise RecipeError(f"{name}: one of {', '.join(choices)} (got {value!r}).", setting=name)
        if not isinstance(self.keep_colours, bool):
            raise RecipeError(f"keep_colours: yes or no (got {self.keep_colours!r}).", setting="keep_colours")
        if not isinstance(self.style_weights, list | tuple) or not self.style_weights:
            given = repr(self.style_weights)
            message = f"style_weights: one weight for each painting (got {given})."
            raise RecipeError(message, setting="style_weights")
        for place, weight in enumerate(self.style_weights):
            if not _is_number(weight) or not 0 < weight <= _HEAVIEST:
                name = f"style_weights.{place}"
                raise RecipeError(f"{name}: above 0, at most {_HEAVIEST:g} (got {weight!r}).", setting=name)
        object.__setattr__(self, "style_weights", tuple(self.style_weights))  # JSON has lists

    @classmethod
    def of(cls, **settings: Any) -> Recipe:
        """Build a recipe from what was stored as :meth:`as_dict`.

        Raises:
            RecipeError: a setting is unknown or out of its range.
        """
        known = {field.name for field in fields(cls)}
        for name in settings:
            if name not in known:
                raise RecipeError(f"{name}: there is no such setting.", setting=name)
        return cls(**settings)

    def as_dict(self) -> dict[str, Any]:
        """Give the settings as JSON knows them."""
        return {**asdict(self), "style_weights": list(self.style_weights)}


def _is_number(value: object, *, whole: bool = False) -> bool:
    kinds = (int,) if whole else (int, float)
    return isinstance(value, kinds) and not isinstance(value, bool) and math.isfinite(value)


def parse_strength(text: str) -> float:
    """Read ``photo``, ``balanced``, ``painting`` or a number as α.

    Raises:
        RecipeError: neither a name nor a number within the dial.
    """
    if text in STRENGTHS:
        return STRENGTHS[text]
    try:
        return Recipe(alpha=float(text)).alpha
    except (ValueError, RecipeError) as error:
        names = ", ".join(STRENGTHS)
        raise RecipeError(f"strength: {text!r} is neither {names} nor a number from 1e-8 to 1.") from error


def strength_name(alpha: float) -> str:
    """Name the point of the dial that is nearest to ``alpha`` on its logarithmic scale."""
    return min(
        STRENGTHS,
        key=lambda name: (
            abs(STRENGTHS[name] / alpha - 1) if STRENGTHS[name] > alpha else abs(alpha / STRENGTHS[name] - 1)
        ),
    )
