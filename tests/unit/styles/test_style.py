"""The presets that people choose from: metadata, files, titles, and what importing them costs."""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from engine.errors import UnknownStyleError
from engine.styles.style import preset, presets

# Jobs in queues and links in chats hold these words: add to them, never change one.
RELEASED = (
    *("swirling_night", "woodblock_waves", "stained_glass", "mosaic", "rainy_avenue", "copper_etching"),
    *("dappled_harbour", "watercolour_hills", "ink_mountains", "golden_tree", "cubist_facets"),
    *("chalk_rooftops", "primary_grid"),
)


def test_ids_of_released_presets_are_stable_and_unique() -> None:
    ids = [one.id for one in presets()]
    assert tuple(ids[: len(RELEASED)]) == RELEASED
    assert len(set(ids)) == len(ids)
    assert len({one.title for one in presets()}) == len(ids)


def test_every_preset_says_what_it_is_in_a_few_words() -> None:
    for one in presets():
        assert 3 <= len(one.title) <= 24
        assert 20 <= len(one.note) <= 90
        assert "\n" not in one.note
        assert not one.note.endswith(".")


@pytest.mark.parametrize("name", [one.id for one in presets()])
def test_every_preset_is_a_large_rgb_jpeg_of_moderate_weight(name: str) -> None:
    data = preset(name).read()
    assert len(data) <= 350_000
    with Image.open(BytesIO(data)) as image:
        image.load()
        assert image.format == "JPEG"
        assert image.mode == "RGB"
        assert min(image.size) >= 768


def test_styles_folder_holds_the_presets_and_nothing_else() -> None:
    folder = presets()[0].path.parent
    assert {path.name for path in folder.iterdir()} == {f"{one.id}.jpg" for one in presets()}


@pytest.mark.parametrize("spelling", ["Swirling-Night", " swirling night ", "SWIRLING_NIGHT"])
def test_a_preset_is_found_however_its_id_is_typed(spelling: str) -> None:
    assert preset(spelling).id == "swirling_night"


def test_an_unknown_preset_suggests_the_closest_and_lists_all() -> None:
    with pytest.raises(UnknownStyleError) as caught:
        preset("mosiac")
    message = str(caught.value)
    assert "Did you mean “mosaic”?" in message
    assert all(one.id in message for one in presets())
    assert caught.value.facts["closest"] == "mosaic"
    assert caught.value.code == "preset-unknown"


@pytest.mark.parametrize("nonsense", ["qqqqqqq", ""])
def test_an_unknown_preset_that_resembles_none_suggests_none(nonsense: str) -> None:
    with pytest.raises(UnknownStyleError) as caught:
        preset(nonsense)
    assert "Did you mean" not in str(caught.value)
    assert caught.value.facts["closest"] is None


def test_different_presets_look_different() -> None:
    tiny = [Image.open(one.path).convert("RGB").resize((4, 4)).tobytes() for one in presets()]
    for i, a in enumerate(tiny):
        for b in tiny[i + 1 :]:
            assert sum(abs(p - q) for p, q in zip(a, b, strict=True)) / len(a) > 12


def test_importing_the_presets_needs_no_other_package() -> None:
    program = (
        "import sys, engine.styles.style as p; p.presets();"
        "print([m for m in ('PIL', 'numpy', 'torch', 'engine.artwork.brush') if m in sys.modules])"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
