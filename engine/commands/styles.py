"""``engine styles``: list the presets, or paint a sheet of them all."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from engine.gallery.presets import presets

if TYPE_CHECKING:
    from PIL import Image

    from engine.painting.recipe import Recipe

MOST_BYTES = 600_000
"""Of a sheet."""
_SHOWN = (900, 750)
"""Pixels of a style image on a sheet: some are cropped a little."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    summary = "paint photos in every preset, and show all on one sheet"
    actions = parser.add_subparsers(dest="action", metavar="sheet")
    sheet = actions.add_parser("sheet", help=summary, description=summary)
    sheet.add_argument("photos", metavar="PHOTO", nargs="+", type=Path, help="a photo to paint")
    sheet.add_argument("-o", "--output", metavar="OUT.jpg", type=Path, required=True, help="a .jpg file")
    sheet.add_argument("--size", type=int, default=256, help="square root of each painting's area (256)")
    sheet.add_argument("--quality", choices=("draft", "normal", "fine"), default="normal")


def run(args: argparse.Namespace) -> int:
    """Print a line for each preset, or paint the sheet."""
    if args.action == "sheet":
        return _paint_sheet(args)
    if args.json:
        print(json.dumps([{**asdict(preset), "path": str(preset.path)} for preset in presets()]))
        return 0
    for preset in presets():
        print(f"{preset.id:20} {preset.title} — {preset.note}")
    return 0


def _paint_sheet(args: argparse.Namespace) -> int:
    from PIL import ImageOps

    from engine.commands.paint import check_output, open_picture, write_output
    from engine.gallery.contact import Card, contact_sheet
    from engine.gallery.paint import jpeg
    from engine.painting.images import decode
    from engine.painting.recipe import Recipe

    recipe = Recipe.of(size=args.size, quality=args.quality)
    check_output(args.output, (".jpg", ".jpeg"))
    photos = [open_picture(photo) for photo in args.photos]
    canvases = [decode(preset.read(), preset.id) for preset in presets()]
    painted = _painted(photos, canvases, recipe)
    cards = [Card("The photos", photos)] + [
        Card(preset.title, [ImageOps.fit(canvas, _SHOWN), *paintings])  # cards of one width
        for preset, canvas, paintings in zip(presets(), canvases, painted, strict=True)
    ]
    write_output(args.output, jpeg(contact_sheet(cards), MOST_BYTES))
    print(f"{args.output}: {len(canvases)} styles, {len(photos)} photos", file=sys.stderr)
    return 0


def _painted(
    photos: list[Image.Image], canvases: list[Image.Image], recipe: Recipe
) -> list[list[Image.Image]]:
    """For each preset every photo painted with it."""
    from rich.console import Console
    from rich.progress import Progress

    from engine import studio
    from engine.painting.painter import Commission, Painting, check, paint
    from engine.settings import Settings

    commissions = [
        [Commission(photo, (canvas,), recipe, presets=(preset.id,)) for photo in photos]
        for preset, canvas in zip(presets(), canvases, strict=True)
    ]
    for commission in (one for row in commissions for one in row):
        check(commission)
    settings, console = Settings(), Console(stderr=True, highlight=False)
    network = studio.open_network(settings, console.print)
    store = studio.open_style_cache(settings, network)
    found: list[list[Image.Image]] = []
    with Progress(console=console) as bar:
        task = bar.add_task("Painting", total=len(canvases) * len(photos))
        for row in commissions:
            found.append([])
            for commission in row:
                steps = paint(network, commission, store=store)
                found[-1].append(next(step.image for step in steps if isinstance(step, Painting)))
                bar.advance(task)
    return found
