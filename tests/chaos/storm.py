"""A storm: real workers and a real submitter on one queue, killed and suspended at random, and then calm.

Meanwhile all jobs are recorded ten times a second. Afterwards none may be missing, delivered with two
results, still leased, or out of turn; ``fairness`` explains the last one.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from engine.queue import Job, Limits, Queue, create_schema, open_database
from tests.chaos import actors
from tests.chaos.actors import LEASE, Submitter, Worker
from tests.chaos.databases import Database, database
from tests.chaos.fairness import Judge, Judgement, Suspension
from tests.chaos.plan import orders
from tests.chaos.recording import Recording, look, record
from tests.chaos.submitter import SubmitterFolder
from tests.chaos.takeovers import taken_from_the_living
from tests.chaos.troubles import Trouble, Troubles
from tests.chaos.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class StormOptions:
    """The options of a storm."""

    seed: int
    database: str
    """``sqlite`` or ``postgresql``."""
    jobs: int = 60
    owners: int = 6
    workers: int = 3
    seconds: float = 60.0
    troubles: Sequence[str] = ()
    """What befalls the database and the disk, in this order, again and again. If empty: everything."""
    strict: bool = True
    """Whether a job that is taken from a living worker is a fault: on a busy machine heartbeats are late."""
    calm_timeout: float = 600.0
    """Seconds of calm within which everything has to end; it takes a small part of them."""


@dataclass(slots=True)
class Report:
    """The results of a storm."""

    weather: StormOptions
    jobs: Sequence[Job]
    workers: Sequence[Worker]
    submitter: Submitter
    deliveries: int
    """Messages written, those that were written again included."""
    troubles: Sequence[Trouble]
    """What befell the database and the disk."""
    taken: int
    """Attempts that were taken from workers that lived."""
    calmed: float
    """Seconds of calm until everything had ended and was delivered."""
    recording: Recording
    judgement: Judgement
    broken: list[str] = field(default_factory=list)
    """All faults."""

    def __str__(self) -> str:
        weather, fair = self.weather, self.judgement
        states = Counter(str(job.state) for job in self.jobs)
        attempts = Counter(job.attempts for job in self.jobs)
        kills, early = sum(each.kills for each in self.workers), sum(each.early for each in self.workers)
        stills = sum(len(each.suspensions) for each in self.workers)
        lines = {
            "storm": f"{kills} kills of workers ({early} before a job) and {self.submitter.kills} of the "
            f"submitter; {stills} suspensions",
            "troubles": "; ".join(map(str, self.troubles)) or "none",
            "jobs": f"{_listed(states)}; attempts {_listed(attempts)}; "
            f"all over after {self.calmed:.0f} s of calm; {self.taken} taken from workers that lived",
            "messages": f"{self.deliveries} written for {len(self.jobs)} jobs",
            "fairness": f"{fair.starts} starts, {fair.unseen} unseen; {fair.passed} pairs passed by rightly, "
            f"{fair.unsure} unsure; {fair.alone} came alone",
            "looks": f"{self.recording.snapshots}, {self.recording.longest:.2f} s apart at most",
            "verdict": f"{len(self.broken)} broken" if self.broken else "everything held",
        }
        head = (
            f"seed {weather.seed}, {weather.database}: {weather.jobs} jobs of {weather.owners} owners, "
            f"{weather.workers} workers, {weather.seconds:.0f} s of storm"
        )
        told = [f"  {what:<9} {said}" for what, said in lines.items()]
        return "\n".join([head, *told, *(f"  BROKEN    {fault}" for fault in self.broken)])


async def storm(weather: StormOptions, weights: Path, home: Path) -> Report:
    """Run a storm and return its report.

    Args:
        weights: a cache that holds a network's weights.
        home: an empty folder, in which logs, messages and the recording are left.

    Raises:
        NotInstalledError: the database's server is not on this machine.
    """
    disk = home / actors.DISK
    disk.mkdir()
    with database(weather.database, disk) as found:
        return await _Storm(weather, home, found, weights).run()


class _Storm:
    """One storm's processes and recording."""

    def __init__(self, weather: StormOptions, home: Path, found: Database, weights: Path) -> None:
        self.weather = weather
        self.home = home
        self.database = open_database(found.url)
        self.queue = Queue(self.database, Limits(lease=LEASE))
        self.recording = Recording(self.queue.limits, found.clock)
        self.planned = orders(weather.seed, weather.jobs, weather.owners, weather.seconds)
        self.workers = [
            actors.worker(number, home, weights, found.url, found.clock_file)
            for number in range(weather.workers)
        ]
        self.submitter_folder = home / "desk"
        self.submitter_folder.mkdir()
        self.submitter = Submitter("submitter", self.submitter_folder, self._submitting(found), {})
        self.processes: list[Submitter | Worker] = [self.submitter, *self.workers]
        self.calm, usable = asyncio.Event(), asyncio.Event()
        usable.set()
        for actor in self.processes:
            actor.usable = usable
        self.troubles = Troubles(found, home / actors.DISK, self.workers, self.processes, usable)

    async def run(self) -> Report:
        """Run the storm, wait for the end of all jobs, and check."""
        processes, seed = self.processes, self.weather.seed
        enough = asyncio.Event()
        try:
            await create_schema(self.database)
            over = asyncio.Event()
            async with asyncio.TaskGroup() as group:
                group.create_task(record(self.queue, self.recording, over))
                storms = [
                    group.create_task(actor.disrupt(random.Random(f"{seed} {actor.name}"), self.calm))
                    for actor in processes
                ]
                befalling = group.create_task(
                    self.troubles.befall(random.Random(f"{seed} troubles"), self.weather.troubles, enough)
                )
                await asyncio.sleep(self.weather.seconds)
                enough.set()
                await befalling
                self.calm.set()
                calm_since = time.monotonic()
                await asyncio.wait(storms)
                await self._settle(calm_since)
                calmed = time.monotonic() - calm_since
                for actor in processes:
                    await asyncio.to_thread(actor.stop)
                over.set()
            return await self._report(calmed)
        finally:
            for actor in processes:
                actor.destroy()
            await self.database.dispose()

    async def _settle(self, since: float) -> None:
        """Wait until every job has ended and was delivered; what has not in the end is the verdict's."""
        while time.monotonic() < since + self.weather.calm_timeout:
            last = [phases[-1].snapshot for phases in self.recording.phases.values()]
            if len(last) == len(self.planned) and all(snapshot.delivered is not None for snapshot in last):
                return
            for actor in self.processes:
                if not actor.living() and not actor.broken:  # it had lost its disk
                    actor.start()
            living = [actor.living() for actor in self.workers]
            if not self.submitter.living() or not any(living):
                return
            await asyncio.sleep(actors.POLL_INTERVAL)

    async def _report(self, calmed: float) -> Report:
        jobs = await look(self.queue, self.recording)
        (self.home / "recording.txt").write_text(str(self.recording))
        judgement = Judge(
            self.recording.phases,
            {each.identity: each.suspensions for each in self.workers},
            serial=self.weather.database == "sqlite",
        ).judge()
        folder = SubmitterFolder(self.submitter_folder)
        faults = await Outcome(self.queue, folder, self.planned, jobs).faults()
        faults += [*self.recording.broken, *judgement.broken]
        absences = {
            each.identity: [*each.suspensions, *(Suspension(end, end) for end in each.ends)]
            for each in self.workers
        }
        taken = taken_from_the_living(self.recording.phases, absences)
        faults += taken if self.weather.strict else []
        for actor in (self.submitter, *self.workers):
            faults += [*actor.broken, *actor.tracebacks()]
        written = len(folder.deliveries.read())
        return Report(
            self.weather,
            jobs,
            self.workers,
            self.submitter,
            written,
            self.troubles.told,
            len(taken),
            calmed,
            self.recording,
            judgement,
            faults,
        )

    def _submitting(self, found: Database) -> tuple[str, ...]:
        weather = self.weather
        clock = ("--clock-file", str(found.clock_file)) if found.clock_file else ()
        return (
            *("-m", "tests.chaos.submitter", str(self.submitter_folder), found.url),
            *("--seed", str(weather.seed), "--jobs", str(weather.jobs), "--owners", str(weather.owners)),
            *("--seconds", str(weather.seconds), "--began", str(time.time())),
            *clock,
        )


def _listed(counts: Counter[str] | Counter[int]) -> str:
    return ", ".join(f"{count} × {what}" for what, count in sorted(counts.items(), key=str))
