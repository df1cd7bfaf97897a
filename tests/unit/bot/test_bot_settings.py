"""Settings: what .env.example promises is what happens without it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from bot.settings import Settings


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def _read(env_file: Path | None = None) -> Settings:
    arguments: dict[str, Any] = {"_env_file": env_file}
    return Settings(**arguments)


def _example(repo: Path) -> dict[str, str]:
    lines = (repo / ".env.example").read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_the_example_lists_every_setting_and_no_other(repo: Path) -> None:
    assert set(_example(repo)) == {name.upper() for name in Settings.model_fields}


def test_the_example_gives_every_default(repo: Path) -> None:
    assert _read(repo / ".env.example") == _read()
    defaults = _read()
    for name, value in _example(repo).items():
        default = getattr(defaults, name.lower())
        nothing = default in (None, frozenset()) or str(default) == ""
        assert bool(value) is not nothing, f"{name}={value}"


def test_the_example_explains_every_setting(repo: Path) -> None:
    lines = (repo / ".env.example").read_text("utf-8").splitlines()
    for above, line in zip(["", *lines], lines, strict=False):
        if re.match(r"[A-Z_]+=", line):
            assert above.startswith("# "), f"{line} has no line above it"


def test_the_environment_is_read_and_nothing_in_it_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAINT_SIZE", "256")
    monkeypatch.setenv("PAINT_QUALITY", "")
    read = _read()
    assert (read.paint_size, read.paint_quality) == (256, "normal")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PAINT_SIZE", "127"),
        ("PAINT_SIZE", "4097"),
        ("PAINT_QUALITY", "superb"),
        ("ENGINE", "both"),
        ("PLAYGROUND_PORT", "65536"),
        ("JOBS_PER_PERSON", "0"),
        ("LEASE_SECONDS", "0"),
        ("RESULT_TTL", "0"),
    ],
)
def test_what_makes_no_sense_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=name.lower()):
        _read()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BOT_WEBHOOK_URL", "bot.example.org/telegram"),
        ("BOT_WEBHOOK_URL", "ftp://bot.example.org/telegram"),
        ("BOT_WEBHOOK_URL", "https://bot.example.org"),
        ("BOT_WEBHOOK_URL", "https://bot.example.org/"),
        ("BOT_WEBHOOK_URL", "https://bot.example.org/metrics"),
        ("BOT_WEBHOOK_URL", "https://bot.example.org/{anything}"),
        ("BOT_WEBHOOK_URL", "https://bot.example.org/telegram?key=1"),
        ("BOT_WEBHOOK_SECRET", "short"),
        ("BOT_WEBHOOK_SECRET", "with a space in the middle"),
        ("BOT_WEBHOOK_SECRET", "x" * 257),
        ("BOT_PORT", "65536"),
    ],
)
def test_a_webhook_that_cannot_work_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv("BOT_TOKEN", "7:token")
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=name.lower()):
        _read()


def test_a_webhook_needs_a_token_and_a_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOT_WEBHOOK_URL", "https://bot.example.org/telegram")
    with pytest.raises(ValidationError, match="without BOT_TOKEN the chat is in the browser"):
        _read()
    monkeypatch.setenv("BOT_TOKEN", "7:token")
    with pytest.raises(ValidationError, match="bot_port"):
        _read()
    monkeypatch.setenv("BOT_PORT", "8081")
    assert _read().bot_port == 8081


def test_the_token_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOT_TOKEN", "123:never-shown")
    monkeypatch.setenv("BOT_WEBHOOK_SECRET", "never-shown-either")
    assert "never-shown" not in repr(_read())
