"""Open the network and the style cache by the settings, for workers and commands."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import torch

from engine import weights
from engine.errors import WeightsError
from engine.faces import FaceFinder
from engine.files import write_whole
from engine.painting import precision
from engine.painting.device import choose_device, fast_precision, hardware, prepare, unused_gpu
from engine.painting.device_memory import let_segments_grow
from engine.painting.network import Network
from engine.painting.precision import Timing
from engine.settings import Settings
from engine.style_cache import StyleCache

log = logging.getLogger(__name__)


def open_network(settings: Settings, report: Callable[[str], None] = log.info, *, number: int = 0) -> Network:
    """Load the network, and download its weights if needed, which may take minutes.

    Args:
        settings: the engine's settings.
        report: called with a line about each download.
        number: number of the worker on this machine. Each gets a GPU of its own while there are enough.

    Raises:
        WeightsError: no weights can be found.
        AtelierError: the machine does not have the chosen device.
    """
    found = chosen_weights(settings, report)
    let_segments_grow()
    device = choose_device(settings.device, number)
    if device.type == "cpu" and settings.device == "auto" and (trouble := unused_gpu()):
        log.warning("%s", " ".join(trouble))
    prepare(device)
    return Network(found.state, device, measured_precision(found, device, settings.measured))


def chosen_weights(settings: Settings, report: Callable[[str], None] = log.info) -> weights.Weights:
    """Return the weights of the network that the settings ask for, downloaded if needed.

    Raises:
        WeightsError: they cannot be found.
    """
    return weights.resolve(
        *(settings.weights_cache, settings.vgg_weights, report),
        bundle=settings.weights_bundle,
        network=settings.network,
    )


def open_face_finder(settings: Settings, report: Callable[[str], None] = log.info) -> FaceFinder | None:
    """Load the network that finds faces, and download its weights if needed.

    Args:
        settings: the engine's settings.
        report: called with a line about the download.

    Returns:
        None, and a warning in the log, if there are no weights: faces are then painted like everything else.
    """
    try:
        found = weights.resolve_faces(settings.weights_cache, report, bundle=settings.weights_bundle)
        return FaceFinder(found.state)
    except WeightsError as error:
        log.warning("Faces are painted like everything else, since none can be found: %s", error)
        return None


def open_style_cache(settings: Settings, network: Network) -> StyleCache:
    """Open the cache of the catalogue styles' statistics."""
    return StyleCache(settings.style_cache, network)


def measured_precision(found: weights.Weights, device: torch.device, file: Path) -> torch.dtype:
    """Choose the precision by measurements of a machine's first starts, which are kept in ``file``.

    Args:
        found: the network's weights.
        device: the device that paints.
        file: JSON, made if missing. If it cannot be read or written, each start measures anew.
    """
    half = fast_precision(device)
    if half == torch.float32:  # 16 bits would be emulated
        return torch.float32
    key = f"{hardware(device)}, torch {torch.__version__}, {found.name}"
    timings = _read_timings(file)
    known = timings.get(key)
    if known is None or not known.settled:
        try:
            timing = precision.measure(found.state, device, half)
        except RuntimeError as error:  # another program uses the GPU's memory, or it is broken
            log.warning("The precision could not be measured: %s", error)
            return half if known is None else precision.choose(known, half)
        known = timing if known is None else known.with_another(timing)
        if known.gain:
            log.info("%s: 16 bits are %.2f times as fast as 32", key, known.gain)
        else:
            log.warning("%s: 16 bits give no finite numbers; 32 are used", key)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            kept = {name: asdict(each) for name, each in {**timings, key: known}.items()}
            write_whole(file, json.dumps(kept, indent=1, sort_keys=True).encode())
        except OSError as error:
            log.info("The measured precision cannot be stored: %s", error)
    return precision.choose(known, half)


def _read_timings(file: Path) -> dict[str, Timing]:
    """Return what can be read; what cannot is measured again."""
    try:
        kept = json.loads(file.read_bytes())
        return {str(key): _timing(**each) for key, each in kept.items() if isinstance(each, dict)}
    except (OSError, ValueError, TypeError, AttributeError, ArithmeticError, RecursionError):
        return {}


def _timing(float32: float, half: float, starts: int) -> Timing:
    if not (float32 > 0 and half > 0):
        raise ValueError("No work takes no time.")
    return Timing(float(float32), float(half), int(starts))
