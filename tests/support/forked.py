"""Programs in processes of their own, forked from a server that has imported torch and the bot.

A worker spends half of its first four seconds of processor time on importing torch, and a bot nearly all of
its first one on its imports. The fork server pays for that once a test run. A forked process is a real one:
it has its own environment, folder, output and signals. Only what libraries read from the environment as they
are loaded is the server's.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from multiprocessing import forkserver
from multiprocessing.reduction import DupFd
from pathlib import Path
from typing import IO, Any, Final

from tests.support.processes import REPO, Process, Program

PROGRAM: Final = Path(__file__).with_name("worker_program.py")
"""The program of the tests' workers."""
BOT: Final = Path(__file__).with_name("bot_program.py")
"""The program of the tests' bots."""
PRELOADED: Final = ["engine.commands.work", "engine.worker.lifecycle", "tests.support.pictures", "bot.app"]
"""Modules that the server imports. None of them may compute with torch: its threads do not survive a fork."""

_CONTEXT: Final = multiprocessing.get_context("forkserver")


class ForkedProcess:
    """A forked program, which is used like a :class:`subprocess.Popen`."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        output: IO[bytes],
        errors: IO[bytes] | None = None,
        program: Path = PROGRAM,
    ) -> None:
        """Start ``program``, or a module.

        Args:
            arguments: the program's words, such as ``work``; or ``-m`` and a module's name.
            env: its whole environment.
            cwd: its working folder.
            output: a file for both of its output streams …
            errors: … or for stdout alone, and this one for stderr.
            program: the file of the program.
        """
        _start_server()
        given, write = os.pipe()
        streams = (DupFd(given), DupFd(output.fileno()), DupFd((errors or output).fileno()))
        task = (str(program), list(arguments), dict(env), str(cwd), *streams)
        self._process = _CONTEXT.Process(target=_run, args=task)
        self._process.start()
        os.close(given)
        self.stdin = os.fdopen(write, "wb")

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """Return the exit status, or None while it runs; minus a signal's number if that ended it."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and return the exit status.

        Raises:
            subprocess.TimeoutExpired: it still runs after ``timeout`` seconds.
        """
        self._process.join(timeout)
        if (status := self.poll()) is None:
            raise subprocess.TimeoutExpired("engine", timeout or 0.0)
        self.stdin.close()
        return status

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the process has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask the process to stop."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Kill the process, as a power cut would."""
        self.send_signal(signal.SIGKILL)


class WorkerProgram(Program):
    """A forked worker whose output goes into a file."""

    @staticmethod
    def _start(folder: Path, arguments: Sequence[str], env: Mapping[str, str], log: IO[bytes]) -> Process:
        return ForkedProcess(arguments, env=env, cwd=folder, output=log)


class BotProgram(WorkerProgram):
    """A forked bot, quick in chats, whose output goes into a file."""

    def __init__(self, folder: Path, *, env: Mapping[str, str]) -> None:
        super().__init__(folder, "bot", env=env)

    @staticmethod
    def _start(folder: Path, arguments: Sequence[str], env: Mapping[str, str], log: IO[bytes]) -> Process:
        return ForkedProcess([], env=env, cwd=folder, output=log, program=BOT)


def _start_server() -> None:
    _CONTEXT.set_forkserver_preload(PRELOADED)
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = str(REPO)  # the server does not learn of sys.path
    try:
        forkserver.ensure_running()
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


def _run(program: str, arguments: list[str], env: dict[str, str], cwd: str, *streams: Any) -> None:
    """Be the program, with the streams, the environment and the folder of a program that was just started."""
    for stream, source in enumerate([each.detach() for each in streams]):
        os.dup2(source, stream)
        os.close(source)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - as long as the process
    sys.stdout = open(1, "w", buffering=1, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if arguments[:1] == ["-m"]:
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = [program, *arguments]
        runpy.run_path(program, run_name="__main__")
