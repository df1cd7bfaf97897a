"""Methods that ask for the members of a chat."""

from bot.playground.errors import BadRequest
from bot.playground.methods.registry import method
from bot.playground.params import Params
from bot.playground.state.groups import chat_member, status_in
from bot.playground.state.telegram import Telegram
from bot.playground.types import Json


@method
async def get_chat_member(telegram: Telegram, params: Params) -> Json:
    """Return a member of a chat."""
    chat, group = _chat(telegram, params)
    number = params.integer("user_id")
    user = telegram.bot if number == telegram.bot["id"] else telegram.users.get(number)
    if user is None:
        raise BadRequest("invalid user_id specified")
    if group is None and number not in (chat["id"], telegram.bot["id"]):
        raise BadRequest("member not found")
    return chat_member(user, status_in(group, user) if group else "member")


@method
async def get_chat_administrators(telegram: Telegram, params: Params) -> list[Json]:
    """Return a group's administrators: users, and no bot but the one that asks."""
    _, group = _chat(telegram, params)
    if group is None:
        raise BadRequest("there are no administrators in the private chat")
    users = [telegram.users.get(number) for number in group["people"]]
    everybody = [(user, status_in(group, user)) for user in [*users, telegram.bot] if user]
    return [chat_member(user, status) for user, status in everybody if status in ("creator", "administrator")]


@method
async def get_chat_member_count(telegram: Telegram, params: Params) -> int:
    """Return the number of a chat's members, the bot included."""
    _, group = _chat(telegram, params)
    return len(group["people"]) + 1 if group else 2


def _chat(telegram: Telegram, params: Params) -> tuple[Json, Json | None]:
    """Return the chat, and its group if it is one; a group that removed the bot is refused."""
    chat = telegram.known_chat(params)
    group = telegram.groups.get(chat["id"])
    return (telegram.writable(params) if group else chat), group
