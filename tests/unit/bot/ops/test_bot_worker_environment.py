"""The bot's own settings stay with the bot."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bot.doctor import command
from bot.ops import worker_process
from bot.settings import Settings


async def start_a_worker() -> None:
    """As the supervisor does."""
    process = await worker_process._start(Settings())
    await process.wait()


async def ask_the_engines_doctor() -> None:
    """As the bot's doctor does."""
    await command._engine(painter=True)


@pytest.mark.parametrize("start", [start_a_worker, ask_the_engines_doctor])
async def test_the_worker_gets_none_of_the_bots_own_settings(
    start: Callable[[], Awaitable[None]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "environment"
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\nenv >{told}\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    for name in ("BOT_TOKEN", "bot_token", "Bot_Webhook_Secret"):
        monkeypatch.setenv(name, "hunter2-hunter2-hunter2")
    monkeypatch.setenv("device", "cpu")
    monkeypatch.chdir(tmp_path)  # there is no .env
    await start()
    environment = told.read_text()
    assert "hunter2" not in environment
    assert "device=cpu\n" in environment
