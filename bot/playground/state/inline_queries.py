"""Inline queries: a user writes the bot's name in a chat, and picks one of the bot's answers."""

import asyncio
import secrets

from bot.playground.errors import QUERY_TOO_OLD, BadRequest
from bot.playground.types import Json


class InlineQueries:
    """The queries that wait for their answers, in memory only."""

    def __init__(self) -> None:
        """Start without any."""
        self._waiting: dict[str, asyncio.Future[Json]] = {}

    def new(self) -> tuple[str, asyncio.Future[Json]]:
        """Add a query, and return its id and its answer to come."""
        query_id = str(10**17 + secrets.randbelow(10**17))
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._waiting[query_id] = answer
        return query_id, answer

    def answer(self, query_id: str, answer: Json) -> None:
        """Answer a query.

        Raises:
            BadRequest: it is unknown, or has been answered.
        """
        waiting = self._waiting.pop(query_id, None)
        if waiting is None or waiting.done():
            raise BadRequest(QUERY_TOO_OLD)
        waiting.set_result(answer)
