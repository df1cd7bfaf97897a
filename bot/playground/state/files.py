"""Files that were sent in chats: their bytes, and the JSON by which messages refer to them."""

import asyncio
import hashlib
import re
import secrets
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from bot.playground import media
from bot.playground.state.store import Store
from bot.playground.types import Json, dumps
from bot.playground.upload import Upload

SUFFIXES = {"photo": "jpg", "thumbnail": "jpg"}
"""Suffixes of the kinds that have no name of their own."""


class File(NamedTuple):
    """A stored file, without its bytes."""

    id: str
    unique_id: str
    kind: str
    """photo, thumbnail, document, video, video_note, animation, live_photo, voice, audio or sticker."""
    path: str
    """Path as getFile returns it."""
    name: str
    mime: str
    size: int
    """Bytes."""
    content: Any
    """JSON that a message with this file holds under the name of its kind."""


class Files:
    """The files of all chats."""

    def __init__(self, store: Store) -> None:
        """Keep rows and bytes in the store."""
        self._store = store

    def get(self, file_id: str) -> File | None:
        """Return a file; None if there is no such file."""
        body = self._store.document("SELECT body FROM file WHERE id = ?", file_id)
        return File(**body) if body else None

    def at(self, path: str) -> File | None:
        """Return the file with this path of getFile; no path from outside is ever looked up on the disk."""
        body = self._store.document("SELECT body FROM file WHERE path = ?", path)
        return File(**body) if body else None

    def bytes_path(self, file: File) -> Path:
        """Return the path of a file's bytes on the disk."""
        return self._store.bytes_folder / file.id

    def read(self, file_id: str) -> bytes:
        """Return a file's bytes.

        Raises:
            KeyError: there is no such file.
        """
        file = self.get(file_id)
        if file is None:
            raise KeyError(file_id)
        return self.bytes_path(file).read_bytes()

    async def add_photo(self, chat: int, pictures: list[media.Picture]) -> list[Json]:
        """Store all sizes of one photo, and return Telegram's PhotoSizes; any of them can be sent again."""
        files = [self._file("photo", Upload("", "image/jpeg", picture.data)) for picture in pictures]
        sizes = [
            _identity(file) | {"width": picture.width, "height": picture.height, "file_size": file.size}
            for file, picture in zip(files, pictures, strict=True)
        ]
        for file, picture in zip(files, pictures, strict=True):
            await self._save(chat, file._replace(content=sizes), picture.data)
        return sizes

    async def add(
        self, chat: int, kind: str, upload: Upload, extra: Json, thumbnail: bytes | None = None
    ) -> Json:
        """Store a file byte for byte, and return its JSON; `extra` are its kind's own fields, as a width."""
        picture = await asyncio.to_thread(media.thumbnail, thumbnail or upload.data)
        content = dict(extra)
        if picture:
            content["thumbnail"] = await self._add_thumbnail(chat, picture)
        file = self._file(kind, upload)
        if upload.name:
            content["file_name"] = upload.name
        content |= {"mime_type": upload.mime} | _identity(file) | {"file_size": file.size}
        await self._save(chat, file._replace(content=content), upload.data)
        return content

    def forget(self, chat: int) -> None:
        """Delete all files of a chat, from the disk too."""
        for (file_id,) in self._store.rows("DELETE FROM file WHERE chat = ? RETURNING id", chat):
            self._remove_bytes(file_id)

    def supersede(self, old: Json, new: Json) -> None:
        """Mark the files that an edit took out of a message; mostly previews of a painting."""
        for file_id in ids_in(old) - ids_in(new):
            self._store.run("UPDATE file SET superseded = 1 WHERE id = ?", file_id)

    def prune(self) -> None:
        """Delete marked files. Only at the start: until then a page or a test may look at them."""
        shown = {
            file_id for (body,) in self._store.rows("SELECT body FROM message") for file_id in ids_in(body)
        }
        for (file_id,) in self._store.rows("SELECT id FROM file WHERE superseded"):
            if file_id not in shown:
                self._store.run("DELETE FROM file WHERE id = ?", file_id)
                self._remove_bytes(file_id)

    def _remove_bytes(self, file_id: str) -> None:
        (self._store.bytes_folder / file_id).unlink(missing_ok=True)

    async def _add_thumbnail(self, chat: int, picture: media.Picture) -> Json:
        file = self._file("thumbnail", Upload("", "image/jpeg", picture.data))
        await self._save(chat, file, picture.data)
        return _identity(file) | {"width": picture.width, "height": picture.height, "file_size": file.size}

    def _file(self, kind: str, upload: Upload) -> File:
        suffix = SUFFIXES.get(kind) or PurePosixPath(upload.name).suffix.lstrip(".").lower()
        suffix = f".{suffix}" if re.fullmatch(r"[a-z0-9]{1,8}", suffix) else ""
        folder = kind if kind.endswith("s") else f"{kind}s"
        return File(
            id=f"AgAC{secrets.token_urlsafe(39)}",
            unique_id="AQAD" + hashlib.blake2b(upload.data, digest_size=6).hexdigest(),
            kind=kind,
            path=f"{folder}/file_{self._store.next('file')}{suffix}",
            name=upload.name,
            mime=upload.mime,
            size=len(upload.data),
            content=None,
        )

    async def _save(self, chat: int, file: File, data: bytes) -> None:
        # The bytes first: a row always has its file, whenever the process dies.
        await asyncio.to_thread(self.bytes_path(file).write_bytes, data)
        self._store.run(
            "INSERT INTO file (id, path, chat, body) VALUES (?, ?, ?, ?)",
            file.id,
            file.path,
            chat,
            dumps(file._asdict()),
        )


def ids_in(message: Json | str) -> set[str]:
    """Return the ids of all files in a message."""
    return set(re.findall(r'"file_id":"([^"]+)"', message if isinstance(message, str) else dumps(message)))


def _identity(file: File) -> Json:
    return {"file_id": file.id, "file_unique_id": file.unique_id}


def as_document(animation: Json) -> Json:
    """Return the field `document` that Telegram adds to an animation, for old bots."""
    return {key: value for key, value in animation.items() if key not in ("width", "height", "duration")}
