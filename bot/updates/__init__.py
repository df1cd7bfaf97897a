"""From Telegram's updates to events, in order and each once."""
