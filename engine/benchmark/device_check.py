"""Figures that only a device itself can give: one of an iteration each, and what is promised of it.

A figure that cannot be had is an error in its line, and the others go on.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final

import torch
from PIL import Image
from torch import Tensor

from engine.benchmark import ours
from engine.benchmark.stopwatch import Stopwatch
from engine.painting.cuda_kernels import CudaKernels
from engine.painting.kernels import kernels_of
from engine.painting.loss import FeatureExtractor, StyleTransferLoss, Target
from engine.painting.memory_prediction import Method, predict
from engine.painting.network import Network
from engine.painting.optimizers import HISTORY, LBFGS, Optimizer
from engine.painting.recipe import Recipe
from engine.painting.scales import COARSEST, Scale
from engine.painting.usual_kernels import Kernels

CASES: Final = ((256, 1), (512, 1), (1024, 1), (2048, 1), (256, 8), (512, 4), (512, 8))
"""Sizes of the canvases, and canvases in one pass."""
RUN_SECONDS: Final = 0.8
"""Seconds of a timed run, about."""
COPIED: Final = 2**30
"""Bytes that are copied to measure the memory's bandwidth."""

Figure = dict[str, Any]


def figures(
    network: Network, cases: Sequence[tuple[int, int]] = CASES, copied: int = COPIED
) -> Iterator[Figure]:
    """Yield each figure as soon as it is known."""
    yield _figure("memory", partial(_memory, network.device, copied))
    yield _figure("fused-convolution", partial(_fused_convolution, network, max(cases)[0]))
    for size, batch in cases:
        yield _figure("iteration", partial(_iteration, network, size, batch), size=size, batch=batch)
    size, batch = cases[0]
    yield _figure("graph", partial(_graph, network, size, batch), size=size, batch=batch)
    yield _figure("same-bytes", partial(_same_bytes, network, size), size=size)


def _figure(what: str, measure: Callable[[], Figure], **about: Any) -> Figure:
    try:
        return {"what": what, **about, **measure()}
    except (RuntimeError, MemoryError, AttributeError) as error:
        return {"what": what, **about, "error": repr(error)[:300]}


def _memory(device: torch.device, size: int) -> Figure:
    one = torch.empty(size, dtype=torch.uint8, device=device)
    other = torch.empty_like(one)
    seconds, _ = _timed(device, lambda: other.copy_(one))
    tiny = torch.zeros(8, device=device)
    _, start = _timed(device, lambda: tiny.add_(1))
    return {"bytes_per_second": round(2 * size / seconds), "start_seconds": start}


def _fused_convolution(network: Network, size: int) -> Figure:
    """Tell of which numbers the convolution in one kernel is trusted, and time it against the usual one."""
    device, kernels = network.device, kernels_of(network.device)
    if not isinstance(kernels, CudaKernels):
        return {"skipped": "only CUDA has it"}
    trusted = {str(kind): kernels.fuses(device, kind) for kind in (torch.float32, torch.bfloat16)}
    x, weight = (
        torch.rand(*shape, device=device).to(network.precision, memory_format=torch.channels_last)
        for shape in ((1, 64, size, size), (64, 64, 3, 3))
    )
    bias = torch.rand(64, device=device, dtype=network.precision)
    with torch.no_grad():
        seconds, _ = _timed(device, lambda: kernels.convolve_relu(x, weight, bias, 1))
        usual, _ = _timed(device, lambda: Kernels().convolve_relu(x, weight, bias, 1))
    return {"trusted": trusted, "seconds": seconds, "usual_seconds": usual}


def _iteration(network: Network, size: int, batch: int) -> Figure:
    """Time an iteration; see that it waits for nothing, and takes no more memory than predicted."""
    device, on_gpu = network.device, network.device.type == "cuda"
    before = torch.cuda.memory_allocated(device) if on_gpu else 0
    loss, optimizer, canvas = _ready(network, size, batch)
    if on_gpu:
        torch.cuda.reset_peak_memory_stats(device)

    def iterate() -> None:
        _, gradient = loss.evaluate(canvas)
        optimizer.step(canvas, gradient)

    for _ in range(HISTORY + 1):
        iterate()
    waits = _waits(iterate) if on_gpu else None
    seconds, host = _timed(device, iterate)
    whole = Method(None, "lbfgs")
    predicted = predict(Scale(size, size, 1), batch, network.precision, whole, reach=network.features().reach)
    return {
        "seconds": seconds,
        "host_seconds": host,
        "rate": batch * size * size / 1e6 / seconds,
        "waits": waits,
        "peak": torch.cuda.max_memory_allocated(device) - before if on_gpu else None,
        "predicted_peak": predicted,
    }


def _waits(iterate: Callable[[], None]) -> str | None:
    """Return what an iteration waits for the device for, if it does."""
    torch.cuda.set_sync_debug_mode("error")
    try:
        iterate()
    except RuntimeError as error:
        return str(error)[:200]
    finally:
        torch.cuda.set_sync_debug_mode("default")
    return None


def _graph(network: Network, size: int, batch: int) -> Figure:
    """Replay an evaluation as a CUDA graph, and compare its gradient with the one without."""
    device = network.device
    if device.type != "cuda":
        return {"skipped": "only CUDA has graphs"}
    loss, _, canvas = _ready(network, size, batch)
    side = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
    side.wait_stream(torch.cuda.current_stream(device))
    with torch.cuda.stream(side):
        for _ in range(3):
            loss.evaluate(canvas)
    torch.cuda.current_stream(device).wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        _, replayed = loss.evaluate(canvas)
    _, wanted = loss.evaluate(canvas)
    graph.replay()
    equal = torch.equal(wanted, replayed)
    eager, _ = _timed(device, lambda: loss.evaluate(canvas))
    seconds, _ = _timed(device, graph.replay)
    return {"equal": equal, "evaluation_seconds": eager, "replay_seconds": seconds}


def _same_bytes(network: Network, size: int) -> Figure:
    photo, style = (Image.effect_noise((size, size), sigma).convert("RGB") for sigma in (40, 90))
    recipe = Recipe(size=max(size, COARSEST), quality="draft")
    one, other = (ours.painted(network, photo, style, recipe)[1].tobytes() for _ in range(2))
    return {"equal": one == other}


def _ready(network: Network, size: int, batch: int) -> tuple[StyleTransferLoss, Optimizer, Tensor]:
    photo, style = (torch.rand(1, 3, size, size, device=network.device) for _ in range(2))
    extractor = FeatureExtractor(network.features())
    target = Target(photo, extractor.content(photo), extractor.style(style), Recipe().alpha)
    return StyleTransferLoss(extractor, [target] * batch), LBFGS(), photo.repeat(batch, 1, 1, 1)


def _timed(device: torch.device, work: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds of one call, and those until the host may go on: medians of three runs."""
    trial = Stopwatch(device)
    with trial:
        work()
    count = max(2, min(200, math.ceil(RUN_SECONDS / 3 / trial.seconds)))
    runs = []
    for _ in range(3):
        watch = Stopwatch(device)
        with watch:
            started = time.perf_counter()
            for _ in range(count):
                work()
            host = time.perf_counter() - started
        runs.append((watch.seconds / count, host / count))
    return statistics.median(run[0] for run in runs), statistics.median(run[1] for run in runs)
