"""Evaluations of small canvases as CUDA graphs: one start instead of some hundred and fifty.

A graph reads and writes memory of its own. So what it evaluates is copied there, and its results are copied
out: nobody else ever holds what the next replay changes.
"""

from __future__ import annotations

import contextlib
import copy
import logging
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final, Protocol

import torch
from torch import Tensor

from engine.painting.device_memory import first_line, is_out_of_memory
from engine.painting.loss import Losses, StyleTransferLoss

log = logging.getLogger(__name__)

MAX_PIXELS: Final = 512**2
"""Pixels of all canvases in one pass: larger ones take a GPU longer than their kernels take to start."""
KEPT: Final = 6
"""Graphs that are kept for later canvases of the same shape, batch and precision."""

Evaluation = tuple[Losses, Tensor]


class Recorder(Protocol):
    """Records work on a device."""

    def record(self, work: Callable[[], Evaluation]) -> tuple[Evaluation, Callable[[], None]]:
        """Do the work once, record it, and return its results and its replay, which writes them anew.

        Raises:
            RuntimeError: it cannot be recorded.
        """
        ...


class CudaRecorder:
    """Records CUDA graphs, which share their memory: none needs another's between two replays."""

    def __init__(self, device: torch.device, backend: Any = torch.cuda) -> None:
        """Record for a device; ``backend`` is what has its graphs and streams."""
        self._device, self._backend = device, backend
        self._stream = backend.Stream(device)
        self._pool: Any = None
        self._recorded: weakref.WeakSet[Any] = weakref.WeakSet()
        """The graphs in the pool. Without any, PyTorch no longer takes it for one."""

    def record(self, work: Callable[[], Evaluation]) -> tuple[Evaluation, Callable[[], None]]:
        """Record on a stream of its own, as CUDA asks for."""
        current, graph = self._backend.current_stream(self._device), self._backend.CUDAGraph()
        if not self._recorded:
            self._pool = self._backend.graph_pool_handle()
        self._stream.wait_stream(current)
        with self._backend.stream(self._stream):
            work()  # libraries make room for themselves at their first call, which cannot be recorded
            # Other threads go on: they copy previews.
            graph.capture_begin(pool=self._pool, capture_error_mode="thread_local")
            try:
                found = work()
            except BaseException:
                self._recorded.clear()  # what has failed may still count as one of the pool
                with contextlib.suppress(RuntimeError):  # the reason is the first error's
                    graph.capture_end()
                raise
            graph.capture_end()
        self._recorded.add(graph)
        current.wait_stream(self._stream)
        return found, graph.replay


class Graphs:
    """The graphs of a network, of which the least recently used is dropped for a new one."""

    def __init__(self, recorder: Recorder | None, kept: int = KEPT) -> None:
        """Keep so many; without a recorder there is none, and everything is evaluated as usual."""
        self._recorder, self._most = recorder, kept
        self._kept: OrderedDict[str, _Graph | None] = OrderedDict()
        """By what must be equal for a replay to serve; None where there was too little memory for one."""

    @property
    def records(self) -> bool:
        """Tell whether graphs are recorded here, and none has been wrong."""
        return self._recorder is not None

    def evaluator(self, loss: StyleTransferLoss) -> Callable[[Tensor], Evaluation]:
        """Return what gives the same as :meth:`StyleTransferLoss.evaluate`, to the last bit."""
        if self._recorder is None or len(loss.tiles) > 1 or loss.photo[:, 0].numel() > MAX_PIXELS:
            return loss.evaluate
        return partial(self._evaluate, _signature(loss), loss)

    def _evaluate(self, key: str, loss: StyleTransferLoss, canvas: Tensor) -> Evaluation:
        if self._recorder is None:
            return loss.evaluate(canvas)
        if key not in self._kept:
            return self._recorded(self._recorder, key, loss, canvas)
        self._kept.move_to_end(key)
        graph = self._kept[key]
        return graph.evaluate(loss, canvas) if graph else loss.evaluate(canvas)

    def clear(self) -> bool:
        """Drop all graphs, and so their memory; tell whether there were any."""
        found = any(self._kept.values())
        self._kept.clear()
        return found

    def _recorded(self, recorder: Recorder, key: str, loss: StyleTransferLoss, canvas: Tensor) -> Evaluation:
        """Evaluate as usual, and keep a graph if its replay gives the same."""
        wanted = loss.evaluate(canvas)
        if not all(each.isfinite().all() for each in _numbers(wanted)):
            return wanted  # what is no number equals nothing
        while len(self._kept) >= self._most:
            self._kept.popitem(last=False)
        try:
            graph = _Graph(recorder, loss, canvas)
            found = graph.evaluate(loss, canvas)
        except RuntimeError as error:
            if not is_out_of_memory(error):
                return self._without(first_line(error), wanted)
            self.clear()
            self._kept[key] = None
            return wanted
        if not all(torch.equal(*pair) for pair in zip(_numbers(found), _numbers(wanted), strict=True)):
            return self._without("a replay gives other numbers", wanted)
        self._kept[key] = graph
        return wanted

    def _without(self, why: str, wanted: Evaluation) -> Evaluation:
        log.warning("CUDA graphs are not used: %s", why)
        self._recorder = None
        self.clear()
        return wanted


class _Graph:
    """One recorded evaluation."""

    def __init__(self, recorder: Recorder, loss: StyleTransferLoss, canvas: Tensor) -> None:
        self._loss, self._canvas = _cloned(loss), canvas.clone()
        self._owner = weakref.ref(loss)
        self._found, self._replay = recorder.record(lambda: self._loss.evaluate(self._canvas))

    def evaluate(self, loss: StyleTransferLoss, canvas: Tensor) -> Evaluation:
        if self._owner() is not loss:
            for own, given in zip(_tensors(vars(self._loss)), _tensors(vars(loss)), strict=True):
                own.copy_(given)
            self._owner = weakref.ref(loss)
        self._canvas.copy_(canvas)
        self._replay()
        losses, gradient = self._found
        total, content, style = torch.stack((losses.total, losses.content, losses.style)).unbind()
        return Losses(total, content, style), gradient.clone()


def _numbers(evaluation: Evaluation) -> tuple[Tensor, ...]:
    losses, gradient = evaluation
    return losses.total, losses.content, losses.style, gradient


def _signature(loss: StyleTransferLoss) -> str:
    """Return what two losses have in common if a graph of the one can evaluate the other."""
    laid = [
        (name, tuple((each.shape, each.stride(), each.dtype) for each in _tensors(value)))
        for name, value in vars(loss).items()
    ]
    return repr((id(loss.extractor.features), loss.objective, laid))


def _tensors(value: object) -> Iterator[Tensor]:
    """Yield the tensors in a nest of mappings and sequences, in a fixed order."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _tensors(each)
    elif isinstance(value, (tuple, list)):
        for each in value:
            yield from _tensors(each)


def _cloned(loss: StyleTransferLoss) -> StyleTransferLoss:
    """Copy a loss with all its tensors, in their layouts."""
    found = copy.copy(loss)
    copies = {id(each): each.clone() for each in _tensors(vars(loss))}
    for name, value in vars(loss).items():
        setattr(found, name, _replaced(value, copies))
    return found


def _replaced(value: Any, copies: Mapping[int, Tensor]) -> Any:
    if isinstance(value, Tensor):
        return copies[id(value)]
    if isinstance(value, Mapping):
        return {name: _replaced(each, copies) for name, each in value.items()}
    if isinstance(value, tuple):
        return tuple(_replaced(each, copies) for each in value)
    return value
