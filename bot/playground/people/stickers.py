"""Stickers from pictures, as a user's app makes them.

Pure functions. They block, so callers run them in a thread.
"""

from io import BytesIO

from PIL import Image, ImageOps

from bot.playground.errors import Refusal, Refused
from bot.playground.media import FORMATS, MAX_CLIENT_PIXELS

SIDE = 512
"""Pixels of a static sticker's longer side, as Telegram requires."""


def as_sticker(data: bytes) -> bytes:
    """Return a picture as WebP, upright, and scaled to a sticker's size; transparent parts stay transparent.

    Raises:
        Refusal: it is not a picture, or too large.
    """
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > MAX_CLIENT_PIXELS:
                raise Refused("sticker-large")
            upright = ImageOps.exif_transpose(image).convert("RGBA")
    except Refusal:
        raise
    except Exception:  # noqa: BLE001 - a broken picture makes Pillow raise nearly anything
        raise Refused("sticker-kind") from None
    scale = SIDE / max(upright.size)
    size = (max(round(upright.width * scale), 1), max(round(upright.height * scale), 1))
    out = BytesIO()
    upright.resize(size, Image.Resampling.LANCZOS).save(out, "WEBP", quality=88)
    return out.getvalue()


def size_of(data: bytes) -> tuple[int, int]:
    """Return width and height in pixels; an animated sticker, which Pillow cannot read, is a full square."""
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as image:
            return image.size
    except OSError:
        return SIDE, SIDE
