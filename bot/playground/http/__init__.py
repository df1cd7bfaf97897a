"""The HTTP server: the Bot API for the bot, the page and its API for users, and the guard of both."""
