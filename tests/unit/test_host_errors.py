"""A line about each error of the machine."""

from __future__ import annotations

import errno
import socket

import pytest

from engine.host_errors import port_fault


@pytest.mark.parametrize(
    ("error", "host", "said"),
    [
        (OSError(errno.EADDRINUSE, "busy"), "127.0.0.1", "Port 80 is taken."),
        (
            OSError(errno.EACCES, "error while attempting to bind on address ('127.0.0.1', 80)"),
            "127.0.0.1",
            "Can't listen on 127.0.0.1:80 (Permission denied).",
        ),
        (socket.gaierror(-2, "No such name"), "nowhere", "Can't listen on nowhere:80 (No such name)."),
        (
            OSError("could not bind on any address"),
            "::",
            "Can't listen on [::]:80 (could not bind on any address).",
        ),
    ],
)
def test_a_port_at_which_nothing_can_listen_is_a_line(error: OSError, host: str, said: str) -> None:
    assert port_fault(error, host, 80, "BOT_PORT", "BOT_LISTEN")[0] == said
