"""The plan of a storm: owners, jobs, times. The same seed gives the same plan."""

from __future__ import annotations

import io
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from PIL import Image, ImageOps

from engine.painting.scales import cost, plan

if TYPE_CHECKING:
    from collections.abc import Sequence

SHARES: Final = (25, 12, 9, 6, 5, 3)
"""Jobs of each owner, out of 60: one sends far more than its share, and has to wait for its own limit."""
BURST: Final = 7
"""Jobs that come together, roughly."""
SIDES: Final = (64, 80, 96)
"""Widths of the photos; none is ever enlarged, so a painting takes about a second."""


@dataclass(frozen=True, slots=True)
class Order:
    """One planned job."""

    id: str
    owner: str
    at: float
    """Seconds after the beginning of the storm."""
    seed: int
    width: int
    height: int = 64

    @property
    def request(self) -> dict[str, Any]:
        """The arguments of ``Queue.enqueue``."""
        scales = plan(self.width, self.height, 128, "draft")
        return {
            "id": self.id,
            "owner": self.owner,
            "recipe": {"size": 128, "quality": "draft", "seed": self.seed},
            "cost": cost(scales),
            "shape": f"{scales[-1].width}x{scales[-1].height}-draft",
            "blobs": {
                "content": _picture(self.width, self.height, self.seed),
                "style0": _picture(64, 64, ~self.seed),
            },
            "address": {"chat": self.owner},
        }


def orders(seed: int, jobs: int, owners: int, seconds: float) -> list[Order]:
    """Plan the jobs of a storm, by time: bursts in its first four fifths."""
    chance = random.Random(seed)
    bursts = [chance.uniform(0.0, 0.8 * seconds) for _ in range(max(2, jobs // BURST))]
    planned = []
    for owner, count in zip("ABCDEF", _counts(jobs, SHARES[:owners]), strict=False):
        times = sorted(chance.choice(bursts) + chance.uniform(0.0, 0.5) for _ in range(count))
        for number, at in enumerate(times):
            seed_of_its_own = chance.randrange(2**31)
            planned.append(
                Order(f"{owner}-{number:02}", owner, at, seed_of_its_own, width=chance.choice(SIDES))
            )
    return sorted(planned, key=lambda order: (order.at, order.id))


def _counts(jobs: int, shares: Sequence[int]) -> list[int]:
    """Divide the jobs by these shares; what rounding leaves goes to the first."""
    counts = [max(1, jobs * share // sum(shares)) for share in shares]
    return [counts[0] + jobs - sum(counts), *counts[1:]]


def _picture(width: int, height: int, seed: int) -> bytes:
    """Make a small picture: a gradient between two colours, turned."""
    chance = random.Random(seed)
    dark, light = (tuple(chance.randrange(low, low + 128) for _ in range(3)) for low in (0, 128))
    grey = Image.linear_gradient("L").rotate(90 * chance.randrange(4)).resize((width, height))
    out = io.BytesIO()
    ImageOps.colorize(grey, dark, light).save(out, "JPEG", quality=90)
    return out.getvalue()
