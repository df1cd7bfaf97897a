"""The networks that can paint, and the choice among them."""

from __future__ import annotations

from typing import Final, Literal, get_args

Choice = Literal["auto", "vgg16", "vgg19"]
"""``NETWORK``: ``auto`` is the first of :data:`NETWORKS` that is kept, or else that can be had."""
CHOICES: Final[tuple[str, ...]] = get_args(Choice)
NETWORKS: Final = ("vgg16", "vgg19")
"""Networks that paint, in order of preference (docs/lab-book.md)."""


def admitted(choice: Choice) -> tuple[str, ...]:
    """Return the networks that a choice admits, in order of preference."""
    return NETWORKS if choice == "auto" else (choice,)
