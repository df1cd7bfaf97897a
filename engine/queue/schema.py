"""The tables, the same on SQLite and PostgreSQL, and the database's own clock."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Double,
    Enum,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    ScalarSelect,
    Table,
    Text,
    and_,
    false,
    null,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from engine.queue.job import Condition, State

metadata: Final = MetaData()


def _words(words: type[StrEnum]) -> Enum:
    """Return a column type for such words: the values are stored, not the names."""
    return Enum(
        words, native_enum=False, length=16, values_callable=lambda them: [each.value for each in them]
    )


job: Final = Table(
    "job",
    metadata,
    Column("id", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("tag", BigInteger, nullable=False),
    Column("state", _words(State), nullable=False),
    Column("recipe", JSON, nullable=False),
    Column("shape", Text, nullable=False),
    Column("cost", Double, nullable=False),
    Column("address", JSON(none_as_null=True)),
    Column("attempts", Integer, nullable=False),
    Column("worker", Text),
    Column("lease", Double),
    Column("renewed", Double),
    Column("cancel", Boolean, nullable=False),
    Column("progress", Double, nullable=False),
    Column("stage", Text),
    Column("previews", Integer, nullable=False),
    Column("reduced", Boolean, nullable=False, server_default=false()),
    Column("facts", JSON(none_as_null=True)),
    Column("error", Text),
    Column("error_detail", Text),
    Column("created", Double, nullable=False),
    Column("started", Double),
    Column("finished", Double),
    Column("delivered", Double),
)

ORDER: Final = (job.c.priority.desc(), job.c.tag, job.c.created, job.c.id)
"""The order of the claims."""


def _index(name: str, *columns: ColumnElement[Any], where: ColumnElement[bool] | None = None) -> None:
    """Create an index; if ``where`` is given, of these rows only."""
    Index(name, *columns, sqlite_where=where, postgresql_where=where)


# Long queues and histories are counted and summed up by an index alone. A heartbeat changes no index.
_index("job_order", job.c.state, *ORDER, job.c.cost, job.c.owner)
_index("job_owner", job.c.owner, job.c.state, job.c.created, job.c.priority)
_index(
    "job_awaited",
    *(job.c.state, job.c.created, job.c.id),
    where=and_(job.c.delivered.is_(None), job.c.address.is_not(None)),
)
_index(
    "job_finished",
    *(job.c.finished, job.c.state, job.c.priority, job.c.started),
    where=job.c.finished.is_not(None),
)
_index("job_delivered", job.c.delivered, where=job.c.delivered.is_not(None))
# SQLite finds these by "job_finished"; PostgreSQL would rather read the whole table.
Index(
    "job_unaddressed",
    job.c.finished,
    postgresql_where=and_(job.c.delivered.is_(None), job.c.address.is_(null()), job.c.finished.is_not(None)),
).ddl_if(dialect="postgresql")

blob: Final = Table(
    "blob",
    metadata,
    Column("job", Text, ForeignKey("job.id", ondelete="CASCADE"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("picture", Text),
    Column("bytes", LargeBinary),
)
"""The bytes that belong to a job, or the digest of a public picture, by their names."""

_index("blob_picture", blob.c.picture, where=blob.c.picture.is_not(None))

picture: Final = Table(
    "picture",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("used", Double, nullable=False),
    Column("bytes", LargeBinary, nullable=False),
)
"""Public pictures that many jobs are painted from, each of them once. See ``engine.queue.pictures``."""

spent: Final = Table(
    "spent",
    metadata,
    Column("owner", Text, nullable=False),
    Column("created", Double, nullable=False),
)
"""A row for each job of the last day that was erased after it had cost a worker's time, without its content:
the daily quota counts them."""

Index("spent_owner", spent.c.owner)

clock: Final = Table(
    "clock",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("tag", BigInteger, nullable=False),
    Column("paused", Boolean, nullable=False, server_default=false()),
)
"""One row, id 1: the highest tag that was started, and whether the queue is drained. Its lock serialises
enqueues and claims."""

worker: Final = Table(
    "worker",
    metadata,
    Column("name", Text, primary_key=True),
    Column("device", Text, nullable=False),
    Column("network", Text, nullable=False),
    Column("rate", Double),
    Column("seen", Double, nullable=False),
    Column("state", _words(Condition), nullable=False),
    Column("reason", Text),
    Column("drain", Boolean, nullable=False, server_default=false()),
)

schema_version: Final = Table(
    "atelier_schema",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
)
"""One row: the version of the tables of this database."""

UNVERSIONED: Final = "schema_version"
"""A table that only development versions made, before version 1."""


class Now(FunctionElement[float]):
    """Seconds since 1970 by the database's clock, so that no two machines' clocks are ever compared."""

    type = Double()
    inherit_cache = True


@compiles(Now, "sqlite")
def _now_on_sqlite(_element: Now, _compiler: object, **_options: Any) -> str:
    # unixepoch('subsec') came with SQLite 3.42; this is as fine: milliseconds.
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(Now, "postgresql")
def _now_on_postgresql(_element: Now, _compiler: object, **_options: Any) -> str:
    # Not now(): that stands still while a transaction waits for a lock.
    return "CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS DOUBLE PRECISION)"


def ago(seconds: float) -> ScalarSelect[float]:
    """Return the moment so many seconds ago, for a comparison that an index answers.

    PostgreSQL's clock may go on from row to row: with the bare ``Now`` it reads every row.
    """
    return select(Now() - seconds).scalar_subquery()
