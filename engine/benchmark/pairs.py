"""Pairs of photos and paintings for the benchmark."""

from __future__ import annotations

from collections.abc import Iterable
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
KEPT: Final = (
    ("hopper.png", "wheat_field_with_cypresses.jpg"),
    ("pug.jpg", "irises.jpg"),
    ("rocket.jpg", "adele_bloch_bauer.jpg"),
    ("Portrait_8.jpg", "mont_sainte_victoire.jpg"),
    ("Landscape_6.jpg", "la_grande_jatte.jpg"),
)
"""Pairs by which nothing may be tuned: a portrait, a pet, a night, a grey sky and a waterfall."""
_SHIPPED: Final = (
    ("china", "swirling_night"),
    ("flower", "woodblock_waves"),
    ("china", "rainy_avenue"),
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
        names = list(zip(picture_names(photos), picture_names(paintings), strict=False))[: len(CLASSIC)]
    if not names:
        raise ImageError(f"{folder} needs two folders with pictures, photos and paintings.")
    return [_pair(photos / photo, paintings / painting) for photo, painting in names]


def kept_pairs(folder: Path) -> list[Pair]:
    """Return the five pairs of :data:`KEPT`.

    Raises:
        ImageError: a picture is missing or cannot be read.
    """
    return [_pair(folder / "photos" / photo, folder / "paintings" / painting) for photo, painting in KEPT]


def named_pairs(folder: Path, names: Iterable[tuple[str, str]]) -> list[Pair]:
    """Return the pairs of a photo and a painting by the names of their files, without suffixes.

    Raises:
        ImageError: a picture is missing or cannot be read.
    """
    return [
        _pair(_find(folder / "photos", photo), _find(folder / "paintings", painting))
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
            f"{photo}-{style}",
            Image.fromarray(load_sample_image(f"{photo}.jpg")),
            open_picture(preset(style).path),
        )
        for photo, style in _SHIPPED
    ]


def picture_names(folder: Path) -> list[str]:
    """Return the names of a folder's pictures, in order; none if it is missing."""
    if not folder.is_dir():
        return []
    known = Image.registered_extensions()
    return sorted(file.name for file in folder.iterdir() if file.suffix.lower() in known)


def open_picture(file: Path) -> Image.Image:
    """Open a picture, upright and RGB.

    Raises:
        ImageError: it cannot be read.
    """
    try:
        with Image.open(file) as image:
            return ImageOps.exif_transpose(image).convert("RGB")
    except (OSError, Image.DecompressionBombError) as error:
        raise ImageError(f"{file} cannot be read as a picture.") from error


def _pair(photo: Path, painting: Path) -> Pair:
    return Pair(f"{photo.stem}-{painting.stem}", open_picture(photo), open_picture(painting))


def _find(folder: Path, stem: str) -> Path:
    found = [name for name in picture_names(folder) if Path(name).stem == stem]
    if not found:
        raise ImageError(f"{folder} has no picture named {stem}.")
    return folder / found[0]
