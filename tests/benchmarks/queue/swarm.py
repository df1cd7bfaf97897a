"""Simulated workers: they make a worker's calls to the queue, and paint nothing.

``python -m tests.benchmarks.queue.swarm`` runs some in a process of its own: the clients of a test of scale
must not all share one. What it is to do comes as JSON, it prints that it is ready, begins when it is told so,
and stops when its standard input closes or no job is left.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Self

import engine
from engine.errors import AtelierError
from engine.queue import CHECKPOINT, Leases, Queue, open_database, poll_interval
from tests.benchmarks.queue.processes import cpu_seconds

ANNOUNCE_INTERVAL: Final = 15.0
"""Seconds between two announcements."""
INPUTS: Final = ("content", "style0")
"""Names of a job's pictures."""
PROCESSES: Final = 4
"""Processes that share the simulated workers, at most."""
MAX_LINE: Final = 2**26
"""Bytes of a process's last line, at most."""
ROOT: Final = Path(engine.__file__).parent.parent
"""The folder that a child needs on its path to import this program."""


class Simulated:
    """One worker, with the connection that a worker keeps."""

    def __init__(self, url: str, name: str) -> None:
        self.name = name
        self.idle = 1
        """Number of idle workers at the last announcement."""
        self._engine = open_database(url, thrifty=True)
        self._queue, self._leases = Queue(self._engine), Leases(self._engine)

    async def announce(self) -> None:
        """Announce the worker."""
        self.idle = await self._leases.announce(self.name, "simulated", "none", 1.0)

    async def wait(self, taken: Callable[[str], None]) -> None:
        """Idle as a worker does, and end each job that comes at once; stop by cancelling.

        Args:
            taken: told the id of each job when it is this worker's.
        """
        announcing = asyncio.create_task(self._live())
        try:
            await asyncio.sleep(poll_interval(self.idle) * random.random())
            while True:
                jobs = await self._leases.claim(self.name)
                for job in jobs:
                    taken(job.id)
                    await self._leases.finish(job.id, self.name, b"", {})
                if not jobs:
                    await asyncio.sleep(poll_interval(self.idle))
        finally:
            announcing.cancel()

    async def paint(self, picture: bytes, ended: list[float]) -> None:
        """Take jobs, report once on each and end it, until none is left.

        Args:
            picture: what is painted; if it is empty, nothing is read either.
            ended: gets the moment of each end, by the clock that all processes share.
        """
        while jobs := await self._leases.claim(self.name):
            for job in jobs:
                for name in (*INPUTS, CHECKPOINT) if picture else ():
                    await self._queue.read(job.id, name)
                await self._leases.heartbeat(job.id, self.name, progress=0.5, stage="painting")
                await self._leases.finish(job.id, self.name, picture, {"width": 512, "height": 512})
                ended.append(time.monotonic())

    async def close(self) -> None:
        """Disconnect."""
        await self._engine.dispose()

    async def _live(self) -> None:
        await asyncio.sleep(ANNOUNCE_INTERVAL * random.random())
        while True:
            await self.announce()
            await asyncio.sleep(ANNOUNCE_INTERVAL)


@contextlib.asynccontextmanager
async def simulated(url: str, count: int, prefix: str = "simulated") -> AsyncIterator[list[Simulated]]:
    """Connect a number of workers that know of each other."""
    workers = [Simulated(url, f"{prefix}-{number}") for number in range(count)]
    try:
        for _ in range(2):  # at the second word each hears of all
            await asyncio.gather(*(worker.announce() for worker in workers))
        yield workers
    finally:
        await asyncio.gather(*(worker.close() for worker in workers))


@dataclass(frozen=True, slots=True)
class Order:
    """The task of one process."""

    url: str
    prefix: str
    workers: int
    picture: int | None
    """Bytes of each result; 0: next to none, and nothing is read. None: they only idle."""


class Swarm:
    """Simulated workers, in a few processes."""

    def __init__(self, url: str, workers: int, picture: int | None, processes: int = PROCESSES) -> None:
        processes = min(processes, workers)
        self._orders = [
            Order(url, f"swarm{number}", workers // processes + (number < workers % processes), picture)
            for number in range(processes)
        ]
        self._processes: list[Process] = []
        self._words: list[asyncio.Task[bytes]] = []

    async def __aenter__(self) -> Self:
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        for order in self._orders:
            self._processes.append(
                await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    __name__,
                    json.dumps(asdict(order)),
                    stdin=PIPE,
                    stdout=PIPE,
                    env={**os.environ, "PYTHONPATH": path},
                    limit=MAX_LINE,
                )
            )
        for process in self._processes:
            assert process.stdout is not None
            if not await process.stdout.readline():
                raise AtelierError("The simulated workers do not start.")
        return self

    async def __aexit__(self, *_: object) -> None:
        for process in self._processes:
            if process.returncode is None:
                process.kill()
        await asyncio.gather(*(process.wait() for process in self._processes))

    def go(self) -> None:
        """Start all workers."""
        for process in self._processes:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(b"\n")
            self._words.append(asyncio.create_task(process.stdout.readline()))

    async def ran_dry(self, seconds: float) -> bool:
        """Wait for a time, or until a process has found no more jobs; return whether one has."""
        done, _ = await asyncio.wait(self._words, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        return bool(done)

    @property
    def cpu(self) -> float | None:
        """Processor seconds that the workers took so far."""
        each = [cpu_seconds(process.pid) for process in self._processes]
        return sum(one or 0.0 for one in each) if any(one is not None for one in each) else None

    async def stop(self) -> list[float]:
        """Stop the workers; return the moments at which jobs ended."""
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.close()
        return sorted(moment for words in await asyncio.gather(*self._words) for moment in json.loads(words))


async def _obey(order: Order) -> None:
    ended: list[float] = []
    async with simulated(order.url, order.workers, order.prefix) as workers:
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        if order.picture is None:
            tasks = [asyncio.create_task(worker.wait(lambda _: None)) for worker in workers]
        else:
            picture = os.urandom(order.picture)
            tasks = [asyncio.create_task(worker.paint(picture, ended)) for worker in workers]
        told = asyncio.create_task(asyncio.to_thread(sys.stdin.readline))
        await asyncio.wait((told, *tasks), return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome
        print(json.dumps(ended), flush=True)  # now: the thread at the standard input may wait for long


def main() -> None:
    """Run the task in the one argument."""
    asyncio.run(_obey(Order(**json.loads(sys.argv[1]))))


if __name__ == "__main__":
    main()
