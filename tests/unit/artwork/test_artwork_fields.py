"""The tools under the canvases: fields, colours, curves, strokes, cells."""

from __future__ import annotations

import numpy as np
import pytest

from engine.artwork.brush import Brush, Canvas, scattered
from engine.artwork.cells import cells
from engine.artwork.curves import spline
from engine.artwork.fields import blur, distance, grid, noise, streamlines, vortex
from engine.artwork.palette import colours, from_oklab, ramp, to_oklab
from engine.artwork.tesserae import centres


def test_coordinates_are_canvas_widths_at_pixel_centres() -> None:
    x, y = grid((2, 4))
    assert x[0].tolist() == [0.125, 0.375, 0.625, 0.875]
    assert y[:, 0].tolist() == [0.125, 0.375]


def test_noise_has_no_bias_and_about_unit_deviation_at_any_cell() -> None:
    for cell in (0.01, 0.03):
        field = noise((256, 320), cell, np.random.default_rng(3))
        assert abs(float(field.mean())) < 0.1
        assert 0.7 < float(field.std()) < 1.3


def test_blur_keeps_the_mean_and_spreads_a_point_by_its_radius() -> None:
    point = np.zeros((81, 81), dtype=np.float32)
    point[40, 40] = 1
    spread = blur(point, 5)
    assert float(spread.sum()) == pytest.approx(1, abs=1e-3)
    offsets = np.arange(81) - 40
    assert float(np.sqrt((spread.sum(axis=0) * offsets**2).sum())) == pytest.approx(5, rel=0.1)
    assert int(spread.argmax()) == 40 * 81 + 40


def test_distance_agrees_with_measuring_every_pair() -> None:
    edges = np.random.default_rng(5).random((23, 37)) < 0.02
    rows, columns = np.nonzero(edges)
    y, x = np.mgrid[0:23, 0:37]
    true = np.hypot(x[..., None] - columns, y[..., None] - rows).min(axis=-1) / 37
    assert float(np.abs(distance(edges) - true).max()) < 1.5 / 37


def test_a_streamline_of_a_vortex_goes_round_it() -> None:
    x, y = grid((256, 256))
    u, v = vortex(x, y, (0.5, 0.5), 2.0, 1.0)
    start = np.array([0.7], dtype=np.float32), np.array([0.5], dtype=np.float32)
    px, py = streamlines(np.arctan2(v, u), *start, steps=400, step=0.003, middle=False)
    radius = np.hypot(px - 0.5, py - 0.5)
    assert float(np.abs(radius - 0.2).max()) < 0.02
    assert float(px.min()) < 0.32


def test_oklab_and_back_is_the_same_colour() -> None:
    rgb = np.random.default_rng(1).random((200, 3)).astype(np.float32)
    assert np.allclose(from_oklab(to_oklab(rgb)), rgb, atol=2e-3)


def test_a_ramp_begins_and_ends_with_its_stops() -> None:
    stops = colours("102030", "ffcc00", "f0f0ff")
    ends = ramp(stops, np.array([0, 0.5, 1], dtype=np.float32))
    assert np.allclose(ends, stops, atol=6e-3)


def test_a_spline_passes_through_its_points() -> None:
    points = np.array([(0.0, 0.0), (1.0, 2.0), (3.0, 1.0)])
    assert np.allclose(spline(points, 5)[[0, 2, 4]], points, atol=1e-6)
    ring = spline(points, 30, closed=True)
    assert np.allclose(ring[0], ring[-1], atol=1e-6)


def test_scattered_points_follow_the_mask() -> None:
    mask = np.zeros((64, 64), dtype=np.float32)
    mask[:, :32] = 1
    x, y = scattered(mask, 1000, np.random.default_rng(2))
    assert 450 < len(x) < 550
    assert float(x.max()) <= 0.5
    assert 0 <= float(y.min()) <= float(y.max()) <= 1


def test_a_stroke_lays_its_colour_and_height_along_the_flow_and_nowhere_else() -> None:
    canvas = Canvas((60, 80), colours("000000")[0], np.random.default_rng(0))
    level = np.zeros((2, 2), dtype=np.float32)
    middle = np.array([0.5], dtype=np.float32), np.array([0.375], dtype=np.float32)
    brush = Brush(0.1, 0.5, bristle=0.2, spread=0.0)
    canvas.lay(brush, *middle, colours("ffffff"), level)
    painted = canvas.colour.reshape(*canvas.shape, 3).max(axis=-1) > 0.5
    rows, columns = np.nonzero(painted)
    assert np.ptp(columns) / canvas.columns == pytest.approx(0.5, abs=0.06)
    assert np.ptp(rows) / canvas.columns == pytest.approx(0.1, abs=0.03)
    assert bool((canvas.height.reshape(canvas.shape)[painted] > 0).all())
    assert float(painted[painted.any(axis=1)][:, columns.min() + 4 : columns.max() - 20].mean()) > 0.9


def test_later_strokes_cover_earlier_ones() -> None:
    canvas = Canvas((40, 40), colours("000000")[0], np.random.default_rng(0))
    level = np.zeros((2, 2), dtype=np.float32)
    place = np.full(2, 0.5, dtype=np.float32)
    brush = Brush(0.2, 0.5, bristle=0.0, spread=0.0)
    canvas.lay(brush, place, place, colours("ff0000", "00ff00"), level)
    assert canvas.colour.reshape(*canvas.shape, 3)[40, 40].tolist() == [0, 1, 0]


def test_a_ring_of_cells_closes_without_a_seam() -> None:
    u = np.array([[1e-4, 12 - 1e-4]], dtype=np.float32)
    around = np.full(u.shape, 12, dtype=np.int32)
    found = cells(u, np.full_like(u, 0.5), np.random.default_rng(4), around=around)
    assert found.label[0, 0] == found.label[0, 1]
    assert found.edge[0, 0] == pytest.approx(found.edge[0, 1], abs=1e-3)


def test_tiles_keep_apart_and_lie_in_rows() -> None:
    _, y = grid((128, 128))
    depth = np.abs(y - 0.5).astype(np.float32)
    pitch = 0.05
    places = centres(depth, pitch, np.random.default_rng(6))
    assert len(places) > 0.75 / pitch**2
    apart = np.hypot(*(places[:, None, i] - places[None, :, i] for i in (0, 1)))
    np.fill_diagonal(apart, 1)
    assert float(apart.min()) > 0.75 * pitch
    row = np.abs(places[:, 1] - 0.5) / pitch - 0.5
    inner = row < 8
    assert float(np.abs(row - np.round(row))[inner].max()) < 0.25
