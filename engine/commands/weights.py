"""``engine weights``: show which networks paint and find faces, and download them if needed."""

from __future__ import annotations

import argparse
import json

from engine.errors import WeightsError
from engine.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--json", action="store_true", help="print one line of JSON")


def run(args: argparse.Namespace) -> int:
    """Find the weights, and print the networks and their sources."""
    from rich.console import Console

    from engine import runtime, weights

    settings = Settings()
    report = Console(stderr=True, highlight=False).print
    found = runtime.chosen_weights(settings, report)
    try:
        faces = weights.resolve_faces(settings.weights_cache, report, bundle=settings.weights_bundle).source
    except WeightsError as error:
        report(str(error))
        faces = None
    if args.json:
        print(json.dumps({"network": found.name, "source": found.source, "faces": faces}))
    else:
        print(f"Painting with {found.name.upper().replace('VGG', 'VGG-')} from {found.source}")
        print(f"Finding faces with YuNet from {faces}" if faces else "Finding no faces")
    return 0
