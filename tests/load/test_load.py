"""A small crowd for a few seconds: nobody waits in vain, nothing is lost. ``make load`` brings the large."""

from __future__ import annotations

from pathlib import Path

from tests.load.__main__ import measure


async def test_a_crowd_loses_nothing(tmp_path: Path) -> None:
    report = await measure(people=12, seconds=6.0, rate=8.0, folder=tmp_path)
    assert report.taps > 0
    assert report.paintings > 0
    assert (report.lost, report.twice, report.unanswered) == (0, 0, 0)
