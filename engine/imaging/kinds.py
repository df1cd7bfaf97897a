"""Files that are no picture that is read: their kind, by their first bytes."""

from __future__ import annotations

from typing import Final

from engine.errors import ImageDamagedError, ImageError, ImageKindError, ImageVideoError
from engine.imaging.tiff_fields import BITS, HEIGHT, SAMPLES, STRIPS, TILES, WIDTH, directories

_READ: Final = (
    (0, b"\xff\xd8\xff"),
    (0, b"\x89PNG\r\n"),
    (0, b"GIF8"),
    (0, b"II*\0"),
    (0, b"MM\0*"),
    (0, b"II+\0"),
    (0, b"MM\0+"),
    (8, b"WEBP"),
    (0, b"BM"),
)
"""What files begin with that are read, and from which byte on."""
_STILL_BRANDS: Final = (
    b"avif",
    b"avis",
    b"heic",
    b"heix",
    b"heim",
    b"heis",
    b"hevc",
    b"hevx",
    b"mif1",
    b"msf1",
)
_VIDEOS: Final = (
    (0, b"\x1a\x45\xdf\xa3"),  # Matroska and WebM
    (8, b"AVI "),
    (0, b"FLV\1"),
    (0, b"\0\0\1\xba"),  # MPEG
    (0, b"\0\0\1\xb3"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),  # Windows Media
    (0, b"OggS"),
    *((4, name) for name in (b"moov", b"mdat", b"wide", b"free", b"skip")),  # QuickTime
)
_KINDS: Final = (
    (0, b"\xff\x0a", "JPEG XL"),
    (0, b"\0\0\0\x0cJXL ", "JPEG XL"),
    (0, b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (0, b"\xff\x4f\xff\x51", "JPEG 2000"),
    (0, b"8BPS", "PSD"),
    (0, b"gimp xcf", "XCF"),
    (0, b"%PDF", "PDF"),
    (0, b"%!PS", "EPS"),
    (0, b"\xc5\xd0\xd3\xc6", "EPS"),
    (0, b"<svg", "SVG"),
    (0, b"\0\0\1\0", "ICO"),
    (0, b"\0\0\2\0", "CUR"),
    (0, b"DDS ", "DDS"),
    (0, b"\x76\x2f\x31\x01", "EXR"),
    (0, b"#?RADIANCE", "HDR"),
    (0, b"#?RGBE", "HDR"),
    (0, b"FUJIFILMCCD-RAW", "RAF"),
    (0, b"IIRO", "ORF"),
    (0, b"IIRS", "ORF"),
    (0, b"MMOR", "ORF"),
    (0, b"IIU\0", "RW2"),
    (0, b"FOVb", "X3F"),
    (4, b"ftypcrx ", "CR3"),
    (0, b"PK\x03\x04", "ZIP"),
    (0, b"Rar!", "RAR"),
    (0, b"7z\xbc\xaf", "7z"),
    (0, b"\xd0\xcf\x11\xe0", "DOC"),
    *((0, b"P%d%c" % (number, space), "PNM") for number in range(1, 8) for space in b" \n\r\t"),
)


def unopened(data: bytes, name: str) -> ImageError:
    """Return the error about a file that no decoder opens: damaged, a video, of a named kind, or neither."""
    for start, magic, kind in _KINDS:
        if data.startswith(magic, start):
            return unread(name, kind)
    if data[:1] in (b"<", b"\xef") and b"<svg" in data[:1000]:
        return unread(name, "SVG")
    if odd := _odd_tiff(data):
        return unread(name, odd)
    if _is_any(data, _READ) or (data[4:8] == b"ftyp" and data[8:12] in _STILL_BRANDS):
        return damaged(name)
    if _is_any(data, _VIDEOS) or data[4:8] == b"ftyp":
        return ImageVideoError(
            f"{name} is a video, not an image that I can read. A screenshot of it will do."
        )
    return ImageError(f"{name} is not an image that I can read (JPEG, PNG, WebP, AVIF, HEIC, GIF …).")


def _odd_tiff(data: bytes) -> str | None:
    """Return what a TIFF holds that is whole as far as its fields say, as in "TIFF, 3 × 32 bit"."""
    for fields in directories(data)[:1]:
        if {WIDTH, HEIGHT, STRIPS} <= fields.keys() or {WIDTH, HEIGHT, TILES} <= fields.keys():
            return f"TIFF, {fields.get(SAMPLES, (1,))[0]} × {fields.get(BITS, (1,))[0]} bit"
    return None


def damaged(name: str) -> ImageError:
    """Return the error that says a file is damaged."""
    return ImageDamagedError(f"{name} is damaged and cannot be read.")


def unread(name: str, kind: str) -> ImageError:
    """Return the error that names a file's kind, which is not read."""
    return ImageKindError(
        f"{name} is of the kind {kind}, not an image that I can read. Saved as a JPEG, it will work.",
        kind=kind,
    )


def _is_any(data: bytes, signatures: tuple[tuple[int, bytes], ...]) -> bool:
    return any(data.startswith(magic, start) for start, magic in signatures)
