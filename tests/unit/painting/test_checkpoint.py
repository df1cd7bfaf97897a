"""Checkpoints: a run goes on where another left off, to the last bit; what is damaged is passed over."""

from __future__ import annotations

import io
import warnings
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from engine.painting.checkpoint import read_checkpoint
from engine.painting.commission import Commission
from engine.painting.network import Network
from engine.painting.painter import Step, paint
from engine.painting.scales import plan
from tests.support.painting_runs import COARSE, FINE, Run, draft, finish, small_plan

ZEROS = np.zeros((1, 3, COARSE[1], COARSE[0]), np.float32)


@pytest.mark.parametrize(
    "settings",
    [
        {"seed": 3},
        {"optimizer": "adam"},
        {"init": "noise", "statistic": "gram"},
        {"optimizer": "adam", "keep_colours": True},
    ],
)
def test_a_run_that_is_resumed_ends_in_exactly_the_straight_runs_painting(
    settings: dict[str, Any], narrow_network: Network, view: Image.Image, swirls: Image.Image, small: None
) -> None:
    commission = Commission(view, [swirls], draft(**settings), Image.linear_gradient("L"))
    straight = finish(narrow_network, commission)
    resumed = finish(narrow_network, replace(commission, checkpoint=straight.checkpoints[0][0]))
    assert resumed.image.tobytes() == straight.image.tobytes()
    assert [mark[1:] for mark in resumed.marks] == [mark[1:] for mark in straight.marks[4:]]
    assert resumed.marks[0][0] == pytest.approx(straight.marks[4][0])
    assert resumed.style == straight.style[4:]
    assert resumed.facts["iterations"] == 3


def test_a_run_may_be_interrupted_at_every_canvas(
    narrow_network: Network, photo: Image.Image, swirls: Image.Image
) -> None:
    commission = Commission(photo, [swirls], draft(optimizer="adam"))
    with small_plan(2, 2):
        straight = finish(narrow_network, commission)
        scales = straight.marks[0][2]
        assert scales == 3
        checkpoint = None
        for scale in range(scales - 1):
            for step in paint(narrow_network, replace(commission, checkpoint=checkpoint)):
                assert isinstance(step, Step)
                assert step.scale >= scale
                if step.finishes_scale:
                    checkpoint = step.checkpoint()
                    break
        assert checkpoint == straight.checkpoints[scales - 2][0]
        resumed = finish(narrow_network, replace(commission, checkpoint=checkpoint))
    assert resumed.image.tobytes() == straight.image.tobytes()


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_a_pass_of_several_is_resumed_together_or_not_at_all(
    optimizer: Any, narrow_network: Network, view: Image.Image, swirls: Image.Image, small: None
) -> None:
    both = [Commission(view, [swirls], draft(optimizer=optimizer, seed=seed)) for seed in (1, 2)]
    straight = finish(narrow_network, *both)
    kept = straight.checkpoints[0]
    resumed = finish(
        narrow_network, *(replace(each, checkpoint=data) for each, data in zip(both, kept, strict=True))
    )
    assert images(resumed) == images(straight)
    assert resumed.facts_of("iterations") == [3, 3]
    for checkpoint in (None, b"damaged", straight.checkpoints[1][1]):
        mixed = [replace(both[0], checkpoint=kept[0]), replace(both[1], checkpoint=checkpoint)]
        first = next(paint(narrow_network, *mixed))
        assert isinstance(first, Step)
        assert (first.scale, first.iteration) == (0, 1)


def images(run: Run) -> list[bytes]:
    return [painting.image.tobytes() for painting in run.paintings]


def test_the_last_scales_checkpoint_paints_anew_and_ends_the_same(
    narrow_network: Network, view: Image.Image, swirls: Image.Image, small: None
) -> None:
    commission = Commission(view, [swirls], draft())
    straight = finish(narrow_network, commission)
    resumed = finish(narrow_network, replace(commission, checkpoint=straight.checkpoints[-1][0]))
    assert resumed.image.tobytes() == straight.image.tobytes()
    assert resumed.marks == straight.marks


@pytest.mark.parametrize(("before", "after"), [("lbfgs", "adam"), ("adam", "lbfgs")])
def test_one_optimizer_goes_on_from_the_others_canvas(
    before: Any, after: Any, narrow_network: Network, view: Image.Image, swirls: Image.Image, small: None
) -> None:
    commission = Commission(view, [swirls], draft(optimizer=before))
    first = next(
        paint(
            narrow_network,
            replace(
                commission,
                recipe=draft(optimizer=after),
                checkpoint=finish(narrow_network, commission).checkpoints[0][0],
            ),
        )
    )
    assert isinstance(first, Step)
    assert (first.scale, first.iteration) == (1, 1)


def archive(**parts: Any) -> bytes:
    out = io.BytesIO()
    arrays: dict[str, Any] = {name.replace("__", "."): np.asarray(part) for name, part in parts.items()}
    np.savez(out, **arrays)
    return out.getvalue()


ODD = {
    "empty": b"",
    "nonsense": b"not a checkpoint at all",
    "an array": ZEROS.tobytes(),
    "no canvas": archive(scale=0),
    "no scale": archive(canvas=ZEROS),
    "words": archive(scale="zero", canvas=ZEROS),
    "objects": archive(scale=0, canvas=np.array([{}], dtype=object)),
    "another size": archive(scale=0, canvas=np.zeros((1, 3, 50, 50), np.float32)),
    "another plan": archive(scale=0, canvas=np.zeros((1, 3, FINE[1], FINE[0]), np.float32)),
    "beyond the plan": archive(scale=9, canvas=ZEROS),
    "before the plan": archive(scale=-1, canvas=ZEROS),
    "an endless plan": archive(scale=np.inf, canvas=ZEROS),
    "no plan": archive(scale=np.nan, canvas=ZEROS),
    "two scales": archive(scale=[0, 1], canvas=ZEROS),
    "two canvases": archive(scale=0, canvas=np.zeros((2, 3, COARSE[1], COARSE[0]), np.float32)),
    "a number for a canvas": archive(scale=0, canvas=np.float32(1)),
    "whole numbers": archive(scale=0, canvas=ZEROS.astype(np.int64)),
    "double precision": archive(scale=0, canvas=ZEROS.astype(np.float64)),
    "not a number": archive(scale=0, canvas=ZEROS * np.nan),
}
ODD_STATES = {
    "moments of another size": archive(
        scale=0, canvas=ZEROS, optimizer__mean=ZEROS[..., :9], optimizer__square=ZEROS[..., :9],
        optimizer__steps=4,
    ),
    "moments without steps": archive(
        scale=0, canvas=ZEROS, optimizer__mean=ZEROS, optimizer__square=ZEROS
    ),
    "moments that are no numbers": archive(
        scale=0, canvas=ZEROS, optimizer__mean=ZEROS * np.nan, optimizer__square=ZEROS, optimizer__steps=4
    ),
    "endless steps": archive(
        scale=0, canvas=ZEROS, optimizer__mean=ZEROS, optimizer__square=ZEROS, optimizer__steps=np.inf
    ),
}  # fmt: skip
DAMAGED = ("empty", "nonsense", "an array", "no canvas", "no scale", "words", "objects")


@pytest.mark.parametrize("name", [*ODD, *ODD_STATES])
def test_a_checkpoint_that_does_not_fit_is_passed_over(
    name: str, narrow_network: Network, view: Image.Image, swirls: Image.Image, small: None
) -> None:
    optimizer = "adam" if name in ODD_STATES else "lbfgs"
    data = {**ODD, **ODD_STATES}[name]
    steps = paint(narrow_network, Commission(view, [swirls], draft(optimizer=optimizer), checkpoint=data))
    first = next(steps)
    assert isinstance(first, Step)
    assert (first.scale, first.iteration) == (0, 1)
    assert bool(first.losses.total.isfinite())


def test_the_odd_checkpoints_are_odd_for_their_own_reasons_only(
    narrow_network: Network, view: Image.Image, swirls: Image.Image, small: None
) -> None:
    assert [(scale.width, scale.height) for scale in plan(*FINE, 128, "draft")] == [COARSE, FINE]
    good = archive(scale=0, canvas=ZEROS)
    first = next(paint(narrow_network, Commission(view, [swirls], draft(), checkpoint=good)))
    assert isinstance(first, Step)
    assert (first.scale, first.iteration) == (1, 1)


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_checkpoint_is_called_damaged(name: str) -> None:
    with pytest.raises(ValueError, match="damaged"):
        read_checkpoint(ODD[name])


def test_a_checkpoint_is_read_as_it_was_kept() -> None:
    canvas = np.random.default_rng(0).random((1, 3, 4, 5), np.float32)
    kept = read_checkpoint(archive(scale=2, canvas=canvas, optimizer__mean=canvas + 1))
    assert set(kept) == {"scale", "canvas", "optimizer.mean"}
    assert int(kept["scale"]) == 2
    assert torch.equal(kept["canvas"], torch.from_numpy(canvas))


SOUND = archive(scale=1, canvas=np.ones((1, 3, 2, 3), np.float32), optimizer__steps=3)


def read(data: bytes) -> None:
    """Read a checkpoint, or learn that it is damaged; nothing else may happen."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with suppress(ValueError):
            assert {"scale", "canvas"} <= set(read_checkpoint(data))


@given(
    st.lists(st.tuples(st.integers(0, len(SOUND) - 1), st.integers(0, 255)), min_size=1, max_size=4),
)
@example([(SOUND.rindex(b"canvas.npy") - 36, 8)])
@example([(SOUND.rindex(b"canvas.npy") - 36, 12)])
@example([(SOUND.rindex(b"canvas.npy") - 36, 14)])
@example([(SOUND.rindex(b"canvas.npy") - 36, 99)])
@example([(SOUND.rindex(b"canvas.npy") - 38, 1)])
@settings(max_examples=300, deadline=None)
def test_no_flipped_byte_of_a_checkpoint_is_worse_than_damage(flips: list[tuple[int, int]]) -> None:
    data = bytearray(SOUND)
    for place, value in flips:
        data[place] = value
    read(bytes(data))


@given(st.integers(0, len(SOUND)), st.integers(0, len(SOUND)), st.binary(max_size=9))
@settings(max_examples=200, deadline=None)
def test_no_missing_or_foreign_piece_of_a_checkpoint_is_worse_than_damage(
    start: int, stop: int, piece: bytes
) -> None:
    read(SOUND[:start] + piece + SOUND[stop:])


@given(st.binary(max_size=200))
def test_no_bytes_are_worse_than_damage(data: bytes) -> None:
    read(data)
    read(b"PK\x03\x04" + data)
    read(b"\x93NUMPY" + data)
