"""Keep the catalogue of styles up to date: download the famous paintings, and notice new files."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from bot.settings import Settings
from engine.errors import AtelierError
from engine.styles.catalogue import PAINTINGS, Catalogue
from engine.styles.downloader import DAY, HOUR, Downloader, Outcome

log = logging.getLogger(__name__)

POLL_INTERVAL: Final = 3.0
"""Seconds between two polls of the folders."""
FIRST_DELAY: Final = 2.0
"""Seconds until the first download: the start has more urgent things to do."""


async def run(catalogue: Catalogue, settings: Settings, address: str) -> None:
    """Refresh the catalogue until cancelled; when something fails, it keeps the styles that it has.

    Args:
        catalogue: the process's own.
        settings: they say whether famous paintings are downloaded, and from which server.
        address: the bot's address, which is sent to the server's operators if there is no ``CONTACT``.
    """
    downloads = asyncio.create_task(_download(catalogue, settings, address)) if settings.famous else None
    try:
        while True:
            await asyncio.sleep(POLL_INTERVAL)
            try:
                await asyncio.to_thread(catalogue.refresh)
            except OSError as error:  # the rest of the bot says so if the disk stays away
                log.info("the folders of styles cannot be read: %s", error)
    finally:
        if downloads:
            downloads.cancel()
            await asyncio.wait((downloads,))


async def _download(catalogue: Catalogue, settings: Settings, address: str) -> None:
    downloader = Downloader(settings.data_dir / PAINTINGS, settings.famous_url, settings.contact or address)
    await asyncio.sleep(max(FIRST_DELAY, downloader.cooldown()))
    while True:
        wait = HOUR
        try:
            outcome = await downloader.fetch(catalogue.now.missing)
            if outcome is Outcome.COMPLETE:
                return
            if outcome is Outcome.INCOMPLETE:
                wait = DAY
        except OSError as error:
            log.warning("The famous paintings cannot be stored: %s", error)
        except AtelierError as error:
            log.warning("The famous paintings cannot be downloaded: %s", error)
        except Exception:
            log.exception("The download of the famous paintings failed; it is tried again tomorrow.")
            wait = DAY
        await asyncio.sleep(wait)
