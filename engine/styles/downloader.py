"""The downloader of famous paintings: one at a time, resumable, with pauses and retries.

A file is decoded under the same limits as users' pictures, checked against the manifest, and stored as JPEG.
Failures have no consequences but fewer styles.
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
from engine.proxies import client_options
from engine.styles.famous import FamousPainting

log = logging.getLogger(__name__)

MAX_BYTES: Final = 20 * 2**20
"""Bytes of a file. Those of the requested width have 0.5 to 2 MB."""
MAX_EDGE: Final = 2048
"""Longest edge of a stored image, in pixels."""
QUALITY: Final = 92
"""JPEG quality of a stored image."""
PAUSE: Final = 1.0
"""Seconds between two files."""
ATTEMPTS: Final = 3
"""Attempts for a file in one pass."""
MAX_FAILURES: Final = 5
"""Failed files in a row that end a pass."""
FIRST_DELAY: Final = 2.0
"""Seconds before the second attempt, and twice as many before the third."""
MAX_DELAY: Final = 120.0
"""Longest delay in seconds that a server may ask for within a pass."""
READ_TIMEOUT: Final = 20.0
"""Seconds without a byte after which an attempt fails."""
FILE_TIMEOUT: Final = 180.0
"""Seconds that one attempt for a file may take."""
DAY: Final = 86400.0
HOUR: Final = 3600.0

_UNREACHABLE: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError)
_TOO_LARGE: Final = f"it has more than {MAX_BYTES // 2**20} MB"
COOLDOWN_FILE: Final = ".cooldown"
"""File whose age is the time since a pass failed."""


class Outcome(StrEnum):
    """The outcome of a pass."""

    COMPLETE = "complete"
    OFFLINE = "offline"
    """The server was unreachable."""
    INCOMPLETE = "incomplete"
    """Some files failed; try again after a day."""
    BUSY = "busy"
    """Another process is downloading."""


class _TemporaryError(AtelierError):
    """The file is not available now, and may be later."""

    def __init__(self, message: str, delay: float | None = None) -> None:
        super().__init__(message)
        self.delay = delay


class _BackOffError(AtelierError):
    """The server asks for a longer delay than a pass allows."""


class _PermanentError(AtelierError):
    """The server does not have the file, or not a usable one."""


@dataclass(frozen=True, slots=True)
class Downloader:
    """Downloads famous paintings into a folder."""

    folder: Path
    base: str
    """Address that a painting's path is appended to."""
    contact: str = ""
    """Contact address for the server's operators, in the User-Agent."""
    pause: float = PAUSE
    first_delay: float = FIRST_DELAY
    read_timeout: float = READ_TIMEOUT
    file_timeout: float = FILE_TIMEOUT
    time_limit: float | None = None
    """Seconds that a pass may take; None for no limit."""

    async def fetch(
        self, wanted: Sequence[FamousPainting], report: Callable[[str], None] = log.info
    ) -> Outcome:
        """Download the wanted paintings that are missing.

        Args:
            wanted: the paintings, in the order of download.
            report: called with a line for each painting, and for the end of a pass.

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

    def cooldown(self) -> float:
        """Return the seconds until the next pass may begin; 0 if it may now."""
        try:
            age = time.time() - (self.folder / COOLDOWN_FILE).stat().st_mtime
        except FileNotFoundError:
            return 0.0
        return min(max(DAY - age, 0.0), DAY)

    async def _fetch(self, wanted: Sequence[FamousPainting], report: Callable[[str], None]) -> Outcome:
        """Run a pass. If it is incomplete, a day's cooldown begins."""
        try:
            async with asyncio.timeout(self.time_limit):
                outcome = await self._fetch_each(wanted, report)
        except TimeoutError:
            report(f"{_host(self.base)} is too slow; the rest will be tried again tomorrow.")
            outcome = Outcome.INCOMPLETE
        cooldown = self.folder / COOLDOWN_FILE
        if outcome is Outcome.INCOMPLETE:
            cooldown.touch()
        elif outcome is Outcome.COMPLETE:
            cooldown.unlink(missing_ok=True)
        return outcome

    async def _fetch_each(self, wanted: Sequence[FamousPainting], report: Callable[[str], None]) -> Outcome:
        complete, failed = True, 0
        host = _host(self.base)
        async with self._client() as client:
            for number, painting in enumerate(wanted):
                if number:
                    await asyncio.sleep(self.pause)
                try:
                    await self._fetch_with_retries(client, painting)
                except _UNREACHABLE as error:
                    report(
                        f"Famous paintings cannot be downloaded: {host} is unreachable ({_reason(error)})."
                    )
                    return Outcome.OFFLINE
                except _BackOffError as error:
                    report(f"{host} asks for a pause ({error}); the rest will be tried again tomorrow.")
                    return Outcome.INCOMPLETE
                except AtelierError as error:
                    report(f"{painting.id}: {error}")
                    complete, failed = False, failed + 1
                    if failed == MAX_FAILURES:
                        report(
                            f"{MAX_FAILURES} files in a row failed; the rest will be tried again tomorrow."
                        )
                        break
                else:
                    failed = 0
                    report(f"{painting.id}: fetched")
        return Outcome.COMPLETE if complete else Outcome.INCOMPLETE

    def _client(self) -> httpx.AsyncClient:
        contact = f" ({self.contact})" if self.contact else ""
        return httpx.AsyncClient(
            **client_options(self.base),
            headers={
                "User-Agent": f"Atelier/{engine.__version__}{contact} httpx/{httpx.__version__}",
                "Accept": "image/*",
                "Accept-Encoding": "identity",  # ranges and sizes are those of the file
            },
            timeout=httpx.Timeout(self.read_timeout),
            follow_redirects=True,
            max_redirects=5,
        )

    async def _fetch_with_retries(self, client: httpx.AsyncClient, painting: FamousPainting) -> None:
        """Download and store one painting, with retries and growing delays."""
        delay = self.first_delay
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with asyncio.timeout(self.file_timeout):
                    data = await self._download(client, painting)
                await asyncio.to_thread(self._store, painting, data)
                return
            except (_TemporaryError, httpx.RequestError, TimeoutError) as error:
                requested_delay = error.delay if isinstance(error, _TemporaryError) else None
                if (requested_delay or 0.0) > MAX_DELAY or (requested_delay and attempt == ATTEMPTS):
                    raise _BackOffError(str(error)) from error
                if attempt == ATTEMPTS:
                    if isinstance(error, (_TemporaryError, *_UNREACHABLE)):
                        raise
                    raise _TemporaryError(f"the download failed ({_reason(error)})") from error
                await asyncio.sleep(delay if requested_delay is None else requested_delay)
                delay *= 2
            except httpx.InvalidURL as error:
                raise _PermanentError(f"FAMOUS_URL is not a valid address ({error})") from error

    async def _download(self, client: httpx.AsyncClient, painting: FamousPainting) -> bytes:
        """Download a file, resuming an earlier attempt."""
        part = self.folder / f".{painting.id}.part"
        tag = part.with_suffix(".tag")
        have = part.stat().st_size if part.exists() and tag.exists() else 0
        headers = {"Range": f"bytes={have}-", "If-Range": tag.read_text("ascii")} if have else {}
        async with client.stream("GET", self.base + painting.address, headers=headers) as answer:
            if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                _delete(part, tag)
                raise _TemporaryError("the part from before belongs to another file", 0.0)
            _raise_for_status(answer)
            if not (have and answer.headers.get("Content-Range", "").startswith(f"bytes {have}-")):
                have = 0
                _delete(part, tag)
                if answer.status_code != httpx.codes.OK:
                    raise _TemporaryError("the server sent another range than requested", 0.0)
            if have + int(answer.headers.get("Content-Length", 0)) > MAX_BYTES:
                _delete(part, tag)
                raise _PermanentError(_TOO_LARGE)
            if (etag := answer.headers.get("ETag", "")).isascii() and etag.startswith('"'):
                tag.write_text(etag, "ascii")
            with part.open("ab") as file:
                async for piece in answer.aiter_raw():
                    have += file.write(piece)
                    if have > MAX_BYTES:
                        break
        if have > MAX_BYTES:
            _delete(part, tag)
            raise _PermanentError(_TOO_LARGE)
        data = part.read_bytes()
        _delete(part, tag)
        return data

    def _store(self, painting: FamousPainting, data: bytes) -> None:
        """Check that a file shows the painting, and store it.

        Raises:
            WrongPictureError: it shows something else.
            ImageError: it cannot be decoded.
        """
        image = decode(data, painting.id)
        painting.check(image)
        image.thumbnail((MAX_EDGE, MAX_EDGE), Image.Resampling.LANCZOS)
        write_whole(self._file(painting), encode_jpeg(image, QUALITY))

    def _file(self, painting: FamousPainting) -> Path:
        return self.folder / f"{painting.id}.jpg"


def _raise_for_status(answer: httpx.Response) -> None:
    """Raise the error of an answer that has no file."""
    status = answer.status_code
    if status in (httpx.codes.OK, httpx.codes.PARTIAL_CONTENT):
        return
    if status in (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.REQUEST_TIMEOUT) or status >= 500:
        raise _TemporaryError(f"the server answered {status}", _retry_after(answer))
    raise _PermanentError(f"the server answered {status}")


def _retry_after(answer: httpx.Response) -> float | None:
    """Return the delay in seconds that the server asks for, in seconds or as a date."""
    header = answer.headers.get("Retry-After", "").strip()
    if header.isdecimal():
        return float(header)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(header).timestamp() - time.time())
    except ValueError:
        return None


def _delete(*files: Path) -> None:
    for file in files:
        file.unlink(missing_ok=True)


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__


def _host(base: str) -> str:
    return httpx.URL(base).host or base
