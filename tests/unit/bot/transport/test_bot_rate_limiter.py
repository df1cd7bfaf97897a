"""When calls are made, which are retried, and which are not."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from telegram.error import BadRequest, NetworkError, RetryAfter, TelegramError, TimedOut

from bot.transport.errors import retry_delay
from bot.transport.rate_limiter import (
    FLOOD_MARGIN,
    MAX_ATTEMPTS,
    MAX_WAIT,
    PREVIEW,
    PROGRESS,
    PRUNE_INTERVAL,
    RESULT,
    SAMPLES,
    Postponed,
    RateLimiter,
)
from bot.transport.token_buckets import GLOBAL_LIMIT, GROUP_LIMIT, PRIVATE_LIMIT, TokenBucket, TokenBuckets
from tests.unit.bot.clockwork import simulate

OK = {"message_id": 1}
LOST = TimedOut()
LATER = RetryAfter(dt.timedelta(seconds=3))
TOO_LATE = RetryAfter(dt.timedelta(hours=1))
SAME = BadRequest("Message is not modified")
BURST = int(PRIVATE_LIMIT[1])


class Bot:
    """Calls through one limiter, and when each of them got through."""

    def __init__(self) -> None:
        self.limiter = RateLimiter()
        self.start = asyncio.get_running_loop().time()
        self.calls: list[tuple[float, object, object]] = []

    async def call(
        self,
        name: object = "",
        chat: int | str | None = 1,
        *,
        endpoint: str = "sendMessage",
        pace: str | None = None,
        answers: Sequence[object] = (OK,),
        **data: Any,
    ) -> object:
        """Make a call that is answered so; gives what came of it."""
        left = list(answers)

        async def callback() -> Any:
            self.calls.append((asyncio.get_running_loop().time() - self.start, chat, name))
            answer = left.pop(0)
            if isinstance(answer, TelegramError):
                raise answer
            return answer

        said = data if chat is None else {"chat_id": chat, **data}
        try:
            return await self.limiter.process_request(callback, (), {}, endpoint, said, pace)
        except TelegramError as error:
            return error

    @property
    def names(self) -> list[object]:
        """The calls in their order."""
        return [name for _, _, name in self.calls]

    @property
    def times(self) -> list[float]:
        """When the calls were, in seconds."""
        return [at for at, _, _ in self.calls]


def _call(*answers: object, **how: Any) -> tuple[object, list[float]]:
    """Make one call; gives what came of it and when it was made."""

    async def story() -> tuple[object, list[float]]:
        bot = Bot()
        return await bot.call(answers=answers, **how), bot.times

    return simulate(story())


def test_what_works_is_called_once_and_at_once() -> None:
    assert _call(OK) == (OK, [0])


@pytest.mark.parametrize("endpoint", ["sendMessage", "editMessageMedia", "sendPhoto", "deleteMessage"])
@pytest.mark.parametrize("chat", [1, -1, "@channel", None])
def test_what_telegram_put_off_is_called_again_after_that_time(endpoint: str, chat: int | None) -> None:
    result, times = _call(LATER, LATER, OK, endpoint=endpoint, chat=chat)
    assert result == OK
    assert times == pytest.approx([0, 3 + FLOOD_MARGIN, 6 + 2 * FLOOD_MARGIN])


def test_what_telegram_puts_off_for_ever_fails() -> None:
    result, times = _call(*[LATER] * 9)
    assert (result, len(times)) == (LATER, MAX_ATTEMPTS)
    assert _call(TOO_LATE, OK) == (TOO_LATE, [0])


@pytest.mark.parametrize(
    "endpoint", ["editMessageCaption", "getFile", "setMyCommands", "answerCallbackQuery"]
)
def test_what_may_happen_twice_is_called_again_when_its_answer_is_lost(endpoint: str) -> None:
    result, times = _call(LOST, NetworkError("reset"), OK, endpoint=endpoint)
    assert (result, len(times)) == (OK, 3)


@pytest.mark.parametrize("endpoint", ["sendMessage", "sendPhoto", "sendDocument", "deleteMessage"])
@pytest.mark.parametrize("pace", [None, RESULT])
def test_what_must_not_happen_twice_is_not_called_again(endpoint: str, pace: str | None) -> None:
    assert _call(LOST, OK, endpoint=endpoint, pace=pace) == (LOST, [0])


def test_an_edit_whose_answer_was_lost_may_have_taken_effect() -> None:
    assert _call(LOST, SAME, endpoint="editMessageMedia")[0] is True
    assert _call(SAME, endpoint="editMessageMedia") == (SAME, [0])


def test_progress_is_never_repeated() -> None:
    assert _call(LOST, OK, endpoint="editMessageCaption", pace=PROGRESS) == (LOST, [0])
    result, times = _call(LATER, OK, endpoint="editMessageCaption", pace=PROGRESS)
    assert isinstance(result, Postponed)
    assert times == [0]


def test_a_chat_gets_a_few_messages_at_once_and_then_one_a_second() -> None:
    async def story() -> list[float]:
        bot = Bot()
        await asyncio.gather(*(bot.call(number) for number in range(BURST + 3)))
        assert bot.names == list(range(BURST + 3))
        return bot.times

    assert simulate(story()) == pytest.approx([0.0] * BURST + [1, 2, 3])


def test_a_group_gets_no_more_than_twenty_messages_within_a_minute() -> None:
    async def story() -> list[float]:
        bot = Bot()
        await asyncio.gather(*(bot.call(chat=-5) for _ in range(60)))
        return bot.times

    times = simulate(story())
    assert all(later - earlier >= 59.99 for earlier, later in zip(times, times[20:], strict=False))


def test_an_album_counts_as_all_of_its_messages() -> None:
    async def story() -> list[float]:
        bot = Bot()
        await bot.call("album", endpoint="sendMediaGroup", media=[{}] * 6)
        await bot.call("next")
        return bot.times

    assert simulate(story()) == pytest.approx([0, 3])


def test_the_whole_bot_keeps_telegrams_limit() -> None:
    async def story() -> list[float]:
        bot = Bot()
        await asyncio.gather(*(bot.call(chat=chat) for chat in range(1, 301)))
        return bot.times

    times = simulate(story())
    rate, burst = GLOBAL_LIMIT
    assert times[-1] == pytest.approx((300 - burst) / rate)
    assert all(later >= earlier for earlier, later in pairwise(times))


def test_results_overtake_replies_in_their_chat() -> None:
    async def story() -> list[object]:
        bot = Bot()
        replies = [bot.call(f"reply {number}") for number in range(BURST + 2)]
        await asyncio.gather(*replies, bot.call("result", pace=RESULT))
        return bot.names[BURST:]

    assert simulate(story()) == ["result", f"reply {BURST}", f"reply {BURST + 1}"]


def test_results_overtake_replies_of_other_chats_where_the_bot_is_the_bottleneck() -> None:
    async def story() -> list[object]:
        bot = Bot()
        replies = [bot.call("reply", chat=chat) for chat in range(1, 100)]
        await asyncio.gather(*replies, bot.call("result", chat=777, pace=RESULT))
        return bot.names

    assert simulate(story()).index("result") == int(GLOBAL_LIMIT[1])


def test_progress_is_dropped_where_its_chat_has_no_room_and_leaves_room_for_a_reply() -> None:
    async def story() -> None:
        bot = Bot()
        for _ in range(BURST - 1):
            assert await bot.call(pace=PROGRESS) == OK
        assert isinstance(await bot.call(pace=PROGRESS), Postponed)
        assert await bot.call("reply") == OK
        assert max(bot.times) == 0

    simulate(story())


def test_progress_is_dropped_where_others_wait_or_the_bot_is_busy() -> None:
    async def story() -> None:
        bot = Bot()
        waiting = [asyncio.create_task(bot.call(chat=chat)) for chat in range(1, 40)]
        await asyncio.sleep(0)
        assert isinstance(await bot.call(chat=77, pace=PROGRESS), Postponed)
        await asyncio.gather(*waiting)

    simulate(story())


def test_under_overload_progress_is_dropped_first_then_samples_then_previews_and_never_a_result() -> None:
    burst = int(GLOBAL_LIMIT[1])

    async def is_sent(pace: str, busy: int) -> bool:
        """Return whether such a call gets through at once, after as many others."""
        bot = Bot()
        for chat in range(busy):
            await bot.call(chat=100 + chat)
        return await bot.call("it", pace=pace) == OK and bot.calls[-1][0] == 0

    async def story() -> None:
        room = {
            pace: sum([await is_sent(pace, busy) for busy in range(burst)])
            for pace in (PROGRESS, SAMPLES, PREVIEW, RESULT)
        }
        assert 0 < room[PROGRESS] < room[SAMPLES] < room[PREVIEW] < room[RESULT] == burst

    simulate(story())


def test_a_flood_in_one_chat_silences_that_chat_and_no_other() -> None:
    async def story() -> None:
        bot = Bot()
        flooded = asyncio.create_task(bot.call("flooded", answers=[LATER, OK]))
        await asyncio.sleep(0.5)
        second = asyncio.create_task(bot.call("second"))
        deleted = asyncio.create_task(bot.call("deleted", endpoint="deleteMessage"))
        assert isinstance(await bot.call("progress", pace=PROGRESS), Postponed)
        assert await bot.call("elsewhere", chat=2) == OK
        await asyncio.gather(flooded, second, deleted)
        times = {name: at for at, _, name in bot.calls}
        assert times["elsewhere"] == pytest.approx(0.5)
        assert times["flooded"] == times["second"] == times["deleted"] == pytest.approx(3 + FLOOD_MARGIN)
        assert "progress" not in times

    simulate(story())


def test_a_chat_that_shall_be_silent_for_very_long_fails_at_once_for_everybody_there() -> None:
    async def story() -> None:
        bot = Bot()
        waiting = [asyncio.create_task(bot.call(answers=[OK])) for _ in range(BURST + 1)]
        await asyncio.sleep(0)
        assert await bot.call(pace=RESULT, answers=[TOO_LATE]) == TOO_LATE
        assert [type(each) for each in await asyncio.gather(*waiting)][-1] is RetryAfter
        late = await bot.call()
        assert isinstance(late, RetryAfter)
        assert retry_delay(late) > MAX_WAIT
        assert await bot.call(chat=2) == OK

    simulate(story())


@pytest.mark.parametrize(
    "endpoint", ["answerCallbackQuery", "getFile", "getMe", "setMyCommands", "setMessageReaction"]
)
def test_what_is_no_message_never_waits_behind_messages(endpoint: str) -> None:
    async def story() -> None:
        bot = Bot()
        busy = [asyncio.create_task(bot.call()) for _ in range(BURST * 3)]
        busy += [asyncio.create_task(bot.call(chat=chat)) for chat in range(2, 99)]
        await asyncio.sleep(0)
        quick = bot.call("quick", chat=1 if endpoint == "setMessageReaction" else None, endpoint=endpoint)
        assert await quick == OK
        assert bot.calls[-1][::2] == (0, "quick")
        await asyncio.gather(*busy)

    simulate(story())


def test_who_gives_up_waiting_leaves_their_turn_to_the_next() -> None:
    async def story() -> list[float]:
        bot = Bot()
        for _ in range(BURST):
            await bot.call()
        leaver, stayer = (asyncio.create_task(bot.call(name)) for name in ("leaver", "stayer"))
        await asyncio.sleep(0)
        leaver.cancel()
        await asyncio.wait([leaver, stayer])
        assert bot.names[-1] == "stayer"
        return bot.times[-1:]

    assert simulate(story()) == pytest.approx([1])


def test_nobody_waits_for_a_limiter_that_is_shut_down() -> None:
    async def story() -> None:
        bot = Bot()
        waiting = [asyncio.create_task(bot.call()) for _ in range(BURST * 2)]
        await asyncio.sleep(0)
        await bot.limiter.shutdown()
        await asyncio.wait(waiting)
        assert sum(each.cancelled() for each in waiting) == BURST

    simulate(story())


def test_chats_that_are_silent_are_forgotten() -> None:
    async def story() -> None:
        bot = Bot()
        for chat in range(1, 1001):
            await bot.call(chat=chat)
        await asyncio.sleep(PRUNE_INTERVAL + 1)
        await bot.call(chat=5000)
        assert bot.limiter._limits is not None
        assert len(bot.limiter._limits) == 1
        assert not bot.limiter._waiting

    simulate(story())


def test_a_bucket_fills_with_time_up_to_its_burst() -> None:
    bucket = TokenBucket.full((2.0, 3.0), now=0.0)
    bucket.take(3, 0.0)
    assert bucket.wait(1, 0.0) == 0.5
    assert bucket.wait(1, 0.5) == 0
    assert bucket.wait(3, 100.0) == 0
    bucket.take(3, 100.0)
    assert bucket.wait(3, 100.0) == 1.5


def test_a_chat_that_is_held_is_not_forgotten() -> None:
    buckets = TokenBuckets(0.0)
    buckets.hold(1, until=100.0, now=0.0)
    buckets.take(2, 1, 0.0)
    buckets.prune(50.0)
    assert len(buckets) == 1
    assert buckets.hold_wait(1, 50.0) == 50
    buckets.prune(101.0)
    assert len(buckets) == 0
    assert GROUP_LIMIT[0] < PRIVATE_LIMIT[0]


def test_several_bots_share_what_telegram_allows_one_token() -> None:
    alone, one_of_three = TokenBuckets(0.0), TokenBuckets(0.0)
    one_of_three.share(3)
    for buckets in (alone, one_of_three):
        for chat in range(int(GLOBAL_LIMIT[1])):
            buckets.take(chat, 1, 0.0)
    assert one_of_three.shared_wait(1, 0.0) == pytest.approx(3 * alone.shared_wait(1, 0.0))
