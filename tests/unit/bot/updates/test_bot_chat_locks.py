"""One chat's events in order; no chat waits for another; nothing piles up."""

from __future__ import annotations

import asyncio
import gc

from bot.chat.job_actions import DoubleTaps
from bot.updates.processor import ChatLocks


async def test_in_one_chat_things_happen_one_after_the_other_in_order() -> None:
    locks, order = ChatLocks(), list[str]()

    async def happen(name: str) -> None:
        async with locks.of(1):
            order.append(f"{name} begins")
            for _ in range(3):
                await asyncio.sleep(0)
            order.append(f"{name} ends")

    await asyncio.gather(*(happen(name) for name in "abc"))
    assert order == [f"{name} {what}" for name in "abc" for what in ("begins", "ends")]


async def test_chats_do_not_wait_for_each_other() -> None:
    locks, other = ChatLocks(), asyncio.Event()

    async def slow() -> None:
        async with locks.of(1):
            await other.wait()

    async def quick() -> None:
        async with locks.of(2):
            other.set()

    async with asyncio.timeout(10):
        await asyncio.gather(slow(), quick())


async def test_a_lock_that_nobody_holds_is_forgotten() -> None:
    locks = ChatLocks()
    for chat in range(1000):
        async with locks.of(chat):
            pass
    gc.collect()
    assert len(locks._locks) == 0


def test_a_double_tap_is_told_from_two_taps() -> None:
    taps = DoubleTaps(within=60)
    assert not taps.again((1, 2, "again"), "a")
    assert taps.again((1, 2, "again"), "b")
    assert not taps.again((1, 2, "stronger"), "c")
    assert not taps.again((2, 2, "again"), "d")


def test_a_tap_that_is_tried_again_is_no_second_and_a_second_stays_one() -> None:
    taps = DoubleTaps(within=60)
    assert not taps.again((1, 2, "file"), "a")
    assert not taps.again((1, 2, "file"), "a")
    assert taps.again((1, 2, "file"), "b")
    assert taps.again((1, 2, "file"), "b")


def test_taps_of_long_ago_are_forgotten() -> None:
    taps = DoubleTaps(within=0)
    for number in range(1000):
        assert not taps.again(number, "a")
        assert not taps.again(number, "b")
    assert len(taps._latest) == 1
