"""The check that jobs were started in their order, from a recording.

The rules. A job's tag is one more than the highest tag started so far and than every live one of its owner.
A claim starts the first queued job, by (tag, created, id), whose owner has nothing running. Enqueues and
claims take turns by the lock on the clock's row, and while they have it they write ``created`` and
``started`` by the database's clock: those times tell their exact order. Three things follow; each is checked.

*Tags.* Each job's tag is the one that the starts and the owner's live jobs before its ``created`` demand.

*Claims.* When job J starts, no other queued job K comes before J by (tag, created, id) while K's owner has
nothing running. The bound is zero: one such K breaks it. K counts where it is certain that K was queued, and
its owner idle, at that moment:

- From ``created`` to ``started`` a new job is queued: exact, however seldom we look.
- A job that ended does not run. SQLite has one writer at a time, so that is exact too. On PostgreSQL a
  report is written at ``finished`` but seen by others from its commit on, and a claim may have chosen just
  before, even that of the same worker, which claims while a painting is encoded and reported. So it counts
  from ``SLACK`` after the first look that showed it.
- When a job went back to the queue is written nowhere: it counts as queued from the first look that shows it
  (on PostgreSQL, from ``SLACK`` after that) to its next ``started``.
- On PostgreSQL a claim chooses before it writes ``started``; if its process was suspended in between, what
  others did meanwhile does not count.

So what escapes is what happened between two looks around a return to the queue, or within ``SLACK`` of
another worker's commit. The report says how many such pairs of J and K could not be judged.

*Overtaking*, the round-robin bound itself. Who has nothing under way gets the tag after the one started last;
no later job gets a smaller one, and an equal one is ``created`` later. So *no* job that is enqueued later
starts first before this one does, however many jobs others have; before it start only those that waited
already, at most the live limit of each other owner. These are times of the database alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final

from engine.queue import State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.chaos.recording import Phase, Snapshot

SLACK: Final = 1.0
"""Seconds for which PostgreSQL may still show a claim what was before a commit that we have seen."""
TICK: Final = 0.002
"""Seconds: the database's clock counts milliseconds on SQLite, so closer moments have no order."""
TOGETHER: Final = 0.05
"""Seconds within which a worker's starts are one claim of a batch. Only the first was chosen by its place."""


class Sure(Enum):
    """An answer from the recording."""

    YES = "yes"
    NO = "no"
    PERHAPS = "perhaps"


@dataclass(frozen=True, slots=True)
class Start:
    """One start of a job."""

    job: Snapshot
    at: float
    worker: str | None
    """None if it was never seen running."""
    attempt: int


@dataclass(frozen=True, slots=True)
class Suspension:
    """A time in which a worker's process stood still."""

    begin: float
    end: float


@dataclass(slots=True)
class Judgement:
    """The fairness of the starts."""

    starts: int = 0
    unseen: int = 0
    """Starts that came and went between two looks."""
    passed: int = 0
    """Pairs of a start and a job that it passed by rightly: its owner had one running."""
    unsure: int = 0
    """Such pairs of which the recording cannot tell."""
    alone: int = 0
    """Jobs of owners who had nothing else under way."""
    broken: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Story:
    """The recording of one job."""

    phases: Sequence[Phase]
    serial: bool
    """True if the database has one writer at a time."""

    @property
    def snapshot(self) -> Snapshot:
        """The job as it was seen last."""
        return self.phases[-1].snapshot

    def starts(self) -> list[Start]:
        """Every start that a look has shown."""
        found: dict[float, Start] = {}
        for phase in self.phases:
            seen = phase.snapshot
            if seen.started is not None and (seen.started not in found or seen.state is State.RUNNING):
                worker = seen.worker if seen.state in (State.RUNNING, State.DONE) else None
                found[seen.started] = Start(seen, seen.started, worker, seen.attempts)
        return list(found.values())

    def first(self) -> tuple[float, float]:
        """When the job started first: exactly, or between two moments."""
        starts = self.starts()
        if not starts:
            return math.inf, math.inf
        if starts[0].attempt == 1:
            return starts[0].at, starts[0].at
        waiting = [phase.last for phase in self.phases if not phase.snapshot.attempts]
        return max([self.snapshot.created, *waiting]), starts[0].at

    def queued(self, at: float, known: float) -> Sure:
        """Return whether the job waited in the queue at a moment.

        Args:
            known: what was seen after this moment does not count; earlier than ``at`` for a slow claim.
        """
        if at < self.snapshot.created + TICK:
            return Sure.NO if at < self.snapshot.created - TICK else Sure.PERHAPS
        if at + TICK < self.first()[0]:
            return Sure.YES
        return self._after_first(at, known, waits=True)

    def idle(self, at: float, known: float) -> Sure:
        """Return whether the job was not running, for a claim at a moment."""
        if at + TICK < self.first()[0]:
            return Sure.YES
        return self._after_first(at, known, waits=False)

    def _after_first(self, at: float, known: float, *, waits: bool) -> Sure:
        slack = 0.0 if self.serial else SLACK
        for number, phase in enumerate(self.phases):
            seen = phase.snapshot
            if seen.state is State.RUNNING and (seen.started or math.inf) + TICK < at < phase.last:
                return Sure.NO
            if seen.state.terminal and seen.finished is not None:
                exact = waits or self.serial
                if at > seen.finished + TICK and (exact or phase.first + slack < known):
                    return Sure.NO if waits else Sure.YES
            back = seen.state is State.QUEUED and seen.attempts > 0
            if back and phase.first + slack < known and at + TICK < self._left(number):
                return Sure.YES
        return Sure.PERHAPS

    def _left(self, number: int) -> float:
        """Until when the job certainly stayed as the phase of this number shows it: queued."""
        if number + 1 == len(self.phases):
            return math.inf
        now, later = self.phases[number], self.phases[number + 1].snapshot
        if later.attempts == now.snapshot.attempts + 1 and later.started is not None:
            return later.started
        return now.last


class Judge:
    """Judges one recording."""

    def __init__(
        self,
        phases: Mapping[str, Sequence[Phase]],
        suspended: Mapping[str, Sequence[Suspension]],
        *,
        serial: bool,
    ) -> None:
        self._stories = [Story(each, serial) for each in phases.values()]
        self._serial = serial
        self._suspended = suspended
        self._starts = sorted(
            (start for story in self._stories for start in story.starts()), key=lambda start: start.at
        )

    def judge(self) -> Judgement:
        """Judge tags, claims and overtaking."""
        seen = len(self._starts)
        judgement = Judgement(seen, max(0, sum(story.snapshot.attempts for story in self._stories) - seen))
        for start in self._starts:
            if not self._was_in_a_batch(start):
                self._judge_start(start, judgement)
        for story in self._stories:
            self._judge_tag(story, judgement)
            self._judge_overtaking(story, judgement)
        return judgement

    def _was_in_a_batch(self, start: Start) -> bool:
        return any(
            other.worker == start.worker is not None
            and abs(other.at - start.at) < TOGETHER
            and other.job.key < start.job.key
            for other in self._starts
        )

    def _judge_start(self, start: Start, judgement: Judgement) -> None:
        known = self._known(start)
        for story in self._stories:
            if story.snapshot.id == start.job.id or story.snapshot.key > start.job.key:
                continue
            queued = story.queued(start.at, known)
            if queued is Sure.NO:
                continue
            idle = self._idle_owner(story.snapshot, start, known)
            if idle is Sure.NO:
                judgement.passed += 1
            elif Sure.PERHAPS in (queued, idle):
                judgement.unsure += 1
            else:
                judgement.broken.append(
                    f"{start.job.id} (tag {start.job.tag}) was started by {start.worker} at {start.at:.3f} "
                    f"while {story.snapshot.id} (tag {story.snapshot.tag}) waited and its owner ran nothing"
                )

    def _idle_owner(self, waiting: Snapshot, start: Start, known: float) -> Sure:
        """Return whether the owner of a waiting job had nothing running when another job started."""
        answers = {
            story.idle(start.at, known)
            for story in self._stories
            if story.snapshot.owner == waiting.owner and story.snapshot.id not in (waiting.id, start.job.id)
        }
        return next((answer for answer in (Sure.NO, Sure.PERHAPS) if answer in answers), Sure.YES)

    def _known(self, start: Start) -> float:
        """Until when a claim certainly knew what others had done."""
        if self._serial:
            return start.at
        suspensions = (
            self._suspended.get(start.worker, ())
            if start.worker
            else [each for some in self._suspended.values() for each in some]
        )
        begins = (each.begin for each in suspensions if each.begin < start.at < each.end + SLACK)
        return min([start.at, *begins])

    def _judge_tag(self, story: Story, judgement: Judgement) -> None:
        job = story.snapshot
        least, most = 0, 0
        for other in self._stories:
            if other is story:
                continue
            sure, perhaps = self._demands(other, job)
            least = max(least, other.snapshot.tag if sure else 0)
            most = max(most, other.snapshot.tag if perhaps else 0)
        if not least + 1 <= job.tag <= most + 1:
            judgement.broken.append(f"{job.id} has the tag {job.tag}, not one of {least + 1} to {most + 1}")

    def _demands(self, other: Story, job: Snapshot) -> tuple[bool, bool]:
        """Return whether another job's tag counted for a new job's, certainly and perhaps."""
        earliest, latest = other.first()
        sure, perhaps = latest + TICK < job.created, earliest < job.created + TICK
        if other.snapshot.owner == job.owner:
            before = other.snapshot.created < job.created
            ended = other.snapshot.finished if other.snapshot.finished is not None else math.inf
            sure = sure or (before and job.created + TICK < ended)
            perhaps = perhaps or before
        return sure, perhaps

    def _judge_overtaking(self, story: Story, judgement: Judgement) -> None:
        job = story.snapshot
        others = [each for each in self._stories if each is not story]
        for other in others:
            mine = other.snapshot.owner == job.owner and other.snapshot.created < job.created
            if mine and not self._had_ended(other, job.created):
                return
        judgement.alone += 1
        for other in others:
            # Of those with one tag, the earlier comes first by the database's clock, which may be put back.
            late = other.snapshot.created > job.created + TICK
            if other.snapshot.tag == job.tag:
                late = late and other.snapshot.key > job.key
            if late and other.first()[1] + TICK < story.first()[0]:
                judgement.broken.append(
                    f"{other.snapshot.id} came after {job.id}, which was alone, and overtook it"
                )

    def _had_ended(self, story: Story, at: float) -> bool:
        phase = next((each for each in story.phases if each.snapshot.state.terminal), None)
        if phase is None or phase.snapshot.finished is None:
            return False
        return (phase.snapshot.finished if self._serial else phase.first + SLACK) + TICK < at
