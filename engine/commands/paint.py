"""``engine paint``: paint one photo in the style of one or more paintings."""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import AtelierError, ImageError, RecipeError
from engine.files import write_whole
from engine.imaging.encoding import encode_jpeg, encode_png
from engine.imaging.reading import decode
from engine.imaging.transparency import set_alpha_apart, with_alpha_of
from engine.networks import CHOICES
from engine.painting.recipe import SETTINGS, STRENGTHS, Recipe, Setting, parse_strength, strength_name
from engine.painting.statistic import STATISTICS
from engine.settings import Settings
from engine.styles.catalogue import catalogue, open_catalogue

if TYPE_CHECKING:
    from PIL import Image

    from engine.painting.commission import Commission

_ENCODERS: dict[str, Callable[..., bytes]] = {".png": encode_png, ".jpg": encode_jpeg, ".jpeg": encode_jpeg}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("photo", metavar="PHOTO", type=Path, help="the photo to paint")
    parser.add_argument(
        "styles", metavar="STYLE", nargs="+", help="an image file, or the id of a style of the catalogue"
    )
    parser.add_argument("-o", "--output", metavar="OUT", type=Path, required=True, help="a .png or .jpg file")
    for name, setting in SETTINGS.items():
        _add_setting(parser, name, setting)
    parser.add_argument(
        "--mask", metavar="FILE", type=Path, help="an image: white is painted, black stays photo"
    )
    parser.add_argument(
        "--memory", metavar="GB", type=float, help="gigabytes that the painter may take (what is free)"
    )
    parser.add_argument(
        "--timelapse", metavar="OUT.mp4", type=Path, help="also film the painting being painted"
    )
    parser.add_argument("--network", choices=CHOICES, help="the network that paints (NETWORK, or auto)")
    parser.add_argument("--json", action="store_true", help="print the facts as one line of JSON")


def _add_setting(parser: argparse.ArgumentParser, name: str, setting: Setting) -> None:
    """Add an option for a setting of the recipe; without it the namespace has no such attribute."""
    limits, default = "-".join(setting.range or ()), str(setting.default)
    option = f"--{name.replace('_', '-')}"
    details: dict[str, Any]
    match name:
        case "alpha":
            option, limits, default = "--strength", f"ALPHA {limits}", strength_name(setting.default)
            details = {"metavar": "|".join((*STRENGTHS, "ALPHA"))}
        case "style_weights":
            option, default = "--shares", "all alike"
            details = {"metavar": "N,N", "type": _shares}
        case "statistic":
            limits = "; ".join(f"{each}: {statistic.summary}" for each, statistic in STATISTICS.items())
            details = {"choices": tuple(STATISTICS)}
        case _ if isinstance(setting.default, bool):
            details, default = {"action": "store_true"}, ""
        case _ if setting.choices:
            details = {"choices": tuple(setting.choices)}
        case _:
            details = {"type": type(setting.default)}
    summary = ", ".join(filter(None, (setting.summary, limits))) + (f" ({default})" if default else "")
    parser.add_argument(option, dest=name, default=argparse.SUPPRESS, help=summary, **details)


def run(args: argparse.Namespace) -> int:
    """Paint."""
    settings = Settings(**({"network": args.network} if args.network else {}))
    chosen = {name: value for name, value in vars(args).items() if name in SETTINGS}
    if "alpha" in chosen:
        chosen["alpha"] = parse_strength(chosen["alpha"])
    recipe = Recipe.of(**{"style_weights": (1.0,) * len(args.styles), **chosen})
    memory = _bytes(args.memory)
    check_output(args.output, tuple(_ENCODERS))
    if args.timelapse:
        check_output(args.timelapse, (".mp4",))
    photo = _open_photo(args.photo)
    open_catalogue(settings.data_dir, famous=settings.famous)
    styles = [_style(style) for style in args.styles]
    mask = open_picture(args.mask, ground="black") if args.mask else None

    from engine.painting.commission import Commission, check
    from engine.painting.result import NOTES

    pictures, ids = zip(*styles, strict=True)
    commission = Commission(photo, pictures, recipe, mask, presets=ids)
    check(commission)
    facts = _paint(settings, commission, memory, args.output, args.timelapse)
    if args.json:
        print(json.dumps(facts))
    else:
        print(
            f"{args.output}: {facts['width']} × {facts['height']} pixels by {facts['network']} "
            f"on {facts['device']} in {facts['seconds']:.1f} s",
            file=sys.stderr,
        )
        for note in facts["notes"]:
            print(f"note: {NOTES[note]}", file=sys.stderr)
    return 0


def _paint(
    settings: Settings, commission: Commission, memory: int | None, output: Path, film: Path | None
) -> dict[str, Any]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from engine import runtime
    from engine.painting.painter import paint
    from engine.painting.result import Painting
    from engine.painting.scales import canvas
    from engine.painting.timelapse import Timelapse
    from engine.worker import provenance

    console = Console(stderr=True, highlight=False)
    network = runtime.open_network(settings, console.print)
    store = runtime.open_style_cache(settings, network)
    keeps_faces = commission.recipe.faces == "keep"
    finder = runtime.open_face_finder(settings, console.print) if keeps_faces else None
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
    )
    with ExitStack() as stack:
        final_canvas = canvas(*commission.photo.size, commission.recipe.size)
        timelapse = stack.enter_context(Timelapse(*final_canvas, commission.photo)) if film else None
        bar = stack.enter_context(Progress(*columns, console=console))
        task = bar.add_task("Painting", total=1.0)
        for step in paint(network, commission, memory=memory, store=store, finder=finder):
            if isinstance(step, Painting):
                painting = step
                break
            bar.update(task, completed=step.done)
            if timelapse and timelapse.wants(step.done):
                timelapse.add(step.done, step.snapshot())
            del step
        metadata = provenance.metadata_of(painting, commission)
        image = painting.image
        if output.suffix.lower() == ".png":  # a JPEG lies on white
            image = with_alpha_of(commission.photo, image)
        write_output(output, _ENCODERS[output.suffix.lower()](image, recipe=metadata))
        if timelapse and film:
            write_output(film, timelapse.finish(painting.image))
    return provenance.facts_of(painting, commission)


def _shares(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} are not numbers with commas between them") from error


def _bytes(gigabytes: float | None) -> int | None:
    if gigabytes is None:
        return None
    if not 0 < gigabytes < math.inf:
        raise RecipeError(f"memory: a number of gigabytes above 0 (got {gigabytes!r}).")
    return round(gigabytes * 1e9)


def _style(name: str) -> tuple[Image.Image, str | None]:
    """Open a file, or else a style of the catalogue, which has an id."""
    path = Path(name)
    if path.exists() or path.suffix or len(path.parts) > 1:
        return open_picture(path), None
    known = catalogue().get(name)
    return decode(known.read(), name), known.id


def _open_photo(path: Path) -> Image.Image:
    return set_alpha_apart(decode(_read(path), path.name, keep_alpha=True))


def open_picture(path: Path, ground: str = "white") -> Image.Image:
    """Read a picture from the disk, or say in one line why not."""
    return decode(_read(path), path.name, ground=ground)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ImageError(f"{path} does not exist.") from error
    except OSError as error:
        raise ImageError(f"{path} cannot be read ({error.strerror}).") from error


def check_output(path: Path, suffixes: tuple[str, ...]) -> None:
    """See that a file can be written there, before anything is painted."""
    if path.suffix.lower() not in suffixes:
        raise RecipeError(f"{path} must end in {' or '.join(suffixes)}.")
    if not path.parent.is_dir():
        raise RecipeError(f"The folder {path.parent} does not exist.")
    if not os.access(path.parent, os.W_OK) or path.is_dir():
        raise RecipeError(f"{path} cannot be written.")


def write_output(path: Path, data: bytes) -> None:
    """Write the file whole, or say in one line why not."""
    try:
        write_whole(path, data)
    except OSError as error:
        raise AtelierError(f"{path} cannot be written ({error.strerror}).") from error
