"""The bot's tables in the queue's database, one module for each."""
