"""Time and memory of decoding, by format and size: ``python -m tests.benchmarks.imaging [--folder DIR]``.

Each picture is decoded by processes of their own, and the medians are printed as a table in Markdown. The
pictures are noise over colours, made once and kept in DIR.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pillow_heif
from PIL import Image

from engine.errors import ImageError
from engine.imaging.decoding import upright_size

REPO: Final = Path(__file__).resolve().parents[2]
SIZES: Final = {12: (4000, 3000), 24: (6000, 4000), 48: (8000, 6000)}
"""Width and height, by megapixels."""
FORMATS: Final[dict[str, dict[str, Any]]] = {
    "HEIC": {"format": "HEIF", "quality": 60, "tile_size": 512},
    "JPEG": {"format": "JPEG", "quality": 90},
    "PNG": {"format": "PNG", "compress_level": 1},
    "AVIF": {"format": "AVIF", "quality": 60, "speed": 10},
}
"""Pillow's options, by name."""
MEASURE: Final = """
import os, sys
from pathlib import Path
from engine.imaging import decoding, reading
data = sys.stdin.buffer.read()
(reading.decode if sys.argv[1] == "all" else decoding.decode_here)(data, "it")
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(sum(os.times()[:4]), int(peak.split()[1]) / 1024)
"""


def picture(width: int, height: int) -> Image.Image:
    """Return soft shapes under fine noise, about as hard to compress as a photo."""
    shapes = [Image.effect_noise((width // 50, height // 50), 120).resize((width, height)) for _ in range(3)]
    grain = Image.effect_noise((width, height), 40)
    return Image.blend(Image.merge("RGB", shapes), Image.merge("RGB", (grain,) * 3), 0.2)


def sample(folder: Path, name: str, megapixels: int) -> bytes:
    """Return a file, which is made if it is not there yet."""
    path = folder / f"{megapixels}.{name.lower()}"
    if not path.exists():
        image = picture(*SIZES[megapixels])
        if name == "PNG":  # as an illustration has it; else 48 megapixels would be more bytes than are taken
            image = image.point(lambda level: level & 0xE0)
        image.save(path, **FORMATS[name])
    return path.read_bytes()


def taken(data: bytes) -> bool:
    """Return whether such a file is not refused for its size."""
    try:
        return bool(upright_size(data))
    except ImageError:
        return False


def measured(data: bytes, which: str) -> tuple[float, float]:
    """Return the seconds of computing that a process takes which decodes a file, and megabytes at its peak.

    Args:
        data: the file's bytes.
        which: ``all`` for the process that asks, with the time of its child; ``child`` for the child's work.
    """
    command = [sys.executable, "-c", MEASURE, which]
    run = subprocess.run(command, cwd=REPO, input=data, capture_output=True, check=True)
    took, peak = map(float, run.stdout.split())
    return took, peak


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.imaging", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("artefacts/imaging"))
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    pillow_heif.register_heif_opener()
    print("| picture | file, MB | CPU seconds | peak, MB | its child's peak, MB |\n|---|---|---|---|---|")
    for name in FORMATS:
        for megapixels in SIZES:
            data = sample(args.folder, name, megapixels)
            if not taken(data):
                print(f"| {name}, {megapixels} MP | {len(data) / 1e6:.1f} | refused | | |", flush=True)
                continue
            runs = zip(*(measured(data, "all") for _ in range(args.runs)), strict=True)
            took, here = map(statistics.median, runs)
            has_child = name in ("HEIC", "AVIF")
            apart = f"{measured(data, 'child')[1]:.0f}" if has_child else "–"
            figures = f"{len(data) / 1e6:.1f} | {took:.2f} | {here:.0f} | {apart}"
            print(f"| {name}, {megapixels} MP | {figures} |", flush=True)


if __name__ == "__main__":
    main()
