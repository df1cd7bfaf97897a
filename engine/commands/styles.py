"""``engine styles``: list the styles, fetch famous paintings, add and remove your own, show them painted."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import AtelierError, UnknownPresetError, UnusableStyleError
from engine.files import write_whole
from engine.settings import Settings
from engine.styles.catalogue import Catalogue, open_catalogue
from engine.styles.style import Preset, find, presets

if TYPE_CHECKING:
    from PIL import Image

    from engine.painting.recipe import Recipe

MOST_BYTES = 600_000
"""Of a sheet."""
_SHOWN = (900, 750)
"""Pixels of a style image on a sheet: some are cropped a little."""
_EDGE = 2048
"""Longest edge, in pixels, of an image that is added."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    actions = parser.add_subparsers(dest="action", metavar="fetch|add|remove|preview|sheet")

    def action(name: str, summary: str) -> argparse.ArgumentParser:
        return actions.add_parser(name, help=summary, description=summary)

    fetch = action("fetch", "fetch the famous paintings that are not there yet")
    fetch.add_argument("ids", metavar="ID", nargs="*", help="only these")
    fetch.add_argument(
        "--within",
        metavar="SECONDS",
        type=float,
        help="for programs: end after so long, and ask nothing for a day after the server gave too little",
    )
    add = action("add", "add an image of your own")
    add.add_argument("file", metavar="FILE", type=Path, help="the image")
    add.add_argument("--id", help="what links and buttons carry (made of the file's name)")
    add.add_argument("--title", help="what people read (the same)")
    add.add_argument("--artist", default="", help="who made it")
    add.add_argument("--year", default="", help="when")
    add.add_argument("--credit", default="", help="what has to stand below a painting made with it")
    remove = action("remove", "remove one of your own")
    remove.add_argument("id", metavar="ID")
    preview = action("preview", "show a style, and photos painted with it, on a card")
    preview.add_argument("id", metavar="ID")
    preview.add_argument("photos", metavar="PHOTO", nargs="*", type=Path, help="a photo to paint")
    preview.add_argument("-o", "--output", metavar="OUT.jpg", type=Path, help="a .jpg file (ID.jpg)")
    sheet = action("sheet", "paint photos in every style of ours, and show all on one sheet")
    sheet.add_argument("photos", metavar="PHOTO", nargs="+", type=Path, help="a photo to paint")
    sheet.add_argument("-o", "--output", metavar="OUT.jpg", type=Path, required=True, help="a .jpg file")
    for painting in (preview, sheet):
        painting.add_argument("--size", type=int, default=256, help="square root of a painting's area (256)")
        painting.add_argument("--quality", choices=("draft", "normal", "fine"), default="normal")


def run(args: argparse.Namespace) -> int:
    """Print a line for each style, or do what is asked for."""
    settings = Settings()
    # Whoever fetches them by hand wants them.
    catalogue = open_catalogue(settings.data_dir, famous=settings.famous or args.action == "fetch")
    match args.action:
        case "fetch":
            return _fetch(catalogue, settings, args.ids, args.within)
        case "add":
            return _add(catalogue, settings, args)
        case "remove":
            return _remove(catalogue, args.id)
        case "preview":
            style = catalogue.get(args.id)
            return _show([style], args, args.output or Path(f"{style.id}.jpg"))
        case "sheet":
            return _show(presets(), args, args.output)
    if args.json:
        print(json.dumps(_facts(catalogue)))
    else:
        _list(catalogue)
    return 0


# The list


def _list(catalogue: Catalogue) -> None:
    for style in catalogue.now.all:
        print(f"{style.id:27} {style.kind:6} {style.title} — {style.note}")
    for painting in catalogue.now.missing:
        print(
            f"{painting.id:27} absent {painting.title} — {painting.artist.name}, {painting.year}; not fetched"
        )
    for path, reason in catalogue.now.unusable.items():
        print(f"{path}: not used: {reason}", file=sys.stderr)


def _facts(catalogue: Catalogue) -> list[dict[str, Any]]:
    there = [
        {
            "id": style.id,
            "kind": style.kind,
            "here": True,
            "title": style.title,
            "titles": style.titles,
            "artist": style.artist,
            "year": style.year,
            "note": style.note,
            "path": str(style.path),
        }
        for style in catalogue.now.all
    ]
    absent: list[dict[str, Any]] = [
        {
            "id": painting.id,
            "kind": "famous",
            "here": False,
            "title": painting.title,
            "titles": {},
            "artist": painting.artist.name,
            "year": painting.year,
            "note": painting.museum,
            "path": None,
        }
        for painting in catalogue.now.missing
    ]
    return there + absent


# Famous paintings


def _fetch(catalogue: Catalogue, settings: Settings, ids: Sequence[str], within: float | None) -> int:
    from engine.styles.catalogue import PAINTINGS
    from engine.styles.downloader import HOUR, Downloader, Outcome
    from engine.styles.famous import paintings

    known = {painting.id: painting for painting in paintings(catalogue.manifest)}
    for name in ids:
        if name not in known:
            raise UnknownPresetError(f"“{name}” is none of the famous paintings: {', '.join(known)}.")
    wanted = [painting for painting in catalogue.now.missing if not ids or painting.id in ids]
    downloader = Downloader(
        settings.data_dir / PAINTINGS, settings.famous_url, settings.contact, time_limit=within
    )

    def report(line: str) -> None:
        print(line, file=sys.stderr)

    if within is not None and wanted and (rest := downloader.rests()):
        report(
            f"Too little came lately: the {len(wanted)} that are missing wait for {rest / HOUR:.0f} hours."
        )
        return 1
    if not settings.contact:
        report("CONTACT is not set; whoever runs the server would like to know how to reach you.")
    try:
        outcome = asyncio.run(downloader.fetch(wanted, report))
    except OSError as error:
        raise AtelierError(f"{downloader.folder} cannot be written ({error.strerror}).") from error
    left = len(catalogue.refresh().missing)
    if outcome is Outcome.BUSY:
        report("Another process is fetching them.")
    report(f"{len(known) - left} of {len(known)} famous paintings are there.")
    return 0 if outcome is Outcome.COMPLETE else 1


# The operator's own


def _add(catalogue: Catalogue, settings: Settings, args: argparse.Namespace) -> int:
    """Keep a copy of moderate size under the id, and what is known of it beside."""
    from PIL import Image

    from engine.commands.paint import open_picture
    from engine.imaging.encoding import encode_jpeg
    from engine.styles import custom
    from engine.styles.catalogue import OWN
    from engine.styles.famous import paintings

    image = open_picture(args.file)
    image.thumbnail((_EDGE, _EDGE), Image.Resampling.LANCZOS)
    name = custom.id_of(args.id or args.file.stem)
    folder = settings.data_dir / OWN
    path = folder / f"{name}.jpg"
    card_path = path.with_suffix(".toml")
    famous = {painting.id for painting in paintings(catalogue.manifest)}
    if path.exists() or catalogue.find(name) or name in famous:
        raise UnusableStyleError(f"There is a style called “{name}” already; --id gives yours another name.")
    if card_path.exists():  # another image's
        raise UnusableStyleError(f"There is a {card_path} already; --id gives yours another name.")
    card = {
        "title": args.title or custom.title_of(args.file.stem),
        "artist": args.artist,
        "year": args.year,
        "credit": args.credit,
    }
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in card.items() if value]
    custom.check_card(tomllib.loads("".join(lines)), card_path.name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(card_path, "".join(lines).encode())
        write_whole(path, encode_jpeg(image, 92))
    except OSError as error:
        raise AtelierError(f"{folder} cannot be written ({error.strerror}).") from error
    catalogue.refresh()
    print(f"{name}: {catalogue.get(name).title}, at {path}", file=sys.stderr)
    return 0


def _remove(catalogue: Catalogue, name: str) -> int:
    style = find(name, catalogue.now.all)
    if style.kind != "own":
        reason = "comes with Atelier" if style.kind == "ours" else "is a famous painting, see FAMOUS"
        raise UnusableStyleError(f"“{style.id}” {reason}; only your own can be removed.")
    try:
        style.path.unlink(missing_ok=True)
        style.path.with_suffix(".toml").unlink(missing_ok=True)
    except OSError as error:
        raise AtelierError(f"{style.path} cannot be removed ({error.strerror}).") from error
    print(f"{style.id}: removed", file=sys.stderr)
    return 0


# Sheets


def _show(styles: Sequence[Preset], args: argparse.Namespace, output: Path) -> int:
    """Paint each photo with each style, and lay all out on one sheet."""
    from PIL import ImageOps

    from engine.commands.paint import check_output, open_picture, write_output
    from engine.imaging.encoding import encode_jpeg_within
    from engine.imaging.reading import decode
    from engine.painting.recipe import Recipe
    from engine.styles.contact_sheet import Card, contact_sheet

    recipe = Recipe.of(size=args.size, quality=args.quality)
    check_output(output, (".jpg", ".jpeg"))
    photos = [open_picture(photo) for photo in args.photos]
    canvases = [decode(style.read(), style.id) for style in styles]
    painted = _painted(photos, [style.id for style in styles], canvases, recipe) if photos else [[]]
    cards = [Card("The photos", photos)] * (len(styles) > 1) + [
        # Cards of one width, where there are several.
        Card(_caption(style), [ImageOps.fit(canvas, _SHOWN) if len(styles) > 1 else canvas, *paintings])
        for style, canvas, paintings in zip(styles, canvases, painted, strict=True)
    ]
    write_output(output, encode_jpeg_within(contact_sheet(cards), MOST_BYTES))
    count = "1 style" if len(styles) == 1 else f"{len(styles)} styles"
    print(f"{output}: {count}, {len(photos)} photos", file=sys.stderr)
    return 0


def _caption(style: Preset) -> str:
    return ", ".join(part for part in (style.title, style.artist, style.year) if part)


def _painted(
    photos: list[Image.Image], ids: list[str], canvases: list[Image.Image], recipe: Recipe
) -> list[list[Image.Image]]:
    """For each style every photo painted with it."""
    from rich.console import Console
    from rich.progress import Progress

    from engine import runtime
    from engine.painting.commission import Commission, check
    from engine.painting.painter import paint
    from engine.painting.result import Painting

    commissions = [
        [Commission(photo, (canvas,), recipe, presets=(name,)) for photo in photos]
        for name, canvas in zip(ids, canvases, strict=True)
    ]
    for commission in (one for row in commissions for one in row):
        check(commission)
    settings, console = Settings(), Console(stderr=True, highlight=False)
    network = runtime.open_network(settings, console.print)
    store = runtime.open_style_cache(settings, network)
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
