"""How a painting is to be made: the choices that a person has, checked, and stored with the job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.errors import RecipeError

Quality = Literal["draft", "normal", "fine"]
Initialisation = Literal["photo", "noise", "painting"]

STRENGTHS: Final[Mapping[str, float]] = {"photo": 1e-2, "balanced": 1e-4, "painting": 1e-6}
"""Names of good points on the α dial: α is the weight of the content."""

SIZES: Final = (128, 4096)
"""Smallest and largest size: the square root of the canvas's area in pixels."""


class Recipe(BaseModel):
    """One painting's settings. Two equal recipes over equal pictures give equal paintings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: Annotated[int, Field(ge=SIZES[0], le=SIZES[1])] = 512
    """Square root of the canvas's area, in pixels; the photo's own aspect ratio is kept."""
    alpha: Annotated[float, Field(ge=1e-8, le=1.0, allow_inf_nan=False)] = STRENGTHS["balanced"]
    """Weight of the content: 1e-2 keeps the photo, 1e-4 is balanced, 1e-6 is nearly all style."""
    keep_colours: bool = False
    """Match the painting's colours to the photo's before the run."""
    stroke: Annotated[float, Field(ge=0.25, le=4.0, allow_inf_nan=False)] = 1.0
    """Scale of the style image against the canvas: larger means broader strokes."""
    quality: Quality = "normal"
    init: Initialisation = "photo"
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    style_weights: Annotated[tuple[Annotated[float, Field(gt=0, le=1e6)], ...], Field(min_length=1)] = (1.0,)
    """One weight for each style image; only their proportions count."""

    @classmethod
    def of(cls, **settings: Any) -> Recipe:
        """Build a recipe.

        Raises:
            RecipeError: a setting is out of its range; the message names it and the range.
        """
        try:
            return cls(**settings)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            name = ".".join(str(part) for part in first["loc"]) or "recipe"
            reason = first["msg"][:1].lower() + first["msg"][1:]
            raise RecipeError(f"{name}: {reason} (got {first['input']!r}).", setting=name) from error


def parse_strength(text: str) -> float:
    """Read ``photo``, ``balanced``, ``painting`` or a number as α.

    Raises:
        RecipeError: neither a name nor a number within the dial.
    """
    if text in STRENGTHS:
        return STRENGTHS[text]
    try:
        return Recipe.of(alpha=float(text)).alpha
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
