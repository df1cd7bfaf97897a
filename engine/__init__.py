"""The studio: painter, presets, queue and worker. Knows nothing of Telegram."""
