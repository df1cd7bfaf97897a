"""A worker's Prometheus metrics. They hold nothing about users.

A canvas counts under the next larger of a few sizes, so that the label has few values.
"""

from __future__ import annotations

import math
from typing import Any, Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)

from engine.queue import Job

disable_created_metrics()  # type: ignore[no-untyped-call]  # they double the number of series

REGISTRY: Final = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

SIZES: Final = (128, 256, 384, 512, 768, 1024, 1536, 2048, 4096)
"""Values of the size label: the square root of a canvas's area, in pixels."""
_SECONDS: Final = (1, 2.5, 5, 10, 20, 40, 60, 120, 300, 600, 1200, 3600)

WAIT: Final = Histogram(
    "atelier_job_wait_seconds",
    "Seconds from a job's submission until it was first started.",
    buckets=_SECONDS,
    registry=REGISTRY,
)
PAINT: Final = Histogram(
    "atelier_paint_seconds",
    "Seconds that paintings took, by size and device.",
    ["size", "device"],
    buckets=_SECONDS,
    registry=REGISTRY,
)
WORK: Final = Counter(
    "atelier_painted_megapixel_iterations",
    "Megapixel-iterations of finished paintings.",
    ["device"],
    registry=REGISTRY,
)
RATE: Final = Gauge(
    "atelier_worker_megapixel_iterations_per_second",
    "Rate of this worker, measured by its last jobs.",
    ["device"],
    registry=REGISTRY,
)
ENDED: Final = Counter(
    "atelier_jobs_ended",
    "Jobs that ended at this worker: done, failed, cancelled, reduced (queued again, smaller) or lost.",
    ["state"],
    registry=REGISTRY,
)
FAILURES: Final = Counter(
    "atelier_job_failures", "Jobs that failed, by the error's code.", ["code"], registry=REGISTRY
)
PAINTING: Final = Gauge("atelier_worker_jobs", "Jobs in progress at this worker.", registry=REGISTRY)
READY: Final = Gauge(
    "atelier_worker_ready",
    "1 if this worker has lately announced that it can paint, else 0.",
    registry=REGISTRY,
)


def started(job: Job) -> None:
    """Count a job's wait, unless it was started before."""
    if job.attempts == 1 and job.started is not None:
        WAIT.observe(max(0.0, job.started - job.created))


def done(facts: dict[str, Any], device: str) -> None:
    """Count a finished painting."""
    ENDED.labels("done").inc()
    side = math.sqrt(facts["width"] * facts["height"])
    size = next((each for each in SIZES if side <= each), SIZES[-1])
    PAINT.labels(size, device).observe(facts["seconds"])
    WORK.labels(device).inc(facts["megapixel_iterations"])


def failed(code: str) -> None:
    """Count a failed job."""
    ENDED.labels("failed").inc()
    FAILURES.labels(code).inc()
