"""The daily limit is not undone by erasing: the count stays for a day, and the user is told."""

from __future__ import annotations

from sqlalchemy import update

from engine.queue.schema import Now
from engine.queue.schema import job as jobs
from tests.support.chat import said
from tests.support.house import House


async def test_who_erases_everything_reads_that_a_count_stays(house: House) -> None:
    you = house.somebody()
    for _ in range(2):
        await house.painting(you)
    async with house.database.begin() as connection:
        await connection.execute(update(jobs).values(started=Now()))
    sure = await you.heard("Erase all your data", after=await you.text("/forget"))
    await you.tap(sure, "Erase everything")
    erased = await you.becomes(sure, "nothing is left")
    assert "Only a count stays: you’ve had 2 paintings in the last 24 hours." in said(erased)
    status = await you.heard("no paintings in progress", after=await you.text("/status"))
    assert "2 of 50 paintings in the last 24 hours." in said(status)
    privacy = await you.heard("What I keep", after=await you.text("/privacy"))
    assert "How many paintings you’ve had in the last 24 hours" in said(privacy)
