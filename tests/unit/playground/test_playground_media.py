import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image, ImageCms

from bot.playground import media
from bot.playground.errors import BadRequest
from tests.support.sample_media import film


def encoded(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def picture(width: int, height: int, kind: str = "JPEG") -> bytes:
    return encoded(Image.radial_gradient("L").resize((width, height)).convert("RGB"), kind)


def opened(made: media.Picture) -> Image.Image:
    return Image.open(BytesIO(made.data))


def refusal(data: bytes) -> str:
    with pytest.raises(BadRequest) as caught:
        media.photo(data)
    return caught.value.description


def test_a_large_photo_comes_in_four_sizes() -> None:
    sizes = media.photo(picture(3000, 1500))
    assert [(size.width, size.height) for size in sizes] == [(90, 45), (320, 160), (800, 400), (1280, 640)]
    assert [opened(size).size for size in sizes] == [(size.width, size.height) for size in sizes]
    assert {opened(size).format for size in sizes} == {"JPEG"}


@pytest.mark.parametrize(
    ("edge", "edges"),
    [(70, [70]), (90, [90]), (91, [90, 91]), (500, [90, 320, 500]), (1280, [90, 320, 800, 1280])],
)
def test_a_photo_is_never_enlarged(edge: int, edges: list[int]) -> None:
    assert [size.height for size in media.photo(picture(70, edge))] == edges


def test_a_photo_stands_upright_and_forgets_its_metadata() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned
    exif[0x010F] = "Maker"
    source = Image.new("RGB", (200, 100), "red")
    source.paste("blue", (0, 0, 100, 100))  # left, so on top once it is upright
    (*_, largest) = media.photo(encoded(source, exif=exif, comment=b"secret"))
    result = opened(largest)
    assert result.size == (100, 200)
    assert not result.getexif()
    assert b"secret" not in largest.data
    red, _, blue = result.convert("RGB").getpixel((50, 20))  # type: ignore[misc]
    assert blue > 200 > 50 > red


def test_a_colour_profile_is_applied_where_it_makes_sense_and_never_kept() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    broken = encoded(Image.new("RGB", (20, 20), "red"), icc_profile=b"no profile")
    wrong = encoded(Image.new("RGB", (20, 20), "red"), icc_profile=profile)
    same = encoded(
        Image.new("RGB", (20, 20), "red"),
        icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    )
    for data in (broken, wrong, same):
        (only,) = media.photo(data)
        assert "icc_profile" not in opened(only).info
        red, green, _ = opened(only).getpixel((10, 10))  # type: ignore[misc]
        assert red > 240 > 20 > green


def test_what_is_transparent_becomes_white() -> None:
    (only,) = media.photo(encoded(Image.new("RGBA", (20, 20), (0, 0, 0, 0)), "PNG"))
    assert opened(only).getpixel((10, 10)) == (255, 255, 255)


def test_a_palette_with_transparency_becomes_white_too() -> None:
    image = Image.new("P", (20, 20), 0)
    (only,) = media.photo(encoded(image, "GIF", transparency=0))
    assert opened(only).getpixel((10, 10)) == (255, 255, 255)


@pytest.mark.parametrize("size", [(5001, 5000), (2001, 100), (9999, 2)])
def test_photos_of_impossible_dimensions_are_refused(size: tuple[int, int]) -> None:
    assert refusal(encoded(Image.new("1", size), "PNG")) == "Bad Request: PHOTO_INVALID_DIMENSIONS"


def test_a_decompression_bomb_is_refused_by_its_header() -> None:
    header = bytearray(encoded(Image.new("1", (8, 8)), "PNG"))
    header[16:24] = struct.pack(">II", 60_000, 60_000)
    header[29:33] = struct.pack(">I", zlib.crc32(header[12:29]))
    assert refusal(bytes(header)) == "Bad Request: PHOTO_INVALID_DIMENSIONS"
    assert media.photo_of_person(bytes(header)) is None


@pytest.mark.parametrize(
    "data",
    [b"", b"not a picture", b"<svg xmlns='http://www.w3.org/2000/svg'/>", picture(500, 500)[:2000]],
    ids=["empty", "text", "svg", "torn off"],
)
def test_what_does_not_decode_is_refused(data: bytes) -> None:
    assert refusal(data) == "Bad Request: IMAGE_PROCESS_FAILED"


def test_a_photo_above_ten_megabytes_is_refused_before_it_is_read() -> None:
    size = media.MAX_PHOTO_BYTES + 1
    assert refusal(bytes(size)) == (
        f"Bad Request: file of size {size} bytes is too big for a photo; the maximum size is 10485760 bytes"
    )


def test_a_persons_app_scales_down_what_a_bot_could_not_send() -> None:
    data = encoded(Image.new("L", (6000, 5000)))
    assert refusal(data) == "Bad Request: PHOTO_INVALID_DIMENSIONS"
    sizes = media.photo_of_person(data)
    assert sizes
    assert (sizes[-1].width, sizes[-1].height) == (1280, 1067)


@pytest.mark.parametrize("data", [b"text named .jpg", encoded(Image.new("1", (2100, 100)), "PNG")])
def test_a_persons_app_sends_as_a_file_what_is_no_photo(data: bytes) -> None:
    assert media.photo_of_person(data) is None


def test_a_thumbnail_is_small_and_only_there_for_images() -> None:
    small = media.thumbnail(picture(1000, 500, "PNG"))
    assert small
    assert (small.width, small.height) == (320, 160)
    assert media.thumbnail(b"%PDF-1.7") is None


def box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", len(content) + 8, name) + content


def mp4(width: int, height: int, seconds: float, version: int = 0) -> bytes:
    wide = "Q" if version else "I"
    flags = bytes([version, 0, 0, 0])
    film = box(
        b"mvhd", flags + struct.pack(f">{wide}{wide}I{wide}", 0, 0, 600, round(seconds * 600)) + bytes(80)
    )
    tracks = b""
    for w, h in ((0, 0), (width, height)):
        head = flags + struct.pack(f">{wide}{wide}II{wide}", 0, 0, 1, 0, 0)
        head += bytes(8 + 8 + 36) + struct.pack(">II", w << 16, h << 16)
        tracks += box(b"trak", box(b"tkhd", head))
    return box(b"ftyp", b"isom" + bytes(4)) + box(b"mdat", bytes(100)) + box(b"moov", film + tracks)


@pytest.mark.parametrize("version", [0, 1])
def test_a_film_tells_its_size_and_duration(version: int) -> None:
    assert media.video(mp4(640, 360, 4.2, version)) == (640, 360, 4)


def test_a_film_by_ffmpeg_tells_the_same() -> None:
    assert media.video(film(96, 64)) == (96, 64, 1)


def test_a_gif_tells_its_size() -> None:
    assert media.video(encoded(Image.new("P", (12, 7)), "GIF")) == (12, 7, 0)


@pytest.mark.parametrize(
    "data", [b"", b"GIF", mp4(640, 360, 4)[:150], b"\0\0\0\1moov", bytes(64), picture(9, 9)]
)
def test_what_is_no_film_tells_nothing(data: bytes) -> None:
    assert media.video(data) is None
