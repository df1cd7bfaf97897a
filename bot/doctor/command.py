"""``atelier doctor``: run all checks and print each finding at once.

The painter is checked in another process, as everything is that imports torch.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from bot.doctor.settings import invalid, unknown, where_settings_are
from bot.ops.worker_process import engine_environment
from bot.settings import Settings
from engine.doctor import Finding, Mark, Report, machine, well
from engine.doctor.finding import from_json
from engine.host_errors import HostError
from engine.packages import CHATTING, lacking

ENGINE_TIMEOUT: Final = 300.0
"""Seconds that the engine's doctor may take: torch may have to be read from a slow disk."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all checks; return the exit status, 0 if nothing keeps Atelier from its work."""
    parser = argparse.ArgumentParser(
        prog="atelier doctor",
        description="Check whether Atelier could run here, and say what to do if not. Downloads nothing.",
        epilog="✓ is good, ! is a note, ✗ is a fault: with a fault the exit status is 1, else 0.",
    )
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    args = parser.parse_args(arguments)
    report = Report(as_json=args.json)
    asyncio.run(_collect(report))
    return report.end(_verdict(sum(finding.mark is Mark.FAULT for finding in report.findings)))


def _verdict(faults: int) -> str:
    if not faults:
        return "Nothing keeps Atelier from its work: atelier run."
    return "One thing has to be mended first." if faults == 1 else f"{faults} things have to be mended first."


async def _collect(report: Report) -> None:
    async for finding in examine(Path.cwd(), os.environ):
        report.add(finding)


async def examine(folder: Path, environment: Mapping[str, str]) -> AsyncIterator[Finding]:
    """Yield the findings of all checks.

    Args:
        folder: the folder of ``.env``.
        environment: the environment's variables.
    """
    file = folder / ".env"
    yield (python := machine.python())
    try:
        settings = Settings()
    except ValidationError as error:
        for finding in [*invalid(error), *unknown(file, environment)]:
            yield finding
        return
    except HostError as error:
        yield Finding("Settings", Mark.FAULT, str(error))
        return
    yield where_settings_are(file)
    for finding in unknown(file, environment):
        yield finding
    engine = asyncio.create_task(_engine(painter=_paints_here(settings)))
    chat = machine.packages("The chat", CHATTING, "bot")
    if well([chat]) or settings.engine == "embedded":
        yield chat
    if well([chat]):
        for finding in await _chat(settings):
            yield finding
    for finding in await engine:
        if finding != python:
            yield finding


async def _chat(settings: Settings) -> list[Finding]:
    """Check Telegram and the ports."""
    from bot.doctor.ports import ports
    from bot.doctor.telegram import NO_TOKEN, telegram

    found = await telegram(settings) if settings.bot_token.get_secret_value() else [NO_TOKEN]
    return [*found, *await ports(settings)]


def _paints_here(settings: Settings) -> bool:
    """Return whether this machine paints: the bot has a worker of its own, or only a worker is installed."""
    return settings.engine == "embedded" or bool(lacking(CHATTING))


async def _engine(*, painter: bool) -> list[Finding]:
    """Run the engine's doctor, without the bot's secrets."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "engine", "doctor", "--json", *(["--no-painter"] * (not painter))),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=engine_environment(os.environ),
    )
    try:
        out, errors = await asyncio.wait_for(process.communicate(), ENGINE_TIMEOUT)
    except TimeoutError:
        process.kill()
        await process.wait()
        said = f"The engine's doctor did not finish in {ENGINE_TIMEOUT:.0f} s: the device may hang."
        return [Finding("Painter", Mark.FAULT, said, "Try again with DEVICE=cpu.")]
    return examined(out.decode("utf-8", "replace"), errors.decode("utf-8", "replace"), process.returncode)


def examined(out: str, errors: str, status: int | None) -> list[Finding]:
    """Parse the engine's report; without one, report the end of its process."""
    try:
        return from_json(out)
    except ValueError:
        last = next(iter(_lines(errors)), "")
        said = f"The engine's doctor ended with status {status}: {last or 'it said nothing'}."
        return [Finding("Painter", Mark.FAULT, said, "Try: python -m engine doctor.")]


def _lines(text: str) -> Iterable[str]:
    """Yield the lines that are not empty, the last first."""
    return (line.strip().rstrip(".") for line in reversed(text.splitlines()) if line.strip())
