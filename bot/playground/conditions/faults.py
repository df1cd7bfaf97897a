"""Faults on demand: errors, latency, calls that hang, lost connections, lost answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from http import HTTPStatus

from bot.playground.errors import ApiError, Refusal


@dataclass
class Fault:
    """A fault for the next `times` calls of `method`, after `skip` calls that go through.

    With neither `code` nor `hang` nor `drop` the call only gets slower, by `latency`.
    """

    method: str = "*"
    """A method's name, or a pattern such as ``send*``; ``download`` is the download of a file."""
    chat_id: int | None = None
    """The only chat that it concerns; None: all."""
    times: int | None = 1
    """Calls that fail; None: all until the faults are cleared."""
    skip: int = 0
    """Calls that go through first."""
    latency: float = 0.0
    """Seconds before anything else happens."""
    code: int | None = None
    """HTTP status of the error."""
    description: str = ""
    """The error's description; the status's own phrase by default."""
    retry_after: int | None = None
    """Seconds that the error tells the bot to wait."""
    hang: bool = False
    """True: there is no answer for as long as the bot waits."""
    drop: bool = False
    """True: the connection closes without an answer."""
    deliver: bool = False
    """True: the call takes effect before it hangs, drops or fails."""
    met: list[tuple[str, int | None]] = field(default_factory=list, init=False)
    """Methods and chats of the calls that met it."""

    @property
    def loses_answers(self) -> bool:
        """True if its calls take effect and the bot doesn't get to know."""
        return self.deliver and (self.hang or self.drop or self.code is not None)

    def matches(self, method: str, chat_id: int | None) -> bool:
        """True if it concerns a call of this method for this chat."""
        if self.chat_id is not None and self.chat_id != chat_id:
            return False
        return fnmatchcase(method.lower(), self.method.lower())

    def error(self) -> ApiError | None:
        """Return the error with which the call is answered, if it is one."""
        if self.code is None:
            return None
        if self.code == HTTPStatus.TOO_MANY_REQUESTS:
            seconds = 1 if self.retry_after is None else self.retry_after
            description = self.description or f"Too Many Requests: retry after {seconds}"
            return ApiError(429, description, retry_after=seconds)
        wait = {} if self.retry_after is None else {"retry_after": self.retry_after}
        return ApiError(self.code, self.description or HTTPStatus(self.code).phrase, **wait)

    @classmethod
    def of(cls, data: Mapping[str, object]) -> Fault:
        """Return the fault with these fields.

        Raises:
            Refusal: a field is unknown, or has an impossible value.
        """
        known = {each.name for each in fields(cls) if each.init}
        if unknown := sorted(set(data) - known):
            raise Refusal(f"A fault has no field “{unknown[0]}”. It has: {', '.join(sorted(known))}.")
        try:
            return cls(**data)  # type: ignore[arg-type]  # checked by __post_init__
        except (TypeError, ValueError) as error:
            raise Refusal(f"Invalid fault: {error}.") from None

    def __post_init__(self) -> None:
        """Check the numbers."""
        if self.times == 0:
            raise ValueError("times must be at least 1")
        numbers = {"times": self.times, "skip": self.skip, "latency": self.latency, "code": self.code}
        for name, value in numbers.items():
            if value is not None and (not isinstance(value, int | float) or value < 0):
                raise ValueError(f"{name} must be a number that is not negative")
        if self.code is not None:
            HTTPStatus(self.code)


class Faults:
    """The faults that are waiting for calls."""

    def __init__(self) -> None:
        """Start without any."""
        self.active: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Add a fault, and return it."""
        self.active.append(fault)
        return fault

    def clear(self) -> None:
        """Remove all faults."""
        self.active.clear()

    def take(self, method: str, chat_id: int | None) -> Fault | None:
        """Return the fault that this call meets, and count it: the oldest that matches and skips no more."""
        for fault in [fault for fault in self.active if fault.matches(method, chat_id)]:
            if fault.skip:
                fault.skip -= 1
                continue
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self.active.remove(fault)
            fault.met.append((method, chat_id))
            return fault
        return None
