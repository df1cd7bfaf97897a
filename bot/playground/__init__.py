"""A local Bot API server with a chat page, for a bot without a token and for the end-to-end tests."""
