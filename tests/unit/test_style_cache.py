"""What was seen of the presets, kept on disk."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor

from engine import style_cache
from engine.painting import scales
from engine.painting.commission import Commission
from engine.painting.loss import FeatureExtractor
from engine.painting.network import Network
from engine.painting.objective import CLASSIC, DEFAULT, Objective, Style, objective_of
from engine.painting.painter import paint
from engine.painting.recipe import Recipe
from engine.painting.result import Painting
from engine.painting.statistic import Moments
from engine.painting.sums import Values
from engine.painting.tensors import to_tensor
from engine.style_cache import StyleCache
from tests.support.narrow import NarrowNetwork


class Counting(FeatureExtractor):
    """Eyes that count how often they look at a painting."""

    looks = 0

    def style(self, image: Tensor) -> dict[str, Values]:
        """Look, and count."""
        Counting.looks += 1
        return super().style(image)


class Other(Moments):
    """A statistic that a recipe does not know yet."""

    name = "other"


@pytest.fixture(autouse=True)
def nothing_seen() -> None:
    Counting.looks = 0


@pytest.fixture(scope="module")
def network(vgg16: dict[str, Tensor]) -> Network:
    """VGG-16 with a quarter of its channels."""
    return NarrowNetwork(vgg16, torch.device("cpu"))


@pytest.fixture
def extractor(network: Network) -> Counting:
    return Counting(network.features())


@pytest.fixture
def canvas(painting: Image.Image) -> Tensor:
    return to_tensor(painting, (64, 64))


def equal(one: Style, other: Style) -> bool:
    return one.keys() == other.keys() and all(
        torch.equal(value, same)
        for layer in one
        for value, same in zip(one[layer], other[layer], strict=True)
    )


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.exists() else []


@pytest.mark.parametrize("objective", [DEFAULT, objective_of(Recipe(statistic="gram")), CLASSIC])
def test_a_preset_is_looked_at_once_and_is_remembered_to_the_last_bit(
    network: Network, extractor: Counting, canvas: Tensor, tmp_path: Path, objective: Objective
) -> None:
    extractor = replace(extractor, objective=objective)
    seen = FeatureExtractor(extractor.features, objective=objective).style(canvas)
    first = StyleCache(tmp_path / "styles", network)
    assert equal(first.style(extractor, canvas), seen)
    assert equal(first.style(extractor, canvas), seen)
    later = StyleCache(tmp_path / "styles", network)
    assert equal(later.style(extractor, canvas), seen)
    assert Counting.looks == 1
    assert len(files(tmp_path / "styles")) == 1


def test_what_is_at_hand_is_not_read_again(
    network: Network, extractor: Counting, canvas: Tensor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(style_cache, "MAX_IN_MEMORY", 1)
    cache = StyleCache(tmp_path, network)
    cache.style(extractor, canvas)
    for file in files(tmp_path):
        file.unlink()
    cache.style(extractor, canvas)
    assert Counting.looks == 1
    for painting in (canvas.flip(3), canvas):  # the second pushes the first out
        cache.style(extractor, painting)
    assert Counting.looks == 3


def test_everything_that_changes_a_style_changes_its_key(
    network: Network,
    vgg16: dict[str, Tensor],
    canvas: Tensor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    features = network.features()
    other = Network({**vgg16, "features.0.bias": vgg16["features.0.bias"] + 1}, network.device)
    cache = StyleCache(tmp_path, network)
    keys = [
        cache._key(FeatureExtractor(features), canvas),
        cache._key(FeatureExtractor(features, objective=objective_of(Recipe(statistic="gram"))), canvas),
        cache._key(FeatureExtractor(features, objective=CLASSIC), canvas),
        cache._key(FeatureExtractor(features, objective=replace(DEFAULT, statistic=Other())), canvas),
        cache._key(FeatureExtractor(features, objective=replace(DEFAULT, pooling="average")), canvas),
        cache._key(FeatureExtractor(features, 384), canvas),
        cache._key(FeatureExtractor(features), canvas.flip(3)),
        cache._key(FeatureExtractor(features), canvas.reshape(1, 3, 32, 128)),
        cache._key(FeatureExtractor(network.features(torch.float32)), canvas),
        StyleCache(tmp_path, other)._key(FeatureExtractor(features), canvas),
    ]
    monkeypatch.setattr(style_cache, "_code", lambda: "another painter")
    keys.append(cache._key(FeatureExtractor(features), canvas))
    monkeypatch.setattr(style_cache, "hardware", lambda device: "another machine")
    keys.append(cache._key(FeatureExtractor(features), canvas))
    different = len(keys) if network.precision != torch.float32 else len(keys) - 1
    assert len(set(keys)) == different


@pytest.mark.parametrize("damage", [b"", b"not a style", None])
def test_a_damaged_style_is_looked_at_again(
    network: Network, extractor: Counting, canvas: Tensor, tmp_path: Path, damage: bytes | None
) -> None:
    seen = StyleCache(tmp_path, network).style(extractor, canvas)
    (file,) = files(tmp_path)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2] if damage is None else damage)
    assert equal(StyleCache(tmp_path, network).style(extractor, canvas), seen)
    assert Counting.looks == 2
    assert files(tmp_path) == [file]
    assert file.read_bytes() == whole


def test_a_disk_that_takes_nothing_is_no_error(
    network: Network, extractor: Counting, canvas: Tensor, tmp_path: Path
) -> None:
    (tmp_path / "styles").write_text("a file where the folder should be")
    cache = StyleCache(tmp_path / "styles", network)
    assert equal(cache.style(extractor, canvas), FeatureExtractor(extractor.features).style(canvas))
    assert equal(cache.style(extractor, canvas), FeatureExtractor(extractor.features).style(canvas))
    assert Counting.looks == 1, "memory is enough"


def test_what_was_not_used_for_longest_makes_room(
    network: Network, extractor: Counting, canvas: Tensor, tmp_path: Path
) -> None:
    def fresh() -> StyleCache:
        return StyleCache(tmp_path, network, max_bytes=2 * size)

    size = 3 * 10**6
    (tmp_path / ".killed.part").write_bytes(b"half a style")
    os.utime(tmp_path / ".killed.part", (0, 0))
    pictures = [canvas, canvas.flip(3), canvas.flip(2)]
    kept: list[Path] = []
    for age, picture in enumerate(pictures[:2]):
        fresh().style(extractor, picture)
        (new,) = set(files(tmp_path)) - {tmp_path / ".killed.part"} - set(kept)
        os.utime(new, (age + 1, age + 1))
        kept.append(new)
    size = kept[0].stat().st_size
    fresh().style(extractor, pictures[0])  # the older one is used again
    fresh().style(extractor, pictures[2])
    left = files(tmp_path)
    assert len(left) == 2
    assert kept[0] in left
    assert kept[1] not in left


# In a painting


@pytest.fixture
def few_iterations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(scales._BUDGET, "draft", (2, 2))


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.painting.painter.FeatureExtractor", Counting)


def painted(network: Network, commission: Commission, store: StyleCache | None) -> bytes:
    painting = list(paint(network, commission, store=store))[-1]
    assert isinstance(painting, Painting)
    return painting.image.tobytes()


@pytest.mark.parametrize("statistic", ["moments", "gram"])
def test_a_preset_is_painted_the_same_with_the_cache_and_without(
    network: Network, photo: Image.Image, painting: Image.Image, tmp_path: Path, few_iterations: None,
    looks: None, statistic: str,
) -> None:  # fmt: skip
    recipe = Recipe.of(size=150, quality="draft", statistic=statistic)
    steps = len(scales.plan(*photo.size, recipe.size, recipe.quality))
    commission = Commission(photo, [painting], recipe, presets=["swirling_night"])
    plain = painted(network, commission, None)
    assert Counting.looks == steps
    for _ in range(2):
        assert painted(network, commission, StyleCache(tmp_path, network)) == plain
    assert Counting.looks == 2 * steps, "the second time from disk alone"
    assert len(files(tmp_path)) == steps


@pytest.mark.parametrize(
    ("presets", "keep_colours"),
    [((), False), ((None,), False), (("swirling_night",), True)],
    ids=["nothing said", "a person's own", "in the photo's colours"],
)
def test_what_belongs_to_a_person_is_never_kept(
    network: Network, photo: Image.Image, painting: Image.Image, tmp_path: Path, few_iterations: None,
    presets: tuple[str | None, ...], keep_colours: bool,
) -> None:  # fmt: skip
    store = StyleCache(tmp_path / "styles", network)
    recipe = Recipe(size=128, quality="draft", keep_colours=keep_colours)
    painted(network, Commission(photo, [painting], recipe, presets=presets), store)
    assert not files(tmp_path / "styles")
    assert not store._in_memory


def test_of_a_blend_only_the_presets_are_kept(
    network: Network, photo: Image.Image, painting: Image.Image, tmp_path: Path, few_iterations: None
) -> None:
    recipe = Recipe(size=128, quality="draft", style_weights=(1, 2))
    own = painting.transpose(Image.Transpose.ROTATE_90)
    commission = Commission(photo, [own, painting], recipe, presets=[None, "swirling_night"])
    painted(network, commission, StyleCache(tmp_path, network))
    assert len(files(tmp_path)) == 1
