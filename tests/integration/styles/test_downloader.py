"""Famous paintings are downloaded from a server that sends them, does not, or sends something else."""

from __future__ import annotations

import email.utils
import time
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock
from PIL import Image

from engine.styles import downloader as module
from engine.styles.catalogue import Catalogue
from engine.styles.downloader import DAY, MAX_EDGE, Downloader, Outcome
from engine.styles.famous import FamousPainting, paintings
from tests.support.file_server import (
    Behaviour,
    FileServer,
    cut_off,
    dripping,
    endless,
    instead,
    silent,
    status,
    tag_of,
)
from tests.support.sample_media import jpeg

REPRODUCTIONS = Path(__file__).resolve().parents[3] / "data" / "tests" / "paintings"
"""Folder of JPEG files by id, which the tests need not have."""

Known = tuple[FamousPainting, ...]


def kept(folder: Path) -> set[str]:
    """Return the names of the files in the folder, without the lock."""
    return {path.name for path in folder.iterdir()} - {".fetching.lock"}


def files(*known: FamousPainting) -> set[str]:
    return {f"{painting.id}.jpg" for painting in known}


async def test_paintings_are_fetched_one_at_a_time_by_somebody_who_says_who_it_is(
    file_server: FileServer, known: Known, downloader: Downloader, folder: Path
) -> None:
    said: list[str] = []
    assert await downloader.fetch(known, said.append) is Outcome.COMPLETE
    assert kept(folder) == files(*known)
    assert file_server.most_at_once == 1
    for call, painting in zip(file_server.calls, known, strict=True):
        assert call.match_info["name"] == painting.file
        assert call.query["width"] == "1280"
        assert call.headers["User-Agent"].startswith("Atelier/")
        assert "(mailto:ann@example.org)" in call.headers["User-Agent"]
    assert said == [f"{painting.id}: fetched" for painting in known]
    assert await downloader.fetch(known) is Outcome.COMPLETE
    assert len(file_server.calls) == len(known), "nothing is fetched twice"


async def test_what_is_fetched_is_in_the_catalogue(
    known: Known, downloader: Downloader, folder: Path, tmp_path: Path, known_manifest: Path
) -> None:
    there = Catalogue(tmp_path, known_manifest)
    assert there.refresh().missing == known
    await downloader.fetch(known)
    assert not there.refresh().missing
    style = there.get(known[0].id)
    assert (style.artist, style.year, style.path) == ("Ann Mirror", "1840–1842", folder / f"{style.id}.jpg")


@pytest.mark.skipif(not REPRODUCTIONS.is_dir(), reason="no reproductions in data/tests/paintings")
async def test_the_real_ones_are_taken_from_a_server_that_has_them(
    file_server: FileServer, downloader: Downloader, folder: Path
) -> None:
    for painting in paintings():
        file_server.files[painting.file] = (REPRODUCTIONS / f"{painting.id}.jpg").read_bytes()
    assert await downloader.fetch(paintings()) is Outcome.COMPLETE
    assert kept(folder) == files(*paintings())
    for painting in paintings():
        with Image.open(folder / f"{painting.id}.jpg") as image:
            assert (image.format, image.mode) == ("JPEG", "RGB")
            assert max(image.size) <= MAX_EDGE


async def test_a_large_one_is_kept_at_a_moderate_size(
    known: Known, downloader: Downloader, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_EDGE", 200)
    await downloader.fetch(known[:1])
    with Image.open(folder / f"{known[0].id}.jpg") as image:
        assert max(image.size) == 200


async def test_a_wrong_picture_is_refused_and_the_others_come(
    file_server: FileServer, known: Known, downloader: Downloader, folder: Path
) -> None:
    first, second, third = known
    file_server.next(first.file, instead(file_server.files[second.file]))
    file_server.next(second.file, instead(b"<html>Please accept our cookies"))
    said: list[str] = []
    assert await downloader.fetch(known, said.append) is Outcome.INCOMPLETE
    assert kept(folder) == files(third) | {module.COOLDOWN_FILE}
    assert "another picture" in said[0] or "aspect" in said[0]
    assert "is not an image" in said[1]
    assert [len(file_server.asked(one.file)) for one in known] == [1, 1, 1], (
        "asking again would not change it"
    )


async def test_what_is_cut_off_is_gone_on_with(
    file_server: FileServer, known: Known, downloader: Downloader, folder: Path
) -> None:
    name = known[0].file
    file_server.next(name, cut_off(0.4), cut_off(0.7))
    assert await downloader.fetch(known[:1]) is Outcome.COMPLETE
    first, second, third = file_server.asked(name)
    assert "Range" not in first.headers
    start = int(second.headers["Range"].removeprefix("bytes=").removesuffix("-"))
    assert 0 < start <= 0.4 * len(file_server.files[name])
    assert second.headers["If-Range"] == tag_of(file_server.files[name])
    assert third.headers["Range"].startswith("bytes="), "the second answer was whole again, and cut off"
    assert kept(folder) == files(known[0])


@pytest.mark.parametrize("changed", [False, True])
async def test_a_part_of_an_earlier_life_is_gone_on_with_unless_the_file_has_changed(
    file_server: FileServer, known: Known, downloader: Downloader, folder: Path, changed: bool
) -> None:
    painting, data = known[0], file_server.files[known[0].file]
    (folder / f".{painting.id}.part").write_bytes(data[:5000] if not changed else b"old" * 900)
    (folder / f".{painting.id}.tag").write_text('"another"' if changed else tag_of(data))
    assert await downloader.fetch([painting]) is Outcome.COMPLETE
    (call,) = file_server.asked(painting.file)
    assert call.headers["Range"] == f"bytes={2700 if changed else 5000}-"
    assert kept(folder) == files(painting)


async def test_a_part_that_is_no_part_of_the_file_is_thrown_away(
    file_server: FileServer, known: Known, downloader: Downloader, folder: Path
) -> None:
    painting, data = known[0], file_server.files[known[0].file]
    (folder / f".{painting.id}.part").write_bytes(bytes(len(data) + 1))
    (folder / f".{painting.id}.tag").write_text(tag_of(data))
    assert await downloader.fetch([painting]) is Outcome.COMPLETE
    assert kept(folder) == files(painting)


@pytest.mark.parametrize("promised", [True, False])
async def test_a_huge_file_is_not_taken_in(
    file_server: FileServer,
    known: Known,
    downloader: Downloader,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    promised: bool,
) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 10**6)
    file_server.next(known[0].file, endless(promised))
    said: list[str] = []
    assert await downloader.fetch(known[:1], said.append) is Outcome.INCOMPLETE
    assert "MB" in said[0]
    assert kept(folder) == {module.COOLDOWN_FILE}


@pytest.mark.parametrize("behaviour", [silent, dripping])
async def test_a_slow_server_is_waited_for_so_long_and_no_longer(
    file_server: FileServer, known: Known, downloader: Downloader, folder: Path, behaviour: Behaviour
) -> None:
    hasty = replace(downloader, read_timeout=0.5, file_timeout=1.0)
    file_server.next(known[0].file, *[behaviour] * module.ATTEMPTS)
    said: list[str] = []
    assert await hasty.fetch(known[:1], said.append) is Outcome.INCOMPLETE
    assert "the download failed" in said[0]
    assert not files(known[0]) & kept(folder)
    assert await downloader.fetch(known) is Outcome.COMPLETE


async def test_a_pass_that_takes_too_long_is_given_up_for_the_day(
    file_server: FileServer, known: Known, downloader: Downloader
) -> None:
    file_server.next(known[0].file, silent)
    said: list[str] = []
    assert await replace(downloader, time_limit=0.5).fetch(known, said.append) is Outcome.INCOMPLETE
    assert said == ["127.0.0.1 is too slow; the rest will be tried again tomorrow."]
    assert DAY - 60 < downloader.cooldown() <= DAY
    assert await downloader.fetch(known) is Outcome.COMPLETE


async def test_what_a_server_does_not_have_is_asked_for_once(
    file_server: FileServer, known: Known, downloader: Downloader, folder: Path
) -> None:
    del file_server.files[known[0].file]
    said: list[str] = []
    assert await downloader.fetch(known, said.append) is Outcome.INCOMPLETE
    assert said[0] == f"{known[0].id}: the server answered 404"
    assert len(file_server.asked(known[0].file)) == 1
    assert len(file_server.calls) == len(known)
    assert files(*known[1:]) <= kept(folder)


@pytest.mark.parametrize("later", ["0", "Thu, 01 Jan 2015 00:00:00 GMT", "soon", ""])
@pytest.mark.parametrize("number", [429, 503])
async def test_a_busy_server_is_asked_again_when_it_says(
    file_server: FileServer, known: Known, downloader: Downloader, number: int, later: str
) -> None:
    file_server.next(known[0].file, status(number, Retry_After=later), status(number))
    assert await downloader.fetch(known[:1]) is Outcome.COMPLETE
    assert len(file_server.calls) == 3


async def test_a_server_that_asks_for_seconds_gets_them(
    file_server: FileServer, known: Known, downloader: Downloader
) -> None:
    at = email.utils.formatdate(time.time() + 1.9, usegmt=True)
    file_server.next(known[0].file, status(429, Retry_After="1"), status(503, Retry_After=at))
    started = time.monotonic()
    assert await downloader.fetch(known[:1]) is Outcome.COMPLETE
    assert time.monotonic() - started >= 1


async def test_a_server_that_asks_for_an_hour_is_left_alone(
    file_server: FileServer, known: Known, downloader: Downloader
) -> None:
    said: list[str] = []
    file_server.next(known[0].file, status(429, Retry_After="3600"))
    assert await downloader.fetch(known, said.append) is Outcome.INCOMPLETE
    assert len(file_server.calls) == 1
    assert said == [
        "127.0.0.1 asks for a pause (the server answered 429); the rest will be tried again tomorrow."
    ]
    assert downloader.cooldown() > 0


async def test_a_server_that_asks_for_a_little_more_time_again_and_again_is_left_alone(
    file_server: FileServer, known: Known, downloader: Downloader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ATTEMPTS", 2)
    file_server.next(known[0].file, *[status(503, Retry_After="1")] * 2)
    assert await downloader.fetch(known) is Outcome.INCOMPLETE
    assert len(file_server.calls) == 2


async def test_after_some_failures_the_rest_waits_for_another_day(
    file_server: FileServer, known: Known, downloader: Downloader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_FAILURES", 2)
    file_server.files.clear()
    assert downloader.cooldown() == 0
    assert await downloader.fetch(known) is Outcome.INCOMPLETE
    assert len(file_server.calls) == 2
    assert DAY - 60 < downloader.cooldown() <= DAY


async def test_without_a_way_to_the_server_there_is_one_quiet_line(known: Known, folder: Path) -> None:
    said: list[str] = []
    nowhere = Downloader(folder, "http://127.0.0.1:1/", pause=0.0, first_delay=0.01)
    assert await nowhere.fetch(known, said.append) is Outcome.OFFLINE
    (line,) = said
    assert line.startswith("Famous paintings cannot be downloaded: 127.0.0.1 is unreachable (")
    assert kept(folder) == set()
    assert nowhere.cooldown() == 0


async def test_two_processes_do_not_fetch_at_once(
    file_server: FileServer, known: Known, downloader: Downloader, folder: Path
) -> None:
    with FileLock(folder / ".fetching.lock"):
        assert await downloader.fetch(known) is Outcome.BUSY
    assert not file_server.calls
    assert await downloader.fetch(known) is Outcome.COMPLETE


async def test_a_server_may_send_us_on_to_where_the_file_is(
    file_server: FileServer, known: Known, downloader: Downloader, folder: Path
) -> None:
    file_server.files["elsewhere.jpg"] = file_server.files[known[0].file]
    file_server.next(known[0].file, status(301, Location=f"{file_server.base}elsewhere.jpg"))
    assert await downloader.fetch(known[:1]) is Outcome.COMPLETE
    assert len(file_server.asked("elsewhere.jpg")) == 1
    file_server.next(known[1].file, *[status(302, Location=f"{file_server.base}{known[1].file}")] * 30)
    assert await downloader.fetch(known[1:2]) is Outcome.INCOMPLETE
    assert kept(folder) == files(known[0]) | {module.COOLDOWN_FILE}


async def test_an_address_that_is_none_is_no_way(known: Known, folder: Path) -> None:
    said: list[str] = []
    assert await Downloader(folder, "ftp://example.org/", first_delay=0.0).fetch(known[:1], said.append) in (
        Outcome.INCOMPLETE,
        Outcome.OFFLINE,
    )
    assert said


async def test_a_tiny_bomb_is_refused(
    file_server: FileServer, known: Known, downloader: Downloader, folder: Path
) -> None:
    file_server.files[known[0].file] = jpeg(8, 8)
    said: list[str] = []
    await downloader.fetch(known[:1], said.append)
    assert "pixels" in said[0]
    assert kept(folder) == {module.COOLDOWN_FILE}
