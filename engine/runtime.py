"""Open the network and the style cache that the settings ask for: for workers and commands."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path

import torch

from engine import weights
from engine.files import write_whole
from engine.painting import precision
from engine.painting.network import Network, choose_device, fast_precision, hardware, prepare
from engine.settings import Settings
from engine.style_cache import StyleCache

log = logging.getLogger(__name__)


def open_network(settings: Settings, report: Callable[[str], None] = log.info, *, number: int = 0) -> Network:
    """Load the network, fetching its weights if need be. That may take minutes, and any signal ends it.

    Args:
        settings: which network, on which device.
        report: told in one line what is being fetched.
        number: of the worker on this machine: each takes a GPU of its own, while there are enough.

    Raises:
        WeightsError: no weights.
        AtelierError: this machine has no such device.
    """
    found = weights.resolve(
        settings.weights_cache, settings.vgg_weights, report, bundle=settings.weights_bundle
    )
    device = choose_device(settings.device, number)
    prepare(device)
    return Network(found.state, device, measured_precision(found, device, settings.measured))


def open_style_cache(settings: Settings, network: Network) -> StyleCache:
    """Open the cache of what the network sees of the styles that people choose from."""
    return StyleCache(settings.style_cache, network)


def measured_precision(found: weights.Weights, device: torch.device, file: Path) -> torch.dtype:
    """Choose the precision by a measurement, which is kept in ``file``: one choice for one machine.

    Args:
        found: the network.
        device: where it is to look at pictures.
        file: JSON, made if missing. One that cannot be read or written only costs another measurement.
    """
    if fast_precision(device) == torch.float32:  # bf16 would only be emulated
        return torch.float32
    key = f"{hardware(device)}, torch {torch.__version__}, {found.name}"
    gains = _read_gains(file)
    if key not in gains:
        try:
            gains[key] = round(precision.measure(found.state, device), 3)
        except RuntimeError as error:  # another program has the GPU's memory for now, or it is broken
            log.warning("The precision could not be measured: %s", error)
            return fast_precision(device)
        log.info("%s: bfloat16 is %.2f times as fast as float32", key, gains[key])
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(file, json.dumps(gains, indent=1, sort_keys=True).encode())
        except OSError as error:
            log.info("The measured precision is not kept: %s", error)
    return precision.choose(gains[key])


def _read_gains(file: Path) -> dict[str, float]:
    try:
        return {str(key): float(gain) for key, gain in json.loads(file.read_bytes()).items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
