"""The curator: fetches the famous paintings, and notices what the operator puts into the gallery."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from bot.settings import Settings
from engine.styles.catalogue import PAINTINGS, Catalogue
from engine.styles.downloader import DAY, HOUR, Downloader, Outcome

log = logging.getLogger(__name__)

LOOK: Final = 3.0
"""Seconds between two looks at the folders."""
FIRST: Final = 2.0
"""Seconds until the first painting is fetched: the start has more urgent things to do."""


async def run(catalogue: Catalogue, settings: Settings, address: str) -> None:
    """Keep the catalogue up to date until cancelled; whatever fails, the gallery shows what there is.

    Args:
        catalogue: the process's.
        settings: whether paintings are fetched, and from where.
        address: where people meet the bot; the server's people can ask there if there is no ``CONTACT``.
    """
    fetching = asyncio.create_task(_fetch(catalogue, settings, address)) if settings.famous else None
    try:
        while True:
            await asyncio.sleep(LOOK)
            try:
                await asyncio.to_thread(catalogue.refresh)
            except OSError as error:  # a disk that is away comes back, or the rest of the bot says so
                log.info("the styles cannot be looked at: %s", error)
    finally:
        if fetching:
            fetching.cancel()
            await asyncio.wait((fetching,))


async def _fetch(catalogue: Catalogue, settings: Settings, address: str) -> None:
    downloader = Downloader(settings.data_dir / PAINTINGS, settings.famous_url, settings.contact or address)
    await asyncio.sleep(max(FIRST, downloader.cooldown()))
    while True:
        wait = HOUR
        try:
            outcome = await downloader.fetch(catalogue.now.missing)
            if outcome is Outcome.COMPLETE:
                return
            if outcome is Outcome.INCOMPLETE:
                wait = DAY
        except OSError as error:
            log.warning("The famous paintings cannot be kept: %s", error)
        except Exception:
            log.exception("Fetching the famous paintings broke; another day.")
            wait = DAY
        await asyncio.sleep(wait)
