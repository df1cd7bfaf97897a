"""The chat: what people touch. Knows Telegram and the queue; never imports torch."""

import os

# python-telegram-bot's coming default: waits are durations. Without it every flood limit warns.
os.environ.setdefault("PTB_TIMEDELTA", "true")
