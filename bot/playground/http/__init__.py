"""The playground over HTTP: the Bot API for the bot, the page's API for people, and the guard of both."""
