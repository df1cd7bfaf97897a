"""The queue, where the bot and the engine meet: a leased job table in SQLite or PostgreSQL.

A job is queued, running, and then done, failed or cancelled. A worker holds it by a lease that its
heartbeats extend; when they stop, the next claim gives the job to another. The order is fair between owners.
"""

from engine.queue.admin import Health, JobError, QueueAdmin, QueueStatistics, UnknownWorkerError
from engine.queue.connect import connected
from engine.queue.database import (
    DatabaseError,
    OutdatedDatabaseError,
    create_schema,
    file_of,
    in_slices,
    open_database,
    read_only,
    single_select,
    single_statement,
    uninterrupted,
)
from engine.queue.file_watch import FileGoneError, watch_file
from engine.queue.forecast import Forecast, JobStatus, forecasts
from engine.queue.job import (
    ACTIVE,
    CHECKPOINT,
    LIVE,
    PREVIEW,
    RESULT,
    SAMPLES,
    TIMELAPSE,
    Condition,
    Job,
    Limits,
    State,
    Usage,
    Worker,
)
from engine.queue.leases import Leases
from engine.queue.polling import poll_interval
from engine.queue.queue import Queue
from engine.queue.retry import explain, persist, transient
from engine.queue.watch import Cursor

__all__ = [
    "ACTIVE",
    "CHECKPOINT",
    "LIVE",
    "PREVIEW",
    "RESULT",
    "SAMPLES",
    "TIMELAPSE",
    "Condition",
    "Cursor",
    "DatabaseError",
    "FileGoneError",
    "Forecast",
    "Health",
    "Job",
    "JobError",
    "JobStatus",
    "Leases",
    "Limits",
    "OutdatedDatabaseError",
    "Queue",
    "QueueAdmin",
    "QueueStatistics",
    "State",
    "UnknownWorkerError",
    "Usage",
    "Worker",
    "connected",
    "create_schema",
    "explain",
    "file_of",
    "forecasts",
    "in_slices",
    "open_database",
    "persist",
    "poll_interval",
    "read_only",
    "single_select",
    "single_statement",
    "transient",
    "uninterrupted",
    "watch_file",
]
