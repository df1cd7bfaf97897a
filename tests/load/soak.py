"""Soak test: many users, real workers at a tiny size, and faults for a long time. ``make soak``.

python -m tests.load.soak [--people 200] [--minutes 30] [--rate 0.6] [--seed 1]
                          [--database sqlite] [--weights DIR] [--json]

Every few seconds a call of the bot's is refused, hangs, breaks off, or is carried out and its answer lost;
every few minutes a worker is killed. Nothing may be lost, and nothing may come twice, unless such an answer
was lost. In the second half of the run neither the bot nor the worker that lives may grow: a line is laid
through what they used of memory and of open files, by least squares, and what it climbs in that half is
bounded. Exit status 1: something broke.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from bot.playground import Fault, FloodLimits, serve
from bot.storage import tables
from engine.queue import Queue, State, create_schema, open_database
from tests.chaos import actors
from tests.chaos.databases import KINDS
from tests.chaos.databases import database as chaos_database
from tests.load.crowd import Crowd
from tests.support.chat import TOKEN
from tests.support.playground import Playground
from tests.support.processes import REPO, Program, alive, environment
from tests.support.undelivered import undelivered

FAULTS: Final[tuple[dict[str, Any], ...]] = (
    {"code": 429, "retry_after": 2},
    {"code": 502, "times": 2},
    {"code": 500},
    {"hang": True},
    {"drop": True, "times": 2},
    {"drop": True, "deliver": True},
    {"latency": 3.0},
)
"""Faults of calls."""
CALLS: Final = ("*", "getUpdates", "getFile", "download", "send*", "edit*", "answerCallbackQuery")
"""Methods whose calls are faulty."""
FAULT_INTERVAL: Final = (2.0, 8.0)
"""Seconds between two faults."""
KILL_AFTER: Final = (0.0, 120.0)
"""Seconds from a worker's first painting until it is killed."""
POLL_INTERVAL: Final = 1.0
"""Seconds between two polls of the processes."""
DRAIN: Final = 900.0
"""Seconds that the bot and the workers have, after the last action, to finish."""
GROWTH: Final = {"bot": (10.0, 12.0), "worker": (25.0, 4.0)}
"""MB, and open files, by which each may grow in a run's second half. The bot's connections come and go."""


@dataclass(slots=True)
class Vitals:
    """Memory and open files of a process over time."""

    times: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    """MB."""
    files: list[float] = field(default_factory=list)
    """Open file descriptors."""

    def sample(self, pid: int) -> None:
        """Take a sample, unless the process has ended."""
        if not alive(pid):
            return
        status = Path(f"/proc/{pid}/status").read_text()
        self.times.append(time.monotonic())
        self.memory.append(int(status.partition("VmRSS:")[2].split()[0]) / 1024)
        self.files.append(sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir()))

    def growth(self) -> tuple[float, float]:
        """Return the growth in the second half, by a straight line through it: MB, and open files."""
        return climb(self.times, self.memory), climb(self.times, self.files)


def climb(times: list[float], values: list[float]) -> float:
    """Return the growth of a least-squares line through the second half of some values."""
    half = [at for at, when in enumerate(times) if when >= (times[0] + times[-1]) / 2]
    if len(half) < 3:
        return 0.0
    xs, ys = np.array([times[at] for at in half]), np.array([values[at] for at in half])
    return float(np.polyfit(xs - xs[0], ys, 1)[0] * (xs[-1] - xs[0]))


@dataclass(slots=True)
class Report:
    """The measurements. Times are milliseconds from the tap to its answer."""

    people: int
    minutes: float
    taps: int = 0
    tap_median: float = 0.0
    tap_99th: float = 0.0
    unanswered: int = 0
    """Taps without an answer within a minute: a call to answer them may have hung, been lost, and so on."""
    faults: int = 0
    kills: int = 0
    paintings: int = 0
    repeated: int = 0
    """Paintings that were begun more than once, because their worker was killed."""
    failed: int = 0
    undelivered: int = 0
    lost: int = 0
    again: int = 0
    """Paintings that came a second time because Telegram's answer to the first was lost."""
    twice: int = 0
    """Paintings that came a second time without that."""
    waiting: int = 0
    """Users who still waited for something at the end."""
    bot_memory: float = 0.0
    """MB in the end; the growth is that of the second half."""
    bot_memory_growth: float = 0.0
    bot_files: float = 0.0
    bot_files_growth: float = 0.0
    worker_memory: float = 0.0
    worker_memory_growth: float = 0.0
    worker_files: float = 0.0
    worker_files_growth: float = 0.0
    broken: list[str] = field(default_factory=list)
    """Findings that fail the run."""

    def judge(self, *, flat: bool = True) -> None:
        """Note the findings that fail the run; growth only if the run was long enough (``flat``)."""
        if not self.paintings or not self.faults:
            self.broken.append("nothing happened")
        for name in ("failed", "undelivered", "lost", "twice", "waiting"):
            if count := getattr(self, name):
                self.broken.append(f"{count} {name}")
        for who, bounds in GROWTH.items() if flat else ():
            for what, bound in zip(("memory", "files"), bounds, strict=True):
                if (climbed := getattr(self, f"{who}_{what}_growth")) > bound:
                    self.broken.append(f"the {who}'s {what} grew by {climbed:.1f}, more than {bound:g}")

    def __str__(self) -> str:
        rows = {name: value for name, value in asdict(self).items() if name != "broken"}
        lines = [f"{name.replace('_', ' '):22} {value:10,.6g}" for name, value in rows.items()]
        verdict = "everything held" if not self.broken else "\n".join(f"BROKEN: {one}" for one in self.broken)
        return "\n".join([*lines, verdict])


async def soak(
    people: int,
    seconds: float,
    rate: float,
    folder: Path,
    weights: Path,
    seed: int = 1,
    *,
    kind: str = "sqlite",
    short: bool = False,
) -> Report:
    """Run a crowd against the bot and two workers, and report the measurements.

    Args:
        people: how many.
        seconds: how long.
        rate: actions a second, of all people together; about every fourth is a painting.
        folder: an empty one.
        weights: a cache of a network's weights.
        seed: of what befalls whom, and when.
        kind: the database's, ``sqlite`` or ``postgresql``.
        short: without the worker that is killed, and without a judgement of growth.
    """
    disk = folder / actors.DISK
    disk.mkdir()
    with chaos_database(kind, disk) as found:
        return await _soak(people, seconds, rate, folder, weights, seed, found.url, short=short)


async def _soak(
    people: int, seconds: float, rate: float, folder: Path, weights: Path, seed: int, url: str, *, short: bool
) -> Report:
    playground = Playground(token=TOKEN, flood=FloodLimits())
    data = folder / "data"
    data.mkdir()
    database = open_database(url)
    await create_schema(database)
    await tables.create(database)
    report = Report(people, round(seconds / 60, 2))
    faults: list[Fault] = []
    steady, unlucky = (actors.worker(number, folder, weights, url, own_pace=True) for number in range(2))
    dice = random.Random(seed)
    async with await serve(playground) as server:
        env = environment(
            BOT_TOKEN=TOKEN, BOT_API_URL=server.url, DATA_DIR=str(data), DATABASE_URL=url, ENGINE="external",
            PAINT_SIZE="128", PAINT_SIZE_MAX="128", PAINT_QUALITY="draft", JOBS_PER_DAY="0", BUSY_AFTER="0",
            LOG_LEVEL="WARNING",
        )  # fmt: skip
        program = Program(folder, "-m", "bot", env=env)
        try:
            steady.start()
            if not short:
                unlucky.start()
            await playground.wait_for(lambda: playground.updates.connected, 60)
            crowd = Crowd(playground, people, rate, seconds, poll=POLL_INTERVAL, photo=(64, 64))
            trouble = [asyncio.create_task(_faults(playground, random.Random(dice.random()), faults))]
            if not short:
                trouble.append(asyncio.create_task(_kills(unlucky, random.Random(dice.random()))))
            lives = crowd.begin(dice)
            bot, worker = await _watch(crowd.end, program, steady, unlucky)
            await _end(trouble)
            playground.faults.clear()
            broken = steady.broken or unlucky.broken
            report.waiting = await crowd.leave(lives, 0.0 if broken else DRAIN)
            if not broken:
                await _delivered(Queue(database))
            if not alive(program.process.pid):
                report.broken.append(f"the bot ended by itself:\n{program.output[-2000:]}")
            for each in (steady, unlucky):
                await asyncio.to_thread(each.stop)
            _count(report, crowd, await Queue(database).jobs(count=1_000_000), faults)
        finally:
            for each in (steady, unlucky):
                each.destroy()
            await asyncio.to_thread(program.close)  # its last calls want to be answered
    playground.close()
    await database.dispose()
    report.kills = unlucky.kills
    weigh(report, bot, worker)
    report.broken += [*steady.broken, *unlucky.broken, *steady.tracebacks(), *unlucky.tracebacks()]
    if "Traceback" in program.output:
        report.broken.append(f"the bot: {program.output[-2000:]}")
    report.judge(flat=not short)
    return report


async def _watch(
    end: float, program: Program, steady: actors.Worker, unlucky: actors.Worker
) -> tuple[Vitals, Vitals]:
    """Look at the bot and the worker that lives until the end, or until one of them has ended by itself."""
    bot, worker = Vitals(), Vitals()
    while time.monotonic() < end:
        await asyncio.sleep(POLL_INTERVAL)
        bot.sample(program.process.pid)
        worker.sample(steady.pid)
        steady.living()  # it says so if it ended by itself
        if steady.broken or unlucky.broken or not alive(program.process.pid):
            break
    return bot, worker


async def _end(trouble: list[asyncio.Task[None]]) -> None:
    for task in trouble:
        task.cancel()
    await asyncio.wait(trouble)
    for task in trouble:
        if not task.cancelled():
            task.result()  # raises what went wrong there


async def _faults(playground: Playground, dice: random.Random, faults: list[Fault]) -> None:
    while True:
        await asyncio.sleep(dice.uniform(*FAULT_INTERVAL))
        if len(playground.faults.active) < len(CALLS):  # some wait long for a call that they fit
            faults.append(playground.fault(dice.choice(CALLS), **dice.choice(FAULTS)))


async def _kills(worker: actors.Worker, dice: random.Random) -> None:
    """Kill a worker at random moments once it has begun to paint, and start it again."""
    while True:
        while not worker.said(": started"):  # noqa: ASYNC110 - it tells no news
            await asyncio.sleep(POLL_INTERVAL)
        await asyncio.sleep(dice.uniform(*KILL_AFTER))
        await asyncio.to_thread(worker.kill)
        worker.start()


async def _delivered(queue: Queue) -> None:
    """Wait until everybody was told; what has not been in the end is counted."""
    end = time.monotonic() + 60
    while await undelivered(queue) and time.monotonic() < end:  # noqa: ASYNC110 - the same
        await asyncio.sleep(POLL_INTERVAL)


def _count(report: Report, crowd: Crowd, jobs: list[Any], faults: list[Fault]) -> None:
    times = sorted(crowd.times) or [0.0]
    states = Counter(job.state for job in jobs)
    report.faults = len(faults)
    report.taps, report.unanswered = len(crowd.times), crowd.unanswered
    report.tap_median, report.tap_99th = round(times[len(times) // 2]), round(times[int(len(times) * 0.99)])
    report.paintings, report.failed = states[State.DONE], len(jobs) - states[State.DONE]
    report.repeated = sum(job.attempts > 1 for job in jobs)
    report.undelivered = sum(job.delivered is None for job in jobs)
    arrivals = crowd.arrivals((job.owner for job in jobs), faults)
    report.lost, report.again, report.twice = arrivals.lost, arrivals.again, arrivals.twice


def weigh(report: Report, bot: Vitals, worker: Vitals) -> None:
    """Report the memory and the open files of the bot and of the worker."""
    for name, vitals in (("bot", bot), ("worker", worker)):
        if not vitals.memory:  # it ended at once
            continue
        memory, files = vitals.growth()
        setattr(report, f"{name}_memory", round(vitals.memory[-1], 1))
        setattr(report, f"{name}_files", vitals.files[-1])
        setattr(report, f"{name}_memory_growth", round(memory, 2))
        setattr(report, f"{name}_files_growth", round(files, 2))


def main() -> int:
    """Soak, and say what was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.soak")
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--rate", type=float, default=0.6, help="actions a second, of all people together")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=KINDS, default="sqlite")
    parser.add_argument("--weights", type=Path, default=REPO / "data" / "weights", help="a cache of weights")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        people, seconds = args.people, args.minutes * 60
        wanted = soak(people, seconds, args.rate, Path(folder), args.weights, args.seed, kind=args.database)
        report = asyncio.run(wanted)
    print(json.dumps(asdict(report)) if args.json else report)
    return int(bool(report.broken))


if __name__ == "__main__":
    sys.exit(main())
