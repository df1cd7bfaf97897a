"""What people say and show stays between them and the bot: no log has it, at no level."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

from bot.playground import Server
from bot.settings import Settings
from engine.queue import Queue
from tests.e2e.conftest import SharedWorker
from tests.support.chat import QUESTION, STYLES, TOKEN, Chat, said
from tests.support.forked import BotProgram
from tests.support.playground import Playground
from tests.support.processes import environment
from tests.support.sample_media import film

NAME, CAPTION, WORDS, FILE = "Wilhelmina", "like Xanadu at dusk", "my aunt Ottilie", "passport-4711.png"
KEPT, PHONE, ANNOUNCED = "Grandmother’s quilt", "+43 664 5550123", "Closed on Whitmonday"


async def test_no_log_of_bot_or_worker_has_anything_of_a_person_at_any_level(
    queue: Queue,
    painting_bot: Callable[..., Settings],
    shared_worker: SharedWorker,
    server: Server,
    playground: Playground,
    small: bytes,
    waves: bytes,
) -> None:
    you = Chat(playground, playground.add_person(NAME))
    env = environment(
        BOT_TOKEN=TOKEN, BOT_API_URL=server.url,
        DATA_DIR=str(shared_worker.folder), DATABASE_URL=shared_worker.database,
        ENGINE="external", PAINT_SIZE="128", PAINT_QUALITY="draft", BOT_ADMINS=str(you.person),
        LOG_LEVEL="DEBUG",
    )  # fmt: skip
    before = len(shared_worker.program.output)
    program = BotProgram(shared_worker.folder / "bot", env=env)
    try:
        await you.heard(f"Hi, {NAME}!", after=await you.text("/start"))
        await you.heard(STYLES, after=await you.photo(small, CAPTION))
        ready = await you.heard(QUESTION, after=await you.document(waves, FILE))
        await you.tap(ready, "⚙ Adjust")
        await you.becomes(ready, "Style: the painting you sent")
        await you.tap(ready, "⭐ Save style")
        named = await you.heard("What should I call this style?", after=ready["message_id"])
        await you.heard(f"Saved as “{KEPT}”", after=await you.text(KEPT))
        await you.heard("Tap 🖌 Paint", after=await you.text(WORDS))
        # Trouble of several kinds: none of it may quote what it was about.
        playground.fault("editMessageCaption", code=502)
        playground.fault("editMessageMedia", drop=True)
        playground.fault("setMessageReaction", code=400, description="Bad Request: REACTION_INVALID")
        await you.tap(ready, "🖌 Paint")
        await you.painted(ready)
        await you.heard("I couldn’t open", after=await you.document(b"Dear Sir", FILE))
        note = await playground.send_recording(you.person, "video", film(), WORDS, FILE, thumbnail=small)
        await you.heard("I can’t paint videos yet", after=note["message_id"])
        contact = {"phone_number": PHONE, "first_name": NAME}
        await playground.send_other(you.person, contact=contact)
        playground.fault("answerCallbackQuery", code=400, description="Bad Request: query is too old")
        sure = await you.heard("Send this to", after=await you.text(f"/broadcast {ANNOUNCED}"))
        await you.tap(sure, "📣 Send", timeout=0.5)
        await you.heard("Announcement sent", after=named["message_id"])
        erase = await you.heard("Erase all your data", after=await you.text("/forget"))
        await you.tap(erase, "Erase everything")
        await you.heard("nothing is left")
    finally:
        await asyncio.to_thread(program.close)  # its last calls want to be answered
    assert [one for one in playground.from_bot(you.id) if said(one) == ANNOUNCED]
    output = program.output + shared_worker.program.output[before:]
    assert "DEBUG" in program.output
    assert "done after" in output, "the worker is heard too"
    secrets = [NAME, CAPTION, "Xanadu", WORDS, "Ottilie", FILE, "passport", KEPT, "quilt", PHONE, ANNOUNCED]
    secrets += [TOKEN, TOKEN.partition(":")[2], "Dear Sir"]
    assert [one for one in secrets if one in output] == []
    # Nor a person's number, by which everything of theirs could be found.
    assert not re.search(rf"(?<!\d){you.person}(?!\d)", output)
