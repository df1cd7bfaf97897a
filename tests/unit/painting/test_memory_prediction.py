"""What a painting is predicted to take, and what is chosen when that is too much."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import OutOfMemoryError
from engine.imaging.limits import MAX_PIXELS
from engine.painting import memory_prediction
from engine.painting.memory_prediction import Method, choose_method, predict, together
from engine.painting.network import Network
from engine.painting.recipe import Recipe
from engine.painting.scales import Scale

CPU = torch.device("cpu")
FAST, EXACT = torch.bfloat16, torch.float32
WHOLE = Method(None, "lbfgs")
REACH = 80


def need(
    side: int,
    method: Method = WHOLE,
    *,
    batch: int = 1,
    precision: torch.dtype = FAST,
    stroke: float = 1.0,
) -> int:
    return predict(Scale(side, side, 1), batch, precision, method, reach=REACH, stroke=stroke)


@given(st.integers(128, 4096), st.integers(1, 8), st.sampled_from([None, 432, 1024]))
def test_more_pixels_canvases_and_bits_take_more(side: int, batch: int, tile: int | None) -> None:
    method = Method(tile, "lbfgs")
    once = need(side, method, batch=batch)
    assert once < need(side, method, batch=batch + 1)
    assert once < need(side, method, batch=batch, precision=EXACT)
    assert once < need(2 * side, method, batch=batch)


@given(st.integers(512, 4096))
def test_tiles_and_adam_take_less(side: int) -> None:
    tiles = [need(side, Method(tile, "lbfgs")) for tile in (None, 400)]
    assert tiles[0] > tiles[1]
    for tile in (None, 400):
        assert need(side, Method(tile, "adam")) < need(side, Method(tile, "lbfgs"))


def test_tiles_larger_than_the_canvas_take_what_the_whole_takes() -> None:
    assert need(500, Method(1024, "lbfgs")) == need(500)


def test_a_large_painting_of_a_small_canvas_counts_but_no_painting_is_larger_than_what_we_open() -> None:
    assert need(256, stroke=4.0) > need(256)
    thrifty = Method(432, "adam")
    assert need(4096, thrifty, stroke=4.0) == need(4096, thrifty, stroke=3.0)
    assert memory_prediction.MAX_STYLE_PIXELS == MAX_PIXELS


def choices(
    network: Network, width: int, height: int, recipe: Recipe | None = None, batch: int = 1
) -> list[tuple[int, Method]]:
    """List what is chosen as the memory dwindles, and the least memory at which it is."""
    found: list[tuple[int, Method]] = []
    scale, room = Scale(width, height, 1), 2**60
    recipe = recipe or Recipe()
    while True:
        try:
            method = choose_method(network, FAST, scale, batch, recipe, room)
        except OutOfMemoryError:
            return found
        cost = predict(scale, batch, FAST, method, reach=network.features(FAST).reach, stroke=recipe.stroke)
        assert cost <= room
        found.append((cost, method))
        room = cost - 1


def test_the_less_memory_there_is_the_thriftier_the_method(network: Network) -> None:
    found = choices(network, 3000, 2000)
    costs = [cost for cost, _ in found]
    assert costs == sorted(costs, reverse=True)
    methods = [method for _, method in found]
    assert methods[0] == WHOLE
    tiles = [method.tile for method in methods if method.optimizer == "lbfgs"][1:]
    assert tiles
    assert all(one is not None and other is not None and one > other for one, other in pairwise(tiles))
    assert methods[-1].optimizer == "adam"
    assert methods[-1].tile is not None
    optimizers = [method.optimizer for method in methods]
    assert optimizers == sorted(optimizers, reverse=True), "LBFGS is given up last"


def test_every_tile_is_whole_strides_large_enough_and_smaller_than_the_canvas(network: Network) -> None:
    for side in (300, 500, 900, 4000):
        for _, method in choices(network, side, 200):
            if method.tile is not None:
                assert memory_prediction.MIN_TILE <= method.tile < side
                assert method.tile % 16 == 0
                assert method.tile > 2 * REACH


def test_a_small_canvas_is_never_called_tiled(network: Network) -> None:
    assert {method.tile for _, method in choices(network, 157, 105)} == {None}


@settings(max_examples=20, deadline=None)
@given(st.integers(128, 4096), st.integers(128, 4096), st.integers(0, 2**35), st.integers(1, 4))
def test_the_memory_that_was_said_is_kept_to_or_the_painting_refused(
    network: Network, width: int, height: int, room: int, batch: int
) -> None:
    scale, reach = Scale(width, height, 1), network.features(FAST).reach
    least, _ = choices(network, width, height, batch=batch)[-1]
    if least > room:
        with pytest.raises(OutOfMemoryError, match=f"{width} × {height} pixels need"):
            choose_method(network, FAST, scale, batch, Recipe(), room)
    else:
        method = choose_method(network, FAST, scale, batch, Recipe(), room)
        assert predict(scale, batch, FAST, method, reach=reach) <= room


def test_who_asks_for_adam_gets_adam(network: Network) -> None:
    methods = [method for _, method in choices(network, 3000, 2000, Recipe(optimizer="adam"))]
    assert {method.optimizer for method in methods} == {"adam"}
    assert methods[0].tile is None
    assert len(methods) > 2


def test_what_is_free_counts_if_nothing_is_said(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    scale, cost = Scale(1024, 1024, 1), need(1024)
    monkeypatch.setattr(
        memory_prediction, "free_memory", lambda device: round(cost / memory_prediction.USABLE_SHARE * 1.1)
    )
    assert choose_method(network, FAST, scale, 1, Recipe(), None) == WHOLE
    monkeypatch.setattr(memory_prediction, "free_memory", lambda device: cost)
    assert choose_method(network, FAST, scale, 1, Recipe(), None) != WHOLE, "nothing is spared"


def test_workers_of_one_gpu_claim_no_more_than_it_has(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of its memory is free when each chooses: none has begun."""
    total, scale = 24 * 2**30, Scale(2048, 2048, 1)
    monkeypatch.setattr(memory_prediction, "free_memory", lambda _: total)
    monkeypatch.setattr(memory_prediction, "total_memory", lambda _: total)
    for sharers in (1, 2, 6):
        monkeypatch.setattr(network, "sharers", lambda sharers=sharers: sharers)
        method = choose_method(network, EXACT, scale, 1, Recipe(size=2048), None)
        assert sharers * need(2048, method, precision=EXACT) <= total
        assert (method == WHOLE) == (sharers * need(2048, precision=EXACT) <= 0.8 * total)
        many = together(network, Scale(512, 512, 1), 64, Recipe())
        assert sharers * need(512, batch=many, precision=network.precision) <= total
    monkeypatch.setattr(memory_prediction, "free_memory", lambda _: 2**30)
    method = choose_method(network, EXACT, Scale(1024, 1024, 1), 1, Recipe(size=1024), None)
    assert method.tile, "what is free counts too"
