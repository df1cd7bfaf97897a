"""Users of a bot in a container: a Bot API server of our own, in the bot's network.

    python people.py COUNT

At SIGUSR1 each user has one photo painted. Exit status 0: each has one painting.
"""

from __future__ import annotations

import asyncio
import io
import os
import signal
import sys
from typing import Any, Final

from PIL import Image

from bot.playground import Playground, serve

PORT: Final = 8090
TIMEOUT: Final = 900.0
"""Seconds until a user gives up."""
PAINTED: Final = "Painted like"


def photo(number: int) -> bytes:
    """Make a photo of 160 × 120 pixels: a sky over a field, in a colour by the number."""
    image = Image.linear_gradient("L").resize((160, 120)).convert("RGB")
    image.paste((40 * number % 256, 120, 60), (0, 70, 160, 120))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=92)
    return out.getvalue()


def said(message: dict[str, Any]) -> str:
    """Return a message's text or caption."""
    return str(message.get("text") or message.get("caption") or "")


async def use_bot(playground: Playground, number: int) -> None:
    """Send a photo, name a style, tap Paint, wait for the painting."""
    person = playground.add_person(f"Person {number}")
    sent = await playground.send_photo(person, photo(number), "mosaic")
    ready = await playground.wait_for_message(
        lambda message: "Shall I?" in said(message), person, int(sent["message_id"]), TIMEOUT
    )
    data = ready["reply_markup"]["inline_keyboard"]
    paint = next(button for row in data for button in row if button["text"] == "🖌 Paint")
    await playground.tap(person, ready["message_id"], paint["callback_data"], TIMEOUT)
    print(f"{number}: ordered", flush=True)

    def paintings() -> int:
        return sum(PAINTED in said(message) for message in playground.from_bot(person))

    await playground.wait_for(lambda: paintings() > 0, TIMEOUT)
    print(f"{number}: painted", flush=True)
    assert paintings() == 1


async def main(count: int) -> None:
    """Serve the Bot API, and start the users at SIGUSR1."""
    open_now = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, open_now.set)
    playground = Playground(token=os.environ["BOT_TOKEN"])
    async with await serve(playground, PORT):
        await open_now.wait()
        await asyncio.gather(*(use_bot(playground, number) for number in range(count)))
    playground.close()
    print("Everybody has a painting.", flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
