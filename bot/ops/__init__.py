"""Keep the bot running: HTTP server, housekeeping, announcements, the catalogue, the bot's own worker."""
