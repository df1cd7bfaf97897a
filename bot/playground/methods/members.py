"""Who is in a group, and as what; and the methods that ask for it."""

from typing import TYPE_CHECKING

from bot.playground.errors import BadRequest
from bot.playground.methods.registry import method
from bot.playground.params import Params
from bot.playground.state.store import Json

if TYPE_CHECKING:
    from bot.playground.state.telegram import Playground

RIGHTS = (
    *("can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members"),
    *("can_promote_members", "can_change_info", "can_invite_users", "can_post_stories", "can_edit_stories"),
    *("can_delete_stories", "can_pin_messages", "can_send_welcome_messages"),
)
"""What an administrator of a group may do."""


def status_in(group: Json, user: Json) -> str:
    """What somebody is in a group."""
    number = user["id"]
    if user["is_bot"]:
        if group.get("kicked"):
            return "kicked"
    elif number not in group["people"]:
        return "left"
    elif number == group.get("owner"):
        return "creator"
    return "administrator" if number in group.get("admins", ()) else "member"


def member(user: Json, status: str) -> Json:
    """Telegram's ChatMember."""
    facts: Json = {}
    if status == "creator":
        facts = {"is_anonymous": False}
    elif status == "administrator":
        facts = dict.fromkeys(RIGHTS, True) | {"can_be_edited": False, "is_anonymous": False}
    elif status == "kicked":
        facts = {"until_date": 0}
    return {"user": user, "status": status} | facts


@method
async def get_chat_member(playground: "Playground", params: Params) -> Json:
    chat, group = _chat(playground, params)
    number = params.integer("user_id")
    user = playground.bot if number == playground.bot["id"] else playground.users.get(number)
    if user is None:
        raise BadRequest("invalid user_id specified")
    if group is None and number not in (chat["id"], playground.bot["id"]):
        raise BadRequest("member not found")
    return member(user, status_in(group, user) if group else "member")


@method
async def get_chat_administrators(playground: "Playground", params: Params) -> list[Json]:
    """Without the bots, but for the one that asks."""
    _, group = _chat(playground, params)
    if group is None:
        raise BadRequest("there are no administrators in the private chat")
    users = [playground.users.get(number) for number in group["people"]]
    everybody = [(user, status_in(group, user)) for user in [*users, playground.bot] if user]
    return [member(user, status) for user, status in everybody if status in ("creator", "administrator")]


@method
async def get_chat_member_count(playground: "Playground", params: Params) -> int:
    _, group = _chat(playground, params)
    return len(group["people"]) + 1 if group else 2


def _chat(playground: "Playground", params: Params) -> tuple[Json, Json | None]:
    """The chat, and the group that it is; one that has thrown the bot out tells it nothing."""
    chat = playground.known_chat(params)
    group = playground.groups.get(chat["id"])
    return (playground.writable(params) if group else chat), group
