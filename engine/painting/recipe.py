"""A painting's settings: each with its default, its range and a few words of help.

A recipe is checked when it is made, and stored with its job. Nothing here imports torch: the bot has
recipes too.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final, Literal, get_args

from engine.errors import RecipeError
from engine.painting.statistic import STATISTICS

Quality = Literal["draft", "normal", "fine"]
Initialisation = Literal["photo", "noise", "painting"]
OptimizerName = Literal["lbfgs", "adam"]
Faces = Literal["keep", "paint"]

QUALITIES: Final[tuple[Quality, ...]] = get_args(Quality)
STRENGTHS: Final[Mapping[str, float]] = {"photo": 1e-2, "balanced": 1e-4, "painting": 1e-6}
"""Names of good points on the α dial: α is the weight of the content."""

SIZES: Final = (128, 4096)
"""Smallest and largest size: the square root of the canvas's area in pixels."""
STROKES: Final = (0.25, 4.0)
"""Finest and broadest stroke."""
MAX_STYLE_WEIGHT: Final = 1e6

CLASSIC: Final[Mapping[str, Any]] = {
    "keep_colours": False,
    "stroke": 1.0,
    "faces": "paint",
    "init": "noise",
    "statistic": "gram",
    "optimizer": "lbfgs",
}
"""Settings that the classic method fixes."""
CLASSIC_ALPHA: Final = STRENGTHS["painting"]
"""The classic method's default: its content error grows with the picture, and its style error does not."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One field of the recipe, as it is checked and explained."""

    summary: str
    """A few words for the command line's help."""
    default: Any
    limits: tuple[float, float] | None = None
    """Smallest and largest value of a number."""
    choices: Collection[str] | None = None
    """Values of a word."""

    @property
    def range(self) -> tuple[str, str] | None:
        """The limits, as they are written."""
        return self.limits and (_written(self.limits[0]), _written(self.limits[1]))


def _written(number: float) -> str:
    return str(number) if isinstance(number, int) else f"{number:g}".replace("e-0", "e-")


@dataclass(frozen=True, slots=True)
class Recipe:
    """One painting's settings. Two equal recipes over equal pictures give equal paintings.

    Raises:
        RecipeError: a setting is out of its range; the message names it and the range.
    """

    size: int = field(
        default=512, metadata={"summary": "square root of the canvas's area in pixels", "limits": SIZES}
    )
    """The photo's own aspect ratio is kept."""
    alpha: float = field(
        default=STRENGTHS["balanced"],
        metadata={"summary": "weight of the content against the style", "limits": (1e-8, 1.0)},
    )
    """1e-2 keeps the photo, 1e-4 is balanced, 1e-6 is nearly all style."""
    keep_colours: bool = field(default=False, metadata={"summary": "keep the photo's colours"})
    """The style's colours are matched to the photo's before the run."""
    stroke: float = field(default=1.0, metadata={"summary": "size of the strokes", "limits": STROKES})
    """Scale of the style image against the canvas: larger means broader strokes."""
    faces: Faces = field(
        default="keep",
        metadata={"summary": "keep the faces' features, or paint over them", "choices": get_args(Faces)},
    )
    """Kept, a face is painted too, and stays recognisable."""
    quality: Quality = field(
        default="normal", metadata={"summary": "number of iterations", "choices": QUALITIES}
    )
    init: Initialisation = field(
        default="photo", metadata={"summary": "the first canvas", "choices": get_args(Initialisation)}
    )
    seed: int = field(default=0, metadata={"summary": "seed of the noise", "limits": (0, 2**31 - 1)})
    style_weights: tuple[float, ...] = field(
        default=(1.0,), metadata={"summary": "weight of each style, such as 2,1"}
    )
    """Only their proportions count."""
    statistic: str = field(
        default="moments", metadata={"summary": "the statistic that is a style", "choices": STATISTICS}
    )
    """One of :data:`~engine.painting.statistic.STATISTICS`."""
    optimizer: OptimizerName = field(
        default="lbfgs", metadata={"summary": "the optimizer", "choices": get_args(OptimizerName)}
    )
    classic: bool = field(
        default=False,
        metadata={
            "summary": "the method of Gatys et al. (2016): from white noise, on one scale, by Gram matrices; "
            f"ALPHA is α/β ({_written(CLASSIC_ALPHA)})"
        },
    )
    """The settings of :data:`CLASSIC` are then fixed, and α is the ratio α/β of the paper."""

    def __post_init__(self) -> None:
        for name, setting in SETTINGS.items():
            self._check(name, setting)
        if not isinstance(self.style_weights, list | tuple) or not self.style_weights:
            given = repr(self.style_weights)
            message = f"style_weights: one weight for each style (got {given})."
            raise RecipeError(message, setting="style_weights")
        for place, weight in enumerate(self.style_weights):
            if not _is_number(weight) or not 0 < weight <= MAX_STYLE_WEIGHT:
                name = f"style_weights.{place}"
                message = f"{name}: above 0, at most {MAX_STYLE_WEIGHT:g} (got {weight!r})."
                raise RecipeError(message, setting=name)
        object.__setattr__(self, "style_weights", tuple(self.style_weights))  # JSON has lists
        if self.classic:
            self._check_classic()

    def _check(self, name: str, setting: Setting) -> None:
        value = getattr(self, name)
        if setting.limits and setting.range:
            whole = isinstance(setting.default, int)
            least, most = setting.limits
            if not _is_number(value, whole=whole) or not least <= value <= most:
                kind = "a whole number" if whole else "a number"
                allowed = " to ".join(setting.range)
                raise RecipeError(f"{name}: {kind} from {allowed} (got {value!r}).", setting=name)
        elif setting.choices is not None:
            if value not in tuple(setting.choices):
                allowed = ", ".join(setting.choices)
                raise RecipeError(f"{name}: one of {allowed} (got {value!r}).", setting=name)
        elif isinstance(setting.default, bool) and not isinstance(value, bool):
            raise RecipeError(f"{name}: yes or no (got {value!r}).", setting=name)

    def _check_classic(self) -> None:
        for name, fixed in CLASSIC.items():
            if (value := getattr(self, name)) != fixed:
                message = f"{name}: the classic method has {fixed!r} (got {value!r})."
                raise RecipeError(message, setting=name)
        if (count := len(self.style_weights)) > 1:
            message = f"style_weights: the classic method takes one style (got {count})."
            raise RecipeError(message, setting="style_weights")

    @classmethod
    def of(cls, **settings: Any) -> Recipe:
        """Build a recipe from some settings, such as :meth:`as_dict`'s; the classic method brings its own.

        Raises:
            RecipeError: a setting is unknown or out of its range.
        """
        for name in settings:
            if name not in SETTINGS:
                raise RecipeError(f"{name}: there is no such setting.", setting=name)
        own = {"alpha": CLASSIC_ALPHA, **CLASSIC} if settings.get("classic") is True else {}
        return cls(**{**own, **settings})

    def as_dict(self) -> dict[str, Any]:
        """Return the settings as JSON has them."""
        return {**asdict(self), "style_weights": list(self.style_weights)}


SETTINGS: Final[Mapping[str, Setting]] = {
    each.name: Setting(default=each.default, **each.metadata) for each in fields(Recipe)
}
"""Every field of :class:`Recipe`, by name."""


def _is_number(value: object, *, whole: bool = False) -> bool:
    kinds = (int,) if whole else (int, float)
    return isinstance(value, kinds) and not isinstance(value, bool) and math.isfinite(value)


def parse_strength(text: str) -> float:
    """Parse a name of :data:`STRENGTHS` or a number as α.

    Raises:
        RecipeError: neither a name nor a number within the dial.
    """
    if text in STRENGTHS:
        return STRENGTHS[text]
    try:
        return Recipe(alpha=float(text)).alpha
    except (ValueError, RecipeError) as error:
        names, allowed = ", ".join(STRENGTHS), " to ".join(SETTINGS["alpha"].range or ())
        raise RecipeError(f"strength: {text!r} is neither {names} nor a number from {allowed}.") from error


def strength_name(alpha: float) -> str:
    """Name the point of the dial that is nearest to ``alpha`` on its logarithmic scale."""
    return min(
        STRENGTHS,
        key=lambda name: (
            abs(STRENGTHS[name] / alpha - 1) if STRENGTHS[name] > alpha else abs(alpha / STRENGTHS[name] - 1)
        ),
    )
