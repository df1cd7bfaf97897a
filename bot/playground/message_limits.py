"""Telegram's limits that hold both for the bot and for its users."""

MAX_TEXT = 4_096
"""Characters of a message, counted after the entities were parsed."""
MAX_CAPTION = 1_024
"""Characters of a caption, counted the same way."""
MAX_ALBUM = 10
"""Files of one album."""
