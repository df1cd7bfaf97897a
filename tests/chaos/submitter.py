"""The process that submits and delivers, as the bot does: ``python -m tests.chaos.submitter``.

It may be killed at any moment. What it must not forget is in its folder: ``accepted`` lists the jobs that the
queue took, ``deliveries`` what was sent, and ``messages`` has one file a job, as a chat has one message.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import os
import signal
import sys
import time
from collections import defaultdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.errors import TooManyJobsError
from engine.files import write_whole
from engine.queue import (
    RESULT,
    FileGoneError,
    Job,
    Limits,
    Queue,
    State,
    file_watch,
    open_database,
    persist,
    watch_file,
)
from tests.chaos.plan import Order, orders
from tests.support.moved_clock import follow
from tests.support.undelivered import undelivered

if TYPE_CHECKING:
    from collections.abc import Sequence

POLL_INTERVAL: Final = 0.2
"""Seconds between two polls of the plan and the queue."""


class Notes:
    """Lines in a file, each written at once and whole: a kill takes none back and cuts none."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def add(self, *words: str) -> None:
        """Note a line."""
        handle = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(handle, (" ".join(words) + "\n").encode())
        finally:
            os.close(handle)

    def read(self) -> list[list[str]]:
        """Every line so far, in words."""
        return [line.split() for line in self._file.read_text().splitlines()] if self._file.exists() else []


class SubmitterFolder:
    """The submitter's files."""

    def __init__(self, folder: Path) -> None:
        self.accepted = Notes(folder / "accepted")
        self.deliveries = Notes(folder / "deliveries")
        self.messages = folder / "messages"


async def submit(queue: Queue, folder: SubmitterFolder, planned: Sequence[Order], began: float) -> None:
    """Enqueue what is due and was not accepted yet, each owner's in turn, as their limit allows."""
    # The last one is sent again after every start: nobody knows whether its answer had been heard.
    accepted = {job_id for (job_id,) in folder.accepted.read()[:-1]}
    waiting: defaultdict[str, list[Order]] = defaultdict(list)
    for order in planned:
        if order.id not in accepted:
            waiting[order.owner].append(order)
    while any(waiting.values()):
        for mine in waiting.values():
            with contextlib.suppress(TooManyJobsError):
                while mine and began + mine[0].at <= time.time():
                    job = await persist(partial(queue.enqueue, **mine[0].request), "enqueueing")
                    folder.accepted.add(job.id)
                    del mine[0]
        await asyncio.sleep(POLL_INTERVAL)


async def deliver(queue: Queue, folder: SubmitterFolder) -> None:
    """Send each ended job's message and note that it was delivered, for ever."""
    folder.messages.mkdir(exist_ok=True)
    while True:
        for status in await persist(partial(undelivered, queue), "watching"):
            if status.job.state.terminal:
                await _send(queue, folder, status.job)
        await asyncio.sleep(POLL_INTERVAL)


async def _send(queue: Queue, folder: SubmitterFolder, job: Job) -> None:
    message = await message_of(queue, job)
    write_whole(folder.messages / job.id, message)
    folder.deliveries.add(job.id, hashlib.sha256(message).hexdigest())
    await persist(partial(queue.delivered, job.id), "delivering")


async def message_of(queue: Queue, job: Job) -> bytes:
    """Return the message to the owner of an ended job."""
    if job.state is State.DONE:
        result = await persist(partial(queue.read, job.id, RESULT), "reading")
        return b"no result" if result is None else result
    return f"{job.state}: {job.error}".encode()


async def _run(args: argparse.Namespace) -> None:
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    engine = open_database(args.database_url)
    queue, folder = Queue(engine, Limits()), SubmitterFolder(args.folder)
    planned = orders(args.seed, args.jobs, args.owners, args.seconds)
    parent = os.getppid()
    print("ready", flush=True)
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(submit(queue, folder, planned, args.began)),
                group.create_task(deliver(queue, folder)),
            ]
            watch = asyncio.create_task(watch_file(engine))
            while os.getppid() == parent and not ended.is_set() and not watch.done():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(ended.wait(), POLL_INTERVAL)
            for task in tasks:
                task.cancel()
        if watch.done():
            watch.result()
    finally:
        await engine.dispose()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("database_url")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--jobs", type=int, required=True)
    parser.add_argument("--owners", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument(
        "--began", type=float, required=True, help="start of the storm, in seconds since 1970"
    )
    parser.add_argument("--clock-file", type=Path, help="of a clock that moves")
    return parser


def main() -> int:
    """Submit and deliver; return the exit status."""
    args = _parser().parse_args()
    if args.clock_file:
        follow(args.clock_file)
    try:
        asyncio.run(_run(args))
    except FileGoneError as error:
        print(f"error: {error}", flush=True)
        return 1
    return 0


if __name__ == "__main__":
    setattr(file_watch, "INTERVAL", POLL_INTERVAL)  # noqa: B010 - a constant
    sys.exit(main())
