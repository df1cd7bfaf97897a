"""``python -m engine bench``, on pictures so small that the numbers mean nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from engine import weights
from engine.__main__ import main
from engine.benchmark import budget, cost, speed
from engine.errors import WeightsError
from engine.painting import network
from tests.support.narrow import NarrowNetwork
from tests.support.painting_runs import small_plan

TINY = ("--quality-size", "128", "--quality", "draft", "--strength", "balanced", "--marks", "2", "1")
NOT_IN_A_PLAIN_CHECKOUT = (
    "aiosqlite", "av", "filelock", "matplotlib", "pillow_heif", "pydantic", "pydantic_settings", "rich",
    "safetensors", "sklearn", "sqlalchemy",
)  # fmt: skip


@pytest.fixture(autouse=True)
def surroundings(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    weights_cache: Path,
    judge_file: Path,
    second_judge_file: Path,
) -> None:
    """No settings but these, and no patience."""
    for name in ("DEVICE", "VGG_WEIGHTS", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", str(weights_cache.parent))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(speed, "RUN_SECONDS", 0.0)
    monkeypatch.setattr(cost, "matmul_peak", lambda device, precision: 1e12)
    monkeypatch.setattr(budget, "SIZES", (64,))
    monkeypatch.setattr(budget, "BATCHES", (1,))
    monkeypatch.setattr(budget, "HISTORY", 1)
    monkeypatch.setattr(network, "Network", NarrowNetwork)


@pytest.fixture
def pictures(tmp_path: Path, photo: Image.Image, painting: Image.Image) -> Path:
    folder = tmp_path / "pictures"
    for kind, picture in (("photos", photo), ("paintings", painting)):
        (folder / kind).mkdir(parents=True)
        picture.save(folder / kind / f"{kind[0:5]}.png")
    return folder


def test_everything_is_measured_in_one_run(
    pictures: Path, painting: Image.Image, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, peers = tmp_path / "out", tmp_path / "peers"
    peers.mkdir()
    painting.resize((96, 64)).save(peers / "photo-paint-somebody-100.png")
    command = ["bench", "--size", "128", "--repeat", "1", *TINY, "--json", "--peers", str(peers)]
    with small_plan(2, 2):
        assert main([*command, "--pictures", str(pictures), "--output", str(out)]) == 0
    said = capsys.readouterr()
    (line,) = said.out.splitlines()
    found = json.loads(line)
    assert (found["network"], found["notes"], found["repeat"]) == ("vgg16", [], 1)
    assert [row["size"] for row in found["speed"]["rows"]] == [128]
    assert found["speed"]["rows"][0]["rate"] > 0
    assert [row["size"] for row in found["budget"]] == [64]
    (pair,) = found["quality"]["pairs"]
    assert [(point["series"], point["label"]) for point in pair["points"]] == [
        ("reference", "1"),
        ("reference", "2"),
        ("draft", "balanced"),
        ("peer", "somebody-100"),
    ]
    assert all(point["style"] > 0 and point["second_style"] > 0 for point in pair["points"])
    *timed, peer = pair["points"]
    assert all(point["seconds"] > 0 for point in timed)
    assert timed[-1]["cpu_seconds"] > 0
    assert peer["seconds"] is None
    assert peer["second_content"] > timed[-1]["second_content"]
    assert [answer["peer"] for answer in pair["peers"]] == ["somebody-100"]
    assert "× the reference" in said.err
    assert "LPIPS" in said.err
    assert json.loads((out / "benchmark.json").read_text()) == found
    assert {file.name for file in out.iterdir()} == {
        "benchmark.json", "benchmark.md", "benchmark.png", f"{pair['name']}.jpg",
    }  # fmt: skip


def test_without_a_judge_only_speed_is_measured_and_that_is_said(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def out_of_reach(*_: object) -> None:
        raise WeightsError("The registry is on holiday.")

    monkeypatch.setattr(weights, "resolve_judge", out_of_reach)
    monkeypatch.setattr(speed, "TARGETS", {"cpu": (("draft", 128, 8.0),)})
    with small_plan(2, 2):
        assert main(["bench", "--size", "128", "--repeat", "1"]) == 0
    said = capsys.readouterr().out
    assert "## Speed" in said
    assert "Note: Quality was not measured. The registry is on holiday." in said
    assert main(["bench", "--only", "quality"]) == 1
    assert capsys.readouterr().err == "error: The registry is on holiday.\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--pictures", "nowhere"], "nowhere needs two folders"),
        (["--pairs", "kept"], "--peers and --pairs are about the pictures of --pictures"),
        (["--judge", "nowhere"], "--judge: cannot read nowhere"),
        (["--weights", "nowhere", "--only", "speed"], "VGG_WEIGHTS: cannot read nowhere"),
        (["--device", "abacus", "--only", "speed"], "there is no 'abacus' here"),
        (["--strength", "some"], "'some' is neither"),
        (["--repeat", "0"], "must be 1 or more"),
        (["--size", "256", "0"], "must be 1 or more"),
        (["--quality-size", "5"], "size"),
    ],
)
def test_a_wrong_wish_is_refused_before_anything_is_measured(
    options: list[str], message: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(budget, "count")
    monkeypatch.delattr(speed, "compare")
    assert main(["bench", *options]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("error: ")
    assert message in said.err


def test_a_plain_checkout_can_be_measured(repo: Path, weights_cache: Path, tmp_path: Path) -> None:
    """With torch, torchvision, Pillow, numpy and a weights file, and nothing else."""
    (network,) = weights_cache.glob("vgg16-*.safetensors")
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({NOT_IN_A_PLAIN_CHECKOUT}))\n"
        "from engine.benchmark import cost, speed\n"
        "speed.RUN_SECONDS, cost.matmul_peak = 0.0, lambda *_: 1e12\n"
        "from engine.__main__ import main; sys.exit(main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "bench", "--only", "speed", "--size", "64", "--repeat", "1", "--json"],
        env={**os.environ, "PYTHONPATH": str(repo), "VGG_WEIGHTS": str(network), "DATA_DIR": str(tmp_path)},
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    found = json.loads(line)
    assert found["network"] == "vgg16"
    assert found["speed"]["rows"][0]["ratio"] > 0
    assert list(tmp_path.iterdir()) == []
