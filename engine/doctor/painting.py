"""The painter: weights, device, a small test painting, memory. Downloads nothing; imports torch."""

from __future__ import annotations

from typing import Final

import torch

from engine import runtime, weights
from engine.doctor.finding import Finding, Mark, duration, size
from engine.errors import AtelierError, OutOfMemoryError, WeightsError
from engine.painting import memory_prediction
from engine.painting.device import (
    VISIBLE,
    choose_device,
    hardware,
    prepare,
    unchosen_slice,
    unused_gpu,
)
from engine.painting.device_memory import free_memory
from engine.painting.network import Network
from engine.painting.recipe import Recipe
from engine.painting.scales import cost, plan
from engine.settings import Settings
from engine.worker import selftest

SIZES: Final = (4096, 2048, 1024, 512)
"""Canvas sizes in pixels, checked for memory in this order."""


def painting(settings: Settings) -> list[Finding]:
    """Run the painter's checks, each if the one before allows it."""
    found = weight(settings)
    try:
        device = choose_device(settings.device)
    except AtelierError as error:
        trouble = unused_gpu()
        fault = Finding("Device", Mark.FAULT, str(error), trouble[1] if trouble else "")
        return [found[0], fault]
    prepare(device)
    report = [found[0], of_device(device, hardware(device), unused_gpu(), sliced=unchosen_slice(device))]
    if found[1] is None:
        return report
    precision = runtime.measured_precision(found[1], device, settings.measured)
    network = Network(found[1].state, device, precision)
    return [*report, trial(network), room(network)]


def weight(settings: Settings) -> tuple[Finding, weights.Weights | None]:
    """Report which network would paint; one in the cache is verified by its hash."""
    try:
        found = _chosen(settings)
    except WeightsError as error:
        advice = "Set VGG_WEIGHTS to a file of the network that NETWORK names, or leave it empty."
        return Finding("Weights", Mark.FAULT, str(error), advice), None
    if found is None:
        said = f"There are none in {settings.weights_cache} yet; the first start fetches them (62 to 548 MB)."
        return Finding("Weights", Mark.NOTE, said, "To fetch them now: atelier weights."), None
    name = found.name.upper().replace("VGG", "VGG-")
    verified = "" if settings.vgg_weights else ", verified"
    return Finding("Weights", Mark.GOOD, f"{name}{verified}: {found.source}."), found


def _chosen(settings: Settings) -> weights.Weights | None:
    """Return the network of the file, or that of the cache or the bundle."""
    if settings.vgg_weights:
        return weights.read_chosen(settings.vgg_weights, settings.network)
    return weights.kept_network(
        settings.weights_cache, settings.weights_bundle, settings.network, remove_damaged=False
    )


def of_device(
    device: torch.device, name: str, unused: tuple[str, str] | None, *, sliced: bool = False
) -> Finding:
    """Report the device that paints, and whether a faster one is unused.

    Args:
        device: the device in the settings.
        name: its maker's name.
        unused: why a GPU does not paint, and what to do.
        sliced: the device is a slice of a GPU that no setting chose.
    """
    if device.type == "cpu" and unused:
        return Finding("Device", Mark.NOTE, *unused)
    if sliced:
        said = f"{name} ({device}): a slice of a GPU, the only one that a process sees."
        advice = f"Give each worker a slice of its own: {VISIBLE}=MIG-…, of those that nvidia-smi -L lists."
        return Finding("Device", Mark.NOTE, said, advice)
    return Finding("Device", Mark.GOOD, f"{name.removeprefix('cpu ')} ({device}).")


def trial(network: Network) -> Finding:
    """Paint a small test, and report how long a painting takes."""
    try:
        rate = selftest.examine(network)
    except selftest.DeviceError as error:
        advice = "Set DEVICE=cpu to paint on the processor, or see to the driver."
        return Finding("Painting", Mark.FAULT, str(error), advice)
    seconds = cost(plan(512, 512, 512, "normal")) / rate
    precision = str(network.precision).removeprefix("torch.")
    said = f"A test went well, in {precision}: a normal painting of 512 takes about {duration(seconds)}."
    return Finding("Painting", Mark.GOOD, said)


def room(network: Network) -> Finding:
    """Report the largest canvas that fits in the free memory."""
    free = f"{size(free_memory(network.device))} are free"
    advice = "End what else takes memory, or choose a smaller PAINT_SIZE_MAX."
    whole = (one for one in SIZES if _whole(network, one))
    match next(whole, None):
        case None:
            return Finding("Memory", Mark.NOTE, f"{free}: 512 does not fit at once.", advice)
        case most:
            beyond = "" if most == SIZES[0] else ", larger ones in tiles"
            return Finding("Memory", Mark.GOOD, f"{free}: paintings up to {most} fit at once{beyond}.")


def _whole(network: Network, side: int) -> bool:
    recipe = Recipe(size=side)
    scale = plan(side, side, side, recipe.quality)[-1]
    try:
        method = memory_prediction.choose_method(network, network.precision, scale, 1, recipe, None)
    except OutOfMemoryError:
        return False
    return method == memory_prediction.Method(None, recipe.optimizer)
