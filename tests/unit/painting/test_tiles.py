"""Tiles: every place of the canvas belongs to exactly one, which sees all around it."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.painting.tiles import STRIDE, Tile, lay

STRIDES = (1, 2, 4, 8, 16)

sides = st.integers(1, 1500)
reaches = st.sampled_from([0, 16, 64, 80, 96])
windows = st.integers(224, 1100)


def laid(height: int, width: int, side: int, reach: int) -> list[Tile]:
    return list(lay(height, width, side, reach))


@given(sides, sides, windows, reaches)
def test_every_place_of_every_layer_belongs_to_one_tile(
    height: int, width: int, side: int, reach: int
) -> None:
    tiles = laid(height, width, side, reach)
    for stride in STRIDES:
        places = torch.zeros(math.ceil(height / stride), math.ceil(width / stride), dtype=torch.int32)
        for tile in tiles:
            tile.part(places, stride).add_(1)
        assert bool((places == 1).all())


@given(sides, sides, windows, reaches)
def test_no_window_is_larger_than_said_nor_leaves_the_canvas(
    height: int, width: int, side: int, reach: int
) -> None:
    canvas = torch.zeros(height, width)
    for tile in laid(height, width, side, reach):
        seen = tile.window(canvas)
        assert 0 < seen.shape[0] <= side
        assert 0 < seen.shape[1] <= side
        assert tile.pixels == seen.numel()


@given(sides, sides, windows, reaches)
def test_a_core_is_surrounded_as_far_as_the_network_reaches_or_to_the_edge(
    height: int, width: int, side: int, reach: int
) -> None:
    for tile in laid(height, width, side, reach):
        for span, length in ((tile.rows, height), (tile.columns, width)):
            assert span.start == max(0, span.core_start - reach)
            assert span.stop == min(length, span.core_stop + reach)
            assert span.start < span.core_stop
            assert span.start % STRIDE == span.core_start % STRIDE == 0


@given(sides, sides, windows, reaches)
def test_a_core_lies_where_its_places_are_in_the_windows_activations(
    height: int, width: int, side: int, reach: int
) -> None:
    rows = torch.arange(math.ceil(height / STRIDE) * STRIDE)
    for tile in laid(height, width, side, reach):
        for stride in STRIDES:
            whole = rows[: math.ceil(height / stride) * stride : stride, None].expand(
                -1, math.ceil(width / stride)
            )
            first = tile.rows.start // stride
            seen = whole[first : first + math.ceil((tile.rows.stop - tile.rows.start) / stride)]
            seen = seen[:, : math.ceil((tile.columns.stop - tile.columns.start) / stride)]
            assert torch.equal(tile.core(seen, stride), tile.part(whole, stride))


@given(sides, sides, windows)
def test_a_canvas_that_fits_is_one_tile(height: int, width: int, side: int) -> None:
    tiles = laid(height, width, side, 80)
    assert (len(tiles) == 1) == (max(height, width) <= side)


@given(st.integers(1, 20_000), windows, reaches)
def test_there_are_no_more_tiles_than_needed(length: int, side: int, reach: int) -> None:
    inner = side // STRIDE * STRIDE - 2 * reach
    needed = max(1, math.ceil((length - 2 * reach) / inner))
    assert len(laid(64, length, side, reach)) <= needed or length <= side


def test_windows_along_an_axis_are_about_equal() -> None:
    tiles = laid(100, 2000, 700, 80)
    widths = [tile.columns.stop - tile.columns.start for tile in tiles]
    assert len(set(widths[:-1])) == 1
    assert 0 < widths[0] - widths[-1] <= STRIDE * len(tiles)


def test_surroundings_that_leave_no_room_are_seen_all_the_same() -> None:
    tiles = laid(64, 400, 100, 80)
    assert {tile.columns.core_stop - tile.columns.core_start for tile in tiles[1:-1]} == {STRIDE}
    assert tiles[-1].columns.core_stop == 400


@pytest.mark.parametrize("length", [1, 15, 16, 17])
def test_a_tiny_canvas_is_one_tile(length: int) -> None:
    (tile,) = laid(length, 1, 224, 80)
    assert tile.core(torch.zeros(1, math.ceil(length / 16), 1), 16).numel() == math.ceil(length / 16)
