"""Who is in a group, and as what; and the methods that ask for it."""

from typing import TYPE_CHECKING

from bot.playground.errors import BadRequest
from bot.playground.methods.registry import method
from bot.playground.params import Params
from bot.playground.state.groups import member, status_in
from bot.playground.types import Json

if TYPE_CHECKING:
    from bot.playground.state.telegram import Playground


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
