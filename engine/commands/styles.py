"""``engine styles``: list the presets."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from engine.gallery.presets import presets


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--json", action="store_true", help="print one line of JSON")


def run(args: argparse.Namespace) -> int:
    """Print a line for each preset."""
    if args.json:
        print(json.dumps([{**asdict(preset), "path": str(preset.path)} for preset in presets()]))
        return 0
    for preset in presets():
        print(f"{preset.id:20} {preset.title} — {preset.note}")
    return 0
