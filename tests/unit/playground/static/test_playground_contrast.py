"""The page's colours can be read: WCAG 2.2 AA, by the numbers in tokens.css."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import bot.playground

TOKENS = (Path(bot.playground.__file__).parent / "static" / "tokens.css").read_text()
Colour = tuple[float, float, float, float]
"""Red, green, blue from 0 to 255; opacity from 0 to 1."""

# What is written on what. Glass lies on the wall.
WRITTEN = [
    *[(ink, "surface") for ink in ("ink", "ink-soft", "link", "danger-ink")],
    *[(ink, "surface-raised") for ink in ("ink", "ink-soft", "link", "danger-ink")],
    *[(ink, "surface-glass") for ink in ("ink", "ink-soft", "link")],
    *[(ink, "surface-sunken") for ink in ("ink", "ink-soft", "link")],
    *[(ink, "own") for ink in ("ink", "ink-own-soft", "link-own")],
    *[(ink, "wall") for ink in ("ink", "ink-soft")],
    *[
        ("on-accent", face)
        for face in ("accent", "accent-hover", "success", "danger", "pill", "over-picture")
    ],
    ("link", "key"),
    ("link", "accent-soft"),
]
DRAWN = [("field", "surface-raised"), ("link", "surface"), ("ink-soft", "surface-glass")]
"""Borders, focus rings and icons: 3 to 1."""


def _split(value: str) -> list[str]:
    """What a comma parts, outside of brackets."""
    return re.split(r",\s*(?![^()]*\))", value)


def _colour(value: str) -> Colour:
    if match := re.fullmatch(r"#([0-9a-f]{6}|[0-9a-f]{3})", value):
        digits = match[1] if len(match[1]) == 6 else "".join(2 * digit for digit in match[1])
        red, green, blue = (float(int(digits[at : at + 2], 16)) for at in (0, 2, 4))
        return red, green, blue, 1.0
    match = re.fullmatch(r"rgb\((\d+) (\d+) (\d+) / ([\d.]+)\)", value)
    assert match, value
    return float(match[1]), float(match[2]), float(match[3]), float(match[4])


def _token(name: str, theme: str) -> Colour:
    found = re.search(rf"--{name}: (.+);", TOKENS)
    assert found, f"tokens.css has no --{name}"
    inner = re.fullmatch(r"light-dark\((.+)\)", found[1])
    both = _split(inner[1]) if inner else [found[1]] * 2
    return _colour(both[theme == "dark"])


def _over(top: Colour, bottom: Colour) -> Colour:
    red, green, blue = (top[at] * top[3] + bottom[at] * (1 - top[3]) for at in range(3))
    return red, green, blue, 1.0


def _luminance(colour: Colour) -> float:
    linear = [
        share / 12.92 if (share := channel / 255) <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        for channel in colour[:3]
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(ink: str, face: str, theme: str) -> float:
    below = _token("surface" if face == "accent-soft" else "wall", theme)
    if face == "over-picture":
        below = _token("on-accent", theme)  # a white picture is the worst
    background = _over(_token(face, theme), below)
    lights = sorted((_luminance(_over(_token(ink, theme), background)), _luminance(background)))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_has_enough_contrast(theme: str) -> None:
    poor = {
        f"{ink} on {face}": round(contrast, 2)
        for ink, face in WRITTEN
        if (contrast := _contrast(ink, face, theme)) < 4.5
    }
    assert poor == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_borders_and_icons_can_be_told_from_what_they_are_on(theme: str) -> None:
    poor = {
        f"{ink} on {face}": round(contrast, 2)
        for ink, face in DRAWN
        if (contrast := _contrast(ink, face, theme)) < 3
    }
    assert poor == {}


def test_black_on_white_is_twenty_one_to_one() -> None:
    lights = _luminance((255, 255, 255, 1)), _luminance((0, 0, 0, 1))
    assert (lights[0] + 0.05) / (lights[1] + 0.05) == pytest.approx(21)
