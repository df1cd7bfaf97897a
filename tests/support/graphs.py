"""A recorder of graphs where there is no GPU."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from engine.painting.graphs import Evaluation


class FakeRecorder:
    """Does again what was recorded, and writes it where it was written then, as a CUDA graph does."""

    def __init__(self, fault: Callable[[Tensor], None] | None = None) -> None:
        self.recorded: list[tuple[int, ...]] = []
        self.replayed = 0
        self.fault = fault

    def record(self, work: Callable[[], Evaluation]) -> tuple[Evaluation, Callable[[], None]]:
        found = work()
        self.recorded.append(tuple(found[1].shape))

        def replay() -> None:
            self.replayed += 1
            (losses, gradient), (new, slope) = found, work()
            gradient.copy_(slope)
            for name in ("total", "content", "style"):
                getattr(losses, name).copy_(getattr(new, name))
            if self.fault:
                self.fault(gradient)

        return found, replay
