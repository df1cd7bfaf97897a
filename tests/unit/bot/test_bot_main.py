"""The bot goes on where nobody reads what it prints."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot import __main__ as main


def _full() -> io.TextIOWrapper:
    return open("/dev/full", "w", encoding="utf-8")  # noqa: PTH123 - replaced by what is tested


def _closed() -> io.TextIOWrapper:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    stream.close()
    return stream


def _without_letters() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="ascii")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("make", [_full, _closed, _without_letters])
def test_a_line_that_cannot_be_printed_ends_nothing(
    make: Callable[[], io.TextIOWrapper], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", make())
    for words in ("Closing …", "Atelier is open"):
        main._say(words)
    sys.stdout.flush()  # as at the end of the process
    sys.stdout.close()
