"""Cancel means cancel."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from bot.app import running
from bot.settings import Settings
from engine.queue import Queue, State
from tests.support.chat import PAINTED, Chat, Json, job_of, said
from tests.support.processes import until

STOPPED = "Stopped. Changed your mind?"


@pytest.fixture
async def slow_bot(queue: Queue, painting_bot: Callable[..., Settings]) -> AsyncIterator[str]:
    """A bot whose paintings take minutes."""
    async with running(painting_bot(paint_size=512, paint_quality="fine")) as address:
        yield address


async def _painting(chat: Chat, queue: Queue, photo: bytes, style: bytes) -> Json:
    """A message that shows a painting under way."""
    ready = await chat.ready(photo, style)
    await chat.tap(ready, "🖌 Paint")
    message = await chat.becomes(ready, "%")
    assert (await job_of(queue, chat.id)).state is State.RUNNING
    return message


async def _ended(queue: Queue, chat: Chat) -> State:
    """The state in which the newest job has ended and its owner knows."""

    async def look() -> State | None:
        job = await job_of(queue, chat.id)
        return job.state if job.delivered is not None else None

    state = await until(look)
    assert state is not None
    return state


async def test_cancel_stops_a_painting_under_way(
    slow_bot: str, queue: Queue, you: Chat, china: bytes, waves: bytes
) -> None:
    message = await _painting(you, queue, china, waves)
    await you.heard("I stopped your painting.", after=await you.text("/cancel"))
    stopped = await you.becomes(message, STOPPED)
    assert you.playground.labels(stopped) == ["🔁 Try again", "🖼 Other style"]
    assert await _ended(queue, you) is State.CANCELLED
    assert you.paintings() == []


async def test_the_stop_button_stops_its_painting_and_try_again_begins_anew(
    slow_bot: str, queue: Queue, you: Chat, china: bytes, waves: bytes
) -> None:
    message = await _painting(you, queue, china, waves)
    answer = await you.tap(message, "Stop")
    assert answer.text == "Stopping…"
    stopped = await you.becomes(message, STOPPED)
    assert you.playground.labels(stopped) == ["🔁 Try again", "🖼 Other style"]
    assert await _ended(queue, you) is State.CANCELLED
    assert STOPPED in said(you.now(message)), "nothing came after that"
    await you.tap(message, "Try again")
    await you.becomes(message, "%")
    assert you.playground.from_bot(you.id)[-1]["message_id"] == message["message_id"], "in its own message"
    await you.tap(message, "Stop")
    await you.becomes(message, STOPPED)


async def test_a_waiting_painting_is_stopped_at_once_and_others_go_on(
    slow_bot: str, queue: Queue, you: Chat, small: bytes, waves: bytes, china: bytes
) -> None:
    first = await _painting(you, queue, china, waves)
    painting = await job_of(queue, you.id)
    second = await you.ready(small, waves)
    await you.tap(second, "🖌 Paint")
    await you.becomes(second, "You’re next.")
    await you.tap(second, "Stop")
    await you.becomes(second, STOPPED)
    assert "%" in said(you.now(first))

    async def goes_on() -> bool:
        now = await queue.get(painting.id)
        assert now is not None
        assert now.state is State.RUNNING
        return now.progress > painting.progress

    await until(goes_on)


async def test_stopping_what_has_ended_says_so(
    bot: str, queue: Queue, you: Chat, small: bytes, waves: bytes
) -> None:
    ready = await you.ready(small, waves)
    await you.tap(ready, "🖌 Paint")
    job = await job_of(queue, you.id)
    painted = await you.painted(ready)
    # An old client still shows the button.
    you.playground.chats.replace(
        painted
        | {"reply_markup": {"inline_keyboard": [[{"text": "✕ Stop", "callback_data": f"cancel:{job.id}"}]]}}
    )
    answer = await you.tap(painted, "Stop")
    assert answer.text == "That painting is no longer in progress."
    assert PAINTED in said(you.now(painted))


async def test_cancel_with_nothing_under_way_says_so(bot: str, you: Chat) -> None:
    await you.heard("You have no paintings in progress.", after=await you.text("/cancel"))


async def test_cancel_in_one_chat_leaves_the_others_alone(
    bot: str, queue: Queue, you: Chat, somebody_else: Chat, small: bytes, waves: bytes
) -> None:
    ready = await you.ready(small, waves)
    await you.tap(ready, "🖌 Paint")
    await somebody_else.heard("You have no paintings in progress", after=await somebody_else.text("/cancel"))
    await you.painted(ready)
