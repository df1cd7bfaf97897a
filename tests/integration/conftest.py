"""The database server that the tests of the queue and of its workers share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.benchmark.postgresql import PostgreSQL, installed

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """The server, started when the first test asks for it."""
    if (programs := installed()) is None:
        pytest.skip("PostgreSQL is not installed here (Debian: apt-get install postgresql)")
    server = PostgreSQL(programs)
    try:
        server.start()
        yield server
    finally:
        server.remove()
