"""Colours that files give by number or by gamma, against colour-science's tables of H.273."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pillow_heif
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from engine.imaging import cicp, isobmff
from engine.imaging.decoding import decode_here
from engine.imaging.reading import decode, inspect
from tests.unit.imaging.test_imaging_reading import chunk, icc, linear_profile, pixels, png, saved, xyz

Floats = npt.NDArray[np.float64]

CASES = Path(__file__).resolve().parents[3].parent / "shared" / "cases" / "images"
needs_cases = pytest.mark.skipif(not CASES.is_dir(), reason="../shared/cases/images is not here")

PATCHES = np.array(
    [
        *[(115, 82, 68), (194, 150, 130), (98, 122, 157), (87, 108, 67), (133, 128, 177), (103, 189, 170)],
        *[(214, 126, 44), (80, 91, 166), (193, 90, 99), (94, 60, 108), (157, 188, 64), (224, 163, 46)],
        *[(56, 61, 150), (70, 148, 73), (175, 54, 60), (231, 199, 31), (187, 86, 149), (8, 133, 161)],
        *[(243, 243, 242), (200, 200, 200), (160, 160, 160), (122, 122, 121), (85, 85, 85), (52, 52, 52)],
    ]
)
"""sRGB levels of the 24 patches of a colour chart."""
SRGB, P3, REC_2020 = 1, 12, 9


def science() -> Any:
    """The package colour-science, imported late: that takes seconds."""
    import colour

    return colour


def h273() -> Any:
    """Its tables of H.273."""
    return science().models.rgb.itut_h_273


def light(levels: npt.ArrayLike) -> Floats:
    """Linear light of sRGB levels."""
    return np.asarray(science().models.eotf_sRGB(np.asarray(levels) / 255), float)


def in_primaries(linear: Floats, primaries: int) -> Floats:
    """Linear sRGB in other primaries, by colour-science's tables of H.273."""
    to_xyz = h273().MATRICES_ITUTH273_RGB_TO_XYZ[SRGB]
    return np.asarray(linear @ to_xyz.T @ h273().MATRICES_XYZ_TO_ITUTH273_RGB[primaries].T, float)


def signal(linear: Floats, transfer: int) -> Floats:
    """Encode light of which 1 is white, or 203 nits, by colour-science."""
    match transfer:
        case 13:
            return np.asarray(science().models.eotf_inverse_sRGB(linear), float)
        case 16:
            return np.asarray(science().models.eotf_inverse_ST2084(linear * 203), float)
        case 18:
            with np.errstate(invalid="ignore"):
                return np.asarray(
                    science().models.eotf_inverse_BT2100_HLG(linear * 203, L_B=0, L_W=1000), float
                )
    return np.asarray(h273().TRANSFER_CHARACTERISTICS_ITUTH273[transfer](linear), float)


def chart(colours: Floats, top: int = 255) -> npt.NDArray[Any]:
    """Make a picture with one column of 16 pixels a colour."""
    levels = np.round(np.clip(colours, 0, 1) * top).astype(np.uint8 if top == 255 else np.uint16)
    return np.tile(np.repeat(levels, 16, axis=0), (64, 1, 1))


def patches(image: Image.Image) -> npt.NDArray[np.int64]:
    """Levels in the middle of each column."""
    return pixels(image)[32, 8::16].astype(int)


def numbered_png(samples: npt.NDArray[Any], primaries: int, transfer: int, *more: bytes) -> bytes:
    return png(samples, chunk(b"cICP", bytes((primaries, transfer, 0, 1))), *more)


def numbered_heif(samples: npt.NDArray[np.uint16], primaries: int, transfer: int) -> bytes:
    """Make a lossless HEIC of ten bits."""
    height, width, _ = samples.shape
    out = io.BytesIO()
    pillow_heif.from_bytes("RGB;16", (width, height), samples.tobytes()).save(
        out,
        quality=-1,
        chroma=444,
        color_primaries=primaries,
        transfer_characteristics=transfer,
        matrix_coefficients=0,
    )
    return out.getvalue()


def numbered_avif(samples: npt.NDArray[np.uint8], primaries: int, transfer: int, **options: Any) -> bytes:
    data = saved(Image.fromarray(samples), "AVIF", quality=100, subsampling="4:4:4", **options)
    place = data.index(b"colrnclx") + 8
    return data[:place] + struct.pack(">HH", primaries, transfer) + data[place + 4 :]


def difference(levels: npt.ArrayLike, expected: npt.ArrayLike) -> float:
    """The largest ΔE2000 of two lists of sRGB levels."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        one, other = (
            science().XYZ_to_Lab(science().sRGB_to_XYZ(np.asarray(each) / 255)) for each in (levels, expected)
        )
    return float(np.max(science().delta_E(one, other, method="CIE 2000")))


@pytest.mark.parametrize("primaries", sorted(cicp.PRIMARIES))
def test_primaries_are_those_of_h_273(primaries: int) -> None:
    expected = h273().COLOUR_PRIMARIES_ITUTH273[primaries]
    white = h273().CCS_WHITEPOINTS_ITUTH273[primaries]
    assert cicp.PRIMARIES[primaries] == pytest.approx([*np.ravel(expected), *white])


@pytest.mark.parametrize("primaries", [number for number in cicp.PRIMARIES if number not in (4, 8, 11)])
def test_matrices_are_those_of_h_273(primaries: int) -> None:
    matrix = h273().MATRICES_ITUTH273_RGB_TO_XYZ[primaries]
    assert cicp.to_xyz(cicp.PRIMARIES[primaries]) == pytest.approx(matrix, abs=2e-3)


@pytest.mark.parametrize("primaries", [4, 8, 11])
def test_another_white_becomes_ours(primaries: int) -> None:
    white = cicp.to_xyz(cicp.PRIMARIES[primaries]) @ np.ones(3)
    assert white == pytest.approx([0.9505, 1, 1.0891], abs=1e-3)


@pytest.mark.parametrize("transfer", [number for number in sorted(cicp.CURVES) if number not in (16, 18)])
def test_curves_are_those_of_h_273(transfer: int) -> None:
    linear = np.linspace(0, 1, 100)
    assert cicp.CURVES[transfer](signal(linear, transfer)) == pytest.approx(linear, abs=1e-3)


def test_curves_of_hdr_are_those_of_h_273() -> None:
    nits = np.array([0, 0.01, 0.1, 1, 10, 100, 203, 1000, 4000, 10_000])
    pq, hlg = (h273().TRANSFER_CHARACTERISTICS_ITUTH273[number] for number in (16, 18))
    assert cicp.pq(pq(nits)) * 203 == pytest.approx(nits, rel=1e-4, abs=1e-6)
    assert cicp.pq_signal(nits / 203) == pytest.approx(pq(nits), abs=1e-6)
    scene = np.linspace(0, 1, 100)
    with np.errstate(invalid="ignore"):
        assert cicp.hlg(hlg(scene)) == pytest.approx(scene, abs=1e-6)


@pytest.mark.parametrize("transfer", [1, 6, 8, 13, 14])
@pytest.mark.parametrize("primaries", [P3, REC_2020])
def test_wide_gamut_by_number_has_the_colours_of_its_reference(primaries: int, transfer: int) -> None:
    coded = chart(signal(in_primaries(light(PATCHES), primaries), transfer), 255)
    decoded = patches(decode(numbered_png(coded, primaries, transfer)))
    dark = light(PATCHES).min(axis=1) < (0.03 if transfer == 8 else 0)  # a level of eight bits shows there
    assert difference(decoded[~dark], PATCHES[~dark]) < 2
    assert (
        difference(pixels(Image.fromarray(coded))[32, 8::16], PATCHES) > 2.5
    )  # and something had to be done


@pytest.mark.parametrize("transfer", [16, 18])
@pytest.mark.parametrize("primaries", [SRGB, P3, REC_2020])
@pytest.mark.parametrize("kind", ["PNG", "HEIF", "AVIF"])
def test_hdr_up_to_100_nits_is_as_in_an_srgb_picture(kind: str, primaries: int, transfer: int) -> None:
    dim = PATCHES[((light(PATCHES) * 203).max(axis=1) <= 100) & (PATCHES.min(axis=1) > 20)]
    assert len(dim) > 10
    coarse = kind == "AVIF"  # eight bits of YCbCr
    coded = signal(in_primaries(light(dim), primaries), transfer)
    data = {
        "PNG": lambda: numbered_png(chart(coded, 65535), primaries, transfer),
        "HEIF": lambda: numbered_heif(chart(coded, 65535), primaries, transfer),
        "AVIF": lambda: numbered_avif(chart(coded), primaries, transfer),
    }[kind]()
    assert np.abs(patches(decode_here(data, "x")) - dim).max() <= (8 if coarse else 5)


@pytest.mark.parametrize("transfer", [16, 18])
def test_white_of_hdr_is_nearly_white_and_brighter_light_rolls_off(transfer: int) -> None:
    white = signal(np.ones((8, 3)), transfer)
    assert 225 <= patches(decode(numbered_png(chart(white), REC_2020, transfer)))[0].min() <= 250
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 64, axis=0).repeat(3, axis=2)
    shown = pixels(decode(numbered_png(ramp, REC_2020, transfer)))[32].astype(int)
    assert (np.ptp(shown, axis=1) <= 1).all()  # greys stay grey
    steps = np.diff(shown[:, 1])
    assert steps.min() >= 0
    assert steps.max() <= 6
    nits = 203 * (cicp.pq(np.arange(256) / 255) if transfer == 16 else 0)
    if transfer == 16:
        bright = shown[np.searchsorted(nits, [203, 400, 800]), 1]
        assert (np.diff(bright) > 0).all()  # highlights are told apart
    assert shown[255, 1] == 255
    assert shown[0, 1] == 0


def test_the_tone_curve_leaves_what_is_dim_and_ends_level() -> None:
    nits = np.array([0.1, 1, 10, 80])
    assert cicp.tone_map(nits / 203) * 203 == pytest.approx(nits, rel=1e-6)
    lights = np.linspace(0.01, 1000 / 203, 500)
    toned = cicp.tone_map(lights)
    assert (np.diff(toned) > 0).all()
    assert (np.diff(toned, 2) < 1e-6).all()  # nowhere steeper than before
    assert toned[-1] == pytest.approx(1)


def profile_of_red() -> bytes:
    """A profile in which each colour is a red, to be told from the others."""
    red = {b"rXYZ": xyz(0.4361, 0.2225, 0.0139), b"gXYZ": xyz(0.4361, 0.2225, 0.0139)}
    curve = b"curv" + struct.pack(">II", 0, 0)
    return icc(
        b"mntr",
        b"RGB ",
        b"XYZ ",
        {**red, b"bXYZ": xyz(0.4361, 0.2225, 0.0139), b"rTRC": curve, b"gTRC": curve, b"bTRC": curve},
    )


GREY = np.full((64, 64, 3), 128, np.uint8)
LINEAR = chunk(b"cICP", bytes((1, 8, 0, 1)))
ICCP = chunk(b"iCCP", b"red\0\0" + zlib.compress(profile_of_red()))
SRGB_CHUNK = chunk(b"sRGB", b"\0")
GAMA = chunk(b"gAMA", struct.pack(">I", 100_000))


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        ((GAMA, SRGB_CHUNK, ICCP, LINEAR), (188, 188, 188)),
        ((GAMA, SRGB_CHUNK, ICCP), (255, 0, 0)),
        ((GAMA, SRGB_CHUNK), (128, 128, 128)),
        ((GAMA,), (188, 188, 188)),
        ((chunk(b"gAMA", struct.pack(">I", 0)),), (128, 128, 128)),
        ((), (128, 128, 128)),
    ],
)
def test_of_several_chunks_of_colour_the_highest_counts(
    chunks: Sequence[bytes], expected: tuple[int, int, int]
) -> None:
    assert decode(png(GREY, *chunks)).getpixel((5, 5)) == pytest.approx(expected, abs=2)


def test_primaries_of_a_png_are_converted_with_srgbs_curve_or_its_own_gamma() -> None:
    """The chart in P3 by cHRM, whose white comes first."""
    p3 = [0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06]
    primaries = chunk(b"cHRM", struct.pack(">8I", *(round(each * 100_000) for each in p3)))
    linear = np.clip(in_primaries(light(PATCHES), P3), 0, 1)
    gamma = chunk(b"gAMA", struct.pack(">I", 45_455))
    for coded, extra in ((signal(linear, 13), ()), (linear**0.45455, (gamma,))):
        assert difference(patches(decode(png(chart(coded), *extra, primaries))), PATCHES) < 2


@pytest.mark.parametrize("xy", [[0] * 8, [2**31 - 1] * 8, [31270, 32900, *[30000, 30000] * 3]])
def test_impossible_primaries_are_passed_over(xy: list[int]) -> None:
    data = png(GREY, chunk(b"cHRM", struct.pack(">8I", *xy)))
    assert decode(data).getpixel((5, 5)) == (128, 128, 128)


def test_grey_palettes_and_transparency_are_converted_too() -> None:
    grey = np.full((64, 64, 1), 128, np.uint8)
    assert decode(png(grey, LINEAR)).getpixel((5, 5)) == pytest.approx((188,) * 3, abs=1)
    clear = np.dstack([GREY, np.full((64, 64), 128, np.uint8)])
    half = (188 * 128 + 255 * 127) / 255
    assert decode(png(clear, LINEAR)).getpixel((5, 5)) == pytest.approx((half,) * 3, abs=2)
    info = PngImagePlugin.PngInfo()
    info.add(b"gAMA", struct.pack(">I", 100_000))
    palette = saved(Image.fromarray(GREY).quantize(4), "PNG", pnginfo=info)
    assert decode(palette).getpixel((5, 5)) == pytest.approx((188,) * 3, abs=1)


def test_narrow_range_by_number_is_widened() -> None:
    levels = np.tile(np.repeat(np.array([[16] * 3, [126] * 3, [235] * 3], np.uint8), 32, axis=0), (64, 1, 1))
    decoded = decode(png(levels, chunk(b"cICP", bytes((1, 13, 0, 0)))))
    assert pixels(decoded)[5, [5, 40, 90], 0] == pytest.approx([0, 128, 255], abs=1)


def test_numbers_of_srgb_or_none_change_nothing() -> None:
    for numbers in ((1, 13), (2, 2), (1, 2), (2, 13)):
        data = png(GREY, chunk(b"cICP", bytes((*numbers, 0, 1))))
        assert decode(data).getpixel((5, 5)) == (128, 128, 128)
    assert decode(png(GREY, chunk(b"cICP", bytes((200, 200, 0, 1))))).getpixel((5, 5)) == (128, 128, 128)


def test_beside_a_profile_the_numbers_of_an_avif_count_only_if_they_are_of_hdr() -> None:
    """128 is 188 by the profile, and 93 nits by PQ's curve: 180."""
    options = {"icc_profile": linear_profile()}
    assert patches(decode(numbered_avif(GREY, 1, 13, **options)))[0] == pytest.approx((188,) * 3, abs=3)
    assert patches(decode(numbered_avif(GREY, 12, 13, **options)))[0] == pytest.approx((188,) * 3, abs=3)
    assert patches(decode(numbered_avif(GREY, 9, 16, **options)))[0] == pytest.approx((180,) * 3, abs=3)


def test_a_profile_that_has_numbers_of_hdr_is_read_by_them() -> None:
    profile = icc(
        b"mntr",
        b"RGB ",
        b"XYZ ",
        {
            **{name: b"curv" + struct.pack(">II", 0, 0) for name in (b"rTRC", b"gTRC", b"bTRC")},
            **{name: xyz(0.3, 0.3, 0.3) for name in (b"rXYZ", b"gXYZ", b"bXYZ")},
            b"cicp": b"cicp\0\0\0\0" + bytes((9, 16, 0, 1)),
        },
    )
    data = saved(Image.fromarray(GREY), "JPEG", quality=95, icc_profile=profile)
    assert decode(data).getpixel((5, 5)) == pytest.approx((180,) * 3, abs=3)


def test_of_a_photo_with_a_gain_map_the_base_picture_is_shown_in_its_colours() -> None:
    """As Ultra HDR and Apple have it: a JPEG with a P3 profile, and a second JPEG, the map, behind it."""
    p3 = icc(
        b"mntr",
        b"RGB ",
        b"XYZ ",
        {
            b"rXYZ": xyz(0.5151, 0.2412, -0.0011),
            b"gXYZ": xyz(0.2919, 0.6922, 0.0419),
            b"bXYZ": xyz(0.1571, 0.0666, 0.7841),
            **{name: b"curv" + struct.pack(">IIHH", 0, 1, 0x0233, 0) for name in (b"rTRC", b"gTRC", b"bTRC")},
        },
    )
    coded = np.clip(in_primaries(light(PATCHES), P3), 0, 1) ** (1 / 2.2)
    base, gains = Image.fromarray(chart(coded)), Image.new("L", (72, 16), 200)
    options = {"quality": 98, "subsampling": 0, "icc_profile": p3}
    two = saved(base, "MPO", save_all=True, append_images=[gains], **options)
    behind = saved(base, "JPEG", **options) + saved(gains, "JPEG")
    for data in (two, behind):
        assert difference(patches(decode(data)), PATCHES) < 2.5


@needs_cases
def test_the_hdr_picture_of_libavif_is_bright_and_colourful() -> None:
    image = decode((CASES / "05-pq-p3.avif").read_bytes())
    assert isobmff.nclx((CASES / "05-pq-p3.avif").read_bytes()) == (12, 16)
    assert pixels(image)[190, 100].min() > 225
    assert inspect((CASES / "05-pq-p3.avif").read_bytes()) == (200, 200, False)
    red, green, blue = pixels(image)[30, 3]
    assert red > 240
    assert max(green, blue) < 30


@needs_cases
def test_the_gamma_of_a_png_is_honoured() -> None:
    data = (CASES / "20-png-gamma.png").read_bytes()
    ours = pixels(decode(data)).astype(float)
    with Image.open(io.BytesIO(data)) as image:
        flat = np.asarray(image.convert("RGBA")).astype(float)
    alpha = flat[..., 3:] / 255
    srgb = science().models.eotf_inverse_sRGB(flat[..., :3] / 255) * 255
    assert np.abs(ours - (srgb * alpha + 255 * (1 - alpha))).max() <= 2


@pytest.mark.parametrize("data", [b"", b"\0" * 40, b"\0\0\0\x08meta", b"\0\0\0\x01meta\xff" + b"\xff" * 30])
def test_boxes_that_are_none_say_nothing(data: bytes) -> None:
    assert isobmff.nclx(data) is None


def test_srgb_itself_is_the_profile_of_the_results() -> None:
    """Our own matrix and curve agree with LittleCMS's sRGB."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    by_profile = decode(saved(Image.fromarray(chart(PATCHES / 255)), "PNG", icc_profile=profile))
    assert np.abs(patches(by_profile) - PATCHES).max() <= 1
