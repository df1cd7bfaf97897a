import asyncio
import time

import pytest

from bot.playground.state.events import MAX_BACKLOG, Events


async def test_events_go_to_the_pages_of_their_chat_with_growing_ids() -> None:
    events = Events()
    with events.subscribe(1) as mine, events.subscribe(2) as other:
        events.publish(1, "message", {"n": 1})
        events.broadcast("bot", {})
        first, second = mine.get_nowait(), mine.get_nowait()
        assert first
        assert second
        assert (first.name, second.name) == ("message", "bot")
        assert second.id > first.id
        assert other.qsize() == 1


async def test_a_page_that_does_not_read_is_cut_off() -> None:
    events = Events()
    with events.subscribe(1) as page:
        for _ in range(MAX_BACKLOG + 5):
            events.publish(1, "message", {})
        received = [page.get_nowait() for _ in range(page.qsize())]
    assert len(received) == MAX_BACKLOG + 2
    assert received[-1] is None


def test_ids_grow_over_restarts(monkeypatch: pytest.MonkeyPatch) -> None:
    before = Events().event("x", {}).id
    later = time.time_ns() + 1_000_000_000
    monkeypatch.setattr(time, "time_ns", lambda: later)
    assert Events().event("x", {}).id > before


async def test_waiting_ends_with_the_change_that_makes_it_true() -> None:
    events = Events()
    seen: list[int] = []
    waiting = asyncio.create_task(events.wait_for(lambda: sum(seen) if len(seen) > 1 else 0, timeout=5))
    for number in (1, 2):
        await asyncio.sleep(0)
        seen.append(number)
        events.changed()
    assert await waiting == 3


async def test_waiting_for_what_never_comes_times_out() -> None:
    with pytest.raises(TimeoutError):
        await Events().wait_for(lambda: False, timeout=0.01)
