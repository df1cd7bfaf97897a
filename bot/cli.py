"""The ``atelier`` command: the bot's commands and the engine's. Each imports only what it needs.

Exit status: 0 done, 1 failed with one line on stderr, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import engine.__main__ as engine_cli
from engine import __version__
from engine.console import accept_any_encoding
from engine.packages import missing

COMMANDS: Final[Mapping[str, str]] = {
    "run": "run the bot: in the browser, or on Telegram with a token",
    **engine_cli.COMMANDS,
    "doctor": "check whether Atelier can run here",
}
"""A line of help for each command; all but the first and the last are the engine's."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    accept_any_encoding()
    command: str = _parser().parse_args(words[:1]).command
    if command not in BOT_COMMANDS:
        return engine_cli.main(words, "atelier")
    try:
        return BOT_COMMANDS[command](words[1:])
    except ModuleNotFoundError as error:
        print(f"error: {missing(command, error, 'bot')}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="atelier", description="Paints your photo in the style of any painting."
    )
    top.add_argument("--version", action="version", version=f"atelier {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, summary in COMMANDS.items():
        commands.add_parser(name, help=summary, add_help=False)
    return top


def _run(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="atelier run", description=COMMANDS["run"])
    parser.epilog = "Settings are environment variables or lines of .env in the current folder."
    parser.parse_args(words)
    from bot.__main__ import main

    return main()


def _doctor(words: Sequence[str]) -> int:
    from bot.doctor.command import main

    return main(words)


BOT_COMMANDS: Final[Mapping[str, Callable[[Sequence[str]], int]]] = {"run": _run, "doctor": _doctor}
"""The commands that are the bot's own."""


if __name__ == "__main__":
    sys.exit(main())
