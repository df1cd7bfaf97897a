"""``engine jobs``: look at the queue, and steer it, for operators."""

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
"""What ``--drain`` and ``--resume`` mean without a worker's name."""

COUNT: Final = 50
"""Jobs that are listed unless told otherwise."""

DAYS: Final = 7.0
"""Days that a prune keeps unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Report:
    """What an action found: for programs, for people, and for whoever asks the exit status."""

    data: dict[str, Any]
    lines: list[str] = field(default_factory=list)
    tables: Callable[[int], list[RenderableType]] | None = None
    """Made for a terminal so wide, and for people only: rich may not be installed where programs ask."""
    errors: list[str] = field(default_factory=list)
    good: bool = True


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    one = parser.add_argument_group("actions", "at most one of these; without any, the queue is listed")
    action = one.add_mutually_exclusive_group()
    action.add_argument("--show", metavar="ID", help="everything about one job")
    action.add_argument("--cancel", metavar="ID", nargs="+", help="cancel these jobs")
    action.add_argument(
        "--retry", metavar="ID", nargs="+", help="queue these failed jobs again, as if they were new"
    )
    action.add_argument(
        "--drain", metavar="WORKER", nargs="?", const=ALL,
        help="let nothing more start, or nothing on this worker; what is being painted is painted to its end",
    )  # fmt: skip
    action.add_argument("--resume", metavar="WORKER", nargs="?", const=ALL, help="undo a drain")
    action.add_argument(
        "--prune", metavar="DAYS", nargs="?", const=DAYS, type=_days,
        help=f"forget jobs that were delivered more than so many days ago ({DAYS:g} unless said), and give "
        "their space back",
    )  # fmt: skip
    action.add_argument(
        "--health", action="store_true", help="whether the queue would paint a job now: exit status 0, else 1"
    )
    listing = parser.add_argument_group("the list")
    listing.add_argument(
        "--state", nargs="+", choices=[state.value for state in State], metavar="STATE",
        help=f"only jobs in these states: {', '.join(State)}",
    )  # fmt: skip
    listing.add_argument("--owner", help="only this owner's jobs")
    listing.add_argument("--count", type=_count, help=f"at most so many jobs ({COUNT} unless said)")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    parser.set_defaults(refuse=parser.error)


def run(args: argparse.Namespace) -> int:
    """Do one action and report."""
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
    """Do it at the database."""
    settings = Settings()
    async with connected(settings.database) as database:
        await create_schema(database)
        return await action(Counter(database, settings), args)


class Counter:
    """Where operators stand: both sides of the queue."""

    def __init__(self, database: AsyncEngine, settings: Settings) -> None:
        self.queue = Queue(database, settings.limits)
        self.queue_admin = QueueAdmin(database)

    async def forecasts(self) -> dict[str, Forecast]:
        """The near future of every live job."""
        return await self.queue_admin.forecasts(self.queue.limits.running)

    async def job(self, job_id: str) -> Job:
        """Look a job up.

        Raises:
            JobError: there is none.
        """
        job = await self.queue.get(job_id)
        if job is None:
            raise JobError(f"There is no job {job_id!r}.")
        return job

    async def cancel(self, job_id: str) -> tuple[State, str]:
        """Cancel a job, whoever its owner is; gives its state then, and what to say."""
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
        """Queue a failed job again; gives its state then, and what to say."""
        job = await self.queue_admin.retry(job_id)
        return job.state, f"{job_id}: queued again"


Action = Callable[[Counter, argparse.Namespace], Awaitable[Report]]


async def _list(counter: Counter, args: argparse.Namespace) -> Report:
    states = [State(state) for state in args.state or ()]
    count = COUNT if args.count is None else args.count
    jobs = await counter.queue_admin.jobs(states, args.owner, count)
    ahead = await counter.forecasts()
    health = await counter.queue_admin.health()

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


async def _show(counter: Counter, args: argparse.Namespace) -> Report:
    job = await counter.job(args.show)
    blobs = await counter.queue_admin.blobs(job.id)
    forecast = (await counter.forecasts()).get(job.id)
    now = (await counter.queue_admin.health()).now
    return Report(
        {**_plain(job, forecast), "blobs": blobs},
        tables=lambda _: [view.sheet_table(view.sheet(job, forecast, blobs, now))],
    )


async def _cancel(counter: Counter, args: argparse.Namespace) -> Report:
    return await _each(args.cancel, counter.cancel)


async def _retry(counter: Counter, args: argparse.Namespace) -> Report:
    return await _each(args.retry, counter.retry)


async def _each(ids: list[str], do: Callable[[str], Awaitable[tuple[State, str]]]) -> Report:
    """Do it with every job, also when it cannot be done with one of them."""
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


async def _drain(counter: Counter, args: argparse.Namespace) -> Report:
    worker = args.drain or None
    running = await counter.queue_admin.drain(worker)
    whose = f"Worker {worker} starts nothing more" if worker else "Nothing more starts"
    under_way = view.number(running, "painting") + (" is" if running == 1 else " are")
    return Report({"drained": worker, "running": running}, [f"{whose}; {under_way} still under way."])


async def _resume(counter: Counter, args: argparse.Namespace) -> Report:
    worker = args.resume or None
    await counter.queue_admin.resume(worker)
    health = await counter.queue_admin.health()
    lines = [f"Worker {worker} goes on." if worker else "The queue goes on.", *health.problems]
    return Report({"resumed": worker, "problems": health.problems}, lines)


async def _prune(counter: Counter, args: argparse.Namespace) -> Report:
    forgotten = await counter.queue.prune(args.prune * 86400.0)
    await counter.queue.shrink()
    return Report({"forgotten": forgotten}, [f"{view.number(forgotten, 'job')} forgotten."])


async def _health(counter: Counter, _: argparse.Namespace) -> Report:
    health = await counter.queue_admin.health()
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
"""What the options do, by their names."""


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
