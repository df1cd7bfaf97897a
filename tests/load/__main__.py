"""Hundreds of people tap and send at once; the bot is a process of its own, the worker has no skill.

python -m tests.load [--people 500] [--seconds 60] [--rate 20] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from bot import tables
from bot.playground import Playground, serve
from bot.playground.testing import jpeg
from engine.queue import create_schema, open_database
from tests.e2e.house import PAINTED, SHALL_I, TOKEN, Chat, Json, Program, environment, keys, said
from tests.e2e.test_e2e_faults import painting

CONTROLS: Final = ("Light", "Full", "Balanced", "strokes")
DRAIN: Final = 180.0
"""Seconds that the bot has, after the last action, to bring everybody what they wait for."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured. Times are milliseconds from the tap to its answer."""

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


class Crowd:
    """The people, and what they saw."""

    def __init__(self, playground: Playground, count: int, rate: float, end: float) -> None:
        self.playground, self.end = playground, end
        self.pause = count / rate
        self.times: list[float] = []
        self.unanswered = 0
        self.people = [playground.add_person(f"Person {number}") for number in range(count)]
        self.photo = jpeg(128, 96)

    async def live(self, number: int, dice: random.Random) -> None:
        """Send, choose, paint, and begin again, with time to think before everything."""
        you = Chat(self.playground, self.people[number])
        await asyncio.sleep(dice.uniform(0, self.pause))
        while time.monotonic() < self.end:
            sent = await you.photo(self.photo, "mosaic")
            ready = await self._newest(you, SHALL_I, sent)
            for _ in range(dice.randint(1, 3)):
                await self._think(dice)
                await self._tap(you, ready, dice.choice(CONTROLS))
            await self._think(dice)
            await self._tap(you, ready, "🖌 Paint")
            await self._newest(you, PAINTED, sent)

    async def _newest(self, you: Chat, words: str, after: int) -> Json:
        while True:
            for message in reversed(self.playground.from_bot(you.id)):
                if message["message_id"] > after and words in said(message):
                    return message
            await asyncio.sleep(0.25)

    async def _tap(self, you: Chat, message: Json, label: str) -> None:
        buttons = [button for row in keys(you.now(message)) for button in row if label in button["text"]]
        if not buttons:
            return
        began = time.perf_counter()
        answer = await self.playground.tap(you.id, message["message_id"], buttons[0]["callback_data"], 60)
        self.times.append((time.perf_counter() - began) * 1000)
        self.unanswered += not answer.answered

    async def _think(self, dice: random.Random) -> None:
        await asyncio.sleep(dice.uniform(0.5, 1.5) * self.pause)


async def measure(people: int, seconds: float, rate: float, folder: Path) -> Report:
    """Let them come, and count what became of it."""
    playground = Playground(token=TOKEN)
    data = folder / "data"
    data.mkdir()
    database = open_database(f"sqlite:///{data / 'atelier.db'}")
    await create_schema(database)
    await tables.create(database)
    memory: list[float] = []
    async with await serve(playground) as server, painting(database, pace=0.01) as queue:
        env = environment(
            BOT_TOKEN=TOKEN, BOT_API_URL=server.url, DATA_DIR=str(data), ENGINE="external",
            PAINT_SIZE="128", PAINT_QUALITY="draft", JOBS_PER_DAY="0", BUSY_AFTER="0", LOG_LEVEL="WARNING",
        )  # fmt: skip
        program = Program(folder, "-m", "bot", env=env)
        try:
            await playground.wait_for(lambda: playground.updates.connected, 60)
            crowd = Crowd(playground, people, rate, time.monotonic() + seconds)
            dice = random.Random(1)
            lives = [
                asyncio.create_task(crowd.live(number, random.Random(dice.random())))
                for number in range(people)
            ]
            while time.monotonic() < crowd.end:
                memory.append(_memory(program.process.pid))
                await asyncio.sleep(1)
            _, late = await asyncio.wait(lives, timeout=DRAIN)
            for life in late:
                life.cancel()
            await asyncio.gather(*lives, return_exceptions=True)
            jobs = await queue.jobs(count=1_000_000)
        finally:
            await asyncio.to_thread(program.close)  # its last calls want to be answered
    shown = {number: len(Chat(playground, number).paintings()) for number in crowd.people}
    accepted = {number: sum(job.owner == f"telegram:{number}" for job in jobs) for number in crowd.people}
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
        lost=sum(max(0, accepted[number] - shown[number]) for number in crowd.people),
        twice=sum(max(0, shown[number] - accepted[number]) for number in crowd.people),
        memory_middle=statistics.median(memory[third : 2 * third]),
        memory_end=statistics.median(memory[2 * third :]),
    )


def _share(times: list[float], part: float) -> float:
    return times[min(len(times) - 1, int(len(times) * part))]


def _memory(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def main() -> int:
    """Measure, and say what was found."""
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
