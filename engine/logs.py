"""Logging of the bot and the engine: lines on stderr, without secrets and personal data."""

from __future__ import annotations

import logging
from typing import Final

TEXT: Final = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
"""Format of a line as text."""
SUBJECTS: Final = {"job %s": "job", "update %d": "update"}
"""Beginnings of messages about a job or an update, and the JSON field for its id."""


class Subject(logging.Filter):
    """A filter that adds the id of a job or an update to the log record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the id, and let the record pass."""
        if isinstance(record.args, tuple) and record.args:
            for beginning, field in SUBJECTS.items():
                if str(record.msg).startswith(beginning):
                    setattr(record, field, record.args[0])
        return True


def configure(level: str, style: str = "text") -> None:
    """Set up logging, once per process. ``style`` is ``text`` or ``json``."""
    handler = logging.StreamHandler()
    if style == "json":
        handler.addFilter(Subject())
        handler.setFormatter(_json())
    else:
        handler.setFormatter(logging.Formatter(TEXT, datefmt="%H:%M:%S"))
    logging.basicConfig(level=level, handlers=[handler])
    for noisy in ("httpx", "httpcore", "aiosqlite", "PIL"):  # httpx's INFO lines carry the bot's token
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # At ERROR it logs a whole answer that is not JSON, which may contain users' messages.
    logging.getLogger("telegram.request.BaseRequest").setLevel(logging.CRITICAL)
    if level == "DEBUG":  # its DEBUG lines contain users' messages, too
        logging.getLogger("telegram").setLevel(logging.INFO)


def _json() -> logging.Formatter:
    from pythonjsonlogger.json import JsonFormatter

    return JsonFormatter(
        ["levelname", "name", "message"],
        rename_fields={"levelname": "level", "name": "logger", "exc_info": "exception"},
        timestamp="time",
        json_ensure_ascii=False,
    )
