"""What is logged when updates cannot be fetched."""

from __future__ import annotations

import pytest
from telegram.error import Conflict, NetworkError, TimedOut

from bot.updates import polling_errors
from bot.updates.polling_errors import CONFLICT, INTERVAL, PollingErrors
from tests.support.monotonic import Clock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the module."""
    clock = Clock()
    monkeypatch.setattr(polling_errors, "time", clock)
    return clock


def test_two_bots_with_one_token_are_one_line_and_not_one_at_every_poll(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    errors = PollingErrors()
    refusal = Conflict("Conflict: terminated by other getUpdates request")
    for _ in range(100):
        errors.log(refusal)
        clock.now += 1.0
    assert caplog.messages == [CONFLICT]
    clock.now += INTERVAL
    errors.log(refusal)
    assert caplog.messages == [CONFLICT, CONFLICT], "it is not forgotten"


def test_each_outage_says_its_reason(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    errors = PollingErrors()
    broken = NetworkError("httpx.ConnectError")
    broken.__cause__ = ConnectionRefusedError(111, "x")
    for error in (broken, TimedOut(), broken, TimedOut(), NetworkError("Bad Gateway")):
        errors.log(error)
    assert caplog.messages == [
        "Polling Telegram for updates failed (Connection refused); retrying.",
        "Polling Telegram for updates failed (no answer); retrying.",
        "Polling Telegram for updates failed (Bad Gateway); retrying.",
    ]
