"""Decoded pictures to opaque sRGB, in place and a band at a time: there is no second one of that size."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from typing import Any, Final

from PIL import Image, ImageCms

SRGB: Final = ImageCms.createProfile("sRGB")
BAND: Final = 2**18
"""Pixels that are worked on at a time."""

Box = tuple[int, int, int, int]

# A picture's pixels lie in one piece, up to this size; else _seen_as() could not do without a copy.
Image.core.set_block_size(2**30)  # type: ignore[attr-defined]


class Opaque:
    """A decoded picture, any part of which can be had opaque and in sRGB."""

    def __init__(self, image: Image.Image, ground: str) -> None:
        """Take a picture over.

        Args:
            image: as the file has it. It is used up: its memory becomes the result's, or is given back.
            ground: colour under what is transparent.
        """
        self._image, self._transparent = _eight_bit(image, image.info.get("transparency"))
        if self._image is not image:
            image.close()
        self._ground = ground
        opaque, alpha = self._split((0, 0, 1, 1))
        self._transform = _transform(image.info.get("icc_profile"), opaque.mode)
        self._ready = image.mode == "RGB" and alpha is None and self._transform is None

    def part(self, box: Box) -> Image.Image:
        """Give a part of it."""
        part, alpha = self._split(box)
        part = self._transform.apply(part) if self._transform else part.convert("RGB")
        if alpha is None:
            return part
        under = Image.new("RGB", part.size, self._ground)
        under.paste(part, mask=alpha)
        return under

    def whole(self, factor: int = 1) -> Image.Image:
        """Give all of it, once, its sides made so many times shorter."""
        if self._ready and factor == 1:
            return _seen_as("RGB", self._image)
        target = self._image
        if factor > 1 or target.mode in ("1", "L", "P"):  # a byte a pixel, where RGB has four
            target = Image.new("RGB", (-(-target.width // factor), -(-target.height // factor)))
        for box in bands(self._image.size, factor):
            part = self.part(box)
            part = part.reduce(factor) if factor > 1 else part
            target.paste(_seen_as(target.mode, part), (0, box[1] // factor))
        return _seen_as("RGB", target)

    def _split(self, box: Box) -> tuple[Image.Image, Image.Image | None]:
        """Give a part without its alpha, and that; grey stays grey, for a grey profile fits that alone."""
        part = self._image.crop(box)
        part.info = {} if self._transparent is None else {"transparency": self._transparent}
        if not part.has_transparency_data:
            return part.convert("RGB") if part.mode == "P" else part, None
        grey, part = part.mode in ("L", "LA"), part.convert("RGBA")
        return part.convert("L" if grey else "RGB"), part.getchannel("A")


def bands(size: tuple[int, int], step: int = 1) -> Iterator[Box]:
    """Cut a picture into bands as wide as it is; ``step`` divides the height of each but the last."""
    width, height = size
    rows = max(1, BAND // (width * step)) * step
    for top in range(0, height, rows):
        yield 0, top, width, min(top + rows, height)


def _seen_as(mode: str, image: Image.Image) -> Image.Image:
    """Give the bytes of an image as pixels of another mode, of as many bytes, without a copy.

    Pillow copies what is given when it is about to be changed in place.
    """
    return Image.fromarrow(image, mode, image.size)


def _eight_bit(image: Image.Image, transparent: Any) -> tuple[Image.Image, Any]:
    """Bring levels of more than 8 bits, and the one that is transparent, to 8; Pillow would clip them."""
    if isinstance(transparent, tuple) and max(transparent) > 255:
        return image, tuple(level >> 8 for level in transparent)  # 16-bit RGB: Pillow halves the pixels alone
    if image.mode != "F" and not image.mode.startswith("I"):
        return image, transparent
    scale = 255 / _top(image)
    narrow = Image.new("L", image.size)
    for box in bands(image.size):
        wide = image.crop(box).convert("F")
        narrow.paste(wide.point(lambda value: value * scale + 0.5).convert("L"), box)
    return narrow, None if transparent is None else int(transparent * scale + 0.5)


def _top(image: Image.Image) -> float:
    """What is white in a picture of one wide band."""
    if image.mode.startswith("I;16"):
        return 65535.0
    highest = image.getextrema()[1]
    assert isinstance(highest, int | float)  # noqa: S101 - one band
    return next((top for top in (1.0, 255.0, 65535.0) if highest <= top), highest)


def _transform(profile: Any, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Give the way from a file's profile to ours, if there is one."""
    if isinstance(profile, bytes) and mode in ("RGB", "CMYK", "L"):
        with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError):  # broken, it is none
            return ImageCms.buildTransform(io.BytesIO(profile), SRGB, mode, "RGB")
    return None
