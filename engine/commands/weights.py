"""``engine weights``: show which network paints, and download it if needed."""

from __future__ import annotations

import argparse
import json

from engine.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--json", action="store_true", help="print one line of JSON")


def run(args: argparse.Namespace) -> int:
    """Find the weights, and print the network and its source."""
    from rich.console import Console

    from engine import weights

    settings = Settings()
    report = Console(stderr=True, highlight=False).print
    found = weights.resolve(
        settings.weights_cache, settings.vgg_weights, report, bundle=settings.weights_bundle
    )
    if args.json:
        print(json.dumps({"network": found.name, "source": found.source}))
    else:
        print(f"Painting with {found.name.upper().replace('VGG', 'VGG-')} from {found.source}")
    return 0
