"""The wheel, its metadata, and the notices of third-party packages."""

from __future__ import annotations

import re
import subprocess
import tomllib
import zipfile
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

import pytest
from hatchling.builders.wheel import WheelBuilder

import engine
from engine import packages
from tests import documents


@pytest.fixture(scope="module")
def wheel(repo: Path, tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    (built,) = WheelBuilder(str(repo)).build(directory=str(folder), versions=["standard"])
    return zipfile.ZipFile(built)


@pytest.fixture(scope="module")
def project(repo: Path) -> dict[str, Any]:
    read: dict[str, Any] = tomllib.loads((repo / "pyproject.toml").read_text("utf-8"))["project"]
    return read


def names(requirements: list[str]) -> list[str]:
    """The packages' names, in order."""
    found = [re.match(r"[\w.-]+", requirement) for requirement in requirements]
    return [match[0] for match in found if match]


def test_the_wheel_has_every_file_of_the_two_packages_but_the_artworks_program(
    repo: Path, wheel: zipfile.ZipFile
) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "bot", "engine"],
        cwd=repo, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode:
        pytest.skip("this is no git checkout")
    listed_files = [name for name in listed.stdout.splitlines() if (repo / name).is_file()]
    ours = {name for name in listed_files if not name.startswith("engine/artwork/")}
    packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert packed == ours
    for suffix in (".ftl", ".toml", ".jpg", ".html", ".js", ".css", ".svg"):
        assert any(name.endswith(suffix) for name in packed), suffix


def test_the_wheel_has_the_command_the_licence_and_the_notices(wheel: zipfile.ZipFile) -> None:
    (entry,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    assert "atelier = bot.cli:main" in wheel.read(entry).decode()
    kept = {Path(name).name for name in wheel.namelist() if "/licenses/" in name}
    assert kept == {"LICENSE", "THIRD-PARTY.md"}


def test_the_metadata_say_what_it_is(wheel: zipfile.ZipFile) -> None:
    (file,) = [name for name in wheel.namelist() if name.endswith("METADATA")]
    said = HeaderParser().parsestr(wheel.read(file).decode())
    assert (said["Name"], said["Version"]) == ("atelier", engine.__version__)
    assert said["License-Expression"] == "MIT"
    assert said["Author"] == "Atelier contributors"
    assert said["Summary"]
    assert said["Keywords"]
    assert said.get_all("Classifier")


def test_the_doctor_looks_for_every_package_that_is_needed(project: dict[str, Any]) -> None:
    extras = project["optional-dependencies"]
    wanted = [name.partition("[")[0] for name in names(project["dependencies"])]
    assert sorted(packages.CORE) == sorted(wanted)
    assert sorted(packages.PAINTING) == sorted(names(extras["engine"]))
    assert sorted(packages.CHATTING) == sorted(names(extras["bot"]))


def test_the_notices_name_every_package_and_its_licence(repo: Path) -> None:
    said = (repo / "THIRD-PARTY.md").read_text("utf-8")
    assert documents.rewritten("THIRD-PARTY.md") == said, "make documents"
    assert said.count("\n| ") > 30
