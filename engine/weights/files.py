"""Read weights from a file: safetensors, with or without the library, or a torchvision state dict."""

from __future__ import annotations

import io
import json
import warnings
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from engine.errors import WeightsError
from engine.painting.features import architecture
from engine.weights.state import State, Weights

_DTYPES: Final = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


def read(file: Path) -> Weights:
    """Read a VGG from a safetensors file or a torchvision state dict. Nothing in the file can run.

    Raises:
        WeightsError: the file is missing, damaged, or not a VGG.
    """
    state = read_state(file, "VGG_WEIGHTS")
    state = {key: value for key, value in state.items() if key.startswith("features.")}  # no classifier
    return Weights(architecture(state), state, str(file))


def read_state(file: Path, setting: str) -> State:
    """Read the tensors of a safetensors file or a torchvision state dict.

    Args:
        file: the file.
        setting: the setting or option that names the file, for error messages.

    Raises:
        WeightsError: the file is missing, damaged, or something else.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise WeightsError(f"{setting}: cannot read {file} ({error.strerror}).") from error
    return parse_state(data, f"{setting}: {file}")


def parse_state(data: bytes, name: str) -> State:
    """Parse a safetensors file or a state dict. Nothing in it can run.

    Args:
        data: the file.
        name: what it is called in error messages.

    Raises:
        WeightsError: the data is damaged, or something else.
    """
    try:
        state = parse_safetensors(data)
    except ValueError:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # torch warns of pickles, which weights_only makes harmless
                state = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
        except Exception as error:  # a damaged file may raise anything
            raise WeightsError(f"{name} is neither safetensors nor a torchvision state dict.") from error
    tensors = isinstance(state, dict) and all(
        isinstance(name, str) and isinstance(value, Tensor) for name, value in state.items()
    )
    if not tensors:
        raise WeightsError(f"{name} holds no state dict.")
    return state


def parse_safetensors(data: bytes) -> State:
    """Parse a safetensors file, without the library if it is not installed.

    Raises:
        ValueError: the data is damaged, or something else.
    """
    try:
        from safetensors import SafetensorError
        from safetensors.torch import load
    except ImportError:
        return _parse_safetensors(data)
    try:
        return load(data)
    except SafetensorError as error:
        raise ValueError(str(error)) from error


def _parse_safetensors(data: bytes) -> State:
    """Parse the format: the header's length in eight little-endian bytes, a JSON header, the tensors."""
    start = 8 + int.from_bytes(data[:8], "little")
    body = bytearray(data[start:])
    state = {}
    try:
        for name, entry in json.loads(data[8:start]).items():
            if name == "__metadata__":
                continue
            begin, end = entry["data_offsets"]
            dtype, shape = _DTYPES[entry["dtype"]], entry["shape"]
            if not 0 <= begin < end <= len(body):
                raise ValueError(name)
            count = (end - begin) // dtype.itemsize
            state[name] = torch.frombuffer(body, dtype=dtype, offset=begin, count=count).view(shape)
    except (ValueError, LookupError, TypeError, AttributeError, RuntimeError, RecursionError) as error:
        raise ValueError("This is not safetensors.") from error
    return state
