"""A transaction that no cancellation cuts."""

from __future__ import annotations

import asyncio
import gc

import pytest

from engine.queue import uninterrupted


async def test_a_cancelled_caller_waits_for_the_end() -> None:
    begun, go, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    @uninterrupted
    async def transaction() -> None:
        begun.set()
        await go.wait()
        ended.set()

    task = asyncio.create_task(transaction())
    await begun.wait()
    for _ in range(3):  # as by a timeout within a shutdown
        task.cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not task.done()
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()


async def test_an_error_after_the_cancellation_is_not_lost_loudly() -> None:
    begun, go = asyncio.Event(), asyncio.Event()

    @uninterrupted
    async def transaction() -> None:
        begun.set()
        await go.wait()
        raise ValueError

    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))
    task = asyncio.create_task(transaction())
    await begun.wait()
    task.cancel()
    await asyncio.sleep(0)
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    del task
    gc.collect()
    assert complaints == []


async def test_answers_and_errors_pass_through() -> None:
    @uninterrupted
    async def divide(a: int, *, by: int) -> float:
        return a / by

    assert await divide(6, by=3) == 2.0
    with pytest.raises(ZeroDivisionError):
        await divide(1, by=0)
