"""A contact sheet: all pictures of one pair side by side, for eyes instead of a judge."""

from __future__ import annotations

from PIL import Image, ImageDraw, ImageFont, ImageOps

from engine.benchmark.quality import Outcome
from engine.benchmark.tables import seconds_of

_EDGE = 360
_GAP = 14
_LINE = 20
_PAPER, _INK, _PALE = "#ffffff", "#222222", "#777777"


def contact_sheet(outcome: Outcome) -> Image.Image:
    """Lay out photo and painting, and below them a row for each series, labelled with time and verdict."""
    rows: dict[str, list[tuple[Image.Image, str, str]]] = {
        "": [(outcome.pair.photo, "photo", ""), (outcome.pair.painting, "painting", "")]
    }
    for point, picture in zip(outcome.points, outcome.pictures, strict=True):
        verdict = f"{seconds_of(point)} s · LPIPS {point.lpips:.3f} · style {point.style:.2f}"
        rows.setdefault(point.series, []).append((picture, f"{point.series} {point.label}", verdict))
    strips = [_strip(row) for row in rows.values()]
    width, height = max(strip.width for strip in strips), sum(strip.height + _GAP for strip in strips)
    sheet = Image.new("RGB", (width + 2 * _GAP, height + _GAP), _PAPER)
    top = _GAP
    for strip in strips:
        sheet.paste(strip, (_GAP, top))
        top += strip.height + _GAP
    return sheet


def _strip(row: list[tuple[Image.Image, str, str]]) -> Image.Image:
    shown = [ImageOps.contain(picture, (_EDGE, _EDGE), Image.Resampling.LANCZOS) for picture, _, _ in row]
    height = max(picture.height for picture in shown)
    strip = Image.new("RGB", (len(row) * (_EDGE + _GAP) - _GAP, height + 2 * _LINE + 4), _PAPER)
    draw = ImageDraw.Draw(strip)
    font = ImageFont.load_default(15)
    for column, (picture, (_, title, verdict)) in enumerate(zip(shown, row, strict=True)):
        left = column * (_EDGE + _GAP)
        strip.paste(picture, (left, height - picture.height))
        draw.text((left, height + 4), title, _INK, font)
        draw.text((left, height + 4 + _LINE), verdict, _PALE, font)
    return strip
