"""Logs as text and as JSON: what a line has, and what it never has."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator

import pytest

from engine import logs


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[str], list[str]]]:
    """Log in a style; gives what was written."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def write(style: str) -> list[str]:
        root.handlers.clear()
        logs.configure("INFO", style)
        log = logging.getLogger("atelier.test")
        log.info("job %s: done after %.1f s", "5f3a", 1.5)
        log.warning("update %d: its handling broke", 17)
        log.info("nothing in particular, é")
        try:
            raise ValueError("two\nlines")
        except ValueError:
            log.exception("job %s: not delivered", "77")
        return capsys.readouterr().err.splitlines()

    yield write
    root.handlers[:] = handlers
    root.setLevel(level)


def test_json_is_one_object_a_line_with_the_ids_as_fields(lines: Callable[[str], list[str]]) -> None:
    first, second, third, fourth = [json.loads(line) for line in lines("json")]
    assert first.pop("time").endswith("+00:00")
    assert first == {
        "level": "INFO",
        "logger": "atelier.test",
        "message": "job 5f3a: done after 1.5 s",
        "job": "5f3a",
    }
    assert (second["update"], second["level"]) == (17, "WARNING")
    assert third["message"] == "nothing in particular, é"
    assert not {"job", "update", "exception"} & third.keys()
    assert fourth["job"] == "77"
    assert "ValueError: two\nlines" in fourth["exception"]


def test_text_is_for_people(lines: Callable[[str], list[str]]) -> None:
    first, *_, last = lines("text")
    assert first.endswith("INFO    atelier.test: job 5f3a: done after 1.5 s")
    assert last == "lines", "a traceback has lines of its own"
