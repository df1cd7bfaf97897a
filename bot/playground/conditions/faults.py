"""Trouble on demand: errors, slowness, silence, lost connections, answers lost after the deed."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from http import HTTPStatus

from bot.playground.errors import ApiError, Refusal


@dataclass
class Fault:
    """What happens to the next `times` calls of `method`, after `skip` of them went through.

    With neither `code` nor `hang` nor `drop` the call only gets slower, by `latency` seconds.
    """

    method: str = "*"  # a name, or a pattern: send*, *
    chat_id: int | None = None
    times: int | None = 1  # None: until cleared
    skip: int = 0
    latency: float = 0.0  # seconds
    code: int | None = None
    description: str = ""
    retry_after: int | None = None  # seconds
    hang: bool = False  # no answer, for as long as the bot waits
    drop: bool = False  # the connection closes without an answer
    deliver: bool = False  # but the call takes effect first, before it hangs, drops or fails

    def matches(self, method: str, chat_id: int | None) -> bool:
        if self.chat_id is not None and self.chat_id != chat_id:
            return False
        return fnmatchcase(method.lower(), self.method.lower())

    def error(self) -> ApiError | None:
        if self.code is None:
            return None
        if self.code == HTTPStatus.TOO_MANY_REQUESTS:
            seconds = 1 if self.retry_after is None else self.retry_after
            words = self.description or f"Too Many Requests: retry after {seconds}"
            return ApiError(429, words, retry_after=seconds)
        wait = {} if self.retry_after is None else {"retry_after": self.retry_after}
        return ApiError(self.code, self.description or HTTPStatus(self.code).phrase, **wait)

    @classmethod
    def of(cls, data: Mapping[str, object]) -> "Fault":
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(data) - known):
            raise Refusal(f"A fault has no “{unknown[0]}”. It has: {', '.join(sorted(known))}.")
        try:
            return cls(**data)  # type: ignore[arg-type]  # checked by __post_init__
        except (TypeError, ValueError) as error:
            raise Refusal(f"That is no fault: {error}.") from None

    def __post_init__(self) -> None:
        if self.times == 0:
            raise ValueError("times must be at least 1")
        numbers = {"times": self.times, "skip": self.skip, "latency": self.latency, "code": self.code}
        for name, value in numbers.items():
            if value is not None and (not isinstance(value, int | float) or value < 0):
                raise ValueError(f"{name} must be a number that is not negative")
        if self.code is not None:
            HTTPStatus(self.code)


class Faults:
    def __init__(self) -> None:
        self.active: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        self.active.append(fault)
        return fault

    def clear(self) -> None:
        self.active.clear()

    def take(self, method: str, chat_id: int | None) -> Fault | None:
        """The fault that this call meets: the oldest that matches and is not still skipping."""
        for fault in [fault for fault in self.active if fault.matches(method, chat_id)]:
            if fault.skip:
                fault.skip -= 1
                continue
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self.active.remove(fault)
            return fault
        return None
