"""Whatever fails or is killed at whatever moment: each accepted painting arrives.

It arrives once, but where a kill or a lost answer falls into the one call that sends it.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import random
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.app import running
from bot.conversation import Session
from bot.delivery import deliveries
from bot.playground import Fault, Server
from bot.settings import Settings
from bot.storage import tables
from bot.storage.inbox import MAX_ATTEMPTS, Inbox
from bot.storage.people import People, insert_announcement
from bot.storage.sessions import Sessions
from bot.transport import rate_limiter
from bot.updates import processor
from engine.imaging.encoding import encode_png
from engine.queue import LIVE, TIMELAPSE, Leases, Queue, State, create_schema, open_database
from tests.support.chat import PAINTED, QUESTION, STYLES, TOKEN, Chat, Json, job_of, keys, said
from tests.support.forked import BotProgram
from tests.support.playground import Playground
from tests.support.processes import TIMEOUT, environment, until
from tests.support.updates import all_handled

KILLS = int(os.environ.get("ATELIER_KILLS", "8"))
SEED = int(os.environ.get("ATELIER_SEED", "1"))
DATABASES = os.environ.get("ATELIER_DATABASES", "sqlite").split()
PEOPLE = 3
MOMENTS = (
    *("getUpdates", "getFile", "setMessageReaction", "sendPhoto", "answerCallbackQuery"),
    *("editMessageCaption", "editMessageMedia", "deleteMessage"),
)
"""Calls during which, or soon after which, the bot is killed."""
AWAKE = 0.8
"""Part of the kills that wait until the bot has started: others fall into its start."""
RARE = 5.0
"""Seconds to wait for a call. An update needs less: the bot gives up one over which it dies too often."""
LEASE = "2"
"""Seconds until a bot takes over the chats of one that was killed, on PostgreSQL: less than between kills."""
FACTS: dict[str, Any] = {"width": 64, "height": 64, "seconds": 0.1}
CANVAS = encode_png(Image.effect_noise((64, 64), 60).convert("RGB"))


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    """The bot's database, seen from outside."""
    folder = tmp_path / "data"
    folder.mkdir(exist_ok=True)
    made = open_database(f"sqlite:///{folder / 'atelier.db'}")
    await create_schema(made)
    await tables.create(made)
    yield made
    await made.dispose()


@pytest.fixture(params=DATABASES)
async def killed_database(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[tuple[str, AsyncEngine]]:
    """The database of a bot that is killed, by its address: each kind that a bot may have."""
    if request.param == "sqlite":
        (tmp_path / "data").mkdir()
        url = f"sqlite:///{tmp_path / 'data' / 'atelier.db'}"
    else:
        url = request.getfixturevalue("postgresql").create()
    made = open_database(url)
    await create_schema(made)
    await tables.create(made)
    yield url, made
    await made.dispose()


@contextlib.asynccontextmanager
async def painting(database: AsyncEngine, pace: float = 0.1, idle: float = 0.025) -> AsyncIterator[Queue]:
    """A worker that has the real queue, and no skill; ``idle``: seconds until it looks for work again."""
    queue, leases = Queue(database), Leases(database)

    async def work() -> None:
        while True:
            jobs = await leases.claim("painter")
            for job in jobs:
                await asyncio.sleep(pace)
                await leases.heartbeat(job.id, "painter", progress=0.5, preview=_jpeg())
                await asyncio.sleep(pace)
                await leases.finish(job.id, "painter", CANVAS, FACTS)
            if not jobs:
                await asyncio.sleep(idle)

    await leases.announce("painter", "cpu", "none", 1.0)
    task = asyncio.create_task(work())
    try:
        yield queue
    finally:
        task.cancel()
        await asyncio.wait((task,))
        if not task.cancelled():
            task.result()


def _jpeg() -> bytes:
    out = io.BytesIO()
    Image.effect_noise((64, 64), 60).convert("RGB").save(out, "JPEG")
    return out.getvalue()


async def _everything_is_over(queue: Queue) -> None:
    async def over() -> bool:
        return all(job.delivered for job in await queue.jobs(count=1000))

    await until(over)


# aiohttp leaves the file of an upload open that a kill cuts off.
@pytest.mark.filterwarnings("ignore:Unclosed file:ResourceWarning")
async def test_a_bot_that_is_killed_again_and_again_loses_no_painting_and_leaves_no_card(
    server: Server,
    playground: Playground,
    killed_database: tuple[str, AsyncEngine],
    tmp_path: Path,
    small: bytes,
) -> None:
    dice = random.Random(SEED)
    url, database = killed_database
    env = environment(
        BOT_TOKEN=TOKEN, BOT_API_URL=server.url, DATA_DIR=str(tmp_path / "data"), ENGINE="external",
        PAINT_SIZE="128", PAINT_QUALITY="draft", JOBS_PER_DAY="0", LOG_LEVEL="INFO", DATABASE_URL=url,
        LEASE_SECONDS=LEASE,
    )  # fmt: skip
    over = asyncio.Event()
    asked: list[tuple[Chat, Json]] = []

    async def live(name: str) -> None:
        you = Chat(playground, playground.add_person(name))
        while not over.is_set():
            sheet = await you.asked_for_style(small)
            asked.append((you, sheet))
            while not _has_moved(you, sheet):  # as a person would: it does not move, so tap again
                await you.tap(sheet, "Mosaic", timeout=3.0)
                with contextlib.suppress(TimeoutError):
                    await playground.wait_for(partial(_has_moved, you, sheet), 3.0)
            await you.painted(sheet)

    program = BotProgram(tmp_path / "bot", env=env)
    people: list[asyncio.Task[None]] = []
    try:
        async with painting(database) as queue:
            people = [asyncio.create_task(live(f"Person{number}")) for number in range(PEOPLE)]
            for _ in range(KILLS):
                if dice.random() < AWAKE:
                    await playground.wait_for(partial(_has_polled, playground, time.monotonic()), TIMEOUT)
                await _one_of_the_next(playground, dice.choice(MOMENTS), dice.randint(1, 3))
                await asyncio.sleep(dice.choice((0.0, 0.002, 0.01, 0.05, 0.2)))
                program.kill()
                program = BotProgram(tmp_path / "bot", env=env)
            over.set()
            await asyncio.gather(*people)
            await _everything_is_over(queue)
            await all_handled(playground, database)
            jobs = await queue.jobs(count=1000)
    finally:
        for person in people:
            person.cancel()
        await asyncio.gather(*people, return_exceptions=True)
        await asyncio.to_thread(program.close)  # its last calls want to be answered

    assert len(jobs) >= PEOPLE
    assert {job.state for job in jobs} == {State.DONE}
    for you, sheet in asked:
        assert playground.message(sheet["message_id"], you.id) is None, "the card is gone"
    arrived = 0
    for chat in {you for you, _ in asked}:
        mine = {
            job.address["painting"] for job in jobs if job.owner == f"telegram:{chat.person}" and job.address
        }
        assert mine <= {one["message_id"] for one in chat.paintings()}, "none is lost"
        arrived += len(chat.paintings())
        others = [one for one in playground.from_bot(chat.id) if PAINTED not in said(one)]
        assert all(STYLES in said(one) for one in others), "no card is left, and no word about an error"
    print(f"{KILLS} kills: {len(jobs)} paintings, 0 lost, {arrived - len(jobs)} came twice")
    assert len(jobs) <= arrived <= len(jobs) + KILLS, "twice only where a kill fell into the sending"
    output = program.output
    assert TOKEN not in output
    assert "Person1" not in output
    assert "Traceback" not in output


async def test_what_ended_the_bot_time_and_again_is_put_aside_and_its_sender_hears_of_it(
    settings: Callable[..., Settings], database: AsyncEngine, you: Chat, small: bytes
) -> None:
    you.playground.privacy = False
    group = Chat(you.playground, you.person, you.playground.add_group("Sunday painters", you.person))
    you.playground.updates.clear()
    await group.text("not a word to the bot")
    number = await you.photo(small, "mosaic")
    await Inbox(database).store(you.playground.updates.waiting)
    async with database.begin() as connection:
        await connection.execute(update(tables.inbox).values(attempts=MAX_ATTEMPTS))
    async with running(settings()):
        await you.heard("That kept failing", after=number)
        await you.asked_for_style(small)
    assert len(you.playground.from_bot(you.id)) == 2, "said once, and the picture was not looked at"
    assert not you.playground.from_bot(group.id), "that was not said to the bot"


def _is_over(playground: Playground, fault: Fault) -> bool:
    """Whether a fault has happened."""
    return fault not in playground.faults.active


def _has_moved(chat: Chat, asking: Json) -> bool:
    """Whether the message that asks has become another, or is gone."""
    now = chat.playground.message(asking["message_id"], chat.id)
    return now is None or said(now) != said(asking)


async def _one_of_the_next(playground: Playground, method: str, nth: int) -> None:
    """Wait for the nth call of a method from now on; not for ever, for some are rare."""
    wanted = _calls(playground, method) + nth
    with contextlib.suppress(TimeoutError):
        await playground.wait_for(lambda: _calls(playground, method) >= wanted, RARE)


def _has_polled(playground: Playground, since: float) -> bool:
    """Whether the bot has asked for updates since a moment: it has started."""
    return any(call.method == "getUpdates" and call.at > since for call in playground.calls)


def _calls(playground: Playground, method: str) -> int:
    return sum(call.method == method for call in playground.calls)


@pytest.fixture
async def queue_and_settings(
    settings: Callable[..., Settings], database: AsyncEngine
) -> AsyncIterator[tuple[Queue, Callable[..., Settings]]]:
    """A running bot, whose jobs a stub worker paints; yields the queue and the settings' factory."""
    async with painting(database) as queue, running(settings()):
        yield queue, settings


class Clock:
    """The event loop's clock, and all that the bot waits by; it can be put forward."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def monotonic(self) -> float:
        """Seconds."""
        return time.monotonic() + self._ahead

    async def pass_by(self, seconds: float) -> None:
        """Let time pass, and let everybody whose time has come do what they want to do."""
        self._ahead += seconds
        await asyncio.sleep(0.01)


@pytest.fixture
async def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock to be put forward."""
    made = Clock()
    monkeypatch.setattr(asyncio.get_running_loop(), "time", made.monotonic)
    monkeypatch.setattr(deliveries, "time", made)
    return made


async def _true(look: Callable[[], object]) -> None:
    """Wait for something by the tests' own clock."""

    async def looked() -> bool:
        return bool(look())

    await until(looked)


CALLS = (
    *("getUpdates", "getFile", "download", "setMessageReaction", "sendPhoto", "answerCallbackQuery"),
    *("editMessageCaption", "editMessageMedia", "deleteMessage"),
)
"""All that the bot calls from a photo to its painting."""
FOREVER = 1_000_000.0
"""Seconds by a clock that is put forward."""


@pytest.mark.parametrize(
    "fault",
    [
        {"code": 429, "retry_after": 1},
        {"code": 502},
        {"drop": True},
        {"drop": True, "deliver": True},
        {"hang": True},
        {"hang": True, "deliver": True},
    ],
    ids=["flood", "broken", "dropped", "done, then dropped", "hanging", "done, then hanging"],
)
async def test_whatever_fails_once_is_mended(
    clock: Clock,
    settings: Callable[..., Settings],
    database: AsyncEngine,
    you: Chat,
    small: bytes,
    fault: dict[str, Any],
) -> None:
    faults = [you.playground.fault(method, **fault) for method in CALLS]

    async def go_on() -> None:
        met = 0
        while True:
            await clock.pass_by(1.0)  # ten times as fast
            await asyncio.sleep(0.1)
            if met != (now := sum(one not in you.playground.faults.active for one in faults)):
                met = now
                await clock.pass_by(45.0 if "hang" in fault else 0.0)  # whoever hangs is given up

    passing = asyncio.create_task(go_on())
    # By that clock, the painter is slow enough for the card to be seen.
    async with painting(database, pace=30.0) as queue, running(settings()):
        photo = await you.photo(small)
        sheet = await you.playground.wait_for_message(lambda one: STYLES in said(one), you.id, photo, FOREVER)
        await you.tap(sheet, "Mosaic", timeout=FOREVER)
        await job_of(queue, you.id)
        faults.append(you.playground.fault("sendPhoto", **fault))  # the painting
        await you.playground.wait_for(you.paintings, FOREVER)
        await _everything_is_over(queue)
        jobs = await queue.jobs()
        passing.cancel()
        await asyncio.wait((passing,))
    met = {one.method for one in faults if one not in you.playground.faults.active}
    assert met >= {
        "getUpdates",
        "getFile",
        "download",
        "sendPhoto",
        "answerCallbackQuery",
        "editMessageMedia",
        "deleteMessage",
    }
    assert len(you.paintings()) == 1 + ("deliver" in fault), (
        "twice only where the answer to that call was lost"
    )
    assert you.playground.message(sheet["message_id"], you.id) is None, "the card is gone"
    assert len(jobs) == 1
    assert not [one for one in you.playground.from_bot(you.id) if "went wrong" in said(one)]


async def test_while_telegram_is_away_for_ten_minutes_everything_waits_and_nothing_comes_twice(
    clock: Clock, queue_and_settings: tuple[Queue, Any], you: Chat, somebody_else: Chat, small: bytes
) -> None:
    queue, _ = queue_and_settings
    playground = you.playground
    ready = await you.asked_for_style(small)
    theirs = await somebody_else.asked_for_style(small)
    third = Chat(playground, playground.add_person("Zoë"))
    await you.tap(ready, "Mosaic")
    await job_of(queue, you.id)
    # A photo that the bot has heard of, and can no longer fetch …
    playground.fault("getFile", drop=True, times=None)
    early = await third.photo(small, "stained glass")
    seen = _calls(playground, "getFile")
    await playground.wait_for(lambda: _calls(playground, "getFile") > seen)
    playground.fault("*", drop=True, times=None)
    # … and what is said meanwhile, which waits at Telegram.
    photo = await you.photo(small, "stained glass")
    tap = asyncio.create_task(somebody_else.tap(theirs, "Mosaic", timeout=FOREVER))
    asked = _calls(playground, "getUpdates")
    for _ in range(200):
        await clock.pass_by(3.0)
    assert 10 < _calls(playground, "getUpdates") - asked < 60, "it asks again, ever less often"

    async def painted() -> bool:
        return all(job.state is State.DONE for job in await queue.jobs())

    await until(painted)
    playground.faults.clear()
    await clock.pass_by(31.0)
    await you.painted(ready)
    await you.heard("In the style of Stained glass", after=photo)
    await third.heard("In the style of Stained glass", after=early)
    await somebody_else.painted(theirs)
    await tap
    await _everything_is_over(queue)
    assert len(you.paintings()) == 2
    assert len(somebody_else.paintings()) == len(third.paintings()) == 1
    assert not [job for job in await queue.jobs() if job.state in LIVE]
    for chat in (you, somebody_else, third):
        assert not [one for one in playground.from_bot(chat.id) if "went wrong" in said(one)]


async def test_a_tap_is_answered_though_the_chat_is_busy_and_what_it_is_told_comes_as_a_message(
    queue_and_settings: tuple[Queue, Any], you: Chat, small: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processor, "TAP_TIMEOUT", 0.1)  # as it is
    first = await you.ready(small, small)
    ready = await you.heard(QUESTION, after=await you.photo(small))
    dead = next(button["callback_data"] for row in keys(first) for button in row if "Swap" in button["text"])
    await you.tap(ready, "⚙ Adjust")
    await you.becomes(ready, "Medium strength ·")
    fault = you.playground.fault("editMessageCaption", latency=3.0, times=1)
    await you.tap(ready, "Strength ●●○")

    async def under_way() -> bool:
        return fault not in you.playground.faults.active

    await until(under_way)
    mine, old = await asyncio.gather(
        you.tap(ready, "Photo’s colours"),
        you.tap_old(first, dead),
    )
    assert "Full strength" not in said(you.now(ready)), "the edit before it is still under way"
    assert (mine.answered, mine.text) == (True, None)
    assert (old.answered, old.text) == (True, None)
    await you.heard("This button is out of date.", after=ready["message_id"])
    await you.becomes(ready, "Full strength · photo’s colours")


async def test_a_tap_paints_though_telegram_takes_no_answer_to_it(
    clock: Clock, queue_and_settings: tuple[Queue, Any], you: Chat, small: bytes
) -> None:
    sheet = await you.asked_for_style(small)
    you.playground.fault("answerCallbackQuery", code=429, retry_after=50)
    tap = asyncio.create_task(you.tap(sheet, "Mosaic", timeout=FOREVER))
    await you.painted(sheet)
    assert _calls(you.playground, "answerCallbackQuery") == 1, "it does not wait for the next attempt"
    await clock.pass_by(51.0)
    await _true(lambda: _calls(you.playground, "answerCallbackQuery") == 2)
    tap.cancel()
    await asyncio.wait((tap,))


async def test_what_a_server_refuses_is_left_out_and_not_tried_again(
    settings: Callable[..., Settings], database: AsyncEngine, you: Chat, small: bytes
) -> None:
    refused = "Bad Request: METHOD_UNKNOWN"
    you.playground.fault("editMessageCaption", code=400, description="Bad Request: BUTTON_STYLE_INVALID")
    you.playground.fault("setMessageReaction", code=400, description=refused, times=None)
    you.playground.fault("sendLivePhoto", code=400, description="Bad Request: EFFECT_ID_INVALID")
    you.playground.fault("sendLivePhoto", code=400, description="Bad Request: unsupported")
    leases = Leases(database)
    await leases.announce("painter", "cpu", "none", 1.0)
    async with running(settings()):
        for _ in range(2):
            card = await you.begun(small)
            (job,) = await until(lambda: leases.claim("painter"))
            await you.becomes(card, "%")
            assert await leases.finish(job.id, "painter", CANVAS, FACTS, {TIMELAPSE: b"no film at all"})
            painted = await you.painted(card)
            assert not {"live_photo", "effect_id"} & painted.keys()
    assert len(you.paintings()) == 2
    coloured = [
        call.method for call in you.playground.calls if '"style"' in str(call.values.get("reply_markup"))
    ]
    assert coloured == ["editMessageCaption"]
    assert _calls(you.playground, "setMessageReaction") == 1
    assert _calls(you.playground, "sendLivePhoto") == 2
    assert sum("message_effect_id" in call.values for call in you.playground.calls) == 1
    assert not [one for one in you.playground.from_bot(you.id) if "went wrong" in said(one)]


async def test_a_request_that_is_too_large_does_not_silence_its_chat(
    settings: Callable[..., Settings], you: Chat
) -> None:
    async with running(settings()):
        await you.heard("Send me a photo and", after=await you.text("/start"))
        you.playground.fault("sendPhoto", code=413, times=None)
        await you.heard("went wrong", after=await you.text("/styles"))
        await you.heard("1. Send a photo.", after=await you.text("/help"))
    assert _calls(you.playground, "sendPhoto") == 2, "one with /start, and the refused one"


@pytest.mark.parametrize("lost", [False, True], ids=["", "and the answer to that is lost"])
async def test_a_card_that_the_person_deleted_does_not_keep_the_painting_away(
    settings: Callable[..., Settings], database: AsyncEngine, you: Chat, small: bytes, lost: bool
) -> None:
    async with running(settings()):
        card = await you.begun(small)
        you.playground.chats.remove(you.id, card["message_id"])
        if lost:
            you.playground.fault("sendPhoto", drop=True, deliver=True)
        async with painting(database) as queue:
            await you.painted(card)
            await _everything_is_over(queue)
    assert len(you.paintings()) == 1 + lost
    assert you.playground.from_bot(you.id) == you.paintings()


async def test_what_is_asked_of_a_painting_is_done_although_telegram_fails_at_first(
    settings: Callable[..., Settings], database: AsyncEngine, you: Chat, small: bytes
) -> None:
    playground = you.playground
    async with running(settings()), painting(database) as queue:
        for lost in (False, True):
            painted = await you.heard(PAINTED, after=await you.photo(small, "mosaic"))
            await _everything_is_over(queue)
            await you.more(painted)
            if not lost:
                playground.fault("sendDocument", code=502)
                await you.tap(painted, "📄 File")
                await playground.wait_for_message(lambda message: "document" in message, you.id)
            await you.tap(painted, "🗑 Delete")
            await you.becomes(painted, "Delete this painting?")
            playground.fault("deleteMessage", code=502, deliver=lost)
            assert (await you.tap(painted, "🗑 Delete")).text == "Deleted."
            await until(lambda: _forgotten(queue, you))
            assert playground.message(painted["message_id"], you.id) is None


async def test_who_is_forgotten_has_no_buttons_left_below_old_paintings(
    queue_and_settings: tuple[Queue, Any], you: Chat, small: bytes
) -> None:
    styles = ("mosaic", "stained glass")
    paintings = [await you.heard(PAINTED, after=await you.photo(small, style)) for style in styles]
    await _everything_is_over(queue_and_settings[0])
    asked = await you.heard("Erase all your data", after=await you.text("/forget"))
    await you.tap(asked, "Erase everything")
    await you.becomes(asked, "Erased: 2 paintings")
    await you.playground.wait_for(lambda: not any(keys(you.now(one)) for one in paintings))
    assert [said(you.now(one)) for one in paintings] == [said(one) for one in paintings]


async def test_an_old_message_of_which_telegram_tells_nothing_is_changed_all_the_same(
    settings: Callable[..., Settings], you: Chat, small: bytes
) -> None:
    async with running(settings()):
        choices = await you.heard("Your default settings", after=await you.text("/settings"))
        await you.tap(choices, "Strength", inaccessible=True)
        await you.becomes(choices, "Full")
        ready = await you.ready(small, small)
        await you.tap(ready, "⚙ Adjust", inaccessible=True)
        await you.becomes(ready, "Full strength")
        await you.tap(ready, "Strength", inaccessible=True)
        await you.becomes(ready, "Light strength")


async def test_something_else_that_answers_where_updates_are_makes_nobody_deaf(
    settings: Callable[..., Settings], you: Chat
) -> None:
    async with running(settings()):
        fault = you.playground.fault("getUpdates", code=404)
        await you.heard("Ada", after=await you.text("/start"))

        async def met() -> bool:
            return fault not in you.playground.faults.active

        await until(met)
        await you.heard("1. Send a photo", after=await you.text("/help"))


async def _forgotten(queue: Queue, chat: Chat) -> bool:
    return not await queue.jobs(f"telegram:{chat.person}")


async def test_a_word_to_everybody_is_told_once_although_telegram_fails_when_it_is_begun(
    settings: Callable[..., Settings],
    database: AsyncEngine,
    you: Chat,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rate_limiter, "RETRY_DELAY", 0.01)
    monkeypatch.setattr("bot.ops.broadcast.POLL_INTERVAL", 0.05)
    async with running(settings(bot_admins=frozenset({you.person}))):
        await you.heard("Send me a photo and", after=await you.text("/start"))
        asked = await you.heard("Send this to 1 user?", after=await you.text("/broadcast Hello all"))
        you.playground.fault("editMessageText", code=502, times=rate_limiter.MAX_ATTEMPTS)
        await you.tap(asked, "📣 Send")
        await you.becomes(asked, "Sending the announcement.")
        await you.heard("Announcement sent. Delivered: 1")
        await until(lambda: _all_is_told(database))
    assert sum(said(one) == "Hello all" for one in you.playground.from_bot(you.person)) == 1


async def _announce(database: AsyncEngine, words: str, admin: int) -> None:
    begin = insert_announcement(words, admin)
    await Sessions(database).save(admin, admin, Session(), Session(), begin)


async def _all_is_told(database: AsyncEngine) -> bool:
    return await People(database).announcement() is None


async def test_a_word_to_everybody_goes_on_where_a_kill_interrupted_it(
    server: Server, playground: Playground, database: AsyncEngine, tmp_path: Path
) -> None:
    people = [Chat(playground, playground.add_person(f"Person{number}")) for number in range(6)]
    admin, words = Chat(playground, people[0].person), "Fresh canvases today"
    for you in people:
        playground.users.mark(you.person, started=True)
        await People(database).add(you.person)
    await _announce(database, words, admin.person)
    env = environment(
        BOT_TOKEN=TOKEN, BOT_API_URL=server.url, DATA_DIR=str(tmp_path / "data"), ENGINE="external",
        BOT_ADMINS=str(admin.person),
    )  # fmt: skip

    # Killed before Telegram took it; then after that, but before the bot knew; then not at all.
    faults: tuple[dict[str, Any], ...] = (
        {"skip": 2, "hang": True},
        {"skip": 1, "hang": True, "deliver": True},
    )
    for fault in (*faults, None):
        hanging = playground.fault("sendMessage", **fault) if fault else None
        program = BotProgram(tmp_path / "bot", env=env)
        try:
            if hanging:
                await playground.wait_for(partial(_is_over, playground, hanging))
                program.kill()
            else:
                await admin.heard("Announcement sent. Delivered: 6, not delivered: 0.")
        finally:
            await asyncio.to_thread(program.close)
    heard = [sum(said(one) == words for one in playground.from_bot(you.person)) for you in people]
    assert heard == [1, 1, 1, 2, 1, 1], "twice only where the kill fell between the message and its note"
