"""What a file says of its colours besides an ICC profile: by H.273's numbers, or by gamma and primaries."""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from PIL import Image

from engine.imaging import isobmff, png_chunks

UNSPECIFIED: Final = 2
"""H.273's number for primaries or a curve that are not said."""
LINEAR: Final = 8
SRGB_CURVE: Final = 13
PQ: Final = 16
HLG: Final = 18


class Cicp(NamedTuple):
    """A colour space by H.273's numbers."""

    primaries: int
    transfer: int
    full_range: bool = True
    """False where 16 is black and 235 white."""

    @property
    def is_hdr(self) -> bool:
        """Whether its light goes beyond white."""
        return self.transfer in (PQ, HLG)


class Calibration(NamedTuple):
    """A colour space by a PNG's gAMA and cHRM."""

    gamma: float | None
    """The exponent of the signal over the light, as 0.45455; None for sRGB's curve."""
    primaries: tuple[float, ...] | None
    """x and y of red, green, blue and white; None for sRGB's."""


_NATIVE: Final = {Cicp(x, y) for x in (1, UNSPECIFIED) for y in (SRGB_CURVE, UNSPECIFIED)}
"""sRGB, said or taken for granted."""


def colour_space(image: Image.Image, data: bytes) -> Cicp | Calibration | None:
    """Return the colour space that a file gives in another way than by an ICC profile, where that counts.

    In a PNG it is cICP, ICC, sRGB, then gAMA and cHRM (PNG, third edition, 4.3). In HEIF and AVIF, and in an
    ICC profile with a ``cicp`` tag, numbers outrank the profile where they are HDR's: no profile can tell
    what is brighter than white.

    Args:
        image: the opened image, whose ICC profile is in its ``info``.
        data: the file's bytes.

    Returns:
        None for sRGB, and where the ICC profile counts.
    """
    profile = image.info.get("icc_profile")
    said: Cicp | Calibration | None = _of_profile(profile) if isinstance(profile, bytes) else None
    match image.format:
        case "PNG":
            chunk = png_chunks.first(data, b"cICP")
            if chunk and len(chunk) == 4 and chunk[2] == 0:
                said = Cicp(chunk[0], chunk[1], chunk[3] != 0)
            elif not profile and "srgb" not in image.info:
                said = _calibration(image)
        case "AVIF" | "HEIF":
            found = isobmff.nclx(data) or _of_heif(image)
            numbers = Cicp(*found) if found else None
            if numbers and (numbers.is_hdr or not profile):
                said = numbers
    return None if said in _NATIVE else said


def _of_profile(profile: bytes) -> Cicp | None:
    """Return the numbers in an ICC profile (ICC.1:2022, 9.2.17), if they are HDR's."""
    count = min(int.from_bytes(profile[128:132], "big"), 100, (len(profile) - 132) // 12)
    for name, offset, _ in struct.iter_unpack(">4sII", profile[132 : 132 + 12 * max(count, 0)]):
        if name == b"cicp" and len(profile) >= offset + 12:
            said = Cicp(profile[offset + 8], profile[offset + 9], profile[offset + 11] != 0)
            return said if said.is_hdr else None
    return None


def _of_heif(image: Image.Image) -> tuple[int, int] | None:
    """Return what libheif found, such as in the tiles of a grid."""
    said = image.info.get("nclx_profile")
    return (said["color_primaries"], said["transfer_characteristics"]) if said else None


def _calibration(image: Image.Image) -> Calibration | None:
    gamma, primaries = image.info.get("gamma"), image.info.get("chromaticity")
    gamma = gamma if gamma and 0.05 <= gamma <= 20 else None
    white_first = primaries if primaries and len(primaries) == 8 else None
    if gamma is None and white_first is None:
        return None
    return Calibration(gamma, (*white_first[2:], *white_first[:2]) if white_first else None)
