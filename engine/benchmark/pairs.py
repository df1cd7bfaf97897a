"""Pairs of photos and paintings for the benchmark."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image, ImageOps

from engine.errors import ImageError
from engine.styles.style import preset

CLASSIC: Final = (
    ("astronaut.png", "starry_night.jpg"),
    ("chelsea.png", "great_wave.jpg"),
    ("china.jpg", "cafe_terrace_at_night.jpg"),
    ("coffee.png", "senecio.jpg"),
    ("flower.jpg", "composition_vii.jpg"),
)
"""A portrait, a pet, a building, a still life and a flower, each with a painting of another kind."""
_SHIPPED: Final = (
    ("china", "swirling_night"),
    ("flower", "woodblock_waves"),
    ("china", "fauve_fields"),
    ("flower", "stained_glass"),
    ("china", "copper_etching"),
)


@dataclass(frozen=True, slots=True)
class Pair:
    """A photo and the painting of the style, RGB."""

    name: str
    photo: Image.Image
    painting: Image.Image


def pairs_of(folder: Path) -> list[Pair]:
    """Return the pairs of a folder that has ``photos`` and ``paintings``.

    The classic five if all their files are there, else the photos and paintings in the order of their names,
    five at most.

    Raises:
        ImageError: there is no pair, or a picture cannot be read.
    """
    photos, paintings = folder / "photos", folder / "paintings"
    names: list[tuple[str, str]] = list(CLASSIC)
    if not all((photos / photo).is_file() and (paintings / painting).is_file() for photo, painting in names):
        names = list(zip(_names(photos), _names(paintings), strict=False))[: len(CLASSIC)]
    if not names:
        raise ImageError(f"{folder} needs two folders with pictures, photos and paintings.")
    return [
        Pair(f"{Path(photo).stem}-{Path(painting).stem}", _open(photos / photo), _open(paintings / painting))
        for photo, painting in names
    ]


def shipped_pairs() -> list[Pair]:
    """Pair scikit-learn's two photos with our own presets.

    Raises:
        ImageError: scikit-learn is missing.
    """
    try:
        from sklearn.datasets import load_sample_image
    except ImportError as error:
        raise ImageError(
            "There are no photos: name a folder (--pictures), or install scikit-learn."
        ) from error
    return [
        Pair(
            f"{photo}-{style}", Image.fromarray(load_sample_image(f"{photo}.jpg")), _open(preset(style).path)
        )
        for photo, style in _SHIPPED
    ]


def _names(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    known = Image.registered_extensions()
    return sorted(file.name for file in folder.iterdir() if file.suffix.lower() in known)


def _open(file: Path) -> Image.Image:
    try:
        with Image.open(file) as image:
            return ImageOps.exif_transpose(image).convert("RGB")
    except (OSError, Image.DecompressionBombError) as error:
        raise ImageError(f"{file} cannot be read as a picture.") from error
