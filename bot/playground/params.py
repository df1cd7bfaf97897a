"""The parameters of a Bot API call, however they came: query, form, multipart or JSON."""

import json
import re
from collections.abc import Mapping
from typing import Any

from bot.playground.errors import BadRequest
from bot.playground.types import Json
from bot.playground.upload import Upload

ATTACH = "attach://"


class Params:
    """Values are strings (of JSON where they are nested), or plain JSON values where the body was JSON."""

    def __init__(self, values: Mapping[str, Any], uploads: Mapping[str, Upload] | None = None) -> None:
        self.values = dict(values)
        self.uploads = dict(uploads or {})

    @property
    def sizes(self) -> dict[str, int]:
        """The uploads by name, in bytes."""
        return {name: len(upload.data) for name, upload in self.uploads.items()}

    def nested(self, values: Json) -> "Params":
        """An object inside of the call, such as InputMedia; it may point to the call's files."""
        return Params(values, self.uploads)

    def text(self, name: str) -> str:
        value = self.values.get(name, "")
        return value if isinstance(value, str) else json.dumps(value)

    def integer(self, name: str, default: int = 0) -> int:
        text = self.text(name)
        return int(text) if re.fullmatch(r"-?\d{1,18}", text, re.ASCII) else default

    def flag(self, name: str) -> bool:
        return self.text(name).lower() in ("true", "1", "yes")

    def json(self, name: str, what: str) -> Any:
        """None where it is absent. `what` names the object in Telegram's sentence."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except (ValueError, RecursionError):  # nested too deep
            raise BadRequest(f"can't parse {what} JSON object") from None

    def objects(self, name: str, what: str) -> list[Json]:
        value = self.json(name, what)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise BadRequest(f"expected an Array of {what}")
        return value

    def object(self, name: str, what: str) -> Json | None:
        value = self.json(name, what)
        if value is not None and not isinstance(value, dict):
            raise BadRequest(f"object expected as {what}")
        return value

    def file(self, name: str) -> Upload | str:
        """An upload, or the id or address of a file; "" where there is nothing."""
        value = self.text(name)
        if value.startswith(ATTACH):
            return self.uploads.get(value.removeprefix(ATTACH), "")
        return value or self.uploads.get(name, "")
