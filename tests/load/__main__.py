"""Load test: hundreds of users tap and send at once. The bot is a process of its own, the worker a stub.

python -m tests.load [--people 500] [--seconds 60] [--rate 20] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import random
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from bot.playground import serve
from bot.storage import tables
from engine.queue import create_schema, open_database
from tests.e2e.test_e2e_faults import painting
from tests.load.crowd import Crowd
from tests.support.chat import TOKEN
from tests.support.playground import Playground
from tests.support.processes import Program, environment

DRAIN: Final = 180.0
"""Seconds that the bot has, after the last action, to deliver all paintings."""


@dataclass(frozen=True, slots=True)
class Report:
    """The measurements. Times are milliseconds from the tap to its answer."""

    people: int
    seconds: float
    taps: int
    taps_per_second: float
    p50: float
    p95: float
    p99: float
    longest: float
    unanswered: int
    paintings: int
    lost: int
    """Paintings that were accepted and did not arrive."""
    twice: int
    memory_middle: float
    """MB of the bot, the median of the middle third of the run …"""
    memory_end: float
    """… and of its last third."""


async def measure(people: int, seconds: float, rate: float, folder: Path) -> Report:
    """Run a crowd against the bot, and report the measurements."""
    playground = Playground(token=TOKEN)
    data = folder / "data"
    data.mkdir()
    database = open_database(f"sqlite:///{data / 'atelier.db'}")
    await create_schema(database)
    await tables.create(database)
    memory: list[float] = []
    async with await serve(playground) as server, painting(database, pace=0.01, idle=0.1) as queue:
        env = environment(
            BOT_TOKEN=TOKEN, BOT_API_URL=server.url, DATA_DIR=str(data), ENGINE="external",
            PAINT_SIZE="128", PAINT_QUALITY="draft", JOBS_PER_DAY="0", BUSY_AFTER="0", LOG_LEVEL="WARNING",
        )  # fmt: skip
        program = Program(folder, "-m", "bot", env=env)
        try:
            await playground.wait_for(lambda: playground.updates.connected, 60)
            gc.freeze()  # as the bot does: a pause here would count as one of the bot's
            crowd = Crowd(playground, people, rate, seconds, warm=True)
            dice = random.Random(1)
            lives = crowd.begin(dice)
            while not crowd.over():
                if time.monotonic() >= crowd.start:
                    memory.append(_memory(program.process.pid))
                await asyncio.sleep(1)
            await crowd.leave(lives, DRAIN)
            jobs = await queue.jobs(count=1_000_000)
        finally:
            await asyncio.to_thread(program.close)  # its last calls want to be answered
    arrivals = crowd.arrivals(job.owner for job in jobs)
    playground.close()
    await database.dispose()
    times = sorted(crowd.times)
    third = len(memory) // 3
    return Report(
        people=people,
        seconds=seconds,
        taps=len(times),
        taps_per_second=round(len(times) / seconds, 1),
        p50=round(_share(times, 0.5)),
        p95=round(_share(times, 0.95)),
        p99=round(_share(times, 0.99)),
        longest=round(times[-1]),
        unanswered=crowd.unanswered,
        paintings=len(jobs),
        lost=arrivals.lost,
        twice=arrivals.twice,
        memory_middle=statistics.median(memory[third : 2 * third]),
        memory_end=statistics.median(memory[2 * third :]),
    )


def _share(times: list[float], part: float) -> float:
    return times[min(len(times) - 1, int(len(times) * part))]


def _memory(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def main() -> int:
    """Run the load test, and print its report."""
    parser = argparse.ArgumentParser(prog="python -m tests.load")
    parser.add_argument("--people", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rate", type=float, default=20.0, help="actions a second, of all people together")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="load-") as folder:
        report = asyncio.run(measure(args.people, args.seconds, args.rate, Path(folder)))
    if args.json:
        print(json.dumps(asdict(report)))
    else:
        for name, value in asdict(report).items():
            print(f"{name.replace('_', ' '):18} {value:g}")
    return int(bool(report.lost or report.twice or report.unanswered))


if __name__ == "__main__":
    sys.exit(main())
