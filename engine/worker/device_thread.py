"""The one thread that uses the device: cuDNN keeps its handles and plans for each thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

T = TypeVar("T")

_THREAD: Final = ThreadPoolExecutor(1, "device")


async def on_device(function: Callable[[], T]) -> T:
    """Run a function in the device's thread, after what runs there; raises its errors."""
    return await asyncio.get_running_loop().run_in_executor(_THREAD, function)
