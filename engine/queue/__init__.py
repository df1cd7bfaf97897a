"""The queue, where the bot and the engine meet: a leased job table in SQLite or PostgreSQL.

A job is queued, running, and then done, failed or cancelled for ever. A worker holds it by a lease that its
heartbeats extend; when they stop, the next claim gives the job to another. Order is fair between owners.
"""

from engine.queue.admin import Health, JobError, QueueAdmin, Statistics, UnknownWorkerError
from engine.queue.connect import visiting
from engine.queue.database import (
    DatabaseError,
    create_schema,
    glancing,
    open_database,
    reading,
    uninterrupted,
)
from engine.queue.forecast import Forecast, Watch, forecasts
from engine.queue.job import (
    AT_WORK,
    CHECKPOINT,
    LIVE,
    PREVIEW,
    RESULT,
    TIMELAPSE,
    Condition,
    Job,
    Limits,
    State,
    Usage,
    Worker,
)
from engine.queue.polling import pause
from engine.queue.queue import Queue
from engine.queue.retry import explain, persist, transient

__all__ = [
    "AT_WORK",
    "CHECKPOINT",
    "LIVE",
    "PREVIEW",
    "RESULT",
    "TIMELAPSE",
    "Condition",
    "DatabaseError",
    "Forecast",
    "Health",
    "Job",
    "JobError",
    "Limits",
    "Queue",
    "QueueAdmin",
    "State",
    "Statistics",
    "UnknownWorkerError",
    "Usage",
    "Watch",
    "Worker",
    "create_schema",
    "explain",
    "forecasts",
    "glancing",
    "open_database",
    "pause",
    "persist",
    "reading",
    "transient",
    "uninterrupted",
    "visiting",
]
