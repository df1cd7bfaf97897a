"""Download VGG-19 from torchvision's server."""

from __future__ import annotations

import logging
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import torch

from engine.errors import WeightsError
from engine.weights.state import Networks, Report, State

log = logging.getLogger(__name__)

TIMEOUT: Final = 20.0
"""Seconds without an answer after which torchvision's server counts as unreachable."""


def from_torchvision(report: Report = log.info) -> Networks:
    """Download torchvision's VGG-19. torch.hub checks the hash in the file's name.

    Raises:
        WeightsError: the server cannot be reached, or the hash does not match.
    """
    try:
        from torchvision.models import VGG19_Weights
    except ImportError as error:
        raise WeightsError("torchvision is not installed, so VGG-19 cannot be downloaded.") from error

    report("Downloading VGG-19 from torchvision (548 MB) …")
    with tempfile.TemporaryDirectory() as folder, _socket_timeout(TIMEOUT):
        try:
            state: State = torch.hub.load_state_dict_from_url(
                VGG19_Weights.IMAGENET1K_V1.url,
                model_dir=folder,
                map_location="cpu",
                check_hash=True,
                weights_only=True,
                progress=sys.stderr.isatty(),
            )
        except OSError as error:
            raise WeightsError("torchvision's server cannot be reached.") from error
        except RuntimeError as error:
            raise WeightsError("The file from torchvision's server does not match its hash.") from error
    return {"vgg19": {key: value for key, value in state.items() if key.startswith("features.")}}


@contextmanager
def _socket_timeout(seconds: float) -> Iterator[None]:
    """Set the default timeout of sockets, for a download that takes no timeout of its own."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
