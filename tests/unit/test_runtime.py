"""The runtime opens the network, and measures its precision."""

from __future__ import annotations

import json
import tomllib
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

import engine
from engine import runtime
from engine.doctor import Mark
from engine.doctor.painting import painting as painting_checks
from engine.files import write_whole
from engine.painting import device
from engine.painting.commission import Commission
from engine.painting.device import hardware
from engine.painting.precision import STARTS, Timing
from engine.painting.recipe import Recipe
from engine.painting.result import NOTES, Painting
from engine.runtime import measured_precision, open_network
from engine.settings import Settings
from engine.styles.style import preset, presets
from engine.weights import Weights
from engine.worker.provenance import facts_of, metadata_of, style_id_of
from tests.support.gpus import gpus

CPU = torch.device("cpu")


@pytest.fixture
def found(vgg16: dict[str, Tensor]) -> Weights:
    return Weights("vgg16", vgg16, "a test")


@pytest.fixture
def measurements(monkeypatch: pytest.MonkeyPatch) -> list[Timing]:
    """The measurements to come, from the last to the first."""
    timings: list[Timing] = []
    monkeypatch.setattr("engine.painting.precision.measure", lambda state, device, half: timings.pop())
    monkeypatch.setattr(runtime, "fast_precision", lambda device: torch.bfloat16)
    return timings


# The precision


@pytest.mark.parametrize(("gain", "chosen"), [(2.0, torch.bfloat16), (0.8, torch.float32)])
def test_a_machine_is_measured_at_its_first_starts_alone(
    found: Weights, measurements: list[Timing], tmp_path: Path, gain: float, chosen: torch.dtype
) -> None:
    measurements.extend([Timing(gain, 1.0)] * STARTS)
    for _ in range(STARTS + 2):
        assert measured_precision(found, CPU, tmp_path / "data" / "precision.json") == chosen
    assert measurements == []


@pytest.mark.parametrize("busy", [Timing(2.0, 4.0), Timing(2.2, 2.1), Timing(9.0, 9.0)])
def test_a_measurement_on_a_busy_machine_is_mended_by_the_next_starts(
    found: Weights, measurements: list[Timing], tmp_path: Path, busy: Timing
) -> None:
    file, quiet = tmp_path / "precision.json", Timing(2.0, 1.0)
    measurements.extend([busy, quiet, busy])
    assert measured_precision(found, CPU, file) == torch.float32
    for _ in range(STARTS):
        assert measured_precision(found, CPU, file) == torch.bfloat16


def test_another_machine_torch_or_network_is_measured_anew(
    found: Weights, measurements: list[Timing], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "precision.json"
    measurements.extend(Timing(gain, 1.0) for gain in (2.0, 0.9, 0.8, 0.7, 2.0))
    assert measured_precision(found, CPU, file) == torch.bfloat16
    assert measured_precision(Weights("vgg19", found.state, ""), CPU, file) == torch.float32
    with monkeypatch.context() as patch:
        patch.setattr(runtime, "hardware", lambda device: "an abacus")
        assert measured_precision(found, CPU, file) == torch.float32
    with monkeypatch.context() as patch:
        patch.setattr(torch, "__version__", "99.0")
        assert measured_precision(found, CPU, file) == torch.float32
    assert measured_precision(found, CPU, file) == torch.bfloat16, "the first is still known"
    assert len(json.loads(file.read_text())) == 4


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b'{"x": {}}', b'{"KEY": 0.5}', b'{"KEY": {"float32": 1, "half": 0, "starts": 9}}',
     b'{"KEY": {"float32": 1, "half": 1, "starts": Infinity}}', b"[" * 100_000, b"\xff\xfe", b'"x"'],
)  # fmt: skip
def test_a_damaged_measurement_is_made_again(
    found: Weights, measurements: list[Timing], tmp_path: Path, content: bytes
) -> None:
    key = f"{hardware(CPU)}, torch {torch.__version__}, {found.name}"
    (tmp_path / "precision.json").write_bytes(content.replace(b"KEY", key.encode()))
    measurements.extend([Timing(2.0, 1.0)] * STARTS)
    for _ in range(STARTS + 1):
        assert measured_precision(found, CPU, tmp_path / "precision.json") == torch.bfloat16


def test_a_measurement_that_cannot_be_kept_counts_all_the_same(
    found: Weights, measurements: list[Timing], tmp_path: Path
) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    measurements.extend([Timing(2.0, 1.0)] * 2)
    for _ in range(2):
        assert measured_precision(found, CPU, tmp_path / "data" / "precision.json") == torch.bfloat16


@pytest.mark.parametrize("error", [torch.OutOfMemoryError(), RuntimeError("CUDA error: unspecified")])
def test_a_gpu_that_is_full_or_broken_is_measured_another_time(
    error: Exception,
    found: Weights,
    measurements: list[Timing],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(state: object, device: torch.device, half: torch.dtype) -> Timing:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr("engine.painting.precision.measure", full)
        assert measured_precision(found, CPU, tmp_path / "precision.json") == torch.bfloat16
    measurements.append(Timing(0.5, 1.0))
    assert measured_precision(found, CPU, tmp_path / "precision.json") == torch.float32


def test_where_bf16_is_emulated_nothing_is_measured(
    found: Weights, measurements: list[Timing], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "fast_precision", lambda device: torch.float32)
    assert measured_precision(found, CPU, tmp_path / "precision.json") == torch.float32
    assert not list(tmp_path.iterdir())


def test_a_network_is_opened_as_the_settings_say(
    data_dir: Path, measurements: list[Timing], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(data_dir)  # no .env
    monkeypatch.delenv("VGG_WEIGHTS", raising=False)
    (data_dir / "precision.json").unlink(missing_ok=True)
    measurements.append(Timing(0.5, 1.0))
    network = open_network(Settings(data_dir=data_dir, device="cpu"))
    assert (network.name, network.device, network.precision) == ("vgg16", CPU, torch.float32)
    assert (data_dir / "precision.json").is_file()


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        ([(7, 0)], "GPU 0 has compute capability 7.0, for which this torch has no kernels"),
        ([(6, 1)], "GPU 0 has compute capability 6.1, for which this torch has no kernels"),
        ([], "NVIDIA's driver is here, but torch, built for CUDA 13.2, sees no GPU: the processor paints."),
    ],
)
def test_a_gpu_that_cannot_paint_is_one_line_and_the_processor_paints(
    seen: list[tuple[int, int]],
    words: str,
    data_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    recwarn: pytest.WarningsRecorder,
) -> None:
    gpus(monkeypatch, *seen)
    is_available = torch.cuda.is_available

    def with_a_page() -> bool:
        warnings.warn("CUDA initialization: a page about the driver", stacklevel=2)
        return is_available()

    monkeypatch.setattr(torch.cuda, "is_available", with_a_page)
    monkeypatch.setattr(device, "NVIDIA_DRIVER", data_dir)
    monkeypatch.chdir(data_dir)  # no .env
    monkeypatch.delenv("VGG_WEIGHTS", raising=False)
    settings = Settings(data_dir=data_dir)
    network = open_network(settings)
    assert network.device == CPU
    (line,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert line.startswith(words)
    findings = {finding.name: finding for finding in painting_checks(settings)}
    assert line == f"{findings['Device'].said} {findings['Device'].advice}", "the doctor says the same"
    assert findings["Device"].mark is Mark.NOTE
    assert not recwarn.list


# Presets and facts


def test_presets_are_known_by_their_files() -> None:
    assert [style_id_of(one.read()) for one in presets()] == [one.id for one in presets()]
    assert style_id_of(preset("mosaic").read() + b"\0") is None


@pytest.fixture
def painting() -> Painting:
    return Painting(
        np.zeros((64, 64, 3), np.uint8),
        {
            "network": "vgg16",
            "device": "cpu",
            "precision": "bfloat16",
            "optimizer": "lbfgs",
            "tile": None,
            "faces": 2,
            "seconds": 1.5,
            "notes": ["one"],
        },
    )


def commission(**parts: Any) -> Commission:
    grey = Image.new("RGB", (64, 64))
    return Commission(**{"photo": grey, "styles": [grey], "recipe": Recipe(seed=3), **parts})


def animation() -> Image.Image:
    image = Image.new("RGB", (64, 64))
    image.info["animated"] = True
    return image


@pytest.mark.parametrize(
    "parts",
    [{"photo": animation()}, {"styles": [animation()]}, {"mask": animation()}],
    ids="-".join,
)
def test_an_animation_is_noted(painting: Painting, parts: dict[str, Any]) -> None:
    assert facts_of(painting, commission(**parts))["notes"] == ["one", "animation-first-frame"]
    assert "animation-first-frame" in NOTES


def test_pictures_that_stand_still_are_not_noted(painting: Painting) -> None:
    assert facts_of(painting, commission()) == painting.facts


def test_a_file_says_how_to_repeat_it_and_nothing_that_differs_when_repeated(painting: Painting) -> None:
    assert metadata_of(painting, commission(presets=["mosaic"])) == {
        "atelier": engine.__version__,
        "torch": torch.__version__,
        "recipe": Recipe(seed=3).as_dict(),
        "presets": ["mosaic"],
        "mask": False,
        "faces": 2,
        "network": "vgg16",
        "device": "cpu",
        "precision": "bfloat16",
        "optimizer": "lbfgs",
        "tile": None,
    }


def test_the_version_is_the_packages(repo: Path) -> None:
    project = tomllib.loads((repo / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == engine.__version__


# Files


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    write_whole(file, b"old")
    write_whole(file, b"new")
    assert file.read_bytes() == b"new"

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        write_whole(file, b"never")
    assert file.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [file]
