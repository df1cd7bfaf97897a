"""Updates as Telegram sends them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.storage.inbox import Inbox
from tests.support.processes import until

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from tests.support.playground import Playground


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


async def all_handled(playground: Playground, database: AsyncEngine) -> None:
    """Wait until the bot has fetched all updates, and has handled them."""
    inbox = Inbox(database)

    async def none_left() -> bool:
        return not playground.updates.waiting and not await inbox.count()

    await until(none_left)
