"""The methods that answer inline queries and guest queries."""

from bot.playground.errors import BadRequest
from bot.playground.methods import content
from bot.playground.methods.registry import method
from bot.playground.methods.reply_markup import inline_keyboard
from bot.playground.params import Params
from bot.playground.state.telegram import Telegram
from bot.playground.types import Json

MAX_RESULTS = 50
"""Results of one answer."""
MAX_ID = 64
"""Bytes of a result's id."""


@method
async def answer_inline_query(telegram: Telegram, params: Params) -> bool:
    """Answer an inline query with messages to choose from."""
    results = params.objects("results", "InlineQueryResult")
    if len(results) > MAX_RESULTS:
        raise BadRequest("RESULTS_TOO_MUCH")
    ids = [str(result.get("id", "")) for result in results]
    if not all(1 <= len(one.encode()) <= MAX_ID for one in ids):
        raise BadRequest("RESULT_ID_INVALID")
    if len(set(ids)) != len(ids):
        raise BadRequest("RESULT_ID_DUPLICATE")
    messages = {one: _message(telegram, params.nested(each)) for one, each in zip(ids, results, strict=True)}
    facts = {"cache_time": params.integer("cache_time", 300), "is_personal": params.flag("is_personal")}
    answer = {"results": results, "messages": messages} | facts
    telegram.inline_queries.answer(params.text("inline_query_id"), answer)
    return True


@method
async def answer_guest_query(telegram: Telegram, params: Params) -> Json:
    """Answer a guest query with a message in its chat."""
    result = params.object("result", "InlineQueryResult")
    if result is None:
        raise BadRequest("result isn't specified")
    if not result.get("title"):
        raise BadRequest("can't parse inline query result: Can't find field \"title\"")
    fields = _message(telegram, params.nested(result))
    asked = telegram.guest_queries.take(params.text("guest_query_id"))
    voice = asked.get("sender_chat")
    caller = {"guest_bot_caller_chat": voice} if voice else {"guest_bot_caller_user": asked["from"]}
    message = telegram.chats.add(asked["chat"], telegram.bot, fields | caller)
    return {"inline_message_id": telegram.guest_queries.sent(message)}


def _message(telegram: Telegram, result: Params) -> Json:
    """Return the fields of the message that a result stands for."""
    given = result.object("input_message_content", "InputMessageContent")
    if given is not None:
        fields = content.text(result.nested(given | {"text": given.get("message_text", "")}))
    elif result.text("type") == "photo" and (file_id := result.text("photo_file_id")):
        file = telegram.files.get(file_id)
        if file is None or file.kind != "photo":
            raise BadRequest("wrong file identifier specified")
        fields = {"photo": file.content} | content.caption(result)
    else:
        raise BadRequest("can't parse inline query result: message content is not specified")
    keyboard = inline_keyboard(result)
    return fields | ({"reply_markup": keyboard} if keyboard else {})
