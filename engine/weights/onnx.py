"""Read the convolutions of an ONNX file: a protocol buffer, of which a few fields suffice."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import torch

from engine.weights.state import State

_GRAPH: Final = 7
"""Field of the model."""
_NODE, _INITIALIZER = 1, 5
"""Fields of the graph."""
_INPUT, _OPERATION = 1, 4
"""Fields of a node."""
_DIMS, _DATA_TYPE, _NAME, _RAW = 1, 2, 8, 9
"""Fields of a tensor."""
_FLOAT: Final = 1
"""Data type of a tensor in fp32."""
_MASK: Final = 2**64 - 1

Field = tuple[int, int | bytes]
"""Number and value."""


def convolutions(data: bytes) -> State:
    """Return the weights and biases of a file's convolutions as ``N.weight`` and ``N.bias``, N in its order.

    Raises:
        ValueError: the data is damaged, or something else.
    """
    graph = next((_bytes(value) for field, value in _fields(data) if field == _GRAPH), None)
    if graph is None:
        raise ValueError("This is not an ONNX file.")
    tensors, inputs = {}, []
    for field, value in _fields(graph):
        if field == _INITIALIZER:
            name, tensor = _tensor(_bytes(value))
            if tensor is not None:
                tensors[name] = tensor
        elif field == _NODE:
            parts = list(_fields(_bytes(value)))
            if (_OPERATION, b"Conv") in parts:
                inputs.append([_bytes(part) for number, part in parts if number == _INPUT])
    state = {}
    for number, names in enumerate(inputs):
        for part, name in zip(("weight", "bias"), names[1:], strict=True):
            if name not in tensors:
                raise ValueError(f"Convolution {number} has no {part}.")
            state[f"{number}.{part}"] = tensors[name]
    return state


def _tensor(data: bytes) -> tuple[bytes, torch.Tensor | None]:
    """Return a tensor and its name; None for one that is empty or not in fp32."""
    dims, kind, name, raw = [], 0, b"", b""
    for field, value in _fields(data):
        if field == _DIMS:
            # Several numbers may be packed into one field.
            dims += [value] if isinstance(value, int) else list(_numbers(value))
        elif field == _DATA_TYPE and isinstance(value, int):
            kind = value
        elif field == _NAME:
            name = _bytes(value)
        elif field == _RAW:
            raw = _bytes(value)
    if kind != _FLOAT or 0 in dims:
        return name, None
    if not raw or len(raw) != 4 * math.prod(dims):
        raise ValueError("A tensor's size is not that of its data.")
    return name, torch.frombuffer(bytearray(raw), dtype=torch.float32).view(dims)


def _fields(data: bytes) -> Iterator[Field]:
    """Yield the fields of a message: an int for a number, bytes for everything else."""
    at = 0
    while at < len(data):
        key, at = _number(data, at)
        match key & 7:
            case 0:
                value, at = _number(data, at)
                yield key >> 3, value
                continue
            case 1:
                length = 8
            case 2:
                length, at = _number(data, at)
            case 5:
                length = 4
            case other:
                raise ValueError(f"There is no wire type {other}.")
        if at + length > len(data):
            raise ValueError("The data ends within a field.")
        yield key >> 3, data[at : at + length]
        at += length


def _numbers(data: bytes) -> Iterator[int]:
    at = 0
    while at < len(data):
        value, at = _number(data, at)
        yield value


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Read a number of seven bits a byte, the lowest first; return it and the place behind it."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            break
        byte, at = data[at], at + 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & _MASK, at
    raise ValueError("The data ends within a number, or the number is too long.")


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise ValueError("A field has a number for its content.")  # noqa: TRY004 - damaged data, not a wrong call
    return value
