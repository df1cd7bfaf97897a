"""One way to log, for the bot and the engine: lines on stderr, no secrets, no personal data."""

from __future__ import annotations

import logging
from typing import Final

TEXT: Final = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
SUBJECTS: Final = {"job %s": "job", "update %d": "update"}
"""Beginnings of messages about a job or an update, and the JSON field for its id."""


class Subject(logging.Filter):
    """Gives the record of a message about a job or an update its id, as a field of its own."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let everything pass."""
        if isinstance(record.args, tuple) and record.args:
            for beginning, field in SUBJECTS.items():
                if str(record.msg).startswith(beginning):
                    setattr(record, field, record.args[0])
        return True


def configure(level: str, style: str = "text") -> None:
    """Set up logging once per process; ``style`` is text or json."""
    handler = logging.StreamHandler()
    if style == "json":
        handler.addFilter(Subject())
        handler.setFormatter(_json())
    else:
        handler.setFormatter(logging.Formatter(TEXT, datefmt="%H:%M:%S"))
    logging.basicConfig(level=level, handlers=[handler])
    for noisy in ("httpx", "httpcore", "aiosqlite", "PIL"):  # httpx's INFO lines carry the bot's token
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # An answer that is no JSON is written out whole, at ERROR, and may hold what people wrote.
    logging.getLogger("telegram.request.BaseRequest").setLevel(logging.CRITICAL)
    if level == "DEBUG":  # and so do the DEBUG lines of python-telegram-bot
        logging.getLogger("telegram").setLevel(logging.INFO)


def _json() -> logging.Formatter:
    from pythonjsonlogger.json import JsonFormatter

    return JsonFormatter(
        ["levelname", "name", "message"],
        rename_fields={"levelname": "level", "name": "logger", "exc_info": "exception"},
        timestamp="time",
        json_ensure_ascii=False,
    )
