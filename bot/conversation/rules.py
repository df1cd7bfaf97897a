"""The host's rules: what can be chosen, and what holds for users who have not chosen."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.painting.recipe import Quality
from engine.styles import style


@dataclass(frozen=True, slots=True)
class Rules:
    """The host's offer. A choice that is None takes the value of the field here that has its name."""

    sizes: tuple[int, ...] = (512,)
    """Sizes of a painting to choose from, the smallest first."""
    size: int = 512
    quality: Quality = "normal"
    styles: tuple[style.Style, ...] = field(default_factory=style.presets)
    """Styles to choose from."""

    def larger(self, size: int | None) -> int | None:
        """Return the next size up; None for the largest."""
        return next((each for each in self.sizes if each > (size or self.size)), None)
