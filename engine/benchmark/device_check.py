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
from engine.benchmark.budget import count
from engine.benchmark.cost import flops_per_pixel, matmul_peak
from engine.benchmark.stopwatch import Stopwatch
from engine.painting.cuda_kernels import CudaKernels
from engine.painting.device import hardware, synchronize
from engine.painting.features import stride_of, width_of
from engine.painting.kernels import kernels_of
from engine.painting.loss import FeatureExtractor, StyleTransferLoss, Target
from engine.painting.memory_prediction import Method, predict
from engine.painting.network import Network
from engine.painting.objective import DEFAULT
from engine.painting.optimizers import HISTORY, LBFGS, Optimizer
from engine.painting.recipe import Recipe
from engine.painting.scales import COARSEST, Scale
from engine.painting.sums import sums
from engine.painting.usual_kernels import Kernels

CASES: Final = (
    *((256, 1), (512, 1), (1024, 1), (2048, 1)),
    *((256, 4), (512, 4), (1024, 4), (256, 8), (512, 8), (1024, 8)),
)
"""Sizes of the canvases, and canvases in one pass."""
PROFILED: Final = ((512, 8), (1024, 1))
"""Cases of which the kernels are listed that take most of the time."""
LISTED: Final = 20
"""So many of them."""
RUN_SECONDS: Final = 0.8
"""Seconds of a timed run, about."""
COPIED: Final = 2**30
"""Bytes that are copied to measure the memory's bandwidth."""

Figure = dict[str, Any]
Timer = Callable[[Callable[[], object]], tuple[float, float]]
"""Returns the seconds of one call, and those until the host may go on."""


def dry_figures(network: Network) -> Iterator[Figure]:
    """Yield those of tiny canvases: a trial run shows on any device that every figure can be had."""
    yield from figures(network, ((32, 1), (32, 2)), 2**16, 0.0)


def figures(
    network: Network,
    cases: Sequence[tuple[int, int]] = CASES,
    copied: int = COPIED,
    seconds: float = RUN_SECONDS,
) -> Iterator[Figure]:
    """Yield each figure as soon as it is known.

    Args:
        network: on the device.
        cases: sizes and batches.
        copied: bytes that are copied.
        seconds: of a timed run.
    """
    timed: Timer = partial(_timed, network.device, seconds)
    largest = max(cases)[0]
    yield _figure("machine", partial(_machine, network))
    memory = _figure("memory", partial(_memory, timed, network.device, copied))
    yield memory
    peak = _figure("matmul", partial(_matmul, network))
    yield peak
    yield _figure("fused-convolution", partial(_fused_convolution, timed, network, largest))
    for number, layer in enumerate(network.features().layers):
        yield _figure("convolution", partial(_convolution, timed, network, number, largest), layer=layer)
    for layer in DEFAULT.style_layers:
        yield _figure("statistic", partial(_statistic, timed, network, layer, largest), layer=layer)
    for size, batch in cases:
        figure = _figure(
            "iteration", partial(_iteration, timed, network, size, batch), size=size, batch=batch
        )
        yield figure | _figure("iteration", partial(_shares, network, figure, memory, peak))
    for size, batch in PROFILED if network.device.type == "cuda" else ():
        yield _figure("kernels", partial(_kernels, network, size, batch), size=size, batch=batch)
    size, batch = cases[0]
    yield _figure("graph", partial(_graph, timed, network, size, batch), size=size, batch=batch)
    yield _figure("same-bytes", partial(_same_bytes, network, size), size=size)
    yield _figure("self-test", partial(_self_test, network))


def _figure(what: str, measure: Callable[[], Figure], **about: Any) -> Figure:
    try:
        return {"what": what, **about, **measure()}
    except Exception as error:  # noqa: BLE001 - the device may be lent for minutes: the other figures should still come
        return {"what": what, **about, "error": repr(error)[:300]}


def _machine(network: Network) -> Figure:
    """Say what paints, and which operations of its own it is trusted with."""
    device, kernels = network.device, kernels_of(network.device)
    found: Figure = {"device": hardware(device), "torch": torch.__version__, "cuda": torch.version.cuda}
    found["kernels"] = type(kernels).__name__
    found["triton"] = kernels.trusts(device) if hasattr(kernels, "trusts") else None
    if device.type == "cuda":
        properties = torch.cuda.get_device_properties(device)
        found |= {"capability": torch.cuda.get_device_capability(device), "bytes": properties.total_memory}
        cudnn: Any = torch.backends.cudnn
        found |= {"processors": properties.multi_processor_count, "cudnn": cudnn.version()}
    return found


def _matmul(network: Network) -> Figure:
    return {"flops_per_second": round(matmul_peak(network.device, network.precision, 1))}


def _memory(timed: Timer, device: torch.device, size: int) -> Figure:
    one = torch.empty(size, dtype=torch.uint8, device=device)
    other = torch.empty_like(one)
    seconds, _ = timed(lambda: other.copy_(one))
    tiny = torch.zeros(8, device=device)
    _, start = timed(lambda: tiny.add_(1))
    return {"bytes_per_second": round(2 * size / seconds), "start_seconds": start}


def _fused_convolution(timed: Timer, network: Network, size: int) -> Figure:
    """Tell of which numbers the convolution in one kernel is trusted, and time it against the usual one."""
    device, kernels = network.device, kernels_of(network.device)
    if not isinstance(kernels, CudaKernels):
        return {"skipped": "only CUDA has it"}
    kinds = dict.fromkeys((torch.float32, torch.bfloat16, network.precision))
    trusted = {str(kind): kernels.fuses(device, kind) for kind in kinds}
    x, weight = (
        torch.rand(*shape, device=device).to(network.precision, memory_format=torch.channels_last)
        for shape in ((1, 64, size, size), (64, 64, 3, 3))
    )
    bias = torch.rand(64, device=device, dtype=network.precision)
    with torch.no_grad():
        seconds, _ = timed(lambda: kernels.convolve_relu(x, weight, bias, 1))
        usual, _ = timed(lambda: Kernels().convolve_relu(x, weight, bias, 1))
    return {"trusted": trusted, "seconds": seconds, "usual_seconds": usual}


def _convolution(timed: Timer, network: Network, number: int, size: int) -> Figure:
    """Time one of the network's convolutions, and the way back to its input, on a canvas of ``size``²."""
    features, kernels = network.features(), kernels_of(network.device)
    layer: Any = features.convolutions[number]
    side = math.ceil(size / stride_of(features.layers[number]))
    x = _rand(network, layer.in_channels, side + 2 * (1 - layer.padding[0]))
    slope, geometry = (
        _rand(network, layer.out_channels, side),
        ((1, 1), layer.padding, (1, 1), False, (0, 0), 1),
    )

    def back() -> None:
        torch.ops.aten.convolution_backward(slope, x, layer.weight, None, *geometry, (True, False, False))

    with torch.no_grad():
        forward, _ = timed(lambda: kernels.convolve_relu(x, layer.weight, layer.bias, layer.padding[0]))
        backward, _ = timed(back)
    flops = 2 * layer.weight.numel() * side**2
    return {
        "side": side,
        "forward_flops_per_second": round(flops / forward),
        "backward_flops_per_second": round(flops / backward),
    }


def _statistic(timed: Timer, network: Network, layer: str, size: int) -> Figure:
    x = _rand(network, width_of(layer), math.ceil(size / stride_of(layer))).requires_grad_()

    def there_and_back() -> None:
        first, second = sums(x)
        torch.autograd.grad(first.sum() + second.sum(), x)

    seconds, _ = timed(there_and_back)
    return {"places": x[0, 0].numel(), "seconds": seconds}


def _rand(network: Network, channels: int, side: int) -> Tensor:
    x = torch.rand(1, channels, side, side, device=network.device)
    return x.to(network.precision, memory_format=torch.channels_last)


def _shares(network: Network, figure: Figure, memory: Figure, peak: Figure) -> Figure:
    """Return the shares of the matrix product's peak and of the bandwidth that an iteration uses.

    The bytes are those counted; what a cache holds between two kernels makes the latter share too large.
    """
    if "error" in figure | memory | peak:
        return {}
    moved = count(figure["size"], figure["batch"], network.name, network.precision).bytes_per_pixel
    pixels = 1e6 * figure["rate"]
    return {
        "share_of_matmul": pixels * flops_per_pixel(network.state) / peak["flops_per_second"],
        "share_of_bandwidth": pixels * moved / memory["bytes_per_second"],
    }


def _iteration(timed: Timer, network: Network, size: int, batch: int) -> Figure:
    """Time an iteration; see that it waits for nothing, and takes no more memory than predicted."""
    device, on_gpu = network.device, network.device.type == "cuda"
    before = torch.cuda.memory_allocated(device) if on_gpu else 0
    loss, optimizer, canvas = _ready(network, size, batch)
    evaluate = network.graphs.evaluator(loss)
    if on_gpu:
        torch.cuda.reset_peak_memory_stats(device)

    def iterate() -> None:
        _, gradient = evaluate(canvas)
        optimizer.step(canvas, gradient)

    for _ in range(HISTORY + 1):
        iterate()
    waits = _waits(iterate) if on_gpu else None
    seconds, host = timed(iterate)
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


def _kernels(network: Network, size: int, batch: int) -> Figure:
    """List the kernels of an evaluation that take most of the time."""
    from torch.profiler import ProfilerActivity, profile

    loss, _, canvas = _ready(network, size, batch)
    loss.evaluate(canvas)
    with profile(activities=[ProfilerActivity.CUDA]) as found:
        loss.evaluate(canvas)
        synchronize(network.device)
    rows = [(each.device_time_total, each.count, each.key[:90]) for each in found.key_averages()]
    rows = sorted((row for row in rows if row[0]), reverse=True)
    started, microseconds = sum(row[1] for row in rows), sum(row[0] for row in rows)
    return {"started": started, "microseconds": microseconds, "longest": rows[:LISTED]}


def _graph(timed: Timer, network: Network, size: int, batch: int) -> Figure:
    """Replay an evaluation as the painter does, and compare its gradient with the one without a graph."""
    graphs = network.graphs
    if not graphs.records:
        return {"skipped": "only NVIDIA's GPUs have graphs"}
    loss, _, canvas = _ready(network, size, batch)
    evaluate = graphs.evaluator(loss)
    evaluate(canvas)  # records
    _, wanted = loss.evaluate(canvas)
    equal = torch.equal(wanted, evaluate(canvas)[1])
    eager, host = timed(lambda: loss.evaluate(canvas))
    seconds, replay_host = timed(lambda: evaluate(canvas))
    return {
        "equal": equal,
        "used": graphs.records,
        "evaluation_seconds": eager,
        "evaluation_host_seconds": host,
        "replay_seconds": seconds,
        "replay_host_seconds": replay_host,
    }


def _same_bytes(network: Network, size: int) -> Figure:
    photo, style = (Image.effect_noise((size, size), sigma).convert("RGB") for sigma in (40, 90))
    recipe = Recipe(size=max(size, COARSEST), quality="draft")
    one, other = (ours.painted(network, photo, style, recipe)[1].tobytes() for _ in range(2))
    return {"equal": one == other}


def _self_test(network: Network) -> Figure:
    """Return what a worker finds of its device when it starts."""
    try:
        from engine.worker.selftest import BATCH_SIZE, examine
    except ImportError as error:  # a bare machine has no worker
        return {"skipped": str(error)}
    return {"rate": examine(network), "together": BATCH_SIZE, "rate_together": examine(network, BATCH_SIZE)}


def _ready(network: Network, size: int, batch: int) -> tuple[StyleTransferLoss, Optimizer, Tensor]:
    photo, style = (torch.rand(1, 3, size, size, device=network.device) for _ in range(2))
    photo = photo.contiguous(memory_format=kernels_of(network.device).canvas)
    extractor = FeatureExtractor(network.features())
    target = Target(photo, extractor.content(photo), extractor.style(style), Recipe().alpha)
    loss = StyleTransferLoss(extractor, [target] * batch)
    return loss, LBFGS(), loss.photo.clone()


def _timed(device: torch.device, wanted: float, work: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds of one call, and those until the host may go on: medians of three runs."""
    work()  # the first call also chooses kernels
    trial = Stopwatch(device)
    with trial:
        work()
    count = max(2, min(200, math.ceil(wanted / 3 / trial.seconds)))
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
