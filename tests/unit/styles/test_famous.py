"""The famous paintings' manifest, and the hash by which a file is known to be the right one."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from PIL import Image

from engine.errors import WrongPictureError
from engine.styles.custom import MAX_TITLE_LENGTH
from engine.styles.famous import FamousPainting, paintings, recognise
from engine.styles.perceptual_hash import BITS, TOLERANCE, difference, perceptual_hash
from engine.styles.style import MAX_ID_LENGTH, preset, presets
from tests.support import mirrored_paintings

# Jobs in queues and links in chats hold these words: add to them, never change one.
RELEASED = (
    *("starry_night", "cafe_terrace_at_night", "wheat_field_with_cypresses", "irises", "great_wave"),
    *("red_fuji", "plum_park_in_kameido", "impression_sunrise", "water_lilies", "woman_with_a_parasol"),
    *("la_grande_jatte", "the_kiss_klimt", "adele_bloch_bauer", "girl_with_a_pearl_earring"),
    *("rain_steam_and_speed", "shipwreck_of_the_minotaur", "mont_sainte_victoire", "large_blue_horses"),
    *("four_trees", "ninth_wave", "the_scream", "composition_vii", "composition_viii", "senecio"),
)
REPRODUCTIONS = Path(__file__).resolve().parents[3] / "data" / "tests" / "paintings"
"""Folder of JPEG files by id, which the tests need not have."""
FARTHEST_OF_THE_SAME = 12
NEAREST_OF_OTHERS = 26
"""Bits, measured over these 24; the tolerance stands between them."""

with_the_paintings = pytest.mark.skipif(
    not REPRODUCTIONS.is_dir(), reason="no reproductions of the paintings in data/tests/paintings"
)


def test_ids_of_released_paintings_are_stable_and_nobody_elses() -> None:
    ids = [painting.id for painting in paintings()]
    assert tuple(ids[: len(RELEASED)]) == RELEASED
    assert len({*ids, *(one.id for one in presets())}) == len(ids) + len(presets())
    assert all(re.fullmatch(r"[a-z0-9_]+", own) and len(own) <= MAX_ID_LENGTH for own in ids)


@pytest.mark.parametrize("painting", paintings(), ids=lambda painting: painting.id)
def test_everything_is_known_of_a_painting(painting: FamousPainting) -> None:
    assert 1 <= len(painting.title) <= MAX_TITLE_LENGTH
    assert painting.title == painting.title.strip()
    years = [int(year) for year in painting.year.split("–")]
    assert painting.artist.born < min(years) <= max(years) <= painting.artist.died < 1950
    assert str(painting.artist.died) in painting.licence
    assert painting.licence.startswith("Public domain")
    assert "shown before 1931" in painting.licence or painting.artist.died < 1926
    assert painting.museum
    assert painting.seen
    assert re.fullmatch(r"[^\s/?#]+\.(jpe?g|JPG)", painting.file)
    assert painting.source == f"https://commons.wikimedia.org/wiki/File:{painting.file}"
    assert unquote(painting.address) == f"{painting.file}?width=1280"
    assert painting.address.isascii()
    assert 0.5 < painting.aspect < 2
    assert 0 < painting.perceptual_hash < 2**BITS


def test_a_painting_is_a_style_with_its_artist_and_year() -> None:
    style = paintings()[0].style(Path("starry_night.jpg"), 7)
    assert (style.id, style.kind, style.title, style.artist, style.year, style.stamp) == (
        *("starry_night", "famous", "The Starry Night", "Vincent van Gogh", "1889", 7),
    )
    assert style.artist_id == "van_gogh"


def _scans(image: Image.Image) -> Iterator[Image.Image]:
    """The same picture as others might have it: smaller, compressed, cropped, in other light."""
    width, height = image.size
    yield image.resize((width // 2, height // 2), Image.Resampling.LANCZOS)
    yield image.resize((width // 8, height // 8), Image.Resampling.BICUBIC)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=20)
    yield Image.open(out)
    yield image.crop((width // 50, height // 50, width, height))
    yield image.crop((width // 64, height // 64, width - width // 64, height - height // 64))
    yield image.point([round(255 * (level / 255) ** 0.8) for level in range(256)] * 3)
    framed = Image.new("RGB", (width * 51 // 50, height * 51 // 50), "#3c3228")
    framed.paste(image, (width // 100, height // 100))
    yield framed


def test_a_hash_outlives_another_size_and_compression_and_tells_pictures_apart() -> None:
    images = [Image.open(preset(name).path).convert("RGB") for name in ("mosaic", "golden_tree")]
    one, other = (perceptual_hash(image) for image in images)
    assert difference(one, one) == 0
    assert difference(one, other) > TOLERANCE
    for scan in _scans(images[0]):
        assert difference(one, perceptual_hash(scan)) <= TOLERANCE


@with_the_paintings
@pytest.mark.parametrize("painting", paintings(), ids=lambda painting: painting.id)
def test_every_scan_of_a_painting_is_taken_and_no_other_painting_is(painting: FamousPainting) -> None:
    image = Image.open(REPRODUCTIONS / f"{painting.id}.jpg").convert("RGB")
    painting.check(image)
    assert difference(perceptual_hash(image), painting.perceptual_hash) == 0
    for scan in _scans(image):
        painting.check(scan)
        assert difference(perceptual_hash(scan), painting.perceptual_hash) <= FARTHEST_OF_THE_SAME
    for other in paintings():
        if other is not painting:
            assert difference(painting.perceptual_hash, other.perceptual_hash) >= NEAREST_OF_OTHERS
            with pytest.raises(WrongPictureError, match=other.id):
                other.check(image)


def test_the_tolerance_stands_between_the_same_and_others() -> None:
    assert FARTHEST_OF_THE_SAME < TOLERANCE < NEAREST_OF_OTHERS


def test_a_picture_of_another_shape_is_refused_for_that() -> None:
    with pytest.raises(WrongPictureError, match=r"aspect is 1\.00 instead of 1\.26"):
        paintings()[0].check(Image.new("RGB", (64, 64)))


def test_a_painting_is_recognised_and_another_picture_is_not(tmp_path: Path, photo: Image.Image) -> None:
    known = paintings(mirrored_paintings.manifest(tmp_path))
    for name, data in mirrored_paintings.works().items():
        with Image.open(io.BytesIO(data)) as image:
            scan = image.convert("RGB").resize((240, round(240 * image.height / image.width)))
        found = recognise(scan, known)
        assert found is not None
        assert found.file == name
        assert recognise(scan.crop((0, 0, 240, scan.height // 2)), known) is None, "half of it"
    assert recognise(photo, known) is None
    assert recognise(photo) is None
