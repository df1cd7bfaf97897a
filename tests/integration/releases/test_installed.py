"""The wheel and the sdist install with their extras, and run from an empty folder.

The new environment has links to those packages of this one that Atelier declares, and to theirs: nothing is
downloaded, and what is imported without being declared is missing.
`make test` tries the wheel. With ``ATELIER_RELEASE=yes``, as in `make dist`, the sdist is tried as well, and
both paint.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder
from packaging.requirements import Requirement

import engine
from tests.support.data_folder import share_data
from tests.support.processes import environment

RELEASE: Final = os.environ.get("ATELIER_RELEASE") == "yes"
BUILDERS: Final = {"wheel": WheelBuilder, "sdist": SdistBuilder}


def needed(*names: str) -> Iterator[Distribution]:
    """Yield the installed packages that requirements name, and all that these need."""
    todo, known = [Requirement(name) for name in names], set()
    while todo:
        wanted = todo.pop()
        key = wanted.name, frozenset(wanted.extras)
        if key in known:
            continue
        known.add(key)
        try:
            found = distribution(wanted.name)
        except PackageNotFoundError:
            continue  # pip says so, if it is needed here
        yield found
        todo.extend(
            each
            for each in map(Requirement, found.requires or ())
            if not each.marker
            or any(each.marker.evaluate({"extra": extra}) for extra in ("", *wanted.extras))
        )


def installed(built: Path, folder: Path, repo: Path) -> Path:
    """Install a distribution with its extras into a new environment; return the command ``atelier``."""
    others = folder / "others"
    others.mkdir()
    project = tomllib.loads((repo / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    for package in needed(*project["dependencies"], *extras["bot"], *extras["engine"], "pip", "hatchling"):
        for name in {path.parts[0] for path in package.files or ()}:
            if not re.match(r"_?atelier|__pycache__$|\.\.$|.*\.pth$", name) and not (others / name).exists():
                (others / name).symlink_to(str(package.locate_file(name)))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")], check=True)
    (site,) = (folder / "venv").glob("lib/python3*/site-packages")
    (site / "others.pth").write_text(f"{others}\n")
    programs = folder / "venv" / "bin"
    command = [str(programs / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-index", "--no-build-isolation", f"{built}[bot,engine]"]
    done = subprocess.run(command, cwd=folder, env=_clean(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return programs / "atelier"


def _clean(**variables: str) -> dict[str, str]:
    """Return an environment in which neither the checkout nor pip's settings are found."""
    known = environment(**variables)
    return {name: value for name, value in known.items() if not name.startswith(("PYTHON", "PIP_"))}


@pytest.mark.parametrize("kind", BUILDERS)
def test_it_runs_from_an_empty_folder(kind: str, repo: Path, tmp_path: Path, weights_cache: Path) -> None:
    if kind == "sdist" and not RELEASE:
        pytest.skip("`make dist` tries it")
    (built,) = BUILDERS[kind](str(repo)).build(directory=str(tmp_path / "dist"), versions=["standard"])
    atelier = installed(Path(built), tmp_path, repo)
    folder = tmp_path / "empty"
    folder.mkdir()
    env = _clean(PLAYGROUND_PORT="0", ENGINE="external", DEVICE="cpu")

    def says(*words: str, **more: str) -> str:
        return subprocess.run(
            [str(atelier), *words], cwd=folder, env=env | more, capture_output=True, text=True, check=True
        ).stdout

    assert says("--version") == f"atelier {engine.__version__}\n"
    assert "mosaic" in says("styles")
    with subprocess.Popen(
        [str(atelier), "run"], cwd=folder, env=env, stdout=subprocess.PIPE, text=True
    ) as bot:
        try:
            assert bot.stdout is not None
            address = next(found[0] for line in bot.stdout if (found := re.search(r"http://127\S+", line)))
            with urllib.request.urlopen(address) as page:
                assert b"<title>Atelier</title>" in page.read()
        finally:
            bot.terminate()
    assert bot.returncode == 0
    assert [path.name for path in folder.iterdir()] == ["data"]
    if RELEASE:
        share_data(weights_cache, folder / "data")
        photo = str(repo / "docs" / "painting.jpg")
        says("paint", photo, "mosaic", "-o", "out.png", "--size", "128", "--quality", "draft")
        assert (folder / "out.png").stat().st_size > 1000
