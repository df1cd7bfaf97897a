"""Small crowds for a few seconds, of those that ``make load`` and ``make soak`` bring."""

from __future__ import annotations

from pathlib import Path

import pytest
from telegram.error import NetworkError

from bot.playground import Fault, serve
from bot.storage.job_address import owner
from tests.load.__main__ import measure
from tests.load.crowd import Arrivals, Crowd
from tests.load.soak import Report, Vitals, climb, soak, weigh
from tests.support.chat import PAINTED
from tests.support.playground import Playground
from tests.support.sample_media import jpeg
from tests.support.telegram_client import connect


async def test_a_crowd_loses_nothing(tmp_path: Path) -> None:
    report = await measure(people=12, seconds=6.0, rate=8.0, folder=tmp_path)
    assert report.taps > 0
    assert report.paintings > 0
    assert (report.lost, report.twice, report.unanswered) == (0, 0, 0)


async def test_a_crowd_loses_nothing_while_everything_fails(tmp_path: Path, weights_cache: Path) -> None:
    report = await soak(3, seconds=9.0, rate=4.0, folder=tmp_path, weights=weights_cache, short=True)
    print(report)
    assert report.broken == [], report
    assert report.paintings > 0
    assert report.bot_memory > 10
    assert report.worker_files > 3


def test_a_process_that_ends_at_once_leaves_a_report() -> None:
    report = Report(1, 1.0)
    weigh(report, Vitals([1.0], [100.0], [10.0]), Vitals())
    assert (report.bot_memory, report.worker_memory) == (100.0, 0.0)


def test_what_climbs_in_the_second_half_is_found_through_all_noise() -> None:
    noise = [(number * 7919) % 11 - 5 for number in range(200)]
    times = [float(number) for number in range(200)]
    leak = [100 + 0.1 * number + shake for number, shake in enumerate(noise)]
    assert 9 < climb(times, leak) < 11
    warm = [min(number, 60) + 100.0 + shake for number, shake in enumerate(noise)]
    assert abs(climb(times, warm)) < 1
    assert climb([0.0], [1.0]) == 0


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("lost", 1),
        ("twice", 1),
        ("waiting", 1),
        ("failed", 1),
        ("undelivered", 1),
        ("paintings", 0),
        ("faults", 0),
        ("bot_memory_growth", 11.0),
        ("worker_memory_growth", 26.0),
        ("bot_files_growth", 13.0),
    ],
)
def test_a_soak_fails_for_anything_that_must_not_be(what: str, value: float) -> None:
    report = Report(people=1, minutes=1.0, paintings=5, faults=5)
    report.judge()
    assert report.broken == []
    setattr(report, what, value)
    report.judge()
    assert len(report.broken) == 1
    assert "BROKEN" in str(report)


@pytest.mark.parametrize("answer_lost", [False, True])
async def test_a_painting_may_come_twice_only_if_the_answer_to_it_was_lost(answer_lost: bool) -> None:
    playground = Playground()
    crowd = Crowd(playground, 2, rate=1.0, seconds=1.0)
    (one, other), faults = crowd.people, list[Fault]()
    owners = [owner(person) for person in crowd.people]
    async with await serve(playground) as server, connect(server) as bot:
        for person in crowd.people:
            await playground.send_text(person, "/start")
        await bot.send_photo(other, jpeg(), caption=PAINTED)
        assert crowd.arrivals(owners, faults) == Arrivals(lost=1)
        if answer_lost:
            faults.append(playground.fault("send*", deliver=True, drop=True))
            with pytest.raises(NetworkError):
                await bot.send_photo(one, jpeg(), caption=PAINTED)
        else:
            faults.append(playground.fault("send*", code=500))
            with pytest.raises(NetworkError):
                await bot.send_photo(one, jpeg(), caption=PAINTED)
            await bot.send_photo(one, jpeg(), caption=PAINTED)
        assert crowd.arrivals(owners, faults) == Arrivals()
        await bot.send_photo(one, jpeg(), caption=PAINTED)
        assert crowd.arrivals(owners, faults) == (Arrivals(again=1) if answer_lost else Arrivals(twice=1))
        await bot.send_photo(other, jpeg(), caption=PAINTED)
        assert crowd.arrivals(owners, faults).twice == (1 if answer_lost else 2)
    playground.close()
