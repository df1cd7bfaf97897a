"""Pictures leave a device that paints on; seen with streams that only note what is done."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.painting.outlet import KEPT, Direct, PinnedRing, open_outlet
from engine.painting.tensors import to_levels

CPU = torch.device("cpu")


class Backend:
    """Streams and events in the place of CUDA's. A copy has arrived when ``arrived`` is set."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.arrived = threading.Event()
        self.broken = False
        self.current = "painting"

    def Stream(self, _: torch.device) -> CopyStream:  # noqa: N802 - CUDA's name
        return CopyStream(self)

    def Event(self) -> Arrival:  # noqa: N802 - CUDA's name
        return Arrival(self)

    def current_stream(self, _: torch.device) -> str:
        return self.current

    @contextlib.contextmanager
    def stream(self, _: CopyStream) -> Iterator[None]:
        before, self.current = self.current, "copies"
        yield
        self.current = before


class CopyStream:
    def __init__(self, backend: Backend) -> None:
        self.backend = backend

    def wait_stream(self, other: str) -> None:
        self.backend.log.append(f"copies wait for {other}")


class Arrival:
    def __init__(self, backend: Backend) -> None:
        self.backend = backend

    def record(self, _: CopyStream) -> None:
        self.backend.log.append(f"recorded among {self.backend.current}")

    def synchronize(self) -> None:
        assert self.backend.arrived.wait(30)
        if self.backend.broken:
            raise RuntimeError("CUDA error: an illegal memory access was encountered")


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Backend:
    made = Backend()
    monkeypatch.setattr(Tensor, "record_stream", lambda *_: made.log.append("kept until copied"))
    return made


def picture(seed: int, side: int = 8) -> Tensor:
    return torch.rand(3, side, side, generator=torch.Generator().manual_seed(seed))


def test_the_painting_goes_on_while_pictures_are_on_their_way(backend: Backend) -> None:
    ring = PinnedRing(CPU, backend, pinned=False)
    readers = [ring.send(picture(number)) for number in range(5)]
    assert not backend.arrived.is_set(), "nothing has waited for a copy"
    assert backend.log[:3] == ["copies wait for painting", "recorded among copies", "kept until copied"]
    backend.arrived.set()
    for number, reader in enumerate(readers):
        assert np.array_equal(reader(), to_levels(picture(number)).numpy())


def test_slow_readers_keep_no_pinned_memory(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    empty = torch.empty

    def counted(size: int, **settings: object) -> Tensor:
        made.append(size)
        return empty(size, dtype=torch.uint8)

    ring = PinnedRing(CPU, backend, pinned=False)
    backend.arrived.set()
    monkeypatch.setattr(torch, "empty", counted)
    readers = []
    for number in range(40):
        readers.append(ring.send(picture(number)))
        assert ring._emptying.submit(lambda: True).result(30), "emptied"
    assert made == [3 * 8 * 8], "one buffer has served all"
    assert all(
        np.array_equal(reader(), to_levels(picture(number)).numpy()) for number, reader in enumerate(readers)
    )
    backend.arrived.clear()
    many = [ring.send(picture(number, 8 + number)) for number in range(2 * KEPT)]
    backend.arrived.set()
    assert [reader().shape[0] for reader in many] == [8 + number for number in range(2 * KEPT)]
    assert len(ring._free) == KEPT
    assert min(buffer.numel() for buffer in ring._free) > 3 * 8 * 8, "the largest are kept"


def test_an_error_of_the_device_is_the_readers(backend: Backend) -> None:
    ring = PinnedRing(CPU, backend, pinned=False)
    backend.broken = True
    reader = ring.send(picture(0))
    backend.arrived.set()
    with pytest.raises(RuntimeError, match="illegal memory access"):
        reader()


def test_a_device_without_streams_of_copies_has_a_plain_way_out() -> None:
    outlet = open_outlet(CPU)
    assert isinstance(outlet, Direct)
    assert np.array_equal(outlet.send(picture(3))(), to_levels(picture(3)).numpy())
