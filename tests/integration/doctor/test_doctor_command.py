"""``atelier doctor``: both halves of it, as a person and a program see them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.doctor.command import main
from bot.settings import Settings

TOKEN = "7000000001:AAF-never-in-any-report-0123456789abc"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, repo: Path) -> None:
    """An empty folder, and an environment without settings, but that workers are elsewhere."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("PYTHONPATH", str(repo))
    monkeypatch.setenv("ENGINE", "external")
    monkeypatch.setenv("PLAYGROUND_PORT", "0")
    monkeypatch.chdir(tmp_path)


def test_where_all_is_well_each_half_says_so_and_nothing_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["well"] is True
    names = [finding["name"] for finding in report["findings"]]
    assert names == ["Python", "Settings", "Packages", "Token", "Chat page", "Data folder", "Database"]
    assert not list(tmp_path.iterdir())


def test_faults_end_with_status_1_and_secrets_are_not_in_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".env").write_text(f"BOT_TOKEN={TOKEN}\nBOT_TOKN={TOKEN}\n")
    monkeypatch.setenv("BOT_API_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("DATABASE_URL", "postgresql://someone:pass-word@127.0.0.1:1/atelier")
    assert main([]) == 1
    said = capsys.readouterr().out
    assert "Did you mean BOT_TOKEN?" in said
    assert "✗ Bot API" in said
    assert "✗ Database" in said
    assert said.endswith("2 things have to be mended first.\n")
    for secret in ("AAF", "pass-word", "someone"):
        assert secret not in said


def test_settings_that_make_no_sense_are_all_that_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PAINT_SIZE", "1")
    assert main([]) == 1
    said = capsys.readouterr().out
    assert "✗ Settings     setting PAINT_SIZE:" in said
    assert said.endswith("One thing has to be mended first.\n")
    assert "Database" not in said
