import pytest

from bot.playground.conditions.flood import FloodLimits
from bot.playground.errors import TooManyRequests


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_chat_has_a_burst_and_then_one_message_a_second(clock: Clock) -> None:
    flood = FloodLimits(chat_burst=3, clock=clock)
    for _ in range(3):
        flood.take(1)
    with pytest.raises(TooManyRequests) as caught:
        flood.take(1)
    assert caught.value.retry_after == 1
    assert caught.value.description == "Too Many Requests: retry after 1"
    clock.now = 1.0
    flood.take(1)


def test_one_chat_does_not_slow_another(clock: Clock) -> None:
    flood = FloodLimits(chat_burst=1, clock=clock)
    flood.take(1)
    flood.take(2)


def test_thirty_messages_a_second_are_the_most_for_all_chats(clock: Clock) -> None:
    flood = FloodLimits(clock=clock)
    for chat in range(30):
        flood.take(chat)
    with pytest.raises(TooManyRequests):
        flood.take(31)
    clock.now = 0.1
    flood.take(31)


def test_an_album_counts_every_message_and_a_refused_one_counts_nothing(clock: Clock) -> None:
    flood = FloodLimits(chat_burst=10, clock=clock)
    flood.take(1, 6)
    with pytest.raises(TooManyRequests) as caught:
        flood.take(1, 6)
    assert caught.value.retry_after == 2
    flood.take(1, 4)


def test_an_album_larger_than_the_burst_goes_through_a_full_bucket(clock: Clock) -> None:
    FloodLimits(chat_burst=3, clock=clock).take(1, 10)
