"""Pictures that people send: what they turn out to be, and which of them cannot be painted."""

from __future__ import annotations

import gzip
import io
from collections.abc import AsyncIterator, Iterator

import pytest
from PIL import Image
from telegram import Bot

from bot.chat.downloads import GoneError, Looked, check, look
from bot.conversation import Sent
from bot.playground import YOU, Server, serve
from engine.errors import ImageError
from engine.imaging.reading import decode
from tests.support.playground import Playground
from tests.support.sample_media import jpeg
from tests.support.telegram_client import connect


@pytest.fixture
def playground() -> Iterator[Playground]:
    made = Playground()
    yield made
    made.close()


@pytest.fixture
async def server(playground: Playground) -> AsyncIterator[Server]:
    async with await serve(playground) as running:
        yield running


@pytest.fixture
async def bot(server: Server, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bot]:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    async with connect(server) as made:
        yield made


def _saved(image: Image.Image, format: str, **options: object) -> bytes:  # noqa: A002
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def _sticker() -> Image.Image:
    """A red square on nothing, as stickers are."""
    image = Image.new("RGBA", (512, 384))
    image.paste("red", (156, 92, 356, 292))
    return image


def _moving(format: str) -> bytes:  # noqa: A002
    frames = [Image.new("RGB", (320, 240), colour) for colour in ("red", "blue")]
    return _saved(frames[0], format, save_all=True, append_images=frames[1:], lossless=True)


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
def test_an_animation_is_told_from_a_picture(format: str) -> None:  # noqa: A002
    assert look(_moving(format)) == Looked(320, 240, animated=True)
    assert look(_saved(Image.new("RGB", (320, 240)), format)) == Looked(320, 240, animated=False)


def test_width_and_height_are_those_of_the_upright_picture() -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    assert look(_saved(Image.new("RGB", (300, 200)), "JPEG", exif=turned)) == Looked(200, 300, animated=False)


def test_a_sticker_is_painted_on_white() -> None:
    data = _saved(_sticker(), "WEBP", lossless=True)
    assert look(data) == Looked(512, 384, animated=False)
    assert decode(data).getpixel((0, 0)) == (255, 255, 255)
    assert decode(data).getpixel((256, 192)) == (255, 0, 0)


@pytest.mark.parametrize(
    "data",
    [
        gzip.compress(b'{"tgs":1,"v":"5.5.2","fr":60,"ip":0,"op":180,"w":512,"h":512,"layers":[]}'),
        b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\x82\x84webm" + bytes(200),
        b"\x00\x00\x00\x1cftypisom\x00\x00\x02\x00isomiso2mp41" + bytes(200),
    ],
    ids=["tgs", "webm", "mp4"],
)
def test_stickers_and_films_that_move_otherwise_are_unreadable(data: bytes) -> None:
    with pytest.raises(ImageError) as caught:
        look(data)
    assert caught.value.code == "image-unreadable"


async def test_what_telegram_has_is_looked_at(playground: Playground, bot: Bot) -> None:
    sent = await playground.send_document(YOU, _moving("WEBP"), "dance.webp")
    looked = await check(bot, Sent(file_id=sent["document"]["file_id"]))
    assert looked == Looked(320, 240, animated=True)


async def test_what_telegram_has_and_nobody_can_paint_is_refused(playground: Playground, bot: Bot) -> None:
    sent = await playground.send_document(YOU, b"Dear Sir or Madam", "letter.txt")
    with pytest.raises(ImageError):
        await check(bot, Sent(file_id=sent["document"]["file_id"]))


async def test_what_telegram_has_no_more_is_gone(bot: Bot) -> None:
    with pytest.raises(GoneError):
        await check(bot, Sent(file_id="no such file"))


async def test_a_photo_is_looked_at_too(playground: Playground, bot: Bot) -> None:
    sent = await playground.send_photo(YOU, jpeg(400, 300))
    looked = await check(bot, Sent(file_id=sent["photo"][-1]["file_id"]))
    assert looked == Looked(400, 300, animated=False)
