"""Mistakes of the host: one line that says what is wrong, the right status, no traceback, no secret.

Each row of the table is tried with each command that meets the mistake, and the doctor says the same words.
`make test` forks the programs from one that has imported everything. With ``ATELIER_MISTAKES=all``, as in
`make chaos`, they are started as users start them, and all rows are tried.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pytest

from tests.integration.host.mistakes import CHECK, DOCTORS, JOBS, MISTAKES, SECRET, Command, Mistake, Place
from tests.support.forked import ForkedProcess
from tests.support.postgresql import PostgreSQL
from tests.support.processes import Process, environment

ALL: Final = os.environ.get("ATELIER_MISTAKES") == "all"
TIMEOUT: Final = 120.0
"""Seconds until a test gives up. Long, for a busy machine."""
WITHOUT_ROOTS_RIGHT: Final = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
"""The command that takes root's right to read what is others'."""


class Started:
    """A program that was started, and what it says."""

    def __init__(
        self, place: Place, command: Command, env: dict[str, str], *, without: Sequence[str] = ()
    ) -> None:
        self.out, self.errors = place.folder / "out.txt", place.folder / "errors.txt"
        with self.out.open("wb") as out, self.errors.open("wb") as errors:
            self.process: Process = (
                subprocess.Popen(
                    [*without, sys.executable, *command],
                    cwd=place.folder,
                    env=env,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=errors,
                )
                if ALL
                else ForkedProcess(command, env=env, cwd=place.folder, output=out, errors=errors)
            )

    def ends(self) -> int:
        """Wait for the end, and return the exit status."""
        return self.process.wait(TIMEOUT)

    def says(self, words: str) -> None:
        """Wait for words in what is said."""
        until = time.monotonic() + TIMEOUT
        while words not in self.errors.read_text("utf-8", "replace"):
            assert self.process.poll() is None, self.errors.read_text()
            assert time.monotonic() < until, self.errors.read_text()
            time.sleep(0.05)

    def close(self) -> None:
        """Stop the program if it still runs, and see that it can be stopped."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30.0)
            except subprocess.TimeoutExpired:
                self.process.kill()
                raise


def _environment(mistake: Mistake, place: Place) -> dict[str, str]:
    """Return the environment: without proxies of this machine's, but with those of the mistake."""
    usual = {"DATA_DIR": str(place.data), "PLAYGROUND_PORT": "0", "DEVICE": "cpu", "ENGINE": "external"}
    wrong = {name: _filled(value, place) for name, value in mistake.env.items()}
    known = environment(**usual | wrong | place.env)
    return {name: value for name, value in known.items() if name in wrong or "proxy" not in name.lower()}


def _filled(words: str, place: Place) -> str:
    return words.replace("{data}", str(place.data)).replace("{folder}", str(place.folder))


def _rows() -> Iterator[object]:
    for mistake in MISTAKES:
        if mistake.outside and not ALL:
            continue
        for command in mistake.commands:
            name = f"{mistake.name}-{'-'.join(command[1:3])}"
            yield pytest.param(mistake, command, id=name.replace("/", "_"))


@pytest.mark.parametrize(("mistake", "command"), [*_rows()])
def test_a_mistake_of_the_host_is_one_line(
    mistake: Mistake, command: Command, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if mistake.outside and os.geteuid() != 0:
        pytest.skip("this mistake takes root")

    def postgresql() -> PostgreSQL:
        server = request.getfixturevalue("postgresql")
        assert isinstance(server, PostgreSQL)
        return server

    def weights() -> Path:
        return Path(request.getfixturevalue("weights_cache"))

    place = Place(tmp_path, tmp_path / "data", postgresql, weights)
    with mistake.make(place) if mistake.make else contextlib.nullcontext():
        words = [*command, "--json"] if command in DOCTORS else command
        without = WITHOUT_ROOTS_RIGHT if mistake.outside else ()
        program = Started(place, words, _environment(mistake, place), without=without)
        try:
            if mistake.status is None:
                program.says(_filled(mistake.says, place))
            else:
                assert program.ends() == mistake.status, program.errors.read_text()
        finally:
            program.close()
    out, errors = program.out.read_text("utf-8"), program.errors.read_text("utf-8")
    assert "Traceback" not in out + errors
    assert SECRET not in out + errors
    if command in DOCTORS:
        said = [found["said"] for found in json.loads(out)["findings"] if found["mark"] == "fault"]
        assert any(_filled(mistake.says, place) in each for each in said), said
    elif mistake.status is not None:
        (line,) = (each for each in errors.splitlines() if " INFO " not in each)
        assert line.startswith("error: ")
        assert _filled(mistake.says, place) in line


@pytest.mark.skipif(not ALL, reason="`make chaos` tries it")
@pytest.mark.parametrize(("output", "status", "line"), [
    ("exec >&-", 0, ""),
    ("exec >/dev/full", 1, "error: No space left on device.\n"),
])  # fmt: skip
def test_output_that_is_closed_or_full_is_one_line_at_most(
    output: str, status: int, line: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        ["sh", "-c", f'{output}; exec "$@"', "sh", sys.executable, *JOBS],
        cwd=tmp_path,
        env=environment(DATA_DIR=str(tmp_path / "data")),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (status, line)


@pytest.mark.skipif(not ALL, reason="`make chaos` tries it")
def test_a_terminal_of_another_time_and_place_is_written_to(tmp_path: Path) -> None:
    odd = {
        "LC_ALL": "nonsense",
        "PYTHONIOENCODING": "latin-1",
        "TERM": "odd",
        "COLUMNS": "0",
        "TZ": "No/Where",
    }
    done = subprocess.run(
        [sys.executable, *CHECK],
        cwd=tmp_path,
        env=environment(DATA_DIR=str(tmp_path / "data"), **odd),
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"+ Python ")
