"""One way to log, for the bot and the engine: lines on stderr, no secrets, no personal data."""

from __future__ import annotations

import logging


def configure(level: str) -> None:
    """Set up logging once per process."""
    logging.basicConfig(
        level=level, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s", datefmt="%H:%M:%S"
    )
    for noisy in ("httpx", "httpcore", "aiosqlite", "PIL"):  # httpx's INFO lines carry the bot's token
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # An answer that is no JSON is written out whole, at ERROR, and may hold what people wrote.
    logging.getLogger("telegram.request.BaseRequest").setLevel(logging.CRITICAL)
    if level == "DEBUG":  # and so do the DEBUG lines of python-telegram-bot
        logging.getLogger("telegram").setLevel(logging.INFO)
