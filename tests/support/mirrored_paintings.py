"""Paintings that no museum has, and a manifest of them: our presets, mirrored."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from PIL import Image, ImageOps

from engine.imaging.encoding import encode_jpeg
from engine.styles.perceptual_hash import perceptual_hash
from engine.styles.style import preset

NAMES = ("swirling_night", "golden_tree", "woodblock_waves")


def title(name: str) -> str:
    """Return a painting's English title."""
    return f"{preset(name).title} in the mirror"


@cache
def works() -> dict[str, bytes]:
    """Return JPEG files by their names, a few hundred pixels wide: large enough to be cut off."""
    return {f"{name}_(mirror).jpg": encode_jpeg(_mirrored(name), 92) for name in NAMES}


def manifest(folder: Path) -> Path:
    """Write the manifest of :func:`works`, and return its path."""
    lines = [
        "[artist.ann]",
        'name = "Ann Mirror"',
        "born = 1800\ndied = 1870\nalso = []\n",
    ]
    for name in NAMES:
        image = _mirrored(name)
        lines += [
            "[[painting]]",
            f'id = "mirrored_{name}"',
            f"title = {json.dumps(title(name), ensure_ascii=False)}",
            'also = []\nartist = "ann"\nyear = "1840–1842"\nmuseum = "Nowhere"',
            'licence = "Public domain: the artist died in 1870"',
            f'file = "{name}_(mirror).jpg"\nsource = "https://example.org/"\nseen = "here"',
            f"aspect = {image.width / image.height:.3f}",
            f'perceptual_hash = "{perceptual_hash(image):020x}"\n',
        ]
    path = folder / "paintings.toml"
    path.write_text("\n".join(lines), "utf-8")
    return path


def _mirrored(name: str) -> Image.Image:
    with Image.open(preset(name).path) as image:
        image.draft("RGB", (384, 384))
        return ImageOps.mirror(image.convert("RGB"))
