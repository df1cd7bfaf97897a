"""Updates as Telegram sends them."""

from __future__ import annotations

from typing import Any


def raw_update(
    number: int, chat: int = 1, group: str | None = None, person: int | None = None
) -> dict[str, Any]:
    """Return a message's update; ``group`` is an album's id."""
    message: dict[str, Any] = {
        "message_id": number,
        "date": 1,
        "chat": {"id": chat, "type": "private" if chat > 0 else "supergroup"},
        "from": {"id": person or chat, "is_bot": False, "first_name": "Ada"},
        "text": "a",
        "new_in_11": {"deep": [1]},
    }
    return {"update_id": number, "message": message | ({"media_group_id": group} if group else {})}
