"""Methods that read and write the bot's profile and commands, or read a chat's profile."""

import re

from bot.playground.errors import BadRequest
from bot.playground.methods.registry import method
from bot.playground.params import Params
from bot.playground.state.bot_profile import command_key
from bot.playground.state.telegram import Telegram
from bot.playground.types import Json

LIMITS = {"name": 64, "description": 512, "short_description": 120}
"""Characters of each text of the profile."""
MAX_COMMANDS = 100
"""Commands in one scope and language."""
SCOPES = frozenset({
    "default", "all_private_chats", "all_group_chats", "all_chat_administrators", "chat",
    "chat_administrators", "chat_member",
})  # fmt: skip
"""Types of BotCommandScope."""


@method
async def set_my_commands(telegram: Telegram, params: Params) -> bool:
    """Set the commands of a scope in a language; without any, delete them."""
    commands = params.objects("commands", "BotCommand")
    if len(commands) > MAX_COMMANDS:
        raise BadRequest("BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        if not re.fullmatch(r"[a-z0-9_]{1,32}", str(command.get("command", "")).removeprefix("/")):
            raise BadRequest("BOT_COMMAND_INVALID")
        if not 1 <= len(str(command.get("description", ""))) <= 256:
            raise BadRequest("BOT_COMMAND_DESCRIPTION_INVALID")
    plain = [
        {"command": command["command"].removeprefix("/"), "description": command["description"]}
        | ({"is_ephemeral": True} if telegram.ephemeral and command.get("is_ephemeral") else {})
        for command in commands
    ]
    telegram.profile.set("commands", _command_key(params), plain or None)
    return True


@method
async def get_my_commands(telegram: Telegram, params: Params) -> list[Json]:
    """Return the commands of a scope in a language."""
    return telegram.profile.get("commands", _command_key(params)) or []


@method
async def delete_my_commands(telegram: Telegram, params: Params) -> bool:
    """Delete the commands of a scope in a language."""
    telegram.profile.set("commands", _command_key(params), None)
    return True


@method
async def set_my_name(telegram: Telegram, params: Params) -> bool:
    """Set the bot's name in a language."""
    return _set_text(telegram, params, "name")


@method
async def get_my_name(telegram: Telegram, params: Params) -> Json:
    """Return the bot's name in a language."""
    return {"name": telegram.profile.text("name", params.text("language_code")) or telegram.bot["first_name"]}


@method
async def set_my_description(telegram: Telegram, params: Params) -> bool:
    """Set the text that an empty chat shows."""
    return _set_text(telegram, params, "description")


@method
async def get_my_description(telegram: Telegram, params: Params) -> Json:
    """Return the text that an empty chat shows."""
    return {"description": telegram.profile.text("description", params.text("language_code"))}


@method
async def set_my_short_description(telegram: Telegram, params: Params) -> bool:
    """Set the text of the bot's profile."""
    return _set_text(telegram, params, "short_description")


@method
async def get_my_short_description(telegram: Telegram, params: Params) -> Json:
    """Return the text of the bot's profile."""
    return {"short_description": telegram.profile.text("short_description", params.text("language_code"))}


@method
async def set_my_profile_photo(_: Telegram, __: Params) -> bool:
    """Accept a picture of the bot; the page has its own."""
    return True


@method
async def remove_my_profile_photo(_: Telegram, __: Params) -> bool:
    """Accept that the bot's picture is removed; the page has its own."""
    return True


@method
async def set_chat_menu_button(telegram: Telegram, params: Params) -> bool:
    """Set the menu button of a chat, or of all."""
    button = params.object("menu_button", "menu button") or {"type": "default"}
    if button.get("type") not in ("default", "commands", "web_app"):
        raise BadRequest("can't parse menu button: MenuButton has unsupported type")
    telegram.profile.set("menu_button", params.text("chat_id"), button)
    return True


@method
async def get_chat_menu_button(telegram: Telegram, params: Params) -> Json:
    """Return the menu button of a chat."""
    button: Json | None = telegram.profile.get("menu_button", params.text("chat_id"))
    return button or telegram.profile.get("menu_button", "") or {"type": "default"}


@method
async def get_chat(telegram: Telegram, params: Params) -> Json:
    """Return a chat with its profile."""
    return telegram.known_chat(params) | {
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(
            (
                "unlimited_gifts",
                "limited_gifts",
                "unique_gifts",
                "premium_subscription",
                "gifts_from_channels",
            ),
            False,
        ),
    }


def _command_key(params: Params) -> str:
    scope = params.object("scope", "BotCommandScope") or {"type": "default"}
    if scope.get("type") not in SCOPES:
        raise BadRequest("can't parse BotCommandScope: Unsupported type specified")
    return command_key(params.text("language_code"), scope)


def _set_text(telegram: Telegram, params: Params, name: str) -> bool:
    text = params.text(name)
    if len(text) > LIMITS[name]:
        raise BadRequest(f"BOT_{name.upper()}_TOO_LONG")
    telegram.profile.set(name, params.text("language_code"), text or None)
    return True
