"""Ephemeral messages, of Bot API 10.2 and 10.3: messages of a group that one user and the bot see.

The bot knows them by a number of their own: their ``message_id`` is 0. The page's is that of the store.
"""

from bot.playground.types import Json

WINDOW = 15.0
"""Seconds after what a user did within which any bot may answer with an ephemeral message."""


def is_ephemeral(message: Json) -> bool:
    """Return whether a message is for one user's eyes, and the bot's."""
    return "ephemeral_message_id" in message


def is_visible(message: Json, person: int) -> bool:
    """Return whether a user sees a message of the chat."""
    return not is_ephemeral(message) or person in (message["from"]["id"], message["receiver_user"]["id"])


def as_bot_sees(message: Json) -> Json:
    """Return a message, or a query with one, as an update or a result has it.

    Of a user's reply to an ephemeral message that message is left out, as Telegram may do.
    """
    original = message.get("reply_to_message", {})
    if is_ephemeral(original) and not message["from"]["is_bot"]:
        message = {name: value for name, value in message.items() if name != "reply_to_message"}
    nested = {name: as_bot_sees(message[name]) for name in ("message", "reply_to_message") if name in message}
    number = {"message_id": 0} if is_ephemeral(message) else {}
    return message | nested | number
