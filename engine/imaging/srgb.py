"""Convert decoded images to opaque sRGB, in place and band by band, without a second image of that size."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from typing import Any, Final, Protocol

from PIL import Image, ImageCms

from engine.imaging.colour_tags import Calibration, Cicp
from engine.imaging.tiff_fields import BITS

SRGB: Final = ImageCms.createProfile("sRGB")
"""The profile of the results."""
BAND: Final = 2**18
"""Pixels that are converted at a time."""

Box = tuple[int, int, int, int]
"""Left, top, right and bottom, in pixels."""

# Pillow keeps an image up to this size in one block; else _reinterpret() would need a copy.
Image.core.set_block_size(2**30)  # type: ignore[attr-defined]


class Transform(Protocol):
    """A conversion to sRGB."""

    def apply(self, im: Image.Image, /) -> Image.Image:
        """Return an image without alpha in sRGB."""
        ...


class Opaque:
    """A decoded image, any part of which can be converted to opaque sRGB."""

    def __init__(
        self,
        image: Image.Image,
        ground: str,
        colour_space: Cicp | Calibration | None = None,
        keep_alpha: bool = False,
    ) -> None:
        """Take over an image.

        Args:
            image: the decoded image. It is consumed: its memory becomes the result's, or is freed.
            ground: colour under transparent pixels.
            colour_space: the colour space, which outranks an ICC profile; None for the profile's, else sRGB.
            keep_alpha: give the alpha, if there is one, beside the colours on the ground.
        """
        self._image, self._transparent = _eight_bit(image, image.info.get("transparency"))
        if self._image is not image:
            image.close()
        self._ground = ground
        # Pillow does not decode the alpha of a TIFF whose planes are apart.
        self._lost_alpha = self._image.mode == "La" and self._image.getextrema()[1] == (0, 0)
        opaque, alpha = self._split((0, 0, 1, 1))
        self._transform = _of_numbers(colour_space) or _of_profile(image.info.get("icc_profile"), opaque.mode)
        self._mode = "RGBA" if keep_alpha and alpha is not None else "RGB"
        self._ready = image.mode == "RGB" and alpha is None and self._transform is None

    def part(self, box: Box) -> Image.Image:
        """Return a part of the image."""
        part, alpha = self._split(box)
        part = self._transform.apply(part) if self._transform else part.convert("RGB")
        if alpha is None:
            return part
        under = Image.new("RGB", part.size, self._ground)
        under.paste(part, mask=alpha)
        if self._mode == "RGBA":
            under.putalpha(alpha)
        return under

    def whole(self, factor: int = 1) -> Image.Image:
        """Return the whole image, reduced by ``factor``. Can be called once."""
        if self._ready and factor == 1:
            return _reinterpret("RGB", self._image)
        target = self._image
        if factor > 1 or target.mode in ("1", "L", "P"):  # one byte a pixel, where RGB has four
            target = Image.new("RGB", (-(-target.width // factor), -(-target.height // factor)))
        for box in bands(self._image.size, factor):
            part = self.part(box)
            part = part.reduce(factor) if factor > 1 else part
            target.paste(_reinterpret(target.mode, part), (0, box[1] // factor))
        return _reinterpret(self._mode, target)

    def _split(self, box: Box) -> tuple[Image.Image, Image.Image | None]:
        """Return a part without alpha, and its alpha. Grey stays grey, which a grey profile needs."""
        part = self._image.crop(box)
        part.info = {} if self._transparent is None else {"transparency": self._transparent}
        if self._lost_alpha:
            return part.getchannel(0), None
        if part.mode in ("La", "RGBa"):  # colours multiplied by alpha
            part = part.convert(part.mode.upper())
        if not part.has_transparency_data:
            return part.convert("RGB") if part.mode == "P" else part, None
        grey, part = part.mode in ("L", "LA"), part.convert("RGBA")
        return part.convert("L" if grey else "RGB"), part.getchannel("A")


def bands(size: tuple[int, int], step: int = 1) -> Iterator[Box]:
    """Yield the boxes of full-width bands. ``step`` divides the height of each but the last."""
    width, height = size
    rows = max(1, BAND // (width * step)) * step
    for top in range(0, height, rows):
        yield 0, top, width, min(top + rows, height)


def _reinterpret(mode: str, image: Image.Image) -> Image.Image:
    """Return an image's bytes as pixels of another mode with as many bytes, without a copy.

    Pillow copies the result once it is to be changed in place.
    """
    return Image.fromarrow(image, mode, image.size)


def _eight_bit(image: Image.Image, transparent: Any) -> tuple[Image.Image, Any]:
    """Scale levels of more than 8 bits, and the transparent level, to 8 bits. Pillow would clip them."""
    if isinstance(transparent, tuple) and max(transparent) > 255:
        return image, tuple(level >> 8 for level in transparent)  # 16-bit RGB: Pillow halves the pixels alone
    if image.mode != "F" and not image.mode.startswith("I"):
        return image, transparent
    scale = 255 / _white_level(image)
    narrow = Image.new("L" if transparent is None else "LA", image.size)
    for box in bands(image.size):
        wide = image.crop(box)
        part = wide.convert("F").point(lambda value: value * scale + 0.5).convert("L")
        if transparent is not None:
            part.putalpha(_apart_from(wide, transparent))
        narrow.paste(part, box)
    return narrow, None


def _apart_from(image: Image.Image, level: int) -> Image.Image:
    """Return an alpha in which this very level is transparent: many have the same 8 bits."""
    import numpy as np  # few pictures need it

    return Image.fromarray(np.where(np.asarray(image) == level, 0, 255).astype(np.uint8))


def _white_level(image: Image.Image) -> float:
    """Return the level of white in an image with one band of more than 8 bits."""
    if image.mode.startswith("I;16"):
        return 2.0 ** _bits(image) - 1
    highest = image.getextrema()[1]
    assert isinstance(highest, int | float)  # noqa: S101 - one band
    return next((top for top in (1.0, 255.0, 65535.0) if highest <= top), highest)


def _bits(image: Image.Image) -> int:
    """Return the bits of a sample of 16 bits that count: a TIFF may have fewer."""
    bits = getattr(image, "tag_v2", {}).get(BITS, (16,))[0]
    return int(bits) if 8 < bits < 16 else 16


def _of_numbers(source: Cicp | Calibration | None) -> Transform | None:
    """Return the conversion from a colour space, if it is a possible one."""
    if source is None:
        return None
    from engine.imaging.cicp import Conversion  # few pictures need it, and numpy takes its time

    with contextlib.suppress(ValueError):
        return Conversion(source)
    return None


def _of_profile(profile: Any, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Return the transform from a file's profile to sRGB, if it has a usable one."""
    if isinstance(profile, bytes) and mode in ("RGB", "CMYK", "L"):
        with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError):  # a broken profile is ignored
            return ImageCms.buildTransform(io.BytesIO(profile), SRGB, mode, "RGB")
    return None
