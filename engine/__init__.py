"""The engine: painter, styles, queue and worker. Knows nothing of Telegram."""

from typing import Final

__version__: Final = "0.1.0"
