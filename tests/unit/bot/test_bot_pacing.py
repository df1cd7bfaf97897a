"""Calls to Telegram: which are made again, and which are not."""

from __future__ import annotations

import datetime as dt

import pytest
from telegram.error import BadRequest, NetworkError, RetryAfter, TelegramError, TimedOut

from bot import pacing
from bot.pacing import PROGRESS, TRIES, Patience, seconds

OK = {"message_id": 1}
LOST = TimedOut()
LATER = RetryAfter(dt.timedelta(milliseconds=1))
TOO_LATE = RetryAfter(dt.timedelta(hours=1))
SAME = BadRequest("Message is not modified")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "PAUSE", 0.0)


async def _call(
    endpoint: str, answers: list[TelegramError | dict[str, int]], pace: str | None = None
) -> tuple[object, int]:
    """Make a call that is answered so; gives what came of it, and how many calls there were."""
    calls = 0

    async def callback() -> dict[str, int]:
        nonlocal calls
        answer = answers[calls]
        calls += 1
        if isinstance(answer, TelegramError):
            raise answer
        return answer

    try:
        result: object = await Patience().process_request(callback, (), {}, endpoint, {}, pace)
    except TelegramError as error:
        result = error
    return result, calls


async def test_what_works_is_called_once() -> None:
    assert await _call("sendMessage", [OK]) == (OK, 1)


@pytest.mark.parametrize("endpoint", ["sendMessage", "editMessageMedia", "sendPhoto"])
async def test_what_telegram_put_off_is_called_again(endpoint: str) -> None:
    assert await _call(endpoint, [LATER, LATER, OK]) == (OK, 3)


async def test_what_telegram_puts_off_for_ever_fails() -> None:
    assert await _call("sendMessage", [LATER] * 9) == (LATER, TRIES)
    assert await _call("sendMessage", [TOO_LATE, OK]) == (TOO_LATE, 1)


@pytest.mark.parametrize(
    "endpoint", ["editMessageCaption", "getFile", "setMyCommands", "answerCallbackQuery"]
)
async def test_what_may_happen_twice_is_called_again_when_its_answer_is_lost(endpoint: str) -> None:
    assert await _call(endpoint, [LOST, NetworkError("reset"), OK]) == (OK, 3)


@pytest.mark.parametrize("endpoint", ["sendMessage", "sendPhoto", "sendDocument", "deleteMessage"])
async def test_what_must_not_happen_twice_is_not_called_again(endpoint: str) -> None:
    assert await _call(endpoint, [LOST, OK]) == (LOST, 1)


async def test_an_edit_whose_answer_was_lost_may_have_taken_effect() -> None:
    assert await _call("editMessageMedia", [LOST, SAME]) == (True, 2)
    assert await _call("editMessageMedia", [SAME]) == (SAME, 1)


@pytest.mark.parametrize("error", [LATER, LOST])
async def test_progress_is_never_repeated(error: TelegramError) -> None:
    assert await _call("editMessageCaption", [error, OK], PROGRESS) == (error, 1)


def test_waits_are_seconds_in_either_form(monkeypatch: pytest.MonkeyPatch) -> None:
    assert seconds(RetryAfter(dt.timedelta(seconds=3))) == 3.0
