"""Methods by which the bot gets its updates and files."""

from typing import TYPE_CHECKING

from bot.playground.errors import BadRequest
from bot.playground.media import MAX_DOWNLOAD_BYTES
from bot.playground.methods.registry import method
from bot.playground.params import Params
from bot.playground.types import Json

if TYPE_CHECKING:
    from bot.playground.state.telegram import Playground

MAX_TIMEOUT = 50  # seconds


@method
async def get_me(playground: "Playground", _: Params) -> Json:
    return playground.bot | {
        "can_join_groups": True,
        "can_read_all_group_messages": not playground.privacy,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


@method
async def get_updates(playground: "Playground", params: Params) -> list[Json]:
    _allow(playground, params)
    limit = min(max(params.integer("limit", 100), 1), 100)
    timeout = min(max(params.integer("timeout"), 0), MAX_TIMEOUT)
    return await playground.updates.poll(params.integer("offset"), limit, timeout)


@method
async def set_webhook(playground: "Playground", params: Params) -> bool:
    url = params.text("url")
    if not url:
        return await delete_webhook(playground, params)
    playground.webhook.set(url, params.text("secret_token"), params.integer("max_connections", 40))
    _allow(playground, params)
    if params.flag("drop_pending_updates"):
        playground.updates.clear()
    return True


@method
async def delete_webhook(playground: "Playground", params: Params) -> bool:
    playground.webhook.delete()
    if params.flag("drop_pending_updates"):
        playground.updates.clear()
    return True


@method
async def get_webhook_info(playground: "Playground", _: Params) -> Json:
    return playground.webhook.info()


@method
async def get_file(playground: "Playground", params: Params) -> Json:
    file_id = params.text("file_id")
    if not file_id:
        raise BadRequest("file_id not specified")
    file = playground.files.get(file_id)
    if file is None:
        raise BadRequest("invalid file_id")
    if file.size > MAX_DOWNLOAD_BYTES:
        raise BadRequest("file is too big")
    return {
        "file_id": file.id,
        "file_unique_id": file.unique_id,
        "file_size": file.size,
        "file_path": file.path,
    }


@method
async def log_out(playground: "Playground", _: Params) -> bool:
    playground.updates.abort()
    return True


@method
async def close(playground: "Playground", _: Params) -> bool:
    playground.updates.abort()
    return True


def _allow(playground: "Playground", params: Params) -> None:
    """A list that is not given leaves the last one as it is; an empty one means the usual kinds."""
    allowed = params.json("allowed_updates", "allowed_updates")
    if isinstance(allowed, list):
        playground.updates.allow([str(kind) for kind in allowed])
