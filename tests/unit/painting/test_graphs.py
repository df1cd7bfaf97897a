"""Evaluations are recorded once for each shape and replayed, and nobody sees the difference."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor

from engine.errors import NumericalError
from engine.painting import graphs as graphs_module
from engine.painting.commission import Commission
from engine.painting.graphs import CudaRecorder, Graphs
from engine.painting.loss import StyleTransferLoss
from engine.painting.network import Network
from engine.painting.painter import Step, paint
from engine.painting.recipe import Recipe
from engine.painting.result import Painting
from engine.painting.scales import Scale
from tests.support.graphs import FakeRecorder
from tests.support.narrow import NarrowNetwork

PHOTO = Image.effect_noise((64, 64), 60).convert("RGB")
OTHER = PHOTO.rotate(180)
STYLE = Image.linear_gradient("L").convert("RGB")
SHAPES = 2
EACH = 2
"""Iterations on each canvas."""
ITERATIONS = SHAPES * EACH


class Brief(Commission):
    """A painting of two small canvases."""

    @property
    def scales(self) -> tuple[Scale, ...]:
        width, height = self.photo.size
        return Scale(width // 2, height // 2, EACH), Scale(width, height, EACH)


@pytest.fixture
def recorder(network: Network) -> FakeRecorder:
    made = FakeRecorder()
    network.__dict__["graphs"] = Graphs(made)
    return made


@pytest.fixture
def network(vgg16: dict[str, Tensor]) -> Network:
    return NarrowNetwork(vgg16, torch.device("cpu"), torch.float32)


def steps(network: Network, photo: Image.Image, **changes: Any) -> Iterator[Step | Painting]:
    return paint(network, Brief(photo, [STYLE], Recipe(size=128), **changes))


def painted(network: Network, photo: Image.Image, **changes: Any) -> bytes:
    return next(
        step for step in steps(network, photo, **changes) if isinstance(step, Painting)
    ).image.tobytes()


def test_a_shape_is_recorded_once_and_replayed_for_other_pictures_too(
    network: Network, recorder: FakeRecorder
) -> None:
    usual = network.graphs
    network.__dict__["graphs"] = Graphs(None)
    wanted = [painted(network, photo) for photo in (PHOTO, OTHER)]
    assert not recorder.recorded
    network.__dict__["graphs"] = usual
    assert [painted(network, photo) for photo in (PHOTO, OTHER)] == wanted
    assert len(recorder.recorded) == SHAPES == len(set(recorder.recorded))
    assert recorder.replayed == 2 * ITERATIONS


def test_two_paintings_by_turns_do_not_see_each_others_photos(
    network: Network, recorder: FakeRecorder
) -> None:
    wanted = [painted(network, photo) for photo in (PHOTO, OTHER)]
    last = [PHOTO.tobytes()] * 2
    for pair in zip(steps(network, PHOTO), steps(network, OTHER), strict=True):
        for number, step in enumerate(pair):
            last[number] = step.image.tobytes() if isinstance(step, Painting) else b""
    assert last == wanted
    assert len(recorder.recorded) == SHAPES


def test_a_painting_that_was_stopped_goes_on_from_its_checkpoint(
    network: Network, recorder: FakeRecorder
) -> None:
    wanted, checkpoint = painted(network, PHOTO), b""
    shown: list[tuple[Tensor, Tensor, float]] = []
    running = steps(network, PHOTO)
    for step in running:
        assert isinstance(step, Step)
        if len(shown) < 2:
            shown.append((step.snapshot(), step.losses.total, float(step.losses.total)))
        if step.leaves_checkpoint:
            checkpoint = step.checkpoint()
            break
    running.close()  # type: ignore[attr-defined]
    assert not torch.equal(shown[0][0], shown[1][0]), "a preview stays as it was"
    assert all(float(loss) == then for _, loss, then in shown), "and so does a loss"
    assert painted(network, PHOTO, checkpoint=checkpoint) == wanted


def test_the_least_recently_used_graph_is_dropped(network: Network) -> None:
    recorder = FakeRecorder()
    network.__dict__["graphs"] = Graphs(recorder, kept=SHAPES)
    painted(network, PHOTO)
    narrow = PHOTO.crop((0, 0, 64, 48))
    painted(network, narrow)
    assert len(recorder.recorded) == 2 * SHAPES
    painted(network, narrow)
    assert len(recorder.recorded) == 2 * SHAPES
    painted(network, PHOTO)
    assert len(recorder.recorded) == 3 * SHAPES


def test_large_canvases_and_tiles_are_not_recorded(
    network: Network, recorder: FakeRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graphs_module, "MAX_PIXELS", 40**2)
    painted(network, PHOTO)
    assert recorder.recorded == [(1, 3, 32, 32)]


def spoil(gradient: Tensor) -> None:
    gradient.view(-1)[0] += 1e-3


def refuse(_: Tensor) -> None:
    raise RuntimeError("operation not permitted when stream is capturing\nmore")


@pytest.mark.parametrize(
    ("fault", "words"),
    [(spoil, "other numbers"), (refuse, "operation not permitted when stream is capturing")],
)
def test_a_graph_that_is_wrong_is_not_used_and_it_is_said_once(
    network: Network, fault: Callable[[Tensor], None], words: str, caplog: pytest.LogCaptureFixture
) -> None:
    wanted = painted(network, PHOTO)
    broken = FakeRecorder(fault)
    network.__dict__["graphs"] = Graphs(broken)
    with caplog.at_level(logging.WARNING):
        assert painted(network, PHOTO) == wanted
        assert painted(network, PHOTO) == wanted
    assert len(broken.recorded) == 1
    (record,) = caplog.records
    assert words in record.message
    assert "\n" not in record.message


def test_too_little_memory_for_a_graph_is_no_trouble(
    network: Network, caplog: pytest.LogCaptureFixture
) -> None:
    wanted = painted(network, PHOTO)

    def full(_: Tensor) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    short = FakeRecorder(full)
    network.__dict__["graphs"] = Graphs(short)
    assert painted(network, PHOTO) == wanted
    assert len(short.recorded) == SHAPES, "each shape is tried once"
    short.fault = None
    network.graphs.clear()
    assert painted(network, PHOTO) == wanted
    assert short.replayed == SHAPES + ITERATIONS
    assert not caplog.records


def test_what_is_no_number_is_not_recorded_and_says_nothing_about_graphs(
    network: Network,
    recorder: FakeRecorder,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    wanted, evaluate = painted(network, OTHER), StyleTransferLoss.evaluate
    network.graphs.clear()
    recorder.recorded.clear()

    def diverged(loss: StyleTransferLoss, canvas: Tensor) -> Any:
        losses, gradient = evaluate(loss, canvas)
        return losses, gradient * float("nan")

    with monkeypatch.context() as overflow:
        overflow.setattr(StyleTransferLoss, "evaluate", diverged)
        with pytest.raises(NumericalError):
            painted(network, PHOTO)
    assert recorder.recorded == []
    assert not caplog.records
    assert painted(network, OTHER) == wanted
    assert len(recorder.recorded) == SHAPES


def test_graphs_make_room_before_a_painting_takes_a_thriftier_way(
    network: Network, recorder: FakeRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = painted(network, OTHER)
    narrow = PHOTO.crop((0, 0, 64, 48))
    painted(network, narrow)
    evaluate = StyleTransferLoss.evaluate

    def short(loss: StyleTransferLoss, canvas: Tensor) -> Any:
        if len(network.graphs._kept) > SHAPES:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return evaluate(loss, canvas)

    network.graphs._kept.popitem(last=False)  # that of the other shape's first canvas
    monkeypatch.setattr(StyleTransferLoss, "evaluate", short)
    found = [step for step in steps(network, OTHER) if isinstance(step, Painting)]
    assert found[0].image.tobytes() == wanted
    assert found[0].facts["notes"] == ["photo-smaller-than-size"]


class Backend:
    """What torch.cuda has for graphs, and the order in which it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.pools = 0

    def graph_pool_handle(self) -> str:
        self.pools += 1
        return f"pool {self.pools}"

    def Stream(self, _: torch.device) -> Backend:  # noqa: N802 - torch's name
        return self

    current_stream = Stream

    def wait_stream(self, _: Backend) -> None:
        self.asked.append("wait")

    @contextlib.contextmanager
    def stream(self, _: Backend) -> Iterator[None]:
        self.asked.append("enter")
        yield
        self.asked.append("leave")

    def CUDAGraph(self) -> Graph:  # noqa: N802 - torch's name
        return Graph(self.asked)


class Graph:
    """One of its graphs."""

    def __init__(self, asked: list[str]) -> None:
        self.asked = asked

    def capture_begin(self, pool: str, capture_error_mode: str) -> None:
        self.asked.append(f"begin {pool} {capture_error_mode}")

    def capture_end(self) -> None:
        self.asked.append("end")
        if "broken" in self.asked:
            raise RuntimeError("operation failed due to a previous error during capture")

    def replay(self) -> None:
        self.asked.append("replay")


def test_a_cuda_graph_is_recorded_beside_the_painting_and_ended_if_it_fails() -> None:
    backend = Backend()
    recorder = CudaRecorder(torch.device("cpu"), backend)

    def work() -> Any:
        backend.asked.append("work")
        return "found"

    result: Any = recorder.record(work)
    found, replay = result
    replay()
    assert found == "found"
    begun = ["wait", "enter", "work", "begin pool 1 thread_local", "work", "end"]
    assert backend.asked == [*begun, "leave", "wait", "replay"]
    backend.asked.clear()

    def fails() -> Any:
        work()
        if backend.asked.count("work") == 2:
            backend.asked.append("broken")
            raise RuntimeError("capturing")

    with pytest.raises(RuntimeError, match="capturing"):
        recorder.record(fails)
    assert backend.asked[-2:] == ["broken", "end"]


def test_graphs_share_memory_that_is_asked_for_anew_when_all_of_them_are_gone() -> None:
    """PyTorch no longer knows the memory of graphs that are gone, and fails if it is named."""
    backend = Backend()
    recorder = CudaRecorder(torch.device("cpu"), backend)

    def pool() -> str:
        return next(each for each in reversed(backend.asked) if each.startswith("begin")).split()[2]

    kept = [recorder.record(lambda: None) for _ in range(2)]  # type: ignore[arg-type, return-value]
    assert pool() == "1"
    kept.pop()
    kept.append(recorder.record(lambda: None))  # type: ignore[arg-type, return-value]
    assert pool() == "1"
    kept.clear()
    kept.append(recorder.record(lambda: None))  # type: ignore[arg-type, return-value]
    assert pool() == "2"
