"""``engine jobs``: list, cancel, retry, drain and prune, for operators."""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

from engine.commands import jobs_view as view
from engine.queue import (
    Forecast,
    Health,
    Job,
    JobError,
    Queue,
    QueueAdmin,
    State,
    connected,
    create_schema,
)
from engine.settings import Settings

if TYPE_CHECKING:
    from rich.console import RenderableType
    from sqlalchemy.ext.asyncio import AsyncEngine

ALL: Final = ""
"""The value of ``--drain`` and ``--resume`` without a worker's name."""

COUNT: Final = 50
"""Default number of jobs in the list."""

DAYS: Final = 7.0
"""Default days that a prune keeps."""


@dataclass(frozen=True, slots=True)
class Report:
    """The result of an action: JSON, text, and the exit status."""

    data: dict[str, Any]
    lines: list[str] = field(default_factory=list)
    tables: Callable[[int], list[RenderableType]] | None = None
    """Makes tables of a width in columns, for people only: rich may be missing where programs ask."""
    errors: list[str] = field(default_factory=list)
    good: bool = True


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    one = parser.add_argument_group("actions", "at most one; without any, the queue is listed")
    action = one.add_mutually_exclusive_group()
    action.add_argument("--show", metavar="ID", help="show everything about one job")
    action.add_argument("--cancel", metavar="ID", nargs="+", help="cancel these jobs")
    action.add_argument("--retry", metavar="ID", nargs="+", help="queue these failed jobs again, as new ones")
    action.add_argument(
        "--drain", metavar="WORKER", nargs="?", const=ALL,
        help="start no more jobs, on any worker or on this one; running jobs finish",
    )  # fmt: skip
    action.add_argument("--resume", metavar="WORKER", nargs="?", const=ALL, help="undo a drain")
    action.add_argument(
        "--prune", metavar="DAYS", nargs="?", const=DAYS, type=_days,
        help=f"delete jobs that were delivered more than DAYS days ago ({DAYS:g}), and free their disk space",
    )  # fmt: skip
    action.add_argument(
        "--health",
        action="store_true",
        help="check whether a new job would be painted: exit status 0 if so, else 1",
    )
    listing = parser.add_argument_group("the list")
    listing.add_argument(
        "--state", nargs="+", choices=[state.value for state in State], metavar="STATE",
        help=f"only jobs in these states: {', '.join(State)}",
    )  # fmt: skip
    listing.add_argument("--owner", help="only this owner's jobs")
    listing.add_argument("--count", type=_count, help=f"list at most COUNT jobs ({COUNT})")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    parser.set_defaults(refuse=parser.error)


def run(args: argparse.Namespace) -> int:
    """Run one action and print its report; return the exit status."""
    action = _chosen(args)
    if action is not _list and (args.state or args.owner is not None or args.count is not None):
        args.refuse("--state, --owner and --count are for the list")
    report = asyncio.run(_at_the_queue(action, args))
    if args.json:
        print(json.dumps(report.data))
    else:
        _print(report)
    for error in report.errors:
        print(f"error: {error}", file=sys.stderr)
    return 0 if report.good else 1


def _chosen(args: argparse.Namespace) -> Action:
    for name, action in ACTIONS.items():
        said = getattr(args, name)
        if said is not None and said is not False:
            return action
    return _list


async def _at_the_queue(action: Action, args: argparse.Namespace) -> Report:
    """Run an action at the database."""
    settings = Settings()
    async with connected(settings.database) as database:
        await create_schema(database)
        return await action(QueueAccess(database, settings), args)


class QueueAccess:
    """The queue's client and operator sides together."""

    def __init__(self, database: AsyncEngine, settings: Settings) -> None:
        self.queue = Queue(database, settings.limits)
        self.queue_admin = QueueAdmin(database)

    async def forecasts(self) -> dict[str, Forecast]:
        """Return the forecast of every live job by its id."""
        return await self.queue_admin.forecasts(self.queue.limits.running)

    async def job(self, job_id: str) -> Job:
        """Return a job.

        Raises:
            JobError: there is none.
        """
        job = await self.queue.get(job_id)
        if job is None:
            raise JobError(f"There is no job {job_id!r}.")
        return job

    async def cancel(self, job_id: str) -> tuple[State, str]:
        """Cancel a job of any owner; return its state and a line for the user."""
        job = await self.job(job_id)
        state = await self.queue.cancel(job.id, job.owner)
        match state:
            case None:  # pruned meanwhile
                raise JobError(f"There is no job {job_id!r}.")
            case State.RUNNING:
                return state, f"{job_id}: cancelling, its worker stops"
            case _ if job.state.terminal:
                return state, f"{job_id}: {state} already"
            case _:
                return state, f"{job_id}: {state}"

    async def retry(self, job_id: str) -> tuple[State, str]:
        """Queue a failed job again; return its state and a line for the user."""
        job = await self.queue_admin.retry(job_id)
        return job.state, f"{job_id}: queued again"


Action = Callable[[QueueAccess, argparse.Namespace], Awaitable[Report]]


async def _list(access: QueueAccess, args: argparse.Namespace) -> Report:
    states = [State(state) for state in args.state or ()]
    count = COUNT if args.count is None else args.count
    jobs = await access.queue_admin.jobs(states, args.owner, count)
    ahead = await access.forecasts()
    health = await access.queue_admin.health()

    def tables(width: int) -> list[RenderableType]:
        shown: list[RenderableType] = []
        if jobs:
            shown += [view.job_table(jobs, ahead, health.now, width), ""]
        if health.workers:
            shown += [view.worker_table(health.workers, health.now, width), ""]
        return shown

    return Report(
        {"jobs": [_plain(job, ahead.get(job.id)) for job in jobs], **_of_health(health)},
        [view.counts(health), *map(view.printable, health.problems)],
        tables,
    )


async def _show(access: QueueAccess, args: argparse.Namespace) -> Report:
    job = await access.job(args.show)
    blobs = await access.queue_admin.blobs(job.id)
    forecast = (await access.forecasts()).get(job.id)
    now = (await access.queue_admin.health()).now
    return Report(
        {**_plain(job, forecast), "blobs": blobs},
        tables=lambda _: [view.sheet_table(view.sheet(job, forecast, blobs, now))],
    )


async def _cancel(access: QueueAccess, args: argparse.Namespace) -> Report:
    return await _each(args.cancel, access.cancel)


async def _retry(access: QueueAccess, args: argparse.Namespace) -> Report:
    return await _each(args.retry, access.retry)


async def _each(ids: list[str], do: Callable[[str], Awaitable[tuple[State, str]]]) -> Report:
    """Apply an action to every job; go on if it fails for one."""
    done: list[dict[str, Any]] = []
    lines: list[str] = []
    errors: list[str] = []
    for job_id in dict.fromkeys(ids):
        try:
            state, line = await do(job_id)
        except JobError as error:
            done.append({"id": job_id, "error": error.code, "message": str(error)})
            errors.append(str(error))
        else:
            done.append({"id": job_id, "state": state})
            lines.append(line)
    return Report({"jobs": done}, lines, errors=errors, good=not errors)


async def _drain(access: QueueAccess, args: argparse.Namespace) -> Report:
    worker = args.drain or None
    running = await access.queue_admin.drain(worker)
    whose = f"Worker {worker} starts no more jobs" if worker else "No more jobs start"
    under_way = view.number(running, "painting") + (" is" if running == 1 else " are")
    return Report({"drained": worker, "running": running}, [f"{whose}; {under_way} still running."])


async def _resume(access: QueueAccess, args: argparse.Namespace) -> Report:
    worker = args.resume or None
    await access.queue_admin.resume(worker)
    health = await access.queue_admin.health()
    lines = [f"Worker {worker} is resumed." if worker else "The queue is resumed.", *health.problems]
    return Report({"resumed": worker, "problems": health.problems}, lines)


async def _prune(access: QueueAccess, args: argparse.Namespace) -> Report:
    forgotten = await access.queue.prune(args.prune * 86400.0)
    await access.queue.shrink()
    return Report({"forgotten": forgotten}, [f"{view.number(forgotten, 'job')} deleted."])


async def _health(access: QueueAccess, _: argparse.Namespace) -> Report:
    health = await access.queue_admin.health()
    return Report(_of_health(health), view.verdict(health), good=health.healthy)


ACTIONS: Final[dict[str, Action]] = {
    "show": _show,
    "cancel": _cancel,
    "retry": _retry,
    "drain": _drain,
    "resume": _resume,
    "prune": _prune,
    "health": _health,
}
"""The actions by the names of their options."""


def _plain(job: Job, forecast: Forecast | None) -> dict[str, Any]:
    ahead = forecast or Forecast(None, None)
    return {**asdict(job), "position": ahead.position, "eta": ahead.eta}


def _of_health(health: Health) -> dict[str, Any]:
    return {"healthy": health.healthy, "problems": health.problems, **asdict(health)}


def _print(report: Report) -> None:
    if report.tables is not None:
        from rich.console import Console

        console = Console(highlight=False, markup=False, emoji=False)
        for table in report.tables(console.width):
            console.print(table)
    for line in report.lines:
        print(line)


def _days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        days = math.nan
    if not 0.0 <= days < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of days")
    return days


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return int(text)
