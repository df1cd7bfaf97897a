"""``engine bench``: measure the painter's speed and quality against the usual PyTorch loop.

It needs only torch, Pillow and numpy: a bare machine with a GPU can be measured from a plain checkout.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from engine.errors import AtelierError, ImageError, WeightsError
from engine.networks import CHOICES, Choice, admitted
from engine.painting.statistic import STATISTICS

if TYPE_CHECKING:
    from engine.benchmark.budget import Budget
    from engine.benchmark.handover import Handover
    from engine.benchmark.judge import Judge
    from engine.benchmark.pairs import Pair
    from engine.benchmark.peers import Peer
    from engine.benchmark.quality import Contest, Jury
    from engine.benchmark.report import Results
    from engine.benchmark.speed import Speed
    from engine.faces import FaceFinder
    from engine.painting.network import Network
    from engine.weights import State, Weights

DURATION: Final = (
    "With two processor cores all of it takes forty minutes, most of it the reference's; "
    "--only speed takes six minutes."
)
SETS: Final = ("classic", "kept", "peers")
"""Sets of pairs; without --pictures there is only one."""
STAGES: Final = ("budget", "handover", "speed", "quality")
"""The measurements, in this order."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.epilog = DURATION
    many: dict[str, Any] = {"nargs": "+", "metavar": "N", "type": int}
    parser.add_argument("--only", choices=STAGES, help="measure one of them (all but handover)")
    parser.add_argument("--device", help="auto, cpu, cuda, cuda:1 … (DEVICE, or auto)")
    parser.add_argument("--network", choices=CHOICES, help="the network that paints "
                        "(NETWORK, or auto)")  # fmt: skip
    parser.add_argument("--weights", metavar="FILE", type=Path, help="a file of it (VGG_WEIGHTS)")
    parser.add_argument("--judge", metavar="FILE", type=Path, help="the network that judges, as once kept in "
                        "DATA_DIR/weights; fetched if not said")  # fmt: skip
    parser.add_argument("--pictures", metavar="DIR", type=Path, help="a folder with photos/ and paintings/ "
                        "(scikit-learn's photos and the presets)")  # fmt: skip
    parser.add_argument("--peers", metavar="DIR", type=Path, help="a folder with other painters' pictures, "
                        "PHOTO-PAINTING-SYSTEM.png, to judge beside ours")  # fmt: skip
    parser.add_argument("--pairs", nargs="+", choices=SETS, help="the classic five, five kept from all "
                        "tuning, those of --peers (classic, and peers if there are some)")  # fmt: skip
    parser.add_argument(
        "--output", metavar="DIR", type=Path, help="write tables, JSON, plot and contact sheets"
    )
    parser.add_argument("--json", action="store_true", help="print one line of JSON instead of tables")
    parser.add_argument("--repeat", metavar="N", type=int, default=3, help="runs of speed; the median "
                        "counts (3)")  # fmt: skip
    speed = parser.add_argument_group("speed")
    speed.add_argument("--dry", action="store_true", help="only try what is measured of a GPU itself, on "
                       "any device and on tiny canvases")  # fmt: skip
    speed.add_argument("--size", **many, default=[256, 512, 1024], help="canvas sizes (256 512 1024)")
    speed.add_argument("--batch", **many, help="pictures in one pass (4 8 with a GPU, else none)")
    quality = parser.add_argument_group("quality")
    quality.add_argument("--quality-size", metavar="N", type=int, default=256, help="canvas size (256)")
    quality.add_argument("--marks", **many, default=[100, 300, 1000],
                         help="the reference's iterations to look at (100 300 1000)")  # fmt: skip
    quality.add_argument("--quality", nargs="+", choices=("draft", "normal", "fine"),
                         default=["draft", "normal", "fine"], help="ours to look at (all)")  # fmt: skip
    quality.add_argument("--strength", nargs="+", metavar="ALPHA", default=["photo", "balanced", "painting"],
                         help="ours to look at, names or numbers (photo balanced painting)")  # fmt: skip
    quality.add_argument("--statistic", choices=tuple(STATISTICS), default="moments",
                         help="ours to look at (moments)")  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Measure, print the results, and write them after each stage."""
    from engine.benchmark.report import Results, as_dict, markdown

    if min([args.repeat, *args.size, *args.marks, *(args.batch or [])]) < 1:
        raise AtelierError("Every number must be 1 or more.")
    results = Results({"load": round(os.getloadavg()[0], 2), "repeat": args.repeat}, size=args.quality_size)
    _measure(args, results)
    print(json.dumps(as_dict(results)) if args.json else markdown(results))
    return 0


def _measure(args: argparse.Namespace, results: Results) -> None:
    """Measure the painter's speed and quality."""
    from engine import weights

    device, choice, file, data = _surroundings(args)
    if args.only == "budget":
        results.budget = _budget(admitted(choice)[0])
    if args.only == "handover":
        results.handover = _handover(args)
    if args.only in ("budget", "handover"):
        return
    # What is wrong is said before anything is measured.
    cache = data / "weights"
    contest = _contest(args)
    results.size = contest.size
    jury = _jury(args, cache, results.notes) if args.only != "speed" else None
    found = weights.resolve(cache, file, _report, network=choice)
    network = _network(found, device, data)
    results.machine |= _machine(network)
    if args.only is None:
        results.budget = _budget(admitted(choice)[0])
    if args.only != "quality":
        results.speed = _speed(args, network, found.state)
        _keep(results, args.output)
    if jury:
        from engine.benchmark import quality

        judge, pairs, peers = jury
        finder, jurors = _jurors(cache, judge, results.notes)
        outcomes = quality.run(contest, network, jurors, pairs, _report, finder=finder, peers=peers)
        for outcome in outcomes:
            results.outcomes.append(outcome)
            _keep(results, args.output)


def _surroundings(args: argparse.Namespace) -> tuple[str, Choice, Path | None, Path]:
    """Return device, network, its file and the data folder: from options, settings, or the environment."""
    try:
        from engine.settings import Settings
    except ImportError:
        device = os.environ.get("DEVICE") or "auto"
        file = Path(os.environ["VGG_WEIGHTS"]) if os.environ.get("VGG_WEIGHTS") else None
        data = Path(os.environ.get("DATA_DIR") or "data")
        network: Any = os.environ.get("NETWORK") or "auto"
    else:
        settings = Settings()
        device, network = settings.device, settings.network
        file, data = settings.vgg_weights, settings.data_dir
    return args.device or device, args.network or network, args.weights or file, data


def _budget(network: str) -> list[Budget]:
    from engine.benchmark import budget

    return [budget.count(size, batch, network) for size in budget.SIZES for batch in budget.BATCHES]


def _handover(args: argparse.Namespace) -> Handover:
    try:
        from engine.benchmark import handover
    except ImportError as error:  # a bare machine has no queue
        raise AtelierError(f"The worker cannot be measured: {error}.") from error
    return handover.measure(args.repeat)


def _network(found: Weights, wanted: str, data: Path) -> Network:
    """Open the network as the worker does, in the precision that was measured to be fast."""
    import torch

    from engine.painting.device import choose_device, fast_precision, prepare
    from engine.painting.network import Network
    from engine.painting.precision import choose, measure

    device = choose_device(wanted)
    prepare(device)
    try:
        from engine.runtime import measured_precision
    except ImportError:
        precision = fast_precision(device)
        if precision != torch.float32:
            precision = choose(measure(found.state, device, precision), precision)
    else:
        precision = measured_precision(found, device, data / "precision.json")
    return Network(found.state, device, precision)


def _contest(args: argparse.Namespace) -> Contest:
    from engine.benchmark.quality import Contest
    from engine.painting.recipe import Recipe, parse_strength

    size = Recipe(size=args.quality_size).size  # a wrong one is refused now, not after an hour
    strengths = {name: parse_strength(name) for name in args.strength}
    return Contest(size, args.quality, strengths, sorted(args.marks), args.statistic)


def _jury(
    args: argparse.Namespace, cache: Path, notes: list[str]
) -> tuple[Judge, Sequence[Pair], Sequence[Peer]] | None:
    """Return the judge and the pictures; if neither was asked for, a missing one is only noted."""
    from engine.benchmark.judge import Judge
    from engine.weights import resolve_judge

    try:
        pairs, peers = _pictures(args)
        return Judge(resolve_judge(cache, args.judge, _report).state), pairs, peers
    except (WeightsError, ImageError) as error:
        if args.only or args.judge or args.pictures:
            raise
        notes.append(f"Quality was not measured. {error}")
        _report(notes[-1])
        return None


def _pictures(args: argparse.Namespace) -> tuple[Sequence[Pair], Sequence[Peer]]:
    """Return the pairs, and the pictures of peers."""
    from engine.benchmark.pairs import kept_pairs, named_pairs, pairs_of, shipped_pairs
    from engine.benchmark.peers import peers_of

    if (args.peers or args.pairs) and not args.pictures:
        raise AtelierError("--peers and --pairs are about the pictures of --pictures.")
    if not args.pictures:
        return shipped_pairs(), ()
    peers = peers_of(args.peers) if args.peers else []
    pairs: dict[str, Pair] = {}
    for name in args.pairs or (("classic", "peers") if peers else ("classic",)):
        if name == "peers":
            found = named_pairs(args.pictures, dict.fromkeys((peer.photo, peer.painting) for peer in peers))
        else:
            found = kept_pairs(args.pictures) if name == "kept" else pairs_of(args.pictures)
        pairs |= {pair.name: pair for pair in found}
    if not pairs:
        raise AtelierError("--pairs peers needs --peers.")
    return [*pairs.values()], peers


def _jurors(cache: Path, judge: Judge, notes: list[str]) -> tuple[FaceFinder | None, Jury]:
    """Return the finder that steers our painter, and all who judge; who is missing is noted."""
    from engine import weights
    from engine.benchmark.faces import FaceJudge
    from engine.benchmark.mtcnn import Mtcnn
    from engine.benchmark.quality import Jury
    from engine.benchmark.second_judge import SecondJudge
    from engine.faces import FaceFinder

    finder, faces, second = None, None, None
    try:
        second = SecondJudge(weights.resolve_second_judge(cache, _report).state)
    except WeightsError as error:
        notes.append(f"There was no second judge. {error}")
        _report(notes[-1])
    try:
        finder = FaceFinder(weights.resolve_faces(cache, _report).state)
        faces = FaceJudge(Mtcnn(weights.resolve_faces_judge(cache, _report).state), judge)
    except WeightsError as error:
        notes.append(f"Faces were not {'measured' if finder else 'kept, nor measured'}. {error}")
        _report(notes[-1])
    return finder, Jury(judge, second, faces)


def _speed(args: argparse.Namespace, network: Network, state: State) -> Speed | None:
    from engine.benchmark import cost, device_check, speed

    if network.device.type == "cuda" or args.dry:
        for figure in (device_check.dry_figures if args.dry else device_check.figures)(network):
            if args.json:  # as it is known: the machine may be lent for minutes
                print(json.dumps(figure), flush=True)
            else:
                _report(str(figure))
    if args.dry:
        return None
    comparisons = []
    for size in args.size:
        comparisons.append(speed.compare(network, size, args.repeat))
        _report(f"{size}²: {comparisons[-1].rate:.3g} MP·it/s, {comparisons[-1].ratio:.2f} × the reference")
    counts = args.batch if args.batch is not None else [4, 8] if network.device.type == "cuda" else []
    batches = speed.batches(network, counts, args.repeat) if counts else []
    paintings = []
    for quality, size, target in speed.TARGETS.get(network.device.type, ()):
        if size in args.size:
            seconds = speed.end_to_end(network, quality, size, args.repeat)
            paintings.append(speed.EndToEnd(quality, size, seconds, target))
            _report(f"{quality}, {size}²: {seconds:.2f} s")
    peak = cost.matmul_peak(network.device, network.precision)
    return speed.Speed(comparisons, batches, paintings, cost.flops_per_pixel(state), peak)


def _machine(network: Network) -> dict[str, Any]:
    import torch

    from engine.painting.device import hardware

    return {
        "network": network.name,
        "device": hardware(network.device),
        "precision": str(network.precision).removeprefix("torch."),
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
    }


def _keep(results: Results, folder: Path | None) -> None:
    """Write the results so far, so that an interrupted run leaves some."""
    if folder is None:
        return
    from engine.benchmark.report import write
    from engine.benchmark.sheet import contact_sheet

    try:
        folder.mkdir(parents=True, exist_ok=True)
        if results.outcomes:
            latest = results.outcomes[-1]
            contact_sheet(latest).save(folder / f"{latest.pair.name}.jpg", quality=92)
            _draw(results, folder)
        write(results, folder)
    except OSError as error:
        raise AtelierError(f"{folder} cannot be written ({error.strerror}).") from error


def _draw(results: Results, folder: Path) -> None:
    from engine.benchmark.plot import draw

    try:
        draw(results, folder)
    except ImportError:
        note = "There is no plot: matplotlib is missing."
        if note not in results.notes:
            results.notes.append(note)
            _report(note)


def _report(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
