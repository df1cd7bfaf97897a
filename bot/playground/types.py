"""JSON documents, as the Bot API, the database and the page exchange them."""

import json
from typing import Any

Json = dict[str, Any]
"""A JSON object."""


def dumps(value: object) -> str:
    """Return a value as compact JSON, with letters of any script left readable."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
