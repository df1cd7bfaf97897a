"""How the bot waits for Telegram, and which calls it makes again when an answer is lost."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Final

from telegram.error import BadRequest, NetworkError, RetryAfter
from telegram.ext import BaseRateLimiter

log = logging.getLogger(__name__)

PROGRESS: Final = "progress"
"""For ``rate_limit_args``: news that is soon old, so that it is better dropped than repeated."""
REPEATABLE: Final = ("edit", "get", "set", "answer")
"""How methods begin that leave the same behind when they are called twice."""
TRIES: Final = 4
LONGEST: Final = 60.0
"""Seconds that a call waits because Telegram says so; for longer it fails."""
PAUSE: Final = 1.0
"""Seconds before a call is repeated whose answer was lost."""

Reply = bool | dict[str, Any] | list[dict[str, Any]]


class Patience(BaseRateLimiter[str]):
    """Repeats a call that Telegram put off, and a repeatable one whose answer was lost."""

    async def initialize(self) -> None:
        """Nothing to do."""

    async def shutdown(self) -> None:
        """Nothing to do."""

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Reply]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],  # noqa: ARG002 - the base class's signature
        rate_limit_args: str | None,
    ) -> Reply:
        """Make the call.

        Raises:
            TelegramError: what waiting did not mend; for progress, whatever came first.
        """
        tries = 1 if rate_limit_args == PROGRESS else TRIES
        lost = False
        for left in reversed(range(tries)):
            try:
                return await callback(*args, **kwargs)
            except RetryAfter as error:
                wait = seconds(error)
                if not left or wait > LONGEST:
                    raise
            except BadRequest as error:
                if lost and "not modified" in str(error).lower():
                    return True  # the call whose answer was lost had taken effect
                raise
            except NetworkError:
                if not left or not endpoint.startswith(REPEATABLE):
                    raise
                lost, wait = True, PAUSE
            log.info("%s: again in %.1f s", endpoint, wait)
            await asyncio.sleep(wait)
        raise AssertionError("unreachable")


def seconds(error: RetryAfter) -> float:
    """How long Telegram wants to be left alone."""
    wait = error.retry_after
    return wait if isinstance(wait, (int, float)) else wait.total_seconds()
