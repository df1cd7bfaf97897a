"""The canvases as style images: repeatable, the same at any size, and textured all over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from engine.artwork.__main__ import MAX_BYTES, main
from engine.artwork.canvases import CANVASES
from engine.imaging.encoding import encode_jpeg_within
from engine.styles.style import preset, presets

if TYPE_CHECKING:
    from numpy.typing import NDArray

IDS = [one.id for one in presets()]
_SIZE = 112


def test_every_preset_has_its_canvas_and_every_canvas_its_preset() -> None:
    assert list(CANVASES) == IDS


@pytest.mark.parametrize("name", IDS)
def test_repainting_gives_the_stored_composition_again_and_another_seed_gives_another_picture(
    name: str,
) -> None:
    once, again, other = (CANVASES[name](_SIZE, *seed) for seed in ((), (), (7,)))
    assert once.width == _SIZE
    assert once.tobytes() == again.tobytes()
    assert once.size == other.size
    assert float(np.abs(_array(once) - _array(other)).mean()) > 2
    with Image.open(preset(name).path) as opened:
        stored = opened.convert("RGB")
    assert once.width / once.height == pytest.approx(stored.width / stored.height, abs=0.02)
    a, b = (_array(image.resize((6, 5), Image.Resampling.BOX)).ravel() for image in (once, stored))
    assert float(np.corrcoef(a, b)[0, 1]) > 0.8


@pytest.mark.parametrize("name", IDS)
def test_nearly_every_part_of_a_stored_style_has_texture(name: str) -> None:
    with Image.open(preset(name).path) as image:
        grey = np.asarray(image.convert("L"), dtype=np.float64)
    # Both at the scale of single strokes and at that of groups of strokes.
    for tile, least in ((24, 4.0), (64, 8.0)):
        deviation = _tiles(grey, tile).std(axis=(1, 3))
        assert float((deviation > least).mean()) > 0.93


@pytest.mark.parametrize("name", IDS)
def test_a_stored_style_has_a_rich_palette(name: str) -> None:
    with Image.open(preset(name).path) as image:
        colours = _array(image.convert("RGB").resize((128, 128), Image.Resampling.BOX)).reshape(-1, 3)
    assert len(np.unique(colours // 32, axis=0)) > 40
    light = colours.mean(axis=1)
    assert float(np.percentile(light, 95) - np.percentile(light, 5)) > 90


def test_a_jpeg_of_pure_noise_is_brought_down_to_the_limit() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (700, 700, 3), dtype=np.uint8)
    assert len(encode_jpeg_within(Image.fromarray(noise), MAX_BYTES)) <= MAX_BYTES


def test_asking_to_repaint_an_unknown_style_exits_with_2_and_paints_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = {one.id: one.path.stat().st_mtime_ns for one in presets()}
    assert main(["mosaic", "no_such_style"]) == 2
    assert "no_such_style" in capsys.readouterr().err
    assert before == {one.id: one.path.stat().st_mtime_ns for one in presets()}


def _array(image: Image.Image) -> NDArray[np.float64]:
    return np.asarray(image, dtype=np.float64)


def _tiles(grey: NDArray[np.float64], tile: int) -> NDArray[np.float64]:
    rows, columns = grey.shape[0] // tile, grey.shape[1] // tile
    return grey[: rows * tile, : columns * tile].reshape(rows, tile, columns, tile)
