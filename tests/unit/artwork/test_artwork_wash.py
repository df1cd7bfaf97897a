"""Washes, chalk, cartoons: what the newer canvases are made with."""

from __future__ import annotations

import numpy as np
import pytest

from engine.artwork.brush import Brush, Canvas, confined
from engine.artwork.cartoon import Cartoon
from engine.artwork.fields import grid
from engine.artwork.palette import colours
from engine.artwork.wash import Paper

BLUE = colours("4060c0")[0]
WHITE = colours("ffffff")[0]
SHAPE = (96, 128)


def _paper() -> Paper:
    return Paper(SHAPE, WHITE, np.random.default_rng(0))


def test_a_wash_is_darkest_at_its_edge_and_leaves_the_paper_outside_alone() -> None:
    paper, before = _paper(), _paper().light
    far = np.hypot(paper.x - 0.5, paper.y - 0.375)
    paper.wash((0.25 - far).astype(np.float32), BLUE, rough=0.0, grain=0.0, pools=0.0)
    dark = 1 - paper.light.mean(axis=-1)
    assert np.array_equal(paper.light[far > 0.27], before[far > 0.27])
    assert dark[np.abs(far - 0.243) < 0.004].mean() > 1.1 * dark[far < 0.15].mean() > 0.2


def test_two_washes_are_deeper_than_one_and_neither_hides_the_other() -> None:
    once, twice = _paper(), _paper()
    everywhere = np.ones(SHAPE, dtype=np.float32)
    once.stain(everywhere, BLUE, grain=0.0)
    twice.stain(everywhere, BLUE, grain=0.0)
    twice.stain(everywhere, colours("ffe060")[0], grain=0.0)
    assert bool((twice.light <= once.light).all())
    assert float((once.light - twice.light)[..., 2].mean()) > 0.2


def test_pigment_settles_in_the_pits_of_the_paper() -> None:
    paper = _paper()
    before = paper.light.copy()
    paper.stain(np.ones(SHAPE, dtype=np.float32), BLUE, grain=0.3)
    taken = (1 - paper.light / before).mean(axis=-1)
    assert float(np.corrcoef(taken.ravel(), paper.tooth.ravel())[0, 1]) < -0.9


def test_what_is_lifted_is_the_white_paper_again() -> None:
    paper, white = _paper(), _paper().light
    at = paper.window(0.25, 0.25, 0.5, 0.5)
    paper.stain(np.ones(SHAPE, dtype=np.float32), BLUE)
    paper.lift(np.ones(paper.x[at].shape, dtype=np.float32), at)
    assert np.allclose(paper.light[at], white[at], atol=1e-6)
    assert float(np.abs(paper.light - white)[:8].mean()) > 0.1


@pytest.mark.parametrize("box", [(-0.5, -0.5, -0.2, -0.2), (1.2, 0.1, 1.5, 0.3), (-0.1, -0.1, 2, 2)])
def test_a_wash_may_lie_beyond_the_sheet(box: tuple[float, float, float, float]) -> None:
    paper = _paper()
    at = paper.window(*box)
    paper.wash(np.ones(paper.x[at].shape, dtype=np.float32), BLUE, at=at)
    assert bool(np.isfinite(paper.light).all())


def test_a_dry_stick_leaves_the_pits_bare_and_the_more_the_drier_it_is() -> None:
    covered = []
    for grain in (0.0, 0.3, 0.6):
        canvas = Canvas((40, 40), colours("000000")[0], np.random.default_rng(0))
        place = np.full(1, 0.5, dtype=np.float32)
        brush = Brush(0.6, 0.9, bristle=0.0, dry=0.0, spread=0.0, taper=0.0, grain=grain)
        canvas.lay(brush, place, place, colours("ffffff"), np.zeros((2, 2), dtype=np.float32))
        middle = canvas.colour.reshape(*canvas.shape, 3)[30:50, 20:60].max(axis=-1) > 0.5
        covered.append(float(middle.mean()))
        if grain:
            bare = canvas.tooth.reshape(canvas.shape)[30:50, 20:60][~middle]
            assert float(bare.mean()) < 0.5
    assert covered[0] > 0.97
    assert covered[0] > covered[1] + 0.15 > covered[2] + 0.3


def test_the_tooth_of_a_surface_is_evenly_spread_and_its_own_chance_moves_no_other() -> None:
    canvas, other = (Canvas((40, 60), WHITE, np.random.default_rng(5)) for _ in range(2))
    assert np.histogram(canvas.tooth, 5, (0, 1))[0] == pytest.approx(canvas.tooth.size / 5, rel=0.15)
    assert canvas.rng.random() == other.rng.random()


def test_confined_strokes_never_leave_their_region() -> None:
    x, _ = grid((64, 64))
    label = (x > 0.5).astype(np.float32)
    canvas = Canvas((64, 64), colours("000000")[0], np.random.default_rng(1))
    place = np.random.default_rng(2).random((2, 400)).astype(np.float32)
    brush = Brush(0.04, 0.12, bristle=0.0, spread=0.0)
    level = np.zeros((2, 2), dtype=np.float32)
    sx, sy = confined(brush, place[0], place[1], level, label)
    assert 200 < sx.size < 400
    left = sx < 0.5
    canvas.lay(brush, sx[left], sy[left], np.tile(WHITE, (int(left.sum()), 1)), level)
    painted = canvas.colour.reshape(*canvas.shape, 3).max(axis=-1) > 0.5
    assert painted[:, :64].any()
    assert not painted[:, 66:].any()


def test_a_cartoon_keeps_what_is_drawn_last_on_top() -> None:
    cartoon = Cartoon(np.ones((40, 80, 3), dtype=np.float32))
    cartoon.shape([(0.0, 0.0), (1.0, 0.0), (1.0, 0.25), (0.0, 0.25)], "ff0000")
    cartoon.oval(0.5, 0.125, 0.1, 0.1, "00ff00")
    cartoon.line([(0.0, 0.4), (1.0, 0.4)], 0.05, "0000ff")
    picture = cartoon.picture()
    seen = [picture[row, column].tolist() for row, column in ((10, 5), (10, 40), (32, 40), (26, 5))]
    assert seen == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]]
