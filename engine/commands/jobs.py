"""``engine jobs``: list the queue, or cancel a job."""

from __future__ import annotations

import argparse
import asyncio
import json
from dataclasses import asdict

from engine.errors import AtelierError
from engine.queue import Job, Queue, Worker, create_schema, open_database
from engine.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--cancel", metavar="ID", help="cancel this job")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")


def run(args: argparse.Namespace) -> int:
    """Show or cancel."""
    return asyncio.run(_run(args))


async def _run(args: argparse.Namespace) -> int:
    settings = Settings()
    database = open_database(settings.database)
    try:
        await create_schema(database)
        queue = Queue(database, settings.limits)
        if args.cancel:
            job = await queue.get(args.cancel)
            if job is None:
                raise AtelierError(f"There is no job {args.cancel!r}.")
            state = await queue.cancel(job.id, job.owner)
            print(f"{job.id}: {'cancelling' if state == 'running' else state}")
            return 0
        jobs, workers = await queue.jobs(), await queue.workers()
        if args.json:
            print(
                json.dumps({"jobs": [asdict(job) for job in jobs], "workers": [asdict(w) for w in workers]})
            )
        else:
            _print(jobs, workers)
        return 0
    finally:
        await database.dispose()


def _print(jobs: list[Job], workers: list[Worker]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table("job", "owner", "state", "progress", "worker", "error", box=None)
    for job in jobs:
        progress = f"{job.progress:.0%}"
        table.add_row(job.id, job.owner, job.state, progress, job.worker or "", job.error or "")
    console.print(table)
    table = Table("worker", "state", "device", "network", "MP·it/s", box=None)
    for worker in workers:
        rate = f"{worker.rate:.2f}" if worker.rate else ""
        table.add_row(worker.name, worker.state, worker.device, worker.network, rate)
    console.print(table)
