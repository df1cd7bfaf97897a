"""The users of a load test: they send, choose, paint, and begin again."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from bot.playground import Fault
from bot.storage.job_address import owner
from tests.support.chat import PAINTED, STYLES, Chat, Json, keys, said
from tests.support.playground import Playground
from tests.support.sample_media import jpeg

ACTIONS: Final = 6
"""Actions of one painting: a photo, Adjust, two controls on average, back to the styles, a style."""
CONTROLS: Final = ("Strength", "colours", "Strokes", "Quality")
SENDING: Final = frozenset({"sendphoto", "senddocument", "sendlivephoto", "sendmediagroup"})
"""Methods that send paintings."""


@dataclass(slots=True)
class Arrivals:
    """How the accepted paintings arrived."""

    lost: int = 0
    """Not at all."""
    again: int = 0
    """A second time, as documented: Telegram's answer to a message of that chat was lost."""
    twice: int = 0
    """A second time without that."""


class Crowd:
    """The users, and what was measured of them."""

    def __init__(
        self,
        playground: Playground,
        count: int,
        rate: float,
        seconds: float,
        *,
        warm: bool = False,
        poll: float = 0.25,
        photo: tuple[int, int] = (128, 96),
    ) -> None:
        """Add the users, who together act ``rate`` times a second.

        Args:
            playground: the playground they chat in.
            count: number of users.
            rate: actions a second of all users together, once all have begun.
            seconds: time in which taps are measured. Afterwards no user begins another painting.
            warm: begin at the rate at which the users go on, and measure once all have begun. Otherwise all
                begin within one pause for thought, and are measured at once.
            poll: seconds between two polls of a chat.
            photo: size of the photos, in pixels.
        """
        self.playground, self.poll = playground, poll
        self.pause = count / rate
        self.coming = ACTIONS * self.pause if warm else min(self.pause, seconds)
        self.start = time.monotonic() + (self.coming if warm else 0.0)
        self.end = self.start + seconds
        self.times: list[float] = []
        """Milliseconds from a tap to its answer, of the measured taps."""
        self.unanswered = 0
        self.people = [playground.add_person(f"Person {number}") for number in range(count)]
        self.photo = jpeg(*photo)

    def over(self) -> bool:
        """Return whether the run has ended, so that no user begins another painting."""
        return time.monotonic() >= self.end

    async def live(self, number: int, dice: random.Random) -> None:
        """Act as one user until the end: send, choose, paint, and begin again, with pauses.

        Each user finishes a first painting, even after the end: a crowd in haste would tap all at once.
        """
        you = Chat(self.playground, self.people[number])
        await asyncio.sleep(dice.uniform(0, self.coming))
        first = True
        while first or not self.over():
            sent = await you.photo(self.photo)
            sheet = await self._newest(you, STYLES, sent)
            labels = [dice.choice(CONTROLS) for _ in range(dice.randint(1, 3))]
            for label in ("⚙ Adjust", *labels, "All styles", "Mosaic"):
                await self._think(dice)
                if self.over() and not first:
                    return
                await self._tap(you, sheet, label)
            await self._newest(you, PAINTED, sent)
            if not self.over():
                await self._think(dice)
            first = False

    async def _think(self, dice: random.Random) -> None:
        await asyncio.sleep(dice.uniform(0.5, 1.5) * self.pause)

    def begin(self, dice: random.Random) -> list[asyncio.Task[None]]:
        """Start a task for each user."""
        lives = range(len(self.people))
        return [asyncio.create_task(self.live(number, random.Random(dice.random()))) for number in lives]

    async def leave(self, lives: list[asyncio.Task[None]], seconds: float) -> int:
        """Wait for the users to finish, cancel the rest, and return the number of those."""
        _, late = await asyncio.wait(lives, timeout=seconds)
        for life in late:
            life.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        for life in lives:
            if not life.cancelled():
                life.result()  # raises what went wrong there
        return len(late)

    def arrivals(self, owners: Iterable[str], faults: Sequence[Fault] = ()) -> Arrivals:
        """Count the paintings that were accepted and did not arrive, and those that arrived twice.

        Args:
            owners: of the jobs that were accepted, one for each.
            faults: those that the bot's calls met.
        """
        accepted = Counter(owners)
        unheard = Counter(
            chat
            for fault in faults
            if fault.loses_answers
            for method, chat in fault.met
            if method.lower() in SENDING
        )
        arrivals = Arrivals()
        for person in self.people:
            more = len(Chat(self.playground, person).paintings()) - accepted[owner(person)]
            again = min(max(0, more), unheard[person])
            arrivals.lost += max(0, -more)
            arrivals.again += again
            arrivals.twice += max(0, more) - again
        return arrivals

    async def _newest(self, you: Chat, words: str, after: int) -> Json:
        while True:
            for message in reversed(self.playground.from_bot(you.id)):
                if message["message_id"] > after and words in said(message):
                    return message
            await asyncio.sleep(self.poll)

    async def _tap(self, you: Chat, message: Json, label: str) -> None:
        while True:
            offered = [button for row in keys(you.now(message)) for button in row]
            buttons = [button for button in offered if label in button["text"]]
            if buttons:
                break
            await asyncio.sleep(self.poll)
        counts, began = self.start <= time.monotonic() < self.end, time.perf_counter()
        answer = await self.playground.tap(you.id, message["message_id"], buttons[0]["callback_data"], 60)
        if counts:
            self.times.append((time.perf_counter() - began) * 1000)
        self.unanswered += not answer.answered
