"""What is read from the database when Prometheus asks: the same from every bot that shares it."""

from __future__ import annotations

from typing import Final

from prometheus_client import generate_latest
from sqlalchemy.exc import SQLAlchemyError

from bot import metrics
from bot.storage.claims import Claims
from bot.storage.inbox import Inbox
from bot.timeouts import within
from engine.queue import Condition
from engine.queue.admin import Operators

PATIENCE: Final = 2.0
"""Seconds that a scrape waits for the database."""


class Figures:
    """Everything that there is to tell."""

    def __init__(self, operators: Operators, inbox: Inbox, claims: Claims) -> None:
        self._operators, self._inbox, self._claims = operators, inbox, claims

    async def text(self) -> bytes:
        """All of it as Prometheus reads it; the database's part is missing while that is away."""
        try:
            await within(PATIENCE, self._read())
            metrics.DATABASE.set(1)
        except (SQLAlchemyError, OSError, TimeoutError):
            metrics.DATABASE.set(0)
            for gauge in (metrics.WAITING, metrics.OLDEST, metrics.LOST, metrics.PAUSED):
                gauge.set(float("nan"))
            metrics.JOBS.clear()
            metrics.WORKERS.clear()
        metrics.BOTS.set(self._claims.replicas)
        return generate_latest(metrics.REGISTRY)

    async def _read(self) -> None:
        health = await self._operators.health()
        metrics.WAITING.set(await self._inbox.count())
        for state in ("queued", "running", "undelivered"):
            metrics.JOBS.labels(state).set(getattr(health, state))
        metrics.OLDEST.set(health.waiting)
        metrics.LOST.set(health.expired)
        metrics.PAUSED.set(health.paused)
        for condition in Condition:
            if condition is not Condition.RETIRED:
                metrics.WORKERS.labels(condition).set(sum(each.state is condition for each in health.workers))
