"""What is worth telling somebody who waits, and when."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.delivery.progress import (
    EDIT_INTERVAL,
    QUEUED_INTERVAL,
    Shown,
    caption_due,
    is_worth_showing,
    preview_due,
)
from engine.queue import Forecast, Job, JobStatus, State


def _watch(state: State = State.QUEUED, position: int | None = None) -> JobStatus:
    nothing: dict[str, Any] = dict.fromkeys(Job.__dataclass_fields__)
    return JobStatus(Job(**(nothing | {"id": "j", "state": state})), Forecast(position, None))


def test_far_back_in_the_queue_few_places_are_told() -> None:
    told, shown = [], 60
    for position in range(59, -1, -1):
        if is_worth_showing(position, shown):
            told.append(position)
            shown = position
    assert told == [56, 45, 36, 29, 23, 18, 14, 11, 9, 7, 6, 5, 4, 3, 2, 1, 0]


def test_a_jump_past_a_place_that_is_told_is_told() -> None:
    assert is_worth_showing(17, 19)
    assert not is_worth_showing(19, 22)
    assert is_worth_showing(3, None)
    assert not is_worth_showing(9, 9)


def test_who_falls_back_is_told_too() -> None:
    assert is_worth_showing(9, 7)
    assert not is_worth_showing(8, 7)


@pytest.mark.parametrize(
    ("state", "position", "pace"),
    [
        (State.QUEUED, 3, EDIT_INTERVAL),
        (State.QUEUED, 5, QUEUED_INTERVAL),
        (State.QUEUED, None, QUEUED_INTERVAL),
        (State.RUNNING, None, EDIT_INTERVAL),
    ],
)
def test_an_edit_waits_for_its_pace(state: State, position: int | None, pace: float) -> None:
    shown = Shown(caption="old", position=5, edited=100.0, state=state)
    assert not caption_due(_watch(state, position), "new", shown, 99.9 + pace)
    assert caption_due(_watch(state, position), "new", shown, 100.1 + pace)


def test_a_painting_that_has_begun_is_told_soon() -> None:
    shown = Shown(caption="old", edited=100.0, state=State.QUEUED)
    assert caption_due(_watch(State.RUNNING), "new", shown, 100.1 + EDIT_INTERVAL)


def test_a_new_preview_is_shown_at_the_pace_of_the_edits() -> None:
    job = replace(_watch(State.RUNNING).job, previews=3)
    shown = Shown(preview=2, edited=100.0)
    assert not preview_due(job, shown, 99.9 + EDIT_INTERVAL)
    assert preview_due(job, shown, 100.1 + EDIT_INTERVAL)
    assert not preview_due(job, replace(shown, preview=3), 1e9)
    assert not preview_due(job, replace(shown, gone=True), 1e9)


def test_nothing_is_edited_that_is_the_same_or_gone() -> None:
    assert not caption_due(_watch(), "same", Shown(caption="same"), 1e9)
    assert not caption_due(_watch(), "new", Shown(caption="old", gone=True), 1e9)
