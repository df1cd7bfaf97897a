"""A short storm over each database; ``make chaos`` has the long ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.chaos.databases import KINDS, NotInstalledError
from tests.chaos.storm import StormOptions, storm

if TYPE_CHECKING:
    from pathlib import Path

SEED = 8
"""One by which workers are killed within a job, and the submitter a few times."""
TROUBLES = {"sqlite": ("clock", "full disk"), "postgresql": ("read-only", "clock")}
"""What befalls them; `make chaos` knows more."""


@pytest.mark.parametrize("kind", KINDS)
async def test_after_a_storm_every_job_has_ended_once_and_in_its_turn(
    kind: str, tmp_path: Path, weights_cache: Path
) -> None:
    weather = StormOptions(
        SEED, kind, jobs=15, owners=3, workers=2, seconds=12.0, troubles=TROUBLES[kind], strict=False
    )
    try:
        report = await storm(weather, weights_cache, tmp_path)
    except NotInstalledError as error:
        pytest.skip(str(error))
    print(report)
    assert not report.broken, report
    assert all(actor.kills for actor in (report.submitter, report.workers[0])), report
    assert report.troubles, report
