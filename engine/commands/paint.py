"""``engine paint``: paint one photo in the style of one or more paintings."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import AtelierError, ImageError, RecipeError
from engine.gallery.presets import preset
from engine.painting.images import decode, encode_jpeg, encode_png
from engine.painting.recipe import SIZES, Recipe, parse_strength
from engine.settings import Settings

if TYPE_CHECKING:
    from PIL import Image

_ENCODERS: dict[str, Callable[..., bytes]] = {".png": encode_png, ".jpg": encode_jpeg, ".jpeg": encode_jpeg}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("photo", metavar="PHOTO", type=Path, help="the photo to paint")
    parser.add_argument("styles", metavar="STYLE", nargs="+", help="a painting's file, or a preset's id")
    parser.add_argument("-o", "--output", metavar="OUT", type=Path, required=True, help="a .png or .jpg file")
    parser.add_argument(
        "--size",
        type=int,
        default=512,
        help=f"square root of the area in pixels, {SIZES[0]}-{SIZES[1]} (512)",
    )
    parser.add_argument(
        "--strength", metavar="photo|balanced|painting|ALPHA", default="balanced",
        help="how much stays of the photo: a name, or the weight α of the content (balanced)",
    )  # fmt: skip
    parser.add_argument("--keep-colours", action="store_true", help="keep the photo's colours")
    parser.add_argument("--stroke", type=float, default=1.0, help="size of the strokes, 0.25-4 (1.0)")
    parser.add_argument("--quality", choices=("draft", "normal", "fine"), default="normal")
    parser.add_argument("--init", choices=("photo", "noise", "painting"), default="photo")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--timelapse", metavar="OUT.mp4", type=Path, help="also film the painting being painted"
    )
    parser.add_argument("--json", action="store_true", help="print the facts as one line of JSON")


def run(args: argparse.Namespace) -> int:
    """Paint."""
    settings = Settings()
    recipe = Recipe.of(
        size=args.size,
        alpha=parse_strength(args.strength),
        keep_colours=args.keep_colours,
        stroke=args.stroke,
        quality=args.quality,
        init=args.init,
        seed=args.seed,
        style_weights=(1.0,) * len(args.styles),
    )
    _check_output(args.output, tuple(_ENCODERS))
    if args.timelapse:
        _check_output(args.timelapse, (".mp4",))
    photo = decode(_read(args.photo), args.photo.name)
    styles = [_style(style) for style in args.styles]

    facts = _paint(settings, photo, styles, recipe, args.output, args.timelapse)
    if args.json:
        print(json.dumps(facts))
    else:
        from engine.painting.painter import NOTES

        print(
            f"{args.output}: {facts['width']} × {facts['height']} pixels by {facts['network']} "
            f"on {facts['device']} in {facts['seconds']:.1f} s",
            file=sys.stderr,
        )
        for note in facts["notes"]:
            print(f"note: {NOTES[note]}", file=sys.stderr)
    return 0


def _paint(
    settings: Settings,
    photo: Image.Image,
    styles: list[Image.Image],
    recipe: Recipe,
    output: Path,
    film: Path | None,
) -> dict[str, Any]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from engine import weights
    from engine.painting.ladder import canvas
    from engine.painting.network import Network, choose_device
    from engine.painting.painter import Painting, paint
    from engine.painting.timelapse import Timelapse

    console = Console(stderr=True, highlight=False)
    found = weights.resolve(settings.weights_cache, settings.vgg_weights, console.print)
    network = Network(found.state, choose_device(settings.device))
    timelapse = Timelapse(*canvas(*photo.size, recipe.size)) if film else None
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("Painting", total=1.0)
        for step in paint(network, photo, styles, recipe):
            if isinstance(step, Painting):
                painting = step
                break
            bar.update(task, completed=step.done)
            if timelapse and timelapse.wants(step.done):
                timelapse.add(step.picture())
    made_with = {"recipe": recipe.model_dump(), "network": network.name}
    _write(output, _ENCODERS[output.suffix.lower()](painting.image, recipe=made_with))
    if timelapse and film:
        _write(film, timelapse.encode(painting.image))
    return painting.facts


def _style(name: str) -> Image.Image:
    """Open a file, or else a preset."""
    path = Path(name)
    if path.exists() or path.suffix or len(path.parts) > 1:
        return decode(_read(path), path.name)
    return decode(preset(name).read(), name)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ImageError(f"{path} does not exist.") from error
    except OSError as error:
        raise ImageError(f"{path} cannot be read ({error.strerror}).") from error


def _check_output(path: Path, suffixes: tuple[str, ...]) -> None:
    if path.suffix.lower() not in suffixes:
        raise RecipeError(f"{path} must end in {' or '.join(suffixes)}.")
    if not path.parent.is_dir():
        raise RecipeError(f"The folder {path.parent} does not exist.")
    if not os.access(path.parent, os.W_OK) or path.is_dir():
        raise RecipeError(f"{path} cannot be written.")


def _write(path: Path, data: bytes) -> None:
    """Write whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise AtelierError(f"{path} cannot be written ({error.strerror}).") from error
