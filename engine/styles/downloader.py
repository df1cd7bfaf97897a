"""Fetching the famous paintings: politely, one at a time, going on where it was interrupted.

What arrives is decoded under the same limits as what people send, compared with what the manifest knows of
the painting, and kept as a JPEG. What fails here is nobody's trouble: the gallery shows what is there.
"""

from __future__ import annotations

import asyncio
import email.utils
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import httpx
from filelock import FileLock, Timeout
from PIL import Image

import engine
from engine.errors import AtelierError
from engine.files import write_whole
from engine.imaging.encoding import encode_jpeg
from engine.imaging.reading import decode
from engine.styles.famous import FamousPainting

log = logging.getLogger(__name__)

MOST_BYTES: Final = 20 * 2**20
"""Of a file; those of the asked width have half a megabyte or two."""
EDGE: Final = 2048
"""Longest edge, in pixels, that is kept."""
QUALITY: Final = 92
PAUSE: Final = 1.0
"""Seconds between two files."""
TRIES: Final = 3
"""For a file, of one pass."""
FAILURES: Final = 5
"""Files in a row that fail before a pass is given up."""
WAIT: Final = 2.0
"""Seconds until a second try; twice as many until the third."""
LONGEST_WAIT: Final = 120.0
"""Seconds that a server may ask us to wait within a pass."""
SILENCE: Final = 20.0
"""Seconds without a byte after which a server counts as gone."""
DEADLINE: Final = 180.0
"""Seconds that one file may take in one try."""
DAY: Final = 86400.0
HOUR: Final = 3600.0

_NO_WAY: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError)
_TOO_LARGE: Final = f"it has more than {MOST_BYTES // 2**20} MB"
RESTING: Final = ".resting"
"""Its age is how long ago a pass was given up."""


class Outcome(StrEnum):
    """The outcome of one pass."""

    COMPLETE = "complete"
    OFFLINE = "offline"
    """There was no way to the server."""
    INCOMPLETE = "incomplete"
    """Some would not come; another day."""
    BUSY = "busy"
    """Another process is at it."""


class _NotNowError(AtelierError):
    """The server has a reason not to give the file now."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class _LeaveUsAloneError(AtelierError):
    """The server wants a longer rest than a pass has."""


class _NeverError(AtelierError):
    """The server does not have the file, or what it has is no use."""


@dataclass(frozen=True, slots=True)
class Downloader:
    """Fetches into a folder."""

    folder: Path
    base: str
    """Base of the addresses: a file's name follows it."""
    contact: str = ""
    """For the server's people."""
    pause: float = PAUSE
    wait: float = WAIT
    silence: float = SILENCE
    deadline: float = DEADLINE
    time_limit: float | None = None
    """Seconds that a pass may take; None is as many as it needs."""

    async def fetch(
        self, wanted: Sequence[FamousPainting], report: Callable[[str], None] = log.info
    ) -> Outcome:
        """Fetch what is wanted and not there.

        Args:
            wanted: the paintings, the first ones first.
            report: told a line about each that came, and why one did not.

        Raises:
            OSError: the folder cannot be written.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.folder / ".fetching.lock", thread_local=False)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            return Outcome.BUSY
        try:
            return await self._fetch([one for one in wanted if not self._file(one).exists()], report)
        finally:
            lock.release()

    def rests(self) -> float:
        """Seconds until another pass may begin; 0 for now."""
        try:
            age = time.time() - (self.folder / RESTING).stat().st_mtime
        except FileNotFoundError:
            return 0.0
        return min(max(DAY - age, 0.0), DAY)

    async def _fetch(self, wanted: Sequence[FamousPainting], report: Callable[[str], None]) -> Outcome:
        """Do a pass, after which comes a rest if it was given up."""
        try:
            async with asyncio.timeout(self.time_limit):
                outcome = await self._ask_for(wanted, report)
        except TimeoutError:
            report(f"{_host(self.base)} takes too long; what is left waits for another day.")
            outcome = Outcome.INCOMPLETE
        resting = self.folder / RESTING
        if outcome is Outcome.INCOMPLETE:
            resting.touch()
        elif outcome is Outcome.COMPLETE:
            resting.unlink(missing_ok=True)
        return outcome

    async def _ask_for(self, wanted: Sequence[FamousPainting], report: Callable[[str], None]) -> Outcome:
        complete, failed = True, 0
        async with self._client() as client:
            for number, painting in enumerate(wanted):
                if number:
                    await asyncio.sleep(self.pause)
                try:
                    await self._insist(client, painting)
                except _NO_WAY as error:
                    report(
                        f"The famous paintings have to wait: no way to {_host(self.base)} ({_reason(error)})."
                    )
                    return Outcome.OFFLINE
                except _LeaveUsAloneError as error:
                    report(f"{_host(self.base)} wants a rest ({error}): what is left waits for another day.")
                    return Outcome.INCOMPLETE
                except AtelierError as error:
                    report(f"{painting.id}: {error}")
                    complete, failed = False, failed + 1
                    if failed == FAILURES:
                        report(f"{_host(self.base)} gave none of {FAILURES}; the rest waits for another day.")
                        break
                else:
                    failed = 0
                    report(f"{painting.id}: fetched")
        return Outcome.COMPLETE if complete else Outcome.INCOMPLETE

    def _client(self) -> httpx.AsyncClient:
        contact = f" ({self.contact})" if self.contact else ""
        return httpx.AsyncClient(
            headers={
                "User-Agent": f"Atelier/{engine.__version__}{contact} httpx/{httpx.__version__}",
                "Accept": "image/*",
                "Accept-Encoding": "identity",  # ranges and sizes are those of the file
            },
            timeout=httpx.Timeout(self.silence),
            follow_redirects=True,
            max_redirects=5,
        )

    async def _insist(self, client: httpx.AsyncClient, painting: FamousPainting) -> None:
        """Try a few times, and longer apart each time."""
        wait = self.wait
        for attempt in range(1, TRIES + 1):
            try:
                async with asyncio.timeout(self.deadline):
                    data = await self._load(client, painting)
                await asyncio.to_thread(self._keep, painting, data)
                return
            except (_NotNowError, httpx.RequestError, TimeoutError) as error:
                asked = error.wait if isinstance(error, _NotNowError) else None
                if (asked or 0.0) > LONGEST_WAIT or (asked and attempt == TRIES):
                    raise _LeaveUsAloneError(str(error)) from error
                if attempt == TRIES:
                    if isinstance(error, (_NotNowError, *_NO_WAY)):
                        raise
                    raise _NotNowError(f"it did not come through ({_reason(error)})") from error
                await asyncio.sleep(wait if asked is None else asked)
                wait *= 2
            except httpx.InvalidURL as error:
                raise _NeverError(f"FAMOUS_URL makes no address ({error})") from error

    async def _load(self, client: httpx.AsyncClient, painting: FamousPainting) -> bytes:
        """Get the whole file; what came before is kept beside, and gone on from."""
        part = self.folder / f".{painting.id}.part"
        tag = part.with_suffix(".tag")
        have = part.stat().st_size if part.exists() and tag.exists() else 0
        headers = {"Range": f"bytes={have}-", "If-Range": tag.read_text("ascii")} if have else {}
        async with client.stream("GET", self.base + painting.address, headers=headers) as answer:
            if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                _forget(part, tag)
                raise _NotNowError("what there was of it belongs to another file", 0.0)
            _refuse(answer)
            if not (have and answer.headers.get("Content-Range", "").startswith(f"bytes {have}-")):
                have = 0
                _forget(part, tag)
                if answer.status_code != httpx.codes.OK:
                    raise _NotNowError("it came from another place than was asked for", 0.0)
            if have + int(answer.headers.get("Content-Length", 0)) > MOST_BYTES:
                _forget(part, tag)
                raise _NeverError(_TOO_LARGE)
            if (etag := answer.headers.get("ETag", "")).isascii() and etag.startswith('"'):
                tag.write_text(etag, "ascii")
            with part.open("ab") as file:
                async for piece in answer.aiter_raw():
                    have += file.write(piece)
                    if have > MOST_BYTES:
                        break
        if have > MOST_BYTES:
            _forget(part, tag)
            raise _NeverError(_TOO_LARGE)
        data = part.read_bytes()
        _forget(part, tag)
        return data

    def _keep(self, painting: FamousPainting, data: bytes) -> None:
        """See that it is the painting, and keep it.

        Raises:
            WrongPictureError: it is not.
            ImageError: it is no picture.
        """
        image = decode(data, painting.id)
        painting.check(image)
        image.thumbnail((EDGE, EDGE), Image.Resampling.LANCZOS)
        write_whole(self._file(painting), encode_jpeg(image, QUALITY))

    def _file(self, painting: FamousPainting) -> Path:
        return self.folder / f"{painting.id}.jpg"


def _refuse(answer: httpx.Response) -> None:
    """Raise what an answer means that brings no file."""
    status = answer.status_code
    if status in (httpx.codes.OK, httpx.codes.PARTIAL_CONTENT):
        return
    if status in (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.REQUEST_TIMEOUT) or status >= 500:
        raise _NotNowError(f"the server answered {status}", _retry_after(answer))
    raise _NeverError(f"the server answered {status}")


def _retry_after(answer: httpx.Response) -> float | None:
    """Seconds that the server asks us to wait, which it may say as a date."""
    said = answer.headers.get("Retry-After", "").strip()
    if said.isdecimal():
        return float(said)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(said).timestamp() - time.time())
    except ValueError:
        return None


def _forget(*files: Path) -> None:
    for file in files:
        file.unlink(missing_ok=True)


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__


def _host(base: str) -> str:
    return httpx.URL(base).host or base
