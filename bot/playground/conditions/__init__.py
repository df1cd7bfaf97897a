"""Conditions under which the bot has to work: faults on demand, and Telegram's flood limits."""
