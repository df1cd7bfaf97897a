"""``engine bench``: measure this machine in megapixel-iterations per second."""

from __future__ import annotations

import argparse
import json
import statistics
import time
from typing import TYPE_CHECKING

from engine.settings import Settings

if TYPE_CHECKING:
    import torch
    from PIL import Image

    from engine.painting.network import Network


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--size", type=int, nargs="+", default=[256, 512], help="canvas sizes (256 512)")
    parser.add_argument("--repeat", type=int, default=3, help="runs, of which the median counts (3)")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")


def run(args: argparse.Namespace) -> int:
    """Measure the device's fast precision against fp32, in turns, in one run."""
    import torch
    from PIL import Image
    from rich.console import Console

    from engine import weights
    from engine.painting.network import Network, choose_device

    settings = Settings()
    report = Console(stderr=True, highlight=False).print
    found = weights.resolve(settings.weights_cache, settings.vgg_weights, report)
    network = Network(found.state, choose_device(settings.device))
    precisions = list(dict.fromkeys((network.precision, torch.float32)))
    rows = []
    for size in args.size:
        photo = Image.effect_noise((size, size), 60).convert("RGB")
        rates: dict[torch.dtype, list[float]] = {precision: [] for precision in precisions}
        for _ in range(args.repeat + 1):  # the first run of each warms up
            for precision in precisions:
                rates[precision].append(_rate(network, photo, precision))
        medians = {precision: statistics.median(rates[precision][1:]) for precision in precisions}
        rows.append(
            {
                "size": size,
                "precision": str(network.precision).removeprefix("torch."),
                "rate": round(medians[network.precision], 3),
                "rate_fp32": round(medians[torch.float32], 3),
                "ratio": round(medians[network.precision] / medians[torch.float32], 2),
            }
        )
    if args.json:
        print(json.dumps({"network": network.name, "device": str(network.device), "rows": rows}))
        return 0
    print(f"{network.name} on {network.device}, megapixel-iterations per second, median of {args.repeat}")
    for row in rows:
        print(
            f"size {row['size']:5}: {row['rate']:8.3f} in {row['precision']}, "
            f"{row['rate_fp32']:8.3f} in float32: {row['ratio']:.2f} ×"
        )
    return 0


def _rate(network: Network, photo: Image.Image, precision: torch.dtype, iterations: int = 5) -> float:
    """Time a few iterations on one canvas."""
    import torch

    from engine.painting.energy import Energy
    from engine.painting.painter import descend, to_tensor

    pixels = to_tensor(photo).to(network.device)
    energy = Energy.towards(network.features(precision), pixels, [(1.0, pixels.flip(-1))], 1e-4)
    started = time.perf_counter()
    for losses in descend(energy, torch.rand_like(pixels), iterations):
        last = losses
    last.total.item()  # waits for a GPU
    return iterations * pixels[0, 0].numel() / 1e6 / (time.perf_counter() - started)
