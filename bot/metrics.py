"""The bot's metrics for Prometheus. None of them names a user.

Labels have few values, all of them known beforehand: Telegram's methods and kinds of updates, error codes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)

disable_created_metrics()  # type: ignore[no-untyped-call]  # they double the number of series

REGISTRY: Final = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

KINDS: Final = ("message", "callback_query", "edited_message")
"""The kinds of updates that are counted apart."""

UPDATES: Final = Counter(
    "atelier_updates", "Updates that were stored for the first time.", ["kind"], registry=REGISTRY
)
UPDATE_SECONDS: Final = Histogram(
    "atelier_update_seconds",
    "Seconds from the inbox to the end of an update's handling, its wait for its chat included.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
    registry=REGISTRY,
)
WEBHOOK_REQUESTS: Final = Counter(
    "atelier_webhook_requests",
    "Requests at the webhook, by the status of their answer.",
    ["status"],
    registry=REGISTRY,
)
CALLS: Final = Counter(
    "atelier_telegram_calls",
    "Calls of the Bot API, by method and outcome: ok, refused, forbidden, flood, server, timeout, network.",
    ["method", "outcome"],
    registry=REGISTRY,
)
CALL_SECONDS: Final = Histogram(
    "atelier_telegram_call_seconds",
    "Seconds that calls of the Bot API take, except long polls.",
    buckets=(0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
    registry=REGISTRY,
)
FLOOD_SECONDS: Final = Counter(
    "atelier_telegram_flood_seconds",
    "Seconds of waiting that flood control has asked for.",
    registry=REGISTRY,
)
DELIVERIES: Final = Counter(
    "atelier_deliveries",
    "Jobs that were delivered; code is the error's, or none.",
    ["state", "code"],
    registry=REGISTRY,
)

DATABASE_UP: Final = Gauge(
    "atelier_database_up", "Whether the database answered this scrape in time.", registry=REGISTRY
)
UPDATES_WAITING: Final = Gauge(
    "atelier_updates_waiting", "Updates that are not finished, of all bots.", registry=REGISTRY
)
REPLICAS: Final = Gauge("atelier_bots", "Bots with a valid lease that share the database.", registry=REGISTRY)
JOBS: Final = Gauge(
    "atelier_queue_jobs",
    "Jobs that are queued, running, or ended and not delivered yet.",
    ["state"],
    registry=REGISTRY,
)
OLDEST_JOB: Final = Gauge(
    "atelier_queue_oldest_seconds", "Seconds that the oldest queued job has waited.", registry=REGISTRY
)
LOST_JOBS: Final = Gauge(
    "atelier_queue_lost_jobs", "Running jobs whose lease has expired.", registry=REGISTRY
)
QUEUE_PAUSED: Final = Gauge(
    "atelier_queue_paused", "Whether an operator has paused the queue.", registry=REGISTRY
)
WORKERS: Final = Gauge(
    "atelier_workers", "Workers with a valid lease, by their condition.", ["state"], registry=REGISTRY
)


def count_updates(updates: Sequence[Mapping[str, Any]], new: Collection[int]) -> None:
    """Count the new ones of ``updates`` by their kinds; ``new`` has their ids."""
    for each in updates:
        if each["update_id"] in new:
            UPDATES.labels(next((kind for kind in KINDS if kind in each), "other")).inc()
