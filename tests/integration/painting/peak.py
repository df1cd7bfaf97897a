"""Paint in a process of its own and tell how much memory that took, and how much had been predicted.

Run with one JSON object of :class:`Case`'s fields; it answers with one JSON object.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from unittest import mock

import torch
from PIL import Image

from engine import weights
from engine.painting import memory_prediction, objective, painter, scales
from engine.painting.commission import Commission
from engine.painting.memory_prediction import CANVASES, Method, choose_method, predict
from engine.painting.network import Network
from engine.painting.objective import DEFAULT
from engine.painting.optimizers import HISTORY, LBFGS, OPTIMIZERS
from engine.painting.painter import paint
from engine.painting.recipe import OptimizerName, Recipe
from engine.painting.scales import Scale


@dataclass(frozen=True, slots=True)
class Case:
    """What to paint, and how."""

    cache: str
    """Folder of the weights."""
    size: int
    precision: str
    tile: int | None = None
    optimizer: OptimizerName = "lbfgs"
    batch: int = 1
    history: int = 3
    """Pairs that L-BFGS keeps. Fewer than in the product: all are there only after as many iterations."""
    memory: int | None = None
    """Let the painter choose how, within these bytes, instead."""
    stroke: float = 1.0
    keep_colours: bool = False
    masked: bool = False


def main(case: Case) -> None:
    """Warm up on a small canvas, then paint and report."""
    found = weights.from_cache(Path(case.cache))
    assert found is not None
    network = Network(found.state, torch.device("cpu"), getattr(torch, case.precision))
    _paint(network, replace(case, size=128, memory=None))
    before = _forget_peak()
    scale, method = _paint(network, case)
    reach = network.features().reach
    predicted = predict(scale, case.batch, network.precision, method, reach=reach, stroke=case.stroke)
    report = {"measured": _status("VmHWM") - before, "predicted": predicted, "tile": method.tile}
    print(json.dumps({**report, "optimizer": method.optimizer}))


def _paint(network: Network, case: Case) -> tuple[Scale, Method]:
    """Paint and give the finest canvas, and how it was painted."""
    noise = Image.effect_noise((case.size + 1,) * 2, 60).convert("RGB")
    painting = noise.resize((round(case.size * case.stroke),) * 2)
    recipe = Recipe(
        case.size,
        quality="draft",
        optimizer=case.optimizer,
        stroke=case.stroke,
        keep_colours=case.keep_colours,
    )
    mask = Image.linear_gradient("L") if case.masked else None
    used: list[tuple[Scale, Method]] = []

    def choose(
        network: Network,
        precision: torch.dtype,
        scale: Scale,
        batch: int,
        recipe: Recipe,
        memory: int | None,
        failed: Method | None,
    ) -> Method:
        assert failed is None
        method = Method(case.tile, case.optimizer)
        if case.memory is not None:
            method = choose_method(network, precision, scale, batch, recipe, memory)
        used.append((scale, method))
        return method

    with (
        mock.patch.object(painter, "choose_method", choose),
        mock.patch.object(
            scales, "COARSEST", case.size
        ),  # the finest canvas is the peak, whatever came before
        mock.patch.object(
            objective, "DEFAULT", replace(DEFAULT, placement={})
        ),  # of the coarsest, a small one
        mock.patch.dict(scales._BUDGET, {"draft": (case.history + 1,) * 2}),
    ):
        commissions = [Commission(noise, [painting], recipe, mask)] * case.batch
        for _ in paint(network, *commissions, memory=case.memory):
            pass
    return used[-1]


def _forget_peak() -> int:
    """Reset the high-water mark to what is resident now, and give that."""
    Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS")


def _status(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise LookupError(name)


if __name__ == "__main__":
    asked = Case(**json.loads(sys.argv[1]))
    canvases = CANVASES["lbfgs"] - 2 * (HISTORY - asked.history)
    with (
        mock.patch.dict(OPTIMIZERS, {"lbfgs": partial(LBFGS, asked.history)}),
        mock.patch.dict(memory_prediction.CANVASES, {"lbfgs": canvases}),
    ):
        main(asked)
