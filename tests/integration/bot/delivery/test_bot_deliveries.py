"""Deliveries to a real Bot API server with a real queue; the test itself is the worker."""

from __future__ import annotations

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from PIL import Image
from sqlalchemy import insert, select
from telegram.error import ChatMigrated
from telegram.request import HTTPXRequest

from bot.conversation import CatalogueStyle, Draft, Sent
from bot.delivery import deliveries
from bot.delivery.deliveries import MAX_REFUSALS, Deliveries
from bot.playground import YOU, serve
from bot.storage import tables
from bot.storage.claims import IDLE_TIMEOUT, SharedClaims
from bot.storage.inbox import Inbox
from bot.storage.job_address import Address
from bot.transport import token_buckets
from bot.transport.capabilities import EFFECT, LIVE_PHOTO, PARTY, Capabilities
from bot.transport.rate_limiter import RateLimiter
from bot.updates.intake import InboxBot
from engine.painting.recipe import Recipe
from engine.queue import (
    PREVIEW,
    RESULT,
    TIMELAPSE,
    Cursor,
    Job,
    JobStatus,
    Leases,
    Queue,
    State,
    create_schema,
    open_database,
)
from engine.queue.schema import job as jobs
from tests.support.playground import Playground
from tests.support.processes import TIMEOUT
from tests.support.sample_media import jpeg
from tests.support.undelivered import undelivered

T = TypeVar("T")
TOKEN = "7000000001:AAF-never-in-any-log-0123456789abcd"
WORKER = "the test"
PAINTED = "In the style of"
CARD = "Your photo, in the style of Mosaic."
FILM = b"\0\0\0\x18ftypmp42 not much of a film"


def _png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(out, "PNG")
    return out.getvalue()


class House:
    """One person's chat, their jobs, and who delivers."""

    def __init__(self, playground: Playground, bot: InboxBot, queue: Queue, leases: Leases) -> None:
        self.playground, self.bot, self.queue, self.leases = playground, bot, queue, leases
        self.capabilities = Capabilities()
        self.number = 0

    @contextlib.asynccontextmanager
    async def delivering(self) -> AsyncIterator[Deliveries]:
        """As the bot does it, until the block's end."""
        deliveries = Deliveries(self.bot, self.queue, self.capabilities)
        task = asyncio.create_task(deliveries.run())
        try:
            yield deliveries
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def job(self, *, tapped: bool = True, **address: Any) -> Job:
        """Somebody wants a painting, by a tap on a sheet, which becomes the card, or by words."""
        if tapped:
            sheet = await self.bot.send_photo(YOU, jpeg(64, 64), caption="Pick a style")
            address["message"] = sheet.message_id
        self.number += 1
        return await self.queue.enqueue(
            id=f"job{self.number}",
            owner=f"telegram:{YOU}",
            recipe=Recipe().as_dict(),
            cost=1.0,
            shape="any",
            blobs={"content": jpeg(64, 64), "style0": jpeg(64, 64)},
            address=Address(
                chat=YOU,
                draft=Draft(photo=Sent(file_id="a"), styles=(CatalogueStyle(id="mosaic"),)),
                style="Mosaic",
                **address,
            ).model_dump(mode="json"),
        )

    async def finish(self, job: Job, **extra: bytes) -> None:
        """Be the worker to the end."""
        (claimed,) = await self.leases.claim(WORKER)
        assert claimed.id == job.id
        facts = {"width": 64, "height": 64, "seconds": 1.0}
        assert await self.leases.finish(job.id, WORKER, _png(), facts, extra)

    async def delivered(self, job: Job) -> Job:
        """Wait until the queue says so."""

        async def look() -> Job | None:
            found = await self.queue.get(job.id)
            return found if found and found.delivered else None

        return await _until(look)

    def paintings(self) -> list[dict[str, Any]]:
        """The bot's messages that show a painting."""
        return [
            each
            for each in self.playground.from_bot()
            if PAINTED in each.get("caption", "") and {"photo", "document"} & each.keys()
        ]

    def calls(self, method: str) -> list[dict[str, Any]]:
        """What the bot called."""
        return [call.values for call in self.playground.calls if call.method == method]


async def _until(look: Callable[[], Awaitable[T | None]]) -> T:
    async with asyncio.timeout(20):
        while not (found := await look()):  # noqa: ASYNC110 - the queue tells no news
            await asyncio.sleep(0.02)
    return found


@pytest.fixture
def playground() -> Iterator[Playground]:
    """A Bot API server's inside."""
    made = Playground(token=TOKEN)
    yield made
    made.close()


@pytest.fixture
async def house(playground: Playground, tmp_path: Path) -> AsyncIterator[House]:
    """A bot of the same make as the real one."""
    database = open_database(f"sqlite:///{tmp_path / 'atelier.db'}")
    await create_schema(database)
    inbox = Inbox(database)
    await tables.create(database)
    await playground.send_text(YOU, "/start")
    async with await serve(playground) as server:
        bot = InboxBot(
            inbox,
            TOKEN,
            base_url=server.base_url,
            base_file_url=server.base_file_url,
            request=HTTPXRequest(connection_pool_size=32, httpx_kwargs={"verify": False}),
            get_updates_request=HTTPXRequest(httpx_kwargs={"verify": False}),
            rate_limiter=RateLimiter(),
        )
        async with bot:
            yield House(playground, bot, Queue(database), Leases(database))
    await database.dispose()


@pytest.fixture(autouse=True)
def _brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "POLL_INTERVAL", 0.05)


def _labels(message: dict[str, Any]) -> list[str]:
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [button["text"] for row in rows for button in row]


async def test_the_sheet_becomes_the_card_and_the_painting_is_a_new_message(house: House) -> None:
    photo = await house.playground.send_photo(YOU, jpeg(64, 64))
    job = await house.job(source=photo["message_id"])
    async with house.delivering():
        card = await house.playground.wait_for_message(lambda each: "painter" in each.get("caption", ""))
        assert card["message_id"] == Address.model_validate(job.address).message
        assert _labels(card) == ["✕ Stop"]
        await house.finish(job)
        told = await house.delivered(job)
    (painting,) = house.playground.from_bot()
    assert painting["message_id"] == Address.model_validate(told.address).painting > card["message_id"]
    assert painting["reply_to_message"]["message_id"] == photo["message_id"]
    assert painting["effect_id"] == PARTY
    assert painting["caption"].startswith(PAINTED)
    assert len(_labels(painting)) == 6


async def test_what_was_asked_for_by_words_gets_a_card_as_a_reply_to_the_photo(house: House) -> None:
    photo = await house.playground.send_photo(YOU, jpeg(64, 64))
    job = await house.job(tapped=False, source=photo["message_id"])
    async with house.delivering():
        card = await house.playground.wait_for_message(lambda each: _labels(each) == ["✕ Stop"])
        assert card["reply_to_message"]["message_id"] == photo["message_id"]
        await house.finish(job)
        await house.delivered(job)
    (painting,) = house.paintings()
    assert house.playground.from_bot() == [painting]
    told = house.playground.notifications()
    assert [each["message_id"] for each in told] == [painting["message_id"]], "not of the card"


async def test_the_painting_comes_although_its_photo_is_gone(house: House) -> None:
    job = await house.job(source=999)
    await house.finish(job)
    async with house.delivering():
        await house.delivered(job)
    (painting,) = house.paintings()
    assert "reply_to_message" not in painting


@pytest.mark.parametrize("fault", [{"deliver": True, "drop": True}, {"hang": True, "deliver": True}])
async def test_a_card_of_which_nobody_has_heard_says_nothing_that_does_not_stay_true(
    house: House, fault: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house.bot.request, "_media_write_timeout", 0.5)
    monkeypatch.setattr(deliveries, "MAX_BACKOFF", 0.0)
    monkeypatch.setattr(deliveries, "EDIT_INTERVAL", 0.0)
    house.playground.fault("sendPhoto", **fault)
    job = await house.job(tapped=False)
    async with house.delivering():
        left = await house.playground.wait_for_message(lambda each: each.get("caption") == CARD)
        if "drop" in fault:
            await asyncio.sleep(1.5)  # many polls, and time for Telegram's limit of a message a second
            assert len(house.calls("sendPhoto")) == 1, "no other card is sent"
        await house.finish(job)
        if "drop" in fault:
            await house.delivered(job)
    if "hang" in fault:  # killed there: the next bot sends a card that it knows, and the painting once
        async with house.delivering():
            await house.delivered(job)
    assert house.playground.message(left["message_id"]) == left
    assert _labels(left) == []
    assert [each for each in house.playground.from_bot() if each != left] == house.paintings()
    assert len(house.paintings()) == 1


async def test_what_is_known_of_a_card_is_not_forgotten_while_it_is_being_sent(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many looks come and go meanwhile, and the sending ends, with no answer, within one of them."""
    monkeypatch.setattr(deliveries, "MAX_BACKOFF", 0.0)
    await house.job(tapped=False)
    looks, real = Deliveries(house.bot, house.queue, house.capabilities), house.queue.look
    last = house.playground.fault("sendPhoto", deliver=True, drop=True, latency=1.0)
    await looks.look()
    for _ in range(3):
        await looks.look()
    assert looks._busy

    async def late(cursor: Cursor) -> tuple[list[JobStatus], Cursor]:
        found = await real(cursor)
        await asyncio.wait(looks._busy.values())
        return found

    monkeypatch.setattr(house.queue, "look", late)
    await looks.look()
    assert last.met == [("sendPhoto", YOU)]
    monkeypatch.setattr(house.queue, "look", real)
    await looks.look()
    await asyncio.gather(*looks._busy.values())
    assert len(house.calls("sendPhoto")) == 1, "no other card is sent"


async def test_a_painting_with_a_film_plays_where_the_chat_takes_it(house: House) -> None:
    job = await house.job()
    await house.finish(job, **{TIMELAPSE: FILM})
    async with house.delivering():
        await house.delivered(job)
    (painting,) = house.paintings()
    assert "live_photo" in painting


async def test_a_chat_that_takes_no_live_photo_gets_the_still_at_once_and_is_not_asked_again(
    house: House,
) -> None:
    house.playground.fault("sendLivePhoto", code=400, description="Bad Request: live_photo unsupported")
    for _ in range(2):
        job = await house.job()
        await house.finish(job, **{TIMELAPSE: FILM})
        async with house.delivering():
            await house.delivered(job)
    assert not house.capabilities.allows(YOU, LIVE_PHOTO)
    assert len(house.paintings()) == 2
    assert len(house.calls("sendLivePhoto")) == 1


async def test_an_effect_that_is_refused_is_left_out(house: House) -> None:
    house.playground.fault(
        "sendPhoto", code=400, description="Bad Request: can't use message effects in the chat", skip=1
    )
    for _ in range(2):
        job = await house.job()
        await house.finish(job)
        async with house.delivering():
            await house.delivered(job)
    assert not house.capabilities.allows(YOU, EFFECT)
    assert ["effect_id" in each for each in house.paintings()] == [False, False]


async def test_a_kill_before_the_sending_is_noted_sends_again_and_never_loses(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await house.job()
    await house.finish(job)
    readdress, killed = house.queue.readdress, asyncio.Event()

    async def too_late(*_: Any) -> bool:
        killed.set()
        return await asyncio.Event().wait()

    monkeypatch.setattr(house.queue, "readdress", too_late)
    async with house.delivering():
        await asyncio.wait_for(killed.wait(), TIMEOUT)
    monkeypatch.setattr(house.queue, "readdress", readdress)
    async with house.delivering():
        await house.delivered(job)
    assert len(house.paintings()) == 2
    assert house.playground.from_bot() == house.paintings(), "and the card is gone"


async def test_a_kill_between_the_sending_and_the_deletion_of_the_card_leaves_one_painting_and_no_card(
    house: House,
) -> None:
    job = await house.job()
    await house.finish(job)
    house.playground.fault("deleteMessage", hang=True)
    async with house.delivering():
        await house.playground.wait_for(lambda: house.calls("deleteMessage"))
    async with house.delivering():
        await house.delivered(job)
    assert len(house.paintings()) == 1
    assert house.playground.from_bot() == house.paintings()


async def test_a_lost_answer_to_the_sending_brings_the_painting_twice_and_nothing_else(house: House) -> None:
    job = await house.job()
    await house.finish(job)
    house.playground.fault("sendPhoto", deliver=True, drop=True)
    async with house.delivering():
        await house.delivered(job)
    assert len(house.paintings()) == 2
    assert house.playground.from_bot() == house.paintings()


async def test_a_card_that_is_gone_is_not_missed(house: House) -> None:
    job = await house.job()
    house.playground.chats.remove(YOU, Address.model_validate(job.address).message)
    await house.finish(job)
    async with house.delivering():
        await house.delivered(job)
    assert len(house.playground.from_bot()) == len(house.paintings()) == 1


async def test_a_card_too_old_to_be_deleted_loses_its_button_and_its_news(house: House) -> None:
    job = await house.job()
    async with house.delivering():
        await house.playground.wait_for_message(lambda each: _labels(each) == ["✕ Stop"])
        house.playground.fault(
            "deleteMessage", code=400, description="Bad Request: message can't be deleted", times=None
        )
        await house.finish(job)
        await house.delivered(job)
    card = house.playground.message(Address.model_validate(job.address).message)
    assert card is not None
    assert (card["caption"], _labels(card)) == (CARD, [])
    assert len(house.paintings()) == 1


async def test_what_has_failed_is_told_in_a_new_message_that_offers_to_try_again(house: House) -> None:
    job = await house.job()
    (claimed,) = await house.leases.claim(WORKER)
    assert await house.leases.fail(claimed.id, WORKER, "out-of-memory")
    async with house.delivering():
        told = await house.delivered(job)
    (message,) = house.playground.from_bot()
    assert message["message_id"] == Address.model_validate(told.address).painting
    assert message["text"].startswith("This painting was too large for my memory.")
    assert _labels(message) == ["🔁 Try again", "🖼 Other style"]


async def test_a_painting_that_is_stopped_says_so_at_once_though_its_worker_goes_on(house: House) -> None:
    job = await house.job()
    (claimed,) = await house.leases.claim(WORKER)
    async with house.delivering():
        await house.leases.heartbeat(job.id, WORKER, progress=0.5, preview=jpeg(64, 64))
        await house.playground.wait_for_message(lambda each: "50%" in each.get("caption", ""))
        assert await house.queue.cancel(job.id, job.owner) is State.RUNNING
        card = await house.playground.wait_for_message(lambda each: "Stopped." in each.get("caption", ""))
        assert _labels(card) == ["🔁 Try again", "🖼 Other style"]
        edits = len(house.calls("editMessageCaption"))
        await house.leases.heartbeat(job.id, WORKER, progress=0.7, preview=jpeg(64, 64))
        await house.leases.finish(claimed.id, WORKER, _png(), {})
        told = await house.delivered(job)
    assert told.state is State.CANCELLED
    assert house.playground.from_bot() == [card], "nothing else was shown after that"
    assert len(house.calls("editMessageCaption")) <= edits + 1


async def test_a_stopped_card_that_serves_the_next_attempt_is_left_to_it(house: House) -> None:
    job = await house.job()
    (claimed,) = await house.leases.claim(WORKER)
    async with house.delivering():
        await house.queue.cancel(job.id, job.owner)
        card = await house.playground.wait_for_message(lambda each: "Stopped." in each.get("caption", ""))
        await house.bot.edit_message_caption(YOU, card["message_id"], caption="the next attempt")
        await house.leases.finish(claimed.id, WORKER, _png(), {})
        await house.delivered(job)
    assert [each["caption"] for each in house.playground.from_bot()] == ["the next attempt"]


async def test_a_card_whose_job_is_erased_while_it_is_edited_is_cleared(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await house.job()
    edit = house.bot.edit_message_media

    async def edited(*args: Any, **kwargs: Any) -> Any:
        await house.queue.forget(job.owner)
        return await edit(*args, **kwargs)

    monkeypatch.setattr(
        type(house.bot), "edit_message_media", lambda _, *args, **kwargs: edited(*args, **kwargs)
    )
    async with house.delivering():
        card = await house.playground.wait_for_message(lambda each: "erased" in each.get("caption", ""))
    assert _labels(card) == []


def _meanwhile(
    house: House, monkeypatch: pytest.MonkeyPatch, name: str, happen: Callable[[], Awaitable[object]]
) -> asyncio.Event:
    """Let something happen while a delivery waits for a job's picture; gives what is set by then."""
    read, happened = house.queue.read, asyncio.Event()

    async def slowly(job_id: str, wanted: str) -> bytes | None:
        found = await read(job_id, wanted)
        if wanted == name and not happened.is_set():
            await happen()
            happened.set()
        return found

    monkeypatch.setattr(house.queue, "read", slowly)
    return happened


async def _idle(deliveries: Deliveries) -> None:
    async def idle() -> bool:
        return not deliveries._busy

    await _until(idle)


@pytest.mark.parametrize("ended", [State.DONE, State.CANCELLED])
async def test_what_another_bot_told_while_this_one_was_cut_off_is_not_told_again(
    house: House, monkeypatch: pytest.MonkeyPatch, ended: State
) -> None:
    job = await house.job(tapped=False)
    if ended is State.DONE:
        await house.finish(job)
    else:
        await house.queue.cancel(job.id, job.owner)
    get, told = house.queue.get, asyncio.Event()

    async def looked(job_id: str) -> Job | None:
        await house.queue.delivered(job_id)
        told.set()
        return await get(job_id)

    monkeypatch.setattr(house.queue, "get", looked)
    async with house.delivering() as deliveries:
        await asyncio.wait_for(told.wait(), TIMEOUT)
        await _idle(deliveries)
    assert house.playground.from_bot() == []


async def test_a_painting_that_comes_after_another_bots_goes_again(house: House) -> None:
    job = await house.job(tapped=False)
    await house.finish(job)
    house.playground.fault("sendPhoto", latency=0.3)

    async def sending() -> bool:
        return bool(house.calls("sendPhoto"))

    async with house.delivering():
        await _until(sending)
        await house.queue.delivered(job.id)
        await house.playground.wait_for(lambda: house.calls("deleteMessage"))
    assert house.playground.from_bot() == []


async def test_a_painting_that_is_erased_while_it_is_sent_goes_again(house: House) -> None:
    job = await house.job(tapped=False)
    await house.finish(job)
    house.playground.fault("sendPhoto", latency=0.3)

    async def sending() -> bool:
        return bool(house.calls("sendPhoto"))

    async with house.delivering():
        await _until(sending)
        await house.queue.forget(job.owner)
        await house.playground.wait_for(lambda: house.calls("deleteMessage"))
    assert house.playground.from_bot() == []


async def test_what_a_moderator_removes_at_once_is_not_sent_again_and_again(house: House) -> None:
    removed = "Internal Server Error: sent message was immediately deleted"
    house.playground.fault("sendPhoto", code=500, description=removed, skip=1, times=None)
    job = await house.job()
    await house.finish(job)
    async with house.delivering():
        await house.delivered(job)
    assert len(house.calls("sendPhoto")) == 2, "the sheet, and the painting"


async def test_what_is_forgotten_while_its_delivery_waits_is_not_shown(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await house.job()
    await house.finish(job)
    forgotten = _meanwhile(house, monkeypatch, RESULT, lambda: house.queue.forget(job.owner))
    async with house.delivering() as deliveries:
        await asyncio.wait_for(forgotten.wait(), TIMEOUT)
        await _idle(deliveries)
    assert house.paintings() == []


async def test_an_old_preview_does_not_replace_a_painting(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await house.job()
    (claimed,) = await house.leases.claim(WORKER)
    await house.leases.heartbeat(job.id, WORKER, progress=0.5, preview=jpeg(64, 64))

    async def deliver() -> None:
        await house.leases.finish(claimed.id, WORKER, _png(), {})
        await house.queue.delivered(job.id)

    delivered = _meanwhile(house, monkeypatch, PREVIEW, deliver)
    async with house.delivering() as deliveries:
        await asyncio.wait_for(delivered.wait(), TIMEOUT)
        await _idle(deliveries)
    assert house.calls("editMessageMedia") == house.calls("editMessageCaption") == []


async def test_who_blocked_the_bot_is_left_alone(house: House) -> None:
    job = await house.job()
    house.playground.block(YOU)
    async with house.delivering():
        told = await house.delivered(job)
    assert told.state is State.CANCELLED
    assert house.paintings() == []


async def test_while_telegram_is_down_nothing_is_lost(house: House) -> None:
    jobs = [await house.job() for _ in range(2)]
    for job in jobs:
        await house.finish(job)
    house.playground.fault("sendPhoto", code=502, times=2)
    house.playground.fault("deleteMessage", code=502, times=2)
    async with house.delivering():
        for job in jobs:
            await house.delivered(job)
    assert len(house.paintings()) == 2


async def test_previews_come_while_it_is_painted(house: House) -> None:
    job = await house.job()
    (claimed,) = await house.leases.claim(WORKER)
    assert claimed.id == job.id
    async with house.delivering():
        await house.leases.heartbeat(job.id, WORKER, progress=0.5, preview=jpeg(64, 64))
        await house.playground.wait_for_message(lambda each: "50%" in each.get("caption", ""))
        await house.playground.wait_for(lambda: house.calls("editMessageMedia"))


async def test_a_chat_that_became_another_gets_its_painting_there(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The old chat is one that only says where it went.
    job = await house.job(source=1)
    old = Address.model_validate(job.address)
    there = old.model_copy(update={"chat": -5}).model_dump(mode="json")
    assert await house.queue.readdress(job.id, old.model_dump(mode="json"), there)
    send = house.bot.send_photo

    async def sent(chat: int, *args: Any, **kwargs: Any) -> Any:
        if chat == -5:
            raise ChatMigrated(YOU)
        return await send(chat, *args, **kwargs)

    monkeypatch.setattr(type(house.bot), "send_photo", lambda _, *args, **kwargs: sent(*args, **kwargs))
    await house.finish(job)
    async with house.delivering():
        told = await house.delivered(job)
    (painting,) = house.paintings()
    assert painting["message_id"] == Address.model_validate(told.address).painting
    assert "reply_to_message" not in painting, "there, that number is another message's"


async def test_an_address_that_cannot_be_read_stops_nobody(house: House) -> None:
    await house.queue.enqueue(
        id="strange", owner="x", recipe={}, cost=1.0, shape="other", blobs={}, address={"who": "knows"}
    )
    await house.queue.cancel("strange", "x")
    job = await house.job()
    await house.finish(job)
    async with house.delivering():
        await house.delivered(job)


async def test_what_is_fetched_is_in_the_inbox_and_what_comes_twice_is_not_fetched_twice(
    house: House,
) -> None:
    first = house.bot
    (one,) = house.playground.updates.waiting
    assert await first.get_updates(timeout=1) == ()
    await house.playground.send_text(YOU, "again")
    _, two = house.playground.updates.waiting
    assert await first.get_updates(0, timeout=1) == ()
    # The process ends here: Telegram has not heard that the second one arrived.
    inbox = Inbox(first._inbox._engine)
    second = InboxBot(
        inbox,
        TOKEN,
        base_url=first.base_url.removesuffix(TOKEN),
        request=HTTPXRequest(httpx_kwargs={"verify": False}),
        get_updates_request=HTTPXRequest(httpx_kwargs={"verify": False}),
        rate_limiter=RateLimiter(),
    )
    async with second:
        assert await second.get_updates(0, timeout=1) == ()
        found, _ = await inbox.fetch()
        assert [each["update_id"] for each in found] == [one["update_id"], two["update_id"]]
        assert house.playground.updates.waiting != []
        assert await second.get_updates(0, timeout=0) == ()
        assert house.playground.updates.waiting == []


async def test_what_another_bot_has_is_left_to_it_until_that_one_leaves(house: House) -> None:
    database = house.bot._inbox._engine
    mine, theirs = SharedClaims(database), SharedClaims(database)
    await mine.start()
    await theirs.start()
    job = await house.job()
    await theirs.take({str(YOU)})
    deliveries = Deliveries(house.bot, house.queue, house.capabilities, mine)
    assert await deliveries._claimed(await undelivered(house.queue)) == []
    task = asyncio.create_task(deliveries.run())
    await house.finish(job)
    await asyncio.wait((task,), timeout=0.2)
    assert house.paintings() == []
    await theirs.close()
    await house.delivered(job)
    assert len(house.paintings()) == 1
    task.cancel()
    await asyncio.wait((task,))


async def test_the_news_of_a_job_are_told_though_hundreds_of_others_wait_and_no_look_reads_them_all(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await house.job()
    elsewhere = 10_000
    async with house.bot._inbox._engine.begin() as connection:
        row = dict((await connection.execute(select(jobs).where(jobs.c.id == job.id))).mappings().one())
        rows = [
            row | {
                "id": f"o{number}", "owner": f"telegram:{elsewhere + number}", "tag": 2,
                "address": (job.address or {}) | {"chat": elsewhere + number},
            }
            for number in range(400)
        ]  # fmt: skip
        await connection.execute(insert(jobs), rows)
    monkeypatch.setattr(Deliveries, "_is_due", lambda _, status, *__: status.job.id == job.id)
    deliveries = Deliveries(house.bot, house.queue, house.capabilities)
    looks = []
    for _ in range(6):
        await deliveries.look()
        await asyncio.gather(*deliveries._busy.values())
        looks.append(len(deliveries._shown))
    assert looks[0] < 200
    assert looks[0] < looks[1] < looks[2]
    assert looks[-1] == 401
    await house.finish(job)
    await deliveries.look()
    await house.delivered(job)
    assert len(house.paintings()) == 1
    await asyncio.gather(*deliveries._busy.values())
    await house.queue.forget(job.owner)
    for _ in range(20):
        await deliveries.look()
    assert len(deliveries._shown) == 400


async def test_the_chats_of_jobs_that_are_shown_stay_claimed_between_two_looks_at_them(house: House) -> None:
    database = house.bot._inbox._engine
    mine, theirs = SharedClaims(database), SharedClaims(database)
    await mine.start()
    await theirs.start()
    await house.job()
    deliveries = Deliveries(house.bot, house.queue, house.capabilities, mine)
    await deliveries.look()
    await asyncio.gather(*deliveries._busy.values())
    mine._held[str(YOU)] -= 2 * IDLE_TIMEOUT
    deliveries._kept = float("-inf")
    deliveries._keep_claims()
    await mine._release_idle()
    assert await theirs.take({str(YOU)}) == set()


REFUSED = {"code": 400, "description": "Bad Request: some reason that nobody has heard of"}
FAILED = {"code": 500, "description": "Internal Server Error: sent message is somewhere"}
CALLS = ("sendLivePhoto", "deleteMessage", "setMessageReaction", "send*", "*")


def _refuse_paintings(house: House, **fault: Any) -> None:
    """Let Telegram refuse a painting in every form."""
    for call in ("sendLivePhoto", "sendPhoto", "sendDocument"):
        house.playground.fault(call, times=None, **fault)


async def test_a_failure_that_cannot_be_told_is_no_finished_painting(house: House) -> None:
    job = await house.job()
    (claimed,) = await house.leases.claim(WORKER)
    assert await house.leases.fail(claimed.id, WORKER, "out-of-memory")
    forbidden = "Bad Request: not enough rights to send text messages to the chat"
    house.playground.fault("sendMessage", code=400, description=forbidden, times=1)
    async with house.delivering():
        told = await house.delivered(job)
    assert house.playground.from_bot() == []
    assert not Address.model_validate(told.address).held


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "MAX_BACKOFF", 0.02)
    monkeypatch.setattr(token_buckets, "PRIVATE_LIMIT", (1000.0, 1000.0))


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("fault", [REFUSED, FAILED], ids=["refused", "failed"])
@pytest.mark.parametrize("call", CALLS)
async def test_a_call_of_a_delivery_that_fails_once_or_for_a_while_costs_no_painting(
    house: House, call: str, fault: dict[str, Any]
) -> None:
    for times in (1, 2):
        photo = await house.playground.send_photo(YOU, jpeg(64, 64))
        job = await house.job(source=photo["message_id"])
        await house.finish(job, **{TIMELAPSE: FILM})
        house.playground.fault(call, times=times, **fault)
        async with house.delivering():
            told = await house.delivered(job)
        assert not Address.model_validate(told.address).held
        assert len(house.paintings()) == times, "one more each time"
        house.playground.faults.clear()


@pytest.mark.usefixtures("_impatient")
async def test_who_cannot_be_told_now_that_a_painting_is_held_is_told_later(house: House) -> None:
    job = await house.job()
    await house.finish(job)
    for call in ("sendPhoto", "sendDocument"):
        house.playground.fault(call, times=None, **REFUSED)
    house.playground.fault("sendMessage", times=6, **FAILED)
    async with house.delivering():
        told = await house.delivered(job)
    (said,) = house.playground.from_bot()
    assert "is finished, but Telegram didn’t accept it" in said["text"]
    assert Address.model_validate(told.address).held


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("fault", [REFUSED, FAILED], ids=["refused", "failed"])
async def test_a_painting_that_telegram_refuses_for_good_waits_for_its_user_and_is_said_once(
    house: House, fault: dict[str, Any]
) -> None:
    job = await house.job()
    await house.finish(job, **{TIMELAPSE: FILM})
    _refuse_paintings(house, **fault)
    async with house.delivering():
        told = await house.delivered(job)
    (said,) = house.playground.from_bot()
    assert "is finished, but Telegram didn’t accept it" in said["text"]
    assert _labels(said) == ["🖼 Send it here"]
    assert Address.model_validate(told.address).held
    attempts = len(house.calls("sendDocument")) + len(house.calls("sendLivePhoto"))
    assert attempts <= 2 * (MAX_REFUSALS + 1), "bounded; a round that a busy machine cuts off is not counted"
    assert await house.queue.read(job.id, RESULT), "and kept"
    house.playground.faults.clear()
    again = Address.model_validate(told.address).model_copy(
        update={"held": False, "message": said["message_id"]}
    )
    new = again.model_dump(mode="json")
    assert await house.queue.redeliver(job.id, told.address or {}, new)
    assert not await house.queue.redeliver(job.id, told.address or {}, new), "asked for once"
    async with house.delivering():
        await house.delivered(job)
    assert house.playground.from_bot() == house.paintings(), "the offer is gone"


@pytest.mark.usefixtures("_impatient")
async def test_a_kill_between_holding_a_painting_and_noting_that_leaves_it_to_be_asked_for(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await house.job()
    await house.finish(job)
    _refuse_paintings(house, **REFUSED)
    with monkeypatch.context() as killed:
        end = asyncio.Event()

        async def dies(*_: Any) -> None:
            end.set()
            raise asyncio.CancelledError

        killed.setattr(Deliveries, "_end_held", dies)
        async with house.delivering():
            await asyncio.wait_for(end.wait(), 60)
    (before,) = [one for one in await undelivered(house.queue) if one.job.id == job.id]
    assert Address.model_validate(before.job.address).held
    async with house.delivering():
        told = await house.delivered(job)
    (said,) = house.playground.from_bot()
    assert _labels(said) == ["🖼 Send it here"], "the card is gone, and nothing is said twice"
    assert Address.model_validate(told.address).held


@pytest.mark.usefixtures("_impatient")
async def test_a_held_painting_that_is_asked_for_at_once_is_not_taken_for_delivered(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the bot has noted that it is held."""
    job = await house.job()
    await house.finish(job)
    _refuse_paintings(house, **REFUSED)
    remove_card = Deliveries._remove_card

    async def ask_meanwhile(deliveries: Deliveries, address: Address) -> None:
        await remove_card(deliveries, address)
        now = await house.queue.get(job.id)
        assert now is not None
        assert now.address is not None
        house.playground.faults.clear()
        if now.address["held"]:
            new = now.address | {"held": False, "message": 0, "painting": 0}
            assert await house.queue.redeliver(job.id, now.address, new)

    monkeypatch.setattr(Deliveries, "_remove_card", ask_meanwhile)
    async with house.delivering():
        await house.delivered(job)
    assert len(house.paintings()) == 1


@pytest.mark.usefixtures("_impatient")
async def test_a_painting_whose_film_is_refused_costs_the_chat_no_live_photos(house: House) -> None:
    house.playground.fault("sendLivePhoto", code=400, description="Bad Request: PHOTO_INVALID_DIMENSIONS")
    for live in (False, True):
        job = await house.job()
        await house.finish(job, **{TIMELAPSE: FILM})
        async with house.delivering():
            await house.delivered(job)
        assert ("live_photo" in house.paintings()[-1]) is live


@pytest.mark.usefixtures("_impatient")
async def test_an_older_server_without_live_photos_sends_the_still(house: House) -> None:
    house.playground.fault("sendLivePhoto", code=404, description="Not Found: method not found")
    job = await house.job()
    await house.finish(job, **{TIMELAPSE: FILM})
    async with house.delivering():
        await house.delivered(job)
    (painting,) = house.paintings()
    assert "live_photo" not in painting


@pytest.mark.usefixtures("_impatient")
async def test_a_reaction_to_a_message_that_is_no_more_is_no_refusal_of_reactions(house: House) -> None:
    house.playground.fault("setMessageReaction", code=400, description="Bad Request: MESSAGE_ID_INVALID")
    for _ in range(2):
        photo = await house.playground.send_photo(YOU, jpeg(64, 64))
        job = await house.job(source=photo["message_id"])
        await house.finish(job)
        async with house.delivering():
            await house.delivered(job)
            await house.playground.wait_for(lambda: len(house.calls("setMessageReaction")) > 0)
    await house.playground.wait_for(lambda: len(house.calls("setMessageReaction")) == 2)
