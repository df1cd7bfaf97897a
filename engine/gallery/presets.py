"""The preset styles that people choose from. Needs Pillow alone: the bot imports this module."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

from engine.errors import UnknownPresetError

_HERE = Path(__file__).parent

_SHEET_WIDTH = 1080
_COLUMNS = 3
_MARGIN = 36
_GAP = 24
_LABEL = 58
_CORNER = 22
_GROUND = "#1d1815"
_INK = "#f3e9d8"
_GOLD = "#d9a648"


@dataclass(frozen=True, slots=True)
class Preset:
    """A style image that comes with Atelier."""

    id: str
    title: str
    note: str
    path: Path

    def read(self) -> bytes:
        """The image as JPEG."""
        return self.path.read_bytes()


@cache
def presets() -> tuple[Preset, ...]:
    """All presets, in the order in which people see them."""
    entries = tomllib.loads((_HERE / "presets.toml").read_text("utf-8"))["preset"]
    return tuple(
        Preset(entry["id"], entry["title"], entry["note"], _HERE / "styles" / f"{entry['id']}.jpg")
        for entry in entries
    )


def preset(id: str) -> Preset:  # noqa: A002 - the word that people and the command line use
    """The preset with this id; letter case and ``-`` for ``_`` do not matter."""
    by_id = {one.id: one for one in presets()}
    key = id.strip().lower().replace("-", "_").replace(" ", "_")
    if key in by_id:
        return by_id[key]
    close = get_close_matches(key, by_id, n=1, cutoff=0.5)
    hint = f" Did you mean “{close[0]}”?" if close else ""
    raise UnknownPresetError(
        f"There is no preset style called “{id}”.{hint} You can choose from: {', '.join(by_id)}.",
        preset=id,
        closest=close[0] if close else None,
    )


def thumbnail(preset: Preset, edge: int) -> bytes:
    """The middle of a preset as a square JPEG, ``edge`` pixels wide."""
    return _jpeg(_square(preset, edge))


@cache
def sheet() -> bytes:
    """One JPEG with all presets in a numbered grid: what the bot shows when it asks for a style."""
    chosen = presets()
    tile = (_SHEET_WIDTH - 2 * _MARGIN - (_COLUMNS - 1) * _GAP) // _COLUMNS
    rows = -(-len(chosen) // _COLUMNS)
    height = 2 * _MARGIN + rows * (tile + _LABEL) + (rows - 1) * (_GAP - 8)
    page = Image.new("RGB", (_SHEET_WIDTH, height), _GROUND)
    mask = _rounded(tile)
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default(26)
    for i, one in enumerate(chosen):
        row, column = divmod(i, _COLUMNS)
        in_row = min(_COLUMNS, len(chosen) - row * _COLUMNS)
        left = (_SHEET_WIDTH - in_row * tile - (in_row - 1) * _GAP) // 2 + column * (tile + _GAP)
        top = _MARGIN + row * (tile + _LABEL + _GAP - 8)
        page.paste(_square(one, tile), (left, top), mask)
        number = str(i + 1)
        draw.text((left + 6, top + tile + 12), number, fill=_GOLD, font=font)
        draw.text(
            (left + 6 + draw.textlength(number + "  ", font), top + tile + 12),
            one.title,
            fill=_INK,
            font=font,
        )
    return _jpeg(page)


def _square(preset: Preset, edge: int) -> Image.Image:
    with Image.open(preset.path) as image:
        return ImageOps.fit(image.convert("RGB"), (edge, edge), Image.Resampling.LANCZOS)


def _rounded(edge: int) -> Image.Image:
    """A mask with round corners, drawn at four times its size to be smooth."""
    large = Image.new("L", (edge * 4, edge * 4), 0)
    ImageDraw.Draw(large).rounded_rectangle((0, 0, edge * 4 - 1, edge * 4 - 1), _CORNER * 4, fill=255)
    return large.resize((edge, edge), Image.Resampling.LANCZOS)


def _jpeg(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "JPEG", quality=88, optimize=True)
    return out.getvalue()
