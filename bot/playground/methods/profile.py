"""Methods about the bot itself, its commands, and the people it talks to."""

import re
from typing import TYPE_CHECKING, Any

from bot.playground.errors import BadRequest
from bot.playground.methods.registry import method
from bot.playground.params import Params
from bot.playground.types import Json, dumps

if TYPE_CHECKING:
    from bot.playground.state.telegram import Playground

LIMITS = {"name": 64, "description": 512, "short_description": 120}
MAX_COMMANDS = 100
SCOPES = frozenset({
    "default", "all_private_chats", "all_group_chats", "all_chat_administrators", "chat",
    "chat_administrators", "chat_member",
})  # fmt: skip


@method
async def set_my_commands(playground: "Playground", params: Params) -> bool:
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
        for command in commands
    ]
    _put(playground, "commands", _scope(params), plain or None)
    return True


@method
async def get_my_commands(playground: "Playground", params: Params) -> list[Json]:
    return _get(playground, "commands", _scope(params)) or []


@method
async def delete_my_commands(playground: "Playground", params: Params) -> bool:
    _put(playground, "commands", _scope(params), None)
    return True


@method
async def set_my_name(playground: "Playground", params: Params) -> bool:
    return _set_text(playground, params, "name")


@method
async def get_my_name(playground: "Playground", params: Params) -> Json:
    return {
        "name": localised(playground, "name", params.text("language_code")) or playground.bot["first_name"]
    }


@method
async def set_my_description(playground: "Playground", params: Params) -> bool:
    return _set_text(playground, params, "description")


@method
async def get_my_description(playground: "Playground", params: Params) -> Json:
    return {"description": localised(playground, "description", params.text("language_code"))}


@method
async def set_my_short_description(playground: "Playground", params: Params) -> bool:
    return _set_text(playground, params, "short_description")


@method
async def get_my_short_description(playground: "Playground", params: Params) -> Json:
    return {"short_description": localised(playground, "short_description", params.text("language_code"))}


@method
async def set_my_profile_photo(_: "Playground", __: Params) -> bool:
    """Accepted; the page has its own picture of the bot."""
    return True


@method
async def remove_my_profile_photo(_: "Playground", __: Params) -> bool:
    return True


@method
async def set_chat_menu_button(playground: "Playground", params: Params) -> bool:
    button = params.object("menu_button", "menu button") or {"type": "default"}
    if button.get("type") not in ("default", "commands", "web_app"):
        raise BadRequest("can't parse menu button: MenuButton has unsupported type")
    _put(playground, "menu_button", params.text("chat_id"), button)
    return True


@method
async def get_chat_menu_button(playground: "Playground", params: Params) -> Json:
    button: Json | None = _get(playground, "menu_button", params.text("chat_id"))
    return button or _get(playground, "menu_button", "") or {"type": "default"}


@method
async def get_chat(playground: "Playground", params: Params) -> Json:
    return playground.known_chat(params) | {
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


def localised(playground: "Playground", name: str, language: str) -> str:
    text: str = _get(playground, name, language) or _get(playground, name, "") or ""
    return text


def commands_for(playground: "Playground", language: str) -> list[Json]:
    """What the menu of a private chat offers: Telegram goes from the narrowest scope to the widest."""
    for scope in ("all_private_chats", "default"):
        for code in (language, ""):
            if commands := _get(playground, "commands", dumps({"language": code, "type": scope})):
                found: list[Json] = commands
                return found
    return []


def _scope(params: Params) -> str:
    scope = params.object("scope", "BotCommandScope") or {"type": "default"}
    if scope.get("type") not in SCOPES:
        raise BadRequest("can't parse BotCommandScope: Unsupported type specified")
    return dumps({"language": params.text("language_code"), **dict(sorted(scope.items()))})


def _set_text(playground: "Playground", params: Params, name: str) -> bool:
    text = params.text(name)
    if len(text) > LIMITS[name]:
        raise BadRequest(f"BOT_{name.upper()}_TOO_LONG")
    _put(playground, name, params.text("language_code"), text or None)
    return True


def _get(playground: "Playground", name: str, key: str) -> Any:
    return playground.store.setting(name, {}).get(key)


def _put(playground: "Playground", name: str, key: str, value: object) -> None:
    """None takes it away."""
    table: Json = playground.store.setting(name, {})
    table.pop(key, None)
    if value is not None:
        table[key] = value
    playground.store.set(name, table)
    playground.announce()
