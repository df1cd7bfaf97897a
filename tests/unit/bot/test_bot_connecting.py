"""The first call to the Bot API, which is tried until it is answered."""

from __future__ import annotations

import ssl

import pytest
from telegram.error import NetworkError

from bot import app


def _failed(cause: Exception) -> NetworkError:
    error = NetworkError("a page of the library's")
    error.__cause__ = cause
    return error


async def test_each_reason_for_waiting_is_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    refused = _failed(ConnectionRefusedError(111, "x"))
    wrong_clock = _failed(ssl.SSLCertVerificationError(1, "certificate has expired"))
    errors = iter([refused, refused, refused, wrong_clock, wrong_clock])

    async def call() -> None:
        if error := next(errors, None):
            raise error

    monkeypatch.setattr(app, "RECONNECT_INTERVAL", 0.0)
    await app._retry(call)
    out_of_reach = "The Bot API is out of reach ({}); trying again every 0 s."
    assert caplog.messages == [
        out_of_reach.format("Connection refused"),
        out_of_reach.format("its certificate is not valid here; is the clock right?"),
    ]
