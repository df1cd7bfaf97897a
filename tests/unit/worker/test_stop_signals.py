"""Signals and a closed standard input stop a worker, and end its waits."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator

import pytest

from engine.queue.database import uninterrupted
from engine.worker import stop_signals


@pytest.fixture
def stop() -> asyncio.Event:
    """A stop that is not yet requested."""
    return asyncio.Event()


async def stopped(stop: asyncio.Event) -> None:
    """Wait until the stop is requested."""
    await asyncio.wait_for(stop.wait(), 60)


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops(stop: asyncio.Event, sign: signal.Signals) -> None:
    stop_signals.stop_on_signals(stop)
    try:
        assert not stop.is_set()
        os.kill(os.getpid(), sign)
        await stopped(stop)
    finally:
        for each in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().remove_signal_handler(each)


class Stdin:
    """A standard input."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def fileno(self) -> int:
        """Its number."""
        return self._descriptor


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The writing end of standard input."""
    reading, writing = os.pipe()
    monkeypatch.setattr("sys.stdin", Stdin(reading))
    yield writing
    os.close(reading)


async def test_the_end_of_standard_input_stops_and_what_comes_through_it_does_not(
    stop: asyncio.Event, pipe: int
) -> None:
    stop_signals.stop_with_parent(stop)
    os.write(pipe, b"words")
    await asyncio.sleep(0.05)
    assert not stop.is_set()
    os.close(pipe)
    await stopped(stop)


async def test_a_standard_input_that_is_no_pipe_stops_at_once(
    stop: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open(__file__) as file:  # noqa: ASYNC230, PTH123
        monkeypatch.setattr("sys.stdin", file)
        stop_signals.stop_with_parent(stop)
    assert stop.is_set()


async def test_a_pause_ends_by_itself_or_by_the_stop(stop: asyncio.Event) -> None:
    await stop_signals.sleep(stop, 0.01)
    assert not stop.is_set()
    began = time.monotonic()
    asyncio.get_running_loop().call_soon(stop.set)
    await stop_signals.sleep(stop, 60)
    assert time.monotonic() - began < 30


async def test_a_call_is_answered_unless_the_stop_comes_first(stop: asyncio.Event) -> None:
    ended: list[str] = []

    async def call(seconds: float) -> str:
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise
        return "answer"

    assert await stop_signals.unless_stopped(stop, call(0)) == "answer"
    asyncio.get_running_loop().call_later(0.01, stop.set)
    calling = asyncio.ensure_future(call(60))
    assert await stop_signals.unless_stopped(stop, calling) is None
    await asyncio.wait((calling,), timeout=60)
    assert ended == ["cancelled"]


async def test_a_stop_does_not_wait_for_a_transaction_that_the_database_does_not_answer(
    stop: asyncio.Event,
) -> None:
    answer = asyncio.Event()

    @uninterrupted
    async def call() -> str:
        asyncio.get_running_loop().call_soon(stop.set)
        await answer.wait()
        return "late"

    calling = asyncio.ensure_future(call())
    assert await asyncio.wait_for(stop_signals.unless_stopped(stop, calling), 60) is None
    assert not calling.done()
    answer.set()
    await asyncio.wait((calling,), timeout=60)
    assert calling.cancelled()


async def test_a_call_that_fails_fails(stop: asyncio.Event) -> None:
    async def call() -> str:
        raise LookupError

    with pytest.raises(LookupError):
        await stop_signals.unless_stopped(stop, call())
