"""Methods by which the bot gets its own user, its updates and files."""

from bot.playground.errors import BadRequest
from bot.playground.media import MAX_DOWNLOAD_BYTES
from bot.playground.methods.registry import method
from bot.playground.params import Params
from bot.playground.state.telegram import Telegram
from bot.playground.types import Json

MAX_TIMEOUT = 50
"""Seconds for which a poll may wait."""


@method
async def get_me(telegram: Telegram, _: Params) -> Json:
    """Return the bot as Telegram's User."""
    return telegram.bot | {
        "can_join_groups": True,
        "can_read_all_group_messages": not telegram.privacy,
        "supports_inline_queries": telegram.inline,
        "supports_guest_queries": telegram.guests,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


@method
async def get_updates(telegram: Telegram, params: Params) -> list[Json]:
    """Wait for updates, and return them."""
    _allow(telegram, params)
    limit = min(max(params.integer("limit", 100), 1), 100)
    timeout = min(max(params.integer("timeout"), 0), MAX_TIMEOUT)
    return await telegram.updates.poll(params.integer("offset"), limit, timeout)


@method
async def set_webhook(telegram: Telegram, params: Params) -> bool:
    """Set the webhook; without a URL, delete it."""
    url = params.text("url")
    if not url:
        return await delete_webhook(telegram, params)
    telegram.webhook.set(url, params.text("secret_token"), params.integer("max_connections", 40))
    _allow(telegram, params)
    if params.flag("drop_pending_updates"):
        telegram.updates.clear()
    return True


@method
async def delete_webhook(telegram: Telegram, params: Params) -> bool:
    """Delete the webhook."""
    telegram.webhook.delete()
    if params.flag("drop_pending_updates"):
        telegram.updates.clear()
    return True


@method
async def get_webhook_info(telegram: Telegram, _: Params) -> Json:
    """Return the webhook and its last error."""
    return telegram.webhook.info()


@method
async def get_file(telegram: Telegram, params: Params) -> Json:
    """Return the path of a file for its download."""
    file_id = params.text("file_id")
    if not file_id:
        raise BadRequest("file_id not specified")
    file = telegram.files.get(file_id)
    if file is None:
        raise BadRequest("invalid file_id")
    if file.size > MAX_DOWNLOAD_BYTES and not telegram.local:
        raise BadRequest("file is too big")
    return {
        "file_id": file.id,
        "file_unique_id": file.unique_id,
        "file_size": file.size,
        "file_path": str(telegram.files.bytes_path(file).absolute()) if telegram.local else file.path,
    }


@method
async def log_out(telegram: Telegram, _: Params) -> bool:
    """Accept that the bot logs out; its poll ends."""
    telegram.updates.abort()
    return True


@method
async def close(telegram: Telegram, _: Params) -> bool:
    """Accept that the bot closes its session; its poll ends."""
    telegram.updates.abort()
    return True


def _allow(telegram: Telegram, params: Params) -> None:
    """Set the kinds of updates; without a list they stay, with an empty one they are the usual kinds."""
    allowed = params.json("allowed_updates", "allowed_updates")
    if isinstance(allowed, list):
        telegram.updates.allow([str(kind) for kind in allowed])
