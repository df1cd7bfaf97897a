"""Pictures that people send: what they turn out to be, and which of them cannot be painted."""

from __future__ import annotations

import asyncio
import gzip
import io
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from PIL import Image
from telegram import Bot

from bot.chat import downloads as module
from bot.chat.downloads import MAX_DOWNLOAD, Downloads, GoneError, UnavailableError
from bot.conversation import CatalogueStyle, Sent
from bot.playground import YOU, Server, serve
from engine.errors import ImageError, ImageTooLargeError
from engine.imaging.decoding import Inspected
from engine.imaging.limits import MAX_BYTES
from engine.imaging.reading import decode, inspect
from tests.support.playground import Playground
from tests.support.sample_media import jpeg
from tests.support.telegram_client import connect
from tests.unit.bot.clockwork import simulate


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
    assert inspect(_moving(format)) == Inspected(320, 240, animated=True)
    assert inspect(_saved(Image.new("RGB", (320, 240)), format)) == Inspected(320, 240, animated=False)


def test_width_and_height_are_those_of_the_upright_picture() -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    assert inspect(_saved(Image.new("RGB", (300, 200)), "JPEG", exif=turned)) == Inspected(
        200, 300, animated=False
    )


def test_a_sticker_is_painted_on_white() -> None:
    data = _saved(_sticker(), "WEBP", lossless=True)
    assert inspect(data) == Inspected(512, 384, animated=False)
    assert decode(data).getpixel((0, 0)) == (255, 255, 255)
    assert decode(data).getpixel((256, 192)) == (255, 0, 0)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (
            gzip.compress(b'{"tgs":1,"v":"5.5.2","fr":60,"ip":0,"op":180,"w":512,"h":512,"layers":[]}'),
            "image-unreadable",
        ),
        (
            b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\x82\x84webm" + bytes(200),
            "image-video",
        ),
        (b"\x00\x00\x00\x1cftypisom\x00\x00\x02\x00isomiso2mp41" + bytes(200), "image-video"),
    ],
    ids=["tgs", "webm", "mp4"],
)
def test_stickers_and_films_that_move_otherwise_are_unreadable(data: bytes, code: str) -> None:
    with pytest.raises(ImageError) as caught:
        inspect(data)
    assert caught.value.code == code


async def test_what_telegram_has_is_looked_at(playground: Playground, bot: Bot) -> None:
    sent = await playground.send_document(YOU, _moving("WEBP"), "dance.webp")
    looked = await Downloads().inspect(bot, Sent(file_id=sent["document"]["file_id"]))
    assert looked == Inspected(320, 240, animated=True)


async def test_what_telegram_has_and_nobody_can_paint_is_refused(playground: Playground, bot: Bot) -> None:
    sent = await playground.send_document(YOU, b"Dear Sir or Madam", "letter.txt")
    with pytest.raises(ImageError):
        await Downloads().inspect(bot, Sent(file_id=sent["document"]["file_id"]))


async def test_what_telegram_has_no_more_is_gone(bot: Bot) -> None:
    with pytest.raises(GoneError):
        await Downloads().inspect(bot, Sent(file_id="no such file"))


NOT_NOW = "Bad Request: wrong file_id or the file is temporarily unavailable"


@pytest.mark.parametrize(
    "fault",
    [
        {"method": "getFile", "code": 400, "description": NOT_NOW},
        {"method": "getFile", "code": 500},
        {"method": "download", "code": 404},
        {"method": "download", "code": 500},
        {"method": "download", "drop": True},
    ],
)
async def test_what_passes_is_not_taken_for_final(
    playground: Playground, bot: Bot, fault: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_PAUSES", (0.0, 0.0))
    sent = await playground.send_photo(YOU, jpeg(400, 300))
    playground.fault(**fault, times=2)
    looked = await Downloads().inspect(bot, Sent(file_id=sent["photo"][-1]["file_id"]))
    assert looked == Inspected(400, 300, animated=False)


async def test_a_file_that_stays_unavailable_is_not_taken_for_lost(
    playground: Playground, bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_PAUSES", (0.0,))
    sent = await playground.send_photo(YOU, jpeg(400, 300))
    playground.fault("getFile", code=400, description=NOT_NOW, times=None)
    picture = Sent(file_id=sent["photo"][-1]["file_id"])
    with pytest.raises(UnavailableError):
        await Downloads().inspect(bot, picture)
    assert not await Downloads().has(bot, picture)
    playground.faults.clear()
    assert await Downloads().has(bot, picture)


async def test_a_local_server_names_files_on_the_disk_which_may_be_large(
    playground: Playground, bot: Bot
) -> None:
    playground.local = True
    noise = _saved(Image.effect_noise((3000, 2600), 90).convert("RGB"), "BMP")
    assert MAX_DOWNLOAD < len(noise) < MAX_BYTES
    sent = await playground.send_document(YOU, noise, "photo.bmp")
    downloads = Downloads(local=True)
    assert downloads.max_bytes == MAX_BYTES
    looked = await downloads.inspect(bot, Sent(file_id=sent["document"]["file_id"]))
    assert looked == Inspected(3000, 2600, animated=False)


async def test_a_file_of_a_local_server_that_is_too_large_is_not_read(
    playground: Playground, bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    playground.local = True
    monkeypatch.setattr(module, "MAX_BYTES", 1000)
    sent = await playground.send_document(YOU, bytes(1001), "photo.bmp")
    with pytest.raises(ImageTooLargeError):
        await Downloads(local=True).fetch(bot, Sent(file_id=sent["document"]["file_id"]))


async def test_a_photo_is_looked_at_too(playground: Playground, bot: Bot) -> None:
    sent = await playground.send_photo(YOU, jpeg(400, 300))
    looked = await Downloads().inspect(bot, Sent(file_id=sent["photo"][-1]["file_id"]))
    assert looked == Inspected(400, 300, animated=False)


class Files:
    """A bot whose files can be counted, of a byte in each place."""

    def __init__(self, size: int = 10) -> None:
        self.size = size
        self.downloaded: list[str] = []

    async def get_file(self, file_id: str) -> Files:
        """Find a file."""
        self.downloaded.append(file_id)
        return self

    async def download_as_bytearray(self) -> bytearray:
        """Download it."""
        return bytearray(self.size)


async def _fetched(downloads: Downloads, files: Any, names: str) -> str:
    """Fetch files; gives those that were downloaded for it."""
    files.downloaded.clear()
    for name in names:
        assert len((await downloads.fetch(files, Sent(file_id=name))).data) == files.size
    return "".join(files.downloaded)


async def test_a_picture_is_downloaded_once_while_it_is_cached() -> None:
    downloads, files = Downloads(), Files()
    assert await _fetched(downloads, files, "abba") == "ab"
    downloads.discard(Sent(file_id="a"), Sent(file_id="never there"), CatalogueStyle(id="mosaic"))
    assert await _fetched(downloads, files, "ab") == "a"


async def test_the_pictures_used_longest_ago_leave_a_full_cache() -> None:
    downloads, files = Downloads(capacity=30), Files(10)
    assert await _fetched(downloads, files, "abc") == "abc"
    assert await _fetched(downloads, files, "ad") == "d", "b has to leave"
    assert await _fetched(downloads, files, "acd") == ""
    assert await _fetched(downloads, files, "b") == "b"
    assert len(downloads._cached) == len(downloads._timers) == 3


async def test_a_picture_larger_than_the_cache_is_downloaded_each_time() -> None:
    assert await _fetched(Downloads(capacity=9), Files(10), "aa") == "aa"


def test_a_picture_leaves_the_cache_by_and_by() -> None:
    async def story() -> None:
        downloads, files = Downloads(lifetime=60.0), Files()
        assert await _fetched(downloads, files, "a") == "a"
        await asyncio.sleep(59.0)
        assert await _fetched(downloads, files, "ab") == "b"
        await asyncio.sleep(2.0)
        assert not {"a"} & downloads._cached.keys()
        downloads.discard(Sent(file_id="b"))
        assert await _fetched(downloads, files, "ab") == "ab"
        await asyncio.sleep(59.0)
        assert await _fetched(downloads, files, "ab") == "", "the first download's time ends nothing"
        await asyncio.sleep(2.0)
        assert not downloads._cached
        assert not downloads._timers

    simulate(story())


async def test_a_picture_is_decoded_once_and_its_size_is_kept(
    playground: Playground, bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[int] = []

    def counted(data: bytes) -> Inspected:
        decoded.append(len(data))
        return inspect(data)

    monkeypatch.setattr(module, "inspect", counted)
    sent = await playground.send_document(YOU, jpeg(400, 300), "photo.jpg")
    picture, downloads = Sent(file_id=sent["document"]["file_id"]), Downloads()
    assert (await downloads.fetch(bot, picture)).size == (400, 300), "by the header"
    assert await downloads.inspect(bot, picture) == await downloads.inspect(bot, picture)
    assert (await downloads.fetch(bot, picture)).size == (400, 300)
    assert len(decoded) == 1


async def test_a_refused_upload_is_not_kept(playground: Playground, bot: Bot) -> None:
    sent = await playground.send_document(YOU, b"Dear Sir or Madam", "letter.txt")
    downloads = Downloads()
    with pytest.raises(ImageError):
        await downloads.inspect(bot, Sent(file_id=sent["document"]["file_id"]))
    assert not downloads._cached
