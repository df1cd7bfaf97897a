"""Guest queries: a user names the bot in a chat where it is no member, and it may answer once."""

import secrets

from bot.playground.errors import QUERY_TOO_OLD, BadRequest
from bot.playground.types import Json


class GuestQueries:
    """The queries that wait, and the messages that have answered others, in memory only."""

    def __init__(self) -> None:
        """Start without any."""
        self._waiting: dict[str, Json] = {}
        self._answers: dict[str, tuple[int, int]] = {}

    def new(self, message: Json) -> str:
        """Add a query by a user's message, and return its id."""
        query_id = str(10**17 + secrets.randbelow(10**17))
        self._waiting[query_id] = message
        return query_id

    def take(self, query_id: str) -> Json:
        """Return the message of a query, which is answered now.

        Raises:
            BadRequest: it is unknown, too old, or has been answered.
        """
        message = self._waiting.pop(query_id, None)
        if message is None:
            raise BadRequest(QUERY_TOO_OLD)
        return message

    def expire(self) -> None:
        """Let all queries that wait get too old."""
        self._waiting.clear()

    def sent(self, message: Json) -> str:
        """Note a message that answers a query, and return its inline id."""
        inline_id = secrets.token_urlsafe(20)
        self._answers[inline_id] = message["chat"]["id"], message["message_id"]
        return inline_id

    def find(self, inline_id: str) -> tuple[int, int]:
        """Return the chat and the message of an inline id.

        Raises:
            BadRequest: there is no such message.
        """
        found = self._answers.get(inline_id)
        if found is None:
            raise BadRequest("MESSAGE_ID_INVALID")
        return found
