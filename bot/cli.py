"""``atelier``: one name for all commands, the bot's and the engine's. Each imports only what it needs.

Exit status: 0 done, 1 failed with one line on stderr, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import engine.__main__ as engine_commands
from engine import __version__
from engine.packages import missing

COMMANDS: Final[Mapping[str, str]] = {
    "run": "open the chat: in the browser, or on Telegram with a token; paints, too",
    **engine_commands.COMMANDS,
    "doctor": "say whether Atelier could run here, and what to do if not",
}
"""One line about each command; all but the first and the last are the engine's."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    command: str = _parser().parse_args(words[:1]).command
    if command not in OURS:
        return engine_commands.main(words, "atelier")
    try:
        return OURS[command](words[1:])
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


OURS: Final[Mapping[str, Callable[[Sequence[str]], int]]] = {"run": _run, "doctor": _doctor}
"""The commands that know the chat."""


if __name__ == "__main__":
    sys.exit(main())
