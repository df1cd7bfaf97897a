"""``engine styles``: list, download, add, remove and preview styles."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import AtelierError, UnknownStyleError, UnusableStyleError
from engine.files import write_whole
from engine.settings import Settings
from engine.styles.catalogue import Catalogue, open_catalogue
from engine.styles.style import Style, find, presets

if TYPE_CHECKING:
    from PIL import Image

    from engine.painting.recipe import Recipe

MAX_SHEET_BYTES = 600_000
"""Bytes of a sheet."""
_SHEET_STYLE_SIZE = (900, 750)
"""Pixels of a style's image on a sheet; others are cropped to this shape."""
_MAX_EDGE = 2048
"""Longest edge of an added image, in pixels."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    actions = parser.add_subparsers(dest="action", metavar="fetch|add|remove|preview|sheet")

    def action(name: str, summary: str) -> argparse.ArgumentParser:
        return actions.add_parser(name, help=summary, description=summary)

    fetch = action("fetch", "download famous paintings that are missing")
    fetch.add_argument("ids", metavar="ID", nargs="*", help="download only these")
    fetch.add_argument(
        "--within",
        metavar="SECONDS",
        type=float,
        help="stop after this time; do nothing for a day after a failed download (for scripts)",
    )
    add = action("add", "add an image of your own")
    add.add_argument("file", metavar="FILE", type=Path, help="image file")
    add.add_argument("--id", help="id in links and buttons (default: from the file name)")
    add.add_argument("--title", help="title shown to users (default: from the file name)")
    add.add_argument("--artist", default="", help="name of the artist")
    add.add_argument("--year", default="", help="year it was made")
    add.add_argument("--credit", default="", help="credit line below paintings in this style")
    remove = action("remove", "remove an image of your own")
    remove.add_argument("id", metavar="ID")
    preview = action("preview", "make a card with a style and photos painted in it")
    preview.add_argument("id", metavar="ID")
    preview.add_argument("photos", metavar="PHOTO", nargs="*", type=Path, help="photo to paint")
    preview.add_argument("-o", "--output", metavar="OUT.jpg", type=Path, help="JPEG file (default: ID.jpg)")
    sheet = action("sheet", "make a sheet with photos painted in every preset")
    sheet.add_argument("photos", metavar="PHOTO", nargs="+", type=Path, help="photo to paint")
    sheet.add_argument("-o", "--output", metavar="OUT.jpg", type=Path, required=True, help="JPEG file")
    for painting in (preview, sheet):
        painting.add_argument(
            "--size",
            type=int,
            default=256,
            help="size of the paintings: the square root of the area in pixels (default: %(default)s)",
        )
        painting.add_argument(
            "--quality", choices=("draft", "normal", "fine"), default="normal", help="default: %(default)s"
        )


def run(args: argparse.Namespace) -> int:
    """List the styles, or run the chosen action."""
    settings = Settings()
    # `styles fetch` downloads famous paintings even with FAMOUS=false.
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
        note = f"{painting.artist.name}, {painting.year}; not downloaded"
        print(f"{painting.id:27} absent {painting.title} — {note}")
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
            raise UnknownStyleError(f"“{name}” is none of the famous paintings: {', '.join(known)}.")
    wanted = [painting for painting in catalogue.now.missing if not ids or painting.id in ids]
    downloader = Downloader(
        settings.data_dir / PAINTINGS, settings.famous_url, settings.contact, time_limit=within
    )

    def report(line: str) -> None:
        print(line, file=sys.stderr)

    if within is not None and wanted and (rest := downloader.cooldown()):
        hours = f"{rest / HOUR:.0f} hours"
        report(
            f"The last download failed: the {len(wanted)} missing paintings will be tried again in {hours}."
        )
        return 1
    if not settings.contact:
        report("CONTACT is not set. Set it to an address at which the server's operators can reach you.")
    try:
        outcome = asyncio.run(downloader.fetch(wanted, report))
    except OSError as error:
        raise AtelierError(f"{downloader.folder} cannot be written ({error.strerror}).") from error
    left = len(catalogue.refresh().missing)
    if outcome is Outcome.BUSY:
        report("Another process is downloading them.")
    report(f"{len(known) - left} of {len(known)} famous paintings are downloaded.")
    return 0 if outcome is Outcome.COMPLETE else 1


# The host's own styles


def _add(catalogue: Catalogue, settings: Settings, args: argparse.Namespace) -> int:
    """Store a scaled-down copy of the image under its id, with its metadata in a TOML file."""
    from PIL import Image

    from engine.commands.paint import open_picture
    from engine.imaging.encoding import encode_jpeg
    from engine.styles import custom
    from engine.styles.catalogue import STYLES
    from engine.styles.famous import paintings

    image = open_picture(args.file)
    image.thumbnail((_MAX_EDGE, _MAX_EDGE), Image.Resampling.LANCZOS)
    name = custom.id_of(args.id or args.file.stem)
    folder = settings.data_dir / STYLES
    path = folder / f"{name}.jpg"
    metadata_path = path.with_suffix(".toml")
    famous = {painting.id for painting in paintings(catalogue.manifest)}
    if path.exists() or catalogue.find(name) or name in famous:
        raise UnusableStyleError(f"There is already a style called “{name}”; choose another --id.")
    if metadata_path.exists():  # another image's
        raise UnusableStyleError(f"There is already a file {metadata_path}; choose another --id.")
    metadata = {
        "title": args.title or custom.title_of(args.file.stem),
        "artist": args.artist,
        "year": args.year,
        "credit": args.credit,
    }
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in metadata.items() if value]
    custom.check_metadata(tomllib.loads("".join(lines)), metadata_path.name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(metadata_path, "".join(lines).encode())
        write_whole(path, encode_jpeg(image, 92))
    except OSError as error:
        raise AtelierError(f"{folder} cannot be written ({error.strerror}).") from error
    catalogue.refresh()
    print(f"{name}: {catalogue.get(name).title}, at {path}", file=sys.stderr)
    return 0


def _remove(catalogue: Catalogue, name: str) -> int:
    style = find(name, catalogue.now.all)
    if style.kind != "own":
        reason = "comes with Atelier" if style.kind == "ours" else "is a famous painting (see FAMOUS)"
        raise UnusableStyleError(f"“{style.id}” {reason}; only your own can be removed.")
    try:
        style.path.unlink(missing_ok=True)
        style.path.with_suffix(".toml").unlink(missing_ok=True)
    except OSError as error:
        raise AtelierError(f"{style.path} cannot be removed ({error.strerror}).") from error
    print(f"{style.id}: removed", file=sys.stderr)
    return 0


# Sheets


def _show(styles: Sequence[Style], args: argparse.Namespace, output: Path) -> int:
    """Paint each photo in each style, and write a contact sheet of all."""
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
    several = len(styles) > 1
    cards = [Card("The photos", photos)] * several + [
        # On a sheet of several styles all cards have one width.
        Card(_caption(style), [ImageOps.fit(canvas, _SHEET_STYLE_SIZE) if several else canvas, *paintings])
        for style, canvas, paintings in zip(styles, canvases, painted, strict=True)
    ]
    write_output(output, encode_jpeg_within(contact_sheet(cards), MAX_SHEET_BYTES))
    count = "1 style" if len(styles) == 1 else f"{len(styles)} styles"
    print(f"{output}: {count}, {len(photos)} photos", file=sys.stderr)
    return 0


def _caption(style: Style) -> str:
    return ", ".join(part for part in (style.title, style.artist, style.year) if part)


def _painted(
    photos: list[Image.Image], ids: list[str], canvases: list[Image.Image], recipe: Recipe
) -> list[list[Image.Image]]:
    """Paint every photo in every style, and return the paintings by style."""
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
    finder = runtime.open_face_finder(settings, console.print)
    found: list[list[Image.Image]] = []
    with Progress(console=console) as bar:
        task = bar.add_task("Painting", total=len(canvases) * len(photos))
        for row in commissions:
            found.append([])
            for commission in row:
                steps = paint(network, commission, store=store, finder=finder)
                found[-1].append(next(step.image for step in steps if isinstance(step, Painting)))
                bar.advance(task)
    return found
