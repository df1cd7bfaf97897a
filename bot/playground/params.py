"""The parameters of a Bot API call, whether they came as query, form, multipart or JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from bot.playground.errors import BadRequest
from bot.playground.types import Json
from bot.playground.upload import Upload

ATTACH = "attach://"
"""Prefix of a value that names an uploaded file of the same call."""


class Params:
    """A call's parameters by name.

    Values are strings (of JSON where they are nested), or plain JSON values where the body was JSON.
    """

    def __init__(self, values: Mapping[str, Any], uploads: Mapping[str, Upload] | None = None) -> None:
        """Copy both mappings."""
        self.values = dict(values)
        self.uploads = dict(uploads or {})

    @property
    def sizes(self) -> dict[str, int]:
        """The uploads' sizes in bytes, by name."""
        return {name: len(upload.data) for name, upload in self.uploads.items()}

    def nested(self, values: Json) -> Params:
        """Return the parameters of an object in the call, such as InputMedia; it shares the uploads."""
        return Params(values, self.uploads)

    def text(self, name: str) -> str:
        """Return a parameter as a string; "" if it is absent."""
        value = self.values.get(name, "")
        return value if isinstance(value, str) else json.dumps(value)

    def integer(self, name: str, default: int = 0) -> int:
        """Return a parameter as an integer; the default if it is absent or not an integer."""
        text = self.text(name)
        return int(text) if re.fullmatch(r"-?\d{1,18}", text, re.ASCII) else default

    def flag(self, name: str) -> bool:
        """Return a parameter as a Boolean; False if it is absent."""
        return self.text(name).lower() in ("true", "1", "yes")

    def json(self, name: str, type_name: str) -> Any:
        """Return a parameter, decoded from JSON where it is a string; None if it is absent.

        Raises:
            BadRequest: it is not JSON; Telegram's sentence calls the object `type_name`.
        """
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except (ValueError, RecursionError):  # nested too deep
            raise BadRequest(f"can't parse {type_name} JSON object") from None

    def objects(self, name: str, type_name: str) -> list[Json]:
        """Return a parameter that is an array of objects; [] if it is absent.

        Raises:
            BadRequest: it is anything else.
        """
        value = self.json(name, type_name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise BadRequest(f"expected an Array of {type_name}")
        return value

    def object(self, name: str, type_name: str) -> Json | None:
        """Return a parameter that is one object; None if it is absent.

        Raises:
            BadRequest: it is anything else.
        """
        value = self.json(name, type_name)
        if value is not None and not isinstance(value, dict):
            raise BadRequest(f"object expected as {type_name}")
        return value

    def file(self, name: str) -> Upload | str:
        """Return an upload, or a file's id or URL; "" if there is neither."""
        value = self.text(name)
        if value.startswith(ATTACH):
            return self.uploads.get(value.removeprefix(ATTACH), "")
        return value or self.uploads.get(name, "")
