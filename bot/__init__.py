"""The chat: what people touch. Knows Telegram and the queue; never imports torch."""
