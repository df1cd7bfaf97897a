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

from bot.playground import People, Telegram, serve

PORT: Final = 8090
TIMEOUT: Final = 900.0
"""Seconds until a user gives up."""
PAINTED: Final = "In the style of"


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


async def order_painting(telegram: Telegram, people: People, number: int) -> None:
    """Send a photo, tap a style, wait for the painting."""
    person = people.add_person(f"Person {number}")
    sent = await people.send_photo(person, photo(number))

    def from_bot(words: str) -> list[dict[str, Any]]:
        messages = telegram.chats.messages(person)
        return [one for one in messages if one["from"]["is_bot"] and words in said(one)]

    def sheet() -> dict[str, Any] | None:
        return next((one for one in from_bot("Pick a style") if one["message_id"] > sent["message_id"]), None)

    message = await telegram.events.wait_for(sheet, TIMEOUT)
    assert message is not None
    data = message["reply_markup"]["inline_keyboard"]
    mosaic = next(button for row in data for button in row if "Mosaic" in button["text"])
    await people.tap(person, message["message_id"], mosaic["callback_data"], TIMEOUT)
    print(f"{number}: ordered", flush=True)
    paintings = await telegram.events.wait_for(lambda: from_bot(PAINTED), TIMEOUT)
    print(f"{number}: painted", flush=True)
    assert len(paintings) == 1


async def main(count: int) -> None:
    """Serve the Bot API, and start the users at SIGUSR1."""
    open_now = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, open_now.set)
    telegram = Telegram(token=os.environ["BOT_TOKEN"])
    people = People(telegram)
    async with await serve(telegram, PORT):
        await open_now.wait()
        await asyncio.gather(*(order_painting(telegram, people, number) for number in range(count)))
    telegram.close()
    print("Everybody has a painting.", flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
