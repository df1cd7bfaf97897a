"""Telegram's limits that hold for the bot and for people."""

from __future__ import annotations

MAX_TEXT = 4_096  # characters after the entities were parsed


MAX_CAPTION = 1_024


MAX_ALBUM = 10
