"""The server's address and lifetime."""

import pytest

from bot.playground import serve
from tests.support.playground import Playground
from tests.support.telegram_client import connect


async def test_two_servers_in_a_row_can_show_one_playground(playground: Playground) -> None:
    for _ in range(2):
        async with await serve(playground) as server, connect(server) as bot:
            assert await bot.get_updates() == ()


async def test_a_port_that_is_taken_is_an_error_and_leaves_nothing_open(playground: Playground) -> None:
    async with await serve(playground) as server:
        with pytest.raises(OSError, match="address"):
            await serve(playground, server.port)
