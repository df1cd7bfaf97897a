"""The playground of the tests: waiting, and starting anew."""

import pytest
from telegram import Bot

from bot.playground import YOU
from tests.support.playground import Playground


async def test_waiting_for_what_does_not_happen_shows_what_did(bot: Bot, playground: Playground) -> None:
    await bot.send_message(YOU, "something else")
    with pytest.raises(TimeoutError, match="something else"):
        await playground.wait_for_message(lambda message: message["text"] == "never", timeout=0.01)


async def test_a_reset_makes_everything_new_but_the_ids(bot: Bot, playground: Playground) -> None:
    playground.fault(code=500)
    playground.block(YOU)
    before = await playground_update(playground)
    playground.reset()
    assert not playground.faults.active
    assert not playground.messages()
    assert not playground.calls
    assert await playground_update(playground) > before


async def playground_update(playground: Playground) -> int:
    playground.block(YOU, blocked=False)
    await playground.send_text(YOU, "x")
    update_id: int = playground.updates.waiting[-1]["update_id"]
    return update_id
