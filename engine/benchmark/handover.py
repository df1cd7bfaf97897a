"""The time between two paintings: how long a worker leaves its device without work.

The worker, the queue, the decoders and the encoders are real. The device is one that takes no time of the
processor's: its painter waits for as long as a fast GPU would paint, and yields canvases made before.
"""

from __future__ import annotations

import asyncio
import io
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from PIL import Image

from engine.benchmark.budget import weights_without_values
from engine.painting.commission import Commission
from engine.painting.network import Network
from engine.painting.recipe import Recipe
from engine.painting.result import Painting
from engine.painting.scales import cost, plan, shape
from engine.painting.tensors import Levels, to_tensor
from engine.painting.timelapse import LONGEST_EDGE
from engine.queue import Leases, Limits, Queue, create_schema, open_database
from engine.worker.slot import take_slot
from engine.worker.throughput import Throughput
from engine.worker.worker import Worker

PHOTO: Final = (4032, 3024)
"""Pixels of a telephone's photo."""
SIZE: Final = 3492
"""Size of the painting: that of all the photo's pixels."""
RATE: Final = 230.0
"""Megapixel-iterations a second of the device."""
TARGET: Final = 0.05
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Handover:
    """The time from the last iteration of one painting to the first of the next."""

    megapixels: float
    """Of the photos and the paintings."""
    seconds: list[float]
    """Of each pair of paintings."""
    target: float = TARGET


@dataclass(slots=True)
class WaitingPainter:
    """Waits instead of painting; notes when each painting's first and last iterations were done."""

    levels: Levels
    """The painting, as it comes from a device."""
    canvases: list[torch.Tensor]
    """1×3×h×w each, shown in turn."""
    rate: float = RATE
    marks: list[tuple[float, float]] = field(default_factory=list)
    second: threading.Event = field(default_factory=threading.Event)
    """Set with the last iteration of the second painting."""

    def __call__(self, network: Network, commission: Commission, **_: Any) -> Iterator[Any]:
        """Yield the steps of one commission, and its painting."""
        scales = commission.scales
        work, first = sum(scale.iterations for scale in scales), time.perf_counter()
        for done in range(1, work + 1):
            time.sleep(max(0.0, first + cost(scales) / self.rate * done / work - time.perf_counter()))
            yield _Step(done / work, self.canvases[done % len(self.canvases)])
        self.marks.append((first, time.perf_counter()))
        if len(self.marks) > 1:
            self.second.set()
        facts: dict[str, Any] = {
            "width": scales[-1].width,
            "height": scales[-1].height,
            "seconds": time.perf_counter() - first,
            "megapixel_iterations": cost(scales),
            "network": network.name,
            "device": "none",
            "notes": [],
            "precision": "float32",
            "optimizer": "lbfgs",
            "tile": None,
            "faces": 0,
        }
        yield Painting(self.levels, facts)


@dataclass(frozen=True, slots=True)
class _Step:
    done: float
    canvas: torch.Tensor
    scale: int = 0
    leaves_checkpoint: bool = False

    def snapshot(self) -> torch.Tensor:
        return self.canvas


def measure(repeat: int, photo: tuple[int, int] = PHOTO, size: int = SIZE) -> Handover:
    """Have a worker paint pairs of photos, with films, and time it between the two."""
    seconds = []
    for _ in range(repeat):
        with tempfile.TemporaryDirectory() as folder:
            seconds.append(asyncio.run(_between(Path(folder), photo, size)))
    return Handover(round(photo[0] * photo[1] / 1e6, 1), seconds)


async def _between(folder: Path, photo: tuple[int, int], size: int) -> float:
    coarse = (photo[0] // 4, photo[1] // 4)  # with the detail, and so the bytes, of a photo
    pictures = [Image.effect_noise(coarse, 60).convert("RGB").resize(photo) for _ in range(2)]
    edge = LONGEST_EDGE / max(*photo, LONGEST_EDGE)
    small = [picture.resize((round(photo[0] * edge), round(photo[1] * edge))) for picture in pictures]
    painter = WaitingPainter(np.array(pictures[0]), [to_tensor(picture) for picture in small])
    network = Network(weights_without_values("vgg16"), torch.device("cpu"), torch.float32)
    database = open_database(f"sqlite+aiosqlite:///{folder / 'queue.db'}", thrifty=True)
    limits = Limits()
    try:
        await create_schema(database)
        queue = Queue(database, limits)
        for number, picture in enumerate(pictures):
            await _enqueue(queue, f"job-{number}", picture, size)
        with take_slot(folder) as slot:
            worker = Worker(
                *(slot, queue, Leases(database, limits), network, Throughput(1.0)),
                timelapse=True,
                looks_ahead=True,
                painter=painter,
            )
            stop = asyncio.Event()
            working = asyncio.create_task(worker.run(stop))
            painted = asyncio.create_task(asyncio.to_thread(painter.second.wait))
            await asyncio.wait((working, painted), return_when=asyncio.FIRST_COMPLETED)
            painter.second.set()
            stop.set()
            await asyncio.gather(working, painted)
    finally:
        await database.dispose()
    (_, last), (first, _) = painter.marks
    return first - last


async def _enqueue(queue: Queue, name: str, picture: Image.Image, size: int) -> None:
    recipe = Recipe(size=size, quality="normal")
    scales = plan(*picture.size, size, recipe.quality)
    content, style = io.BytesIO(), io.BytesIO()
    picture.save(content, "JPEG", quality=90)
    picture.resize((1600, 1200)).save(style, "JPEG", quality=90)
    await queue.enqueue(
        id=name,
        owner=name,
        recipe=recipe.as_dict(),
        cost=cost(scales),
        shape=shape(scales, recipe),
        blobs={"content": content.getvalue(), "style0": style.getvalue()},
    )
