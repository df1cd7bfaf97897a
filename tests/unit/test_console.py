"""Commands say what they have to say on any terminal."""

from __future__ import annotations

import io
import sys

import pytest

from bot import cli
from engine.__main__ import main
from engine.console import accept_any_encoding
from engine.doctor import Finding, Mark


def _stream(encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding)


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode(stream.encoding)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
@pytest.mark.parametrize("words", [["paint", "--help"], ["styles"], ["bench", "--help"]])
def test_a_command_says_all_it_has_to_say_in_any_encoding(
    encoding: str, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = _stream(encoding)
    monkeypatch.setattr(sys, "stdout", out)
    if "--help" in words:
        with pytest.raises(SystemExit):
            main(words)
    else:
        assert main(words) == 0
    said = _written(out)
    assert len(said.splitlines()) > 5
    assert said.count("?") < 3, "known signs have others in their place"


def test_a_note_and_a_fault_of_the_doctor_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    out = _stream("ascii")
    monkeypatch.setattr(sys, "stdout", out)
    accept_any_encoding()
    for mark in (Mark.GOOD, Mark.NOTE, Mark.FAULT):
        print(Finding("Disk", mark, "It’s full …", "Make room"))
    good, _, note, _, fault, advice = _written(out).splitlines()
    assert (good[:2], note[:2], fault[:2]) == ("+ ", "! ", "x ")
    assert "It's full ..." in fault
    assert advice.strip() == "-> Make room"


def test_help_of_the_whole_program_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", _stream("ascii"))
    with pytest.raises(SystemExit) as done:
        cli.main(["doctor", "--help"])
    assert done.value.code == 0
