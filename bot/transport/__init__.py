"""Between the bot and the Bot API: requests, rate limits, capabilities."""
