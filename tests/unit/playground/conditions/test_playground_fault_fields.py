"""Faults: the calls that they concern, and their fields."""

import pytest

from bot.playground.conditions.faults import Fault, Faults
from bot.playground.errors import Refusal


def test_a_fault_hits_its_method_as_often_as_it_says_after_those_it_skips() -> None:
    faults = Faults()
    fault = faults.add(Fault("send*", code=500, times=2, skip=1))
    assert faults.take("getUpdates", None) is None
    assert [faults.take("sendPhoto", 1) for _ in range(4)] == [None, fault, fault, None]
    assert not faults.active


def test_a_fault_can_be_for_one_chat_and_for_ever() -> None:
    faults = Faults()
    fault = faults.add(Fault(times=None, chat_id=7, drop=True))
    assert [faults.take("sendMessage", chat) for chat in (7, 8, 7)] == [fault, None, fault]
    faults.clear()
    assert faults.take("sendMessage", 7) is None


@pytest.mark.parametrize(
    ("data", "word"),
    [
        ({"methd": "x"}, "methd"),
        ({"code": 999}, "999"),
        ({"times": -1}, "times"),
        ({"latency": "x"}, "latency"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(data: dict[str, object], word: str) -> None:
    with pytest.raises(Refusal, match=word):
        Fault.of(data)
