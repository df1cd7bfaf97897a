"""JSON documents, as the Bot API, the database and the page exchange them."""

from __future__ import annotations

import json
from typing import Any

Json = dict[str, Any]


def dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
