"""Fuzz test: decode forged files in a process with little memory, and report those that harm it.

python -m tests.fuzz [--minutes 10 | --count N] [--first N] [--keep DIR]

A file does no harm if it is decoded, or refused with an ImageError, in time and within the memory that a
picture may take. Any other is kept in DIR under its number, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from engine.errors import ImageError
from engine.imaging import decoding
from tests.fuzz.samples import sample

REPO: Final = Path(__file__).resolve().parents[2]
MEMORY: Final = 2 * 2**30
"""Bytes of address space: the largest picture that is taken needs about a third of it."""
FILES: Final = 64
"""Files that the process may have open; it may write none."""
TIMEOUT: Final = decoding.TIME_LIMIT + 10.0
"""Seconds for one file, on a busy machine."""
BATCH: Final = 2000
"""Files decoded by one process."""


@dataclass(slots=True)
class Report:
    """The outcome of a run."""

    decoded: int = 0
    refused: int = 0
    faults: dict[int, str] = field(default_factory=dict)
    """Reasons, by the number of the file."""

    @property
    def count(self) -> int:
        """Number of files that were tried."""
        return self.decoded + self.refused + len(self.faults)


def fuzz(numbers: Iterator[int], end: float) -> Report:
    """Have files decoded until there are no more, or until ``end`` on the monotonic clock."""
    report, left = Report(), list(_some(numbers))
    while left and time.monotonic() < end:
        done = _part(left, report, end)
        left = left[done:] or list(_some(numbers))
    return report


def _some(numbers: Iterator[int]) -> Iterator[int]:
    for _, number in zip(range(BATCH), numbers, strict=False):
        yield number


def _part(numbers: list[int], report: Report, end: float) -> int:
    """Have files decoded by one process, and return their number. The last one may have ended it."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.fuzz", "--child"],
        cwd=REPO,
        env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(REPO)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        for done, number in enumerate(numbers):
            if time.monotonic() > end:
                return done
            try:
                child.stdin.write(f"{number}\n")
                said = _line(child.stdout)
            except BrokenPipeError:
                said = ""
            match said.partition(" "):
                case "decoded", *_:
                    report.decoded += 1
                case "refused", *_:
                    report.refused += 1
                case "fault", _, why:
                    report.faults[number] = why
                case _:
                    report.faults[number] = _end(child)
                    return done + 1
        return len(numbers)
    finally:
        child.kill()
        child.wait()
        child.stdin.close()
        child.stdout.close()


def _line(pipe: IO[str]) -> str:
    ready, _, _ = select.select([pipe], [], [], TIMEOUT + 30.0)  # the first one starts the process
    return pipe.readline().strip() if ready else ""


def _end(child: subprocess.Popen[str]) -> str:
    try:
        return f"ended the process with status {child.wait(1)}"
    except subprocess.TimeoutExpired:
        return "took too long"


def _be_the_child() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for line in sys.stdin:
        print(_verdict(sample(int(line))), flush=True)


def _verdict(data: bytes) -> str:
    began = time.monotonic()
    try:
        image = decoding.decode_here(data, "it")
    except ImageError as error:
        if isinstance(error.__cause__, MemoryError):
            return f"fault {error}"
        said = "refused"
    except BaseException as error:  # noqa: BLE001 - that is what is looked for
        return f"fault {type(error).__name__}: {error}".replace("\n", " ")
    else:
        said = "decoded"
        if image.mode != "RGB" or not image.info.keys() <= {"animated", "incomplete"}:
            return f"fault {image.mode} with {image.info}"
    took = time.monotonic() - began
    return said if took < TIMEOUT else f"fault took {took:.0f} s"


def main() -> int:
    """Run the fuzz test, and print its report."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--count", type=int, default=10**9)
    parser.add_argument("--first", type=int, help="the number of the first file; any, unless said")
    parser.add_argument("--keep", type=Path, default=Path("artefacts/fuzz"))
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        _be_the_child()
        return 0
    first = random.randrange(10**9) if args.first is None else args.first
    report = fuzz(iter(range(first, first + args.count)), time.monotonic() + args.minutes * 60)
    print(f"{report.count} files from {first} on: {report.decoded} decoded, {report.refused} refused")
    for number, why in report.faults.items():
        args.keep.mkdir(parents=True, exist_ok=True)
        (args.keep / str(number)).write_bytes(sample(number))
        print(f"BROKEN: {args.keep / str(number)}: {why}")
    return int(bool(report.faults))


if __name__ == "__main__":
    sys.exit(main())
