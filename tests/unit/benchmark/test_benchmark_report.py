"""The benchmark's report."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from engine.benchmark.faces import FaceComparison
from engine.benchmark.pairs import Pair
from engine.benchmark.quality import Outcome
from engine.benchmark.report import Results, as_dict, markdown, write
from engine.benchmark.sheet import contact_sheet
from engine.benchmark.speed import Batch, Comparison, EndToEnd, Speed
from engine.benchmark.verdict import PEER, REFERENCE, Point

MACHINE = {
    "network": "vgg19", "device": "Abacus", "precision": "bfloat16", "torch": "2.0", "threads": 2,
    "load": 0.1, "repeat": 3,
}  # fmt: skip


def outcome(name: str, faster: float) -> Outcome:
    picture = Image.new("RGB", (90, 64), "red")
    points = [
        Point(REFERENCE, "100", 40.0, 0.5, 3.0),
        Point(REFERENCE, "300", 120.0, 0.5, 0.1),
        Point("draft", "photo", 40 / faster, 0.3, 4.0),
        Point("draft", "balanced", 40 / faster, 0.5, 2.0),
    ]
    return Outcome(Pair(name, picture, Image.new("RGB", (64, 90))), points, [picture] * len(points))


@pytest.fixture
def results() -> Results:
    speed = Speed(
        [Comparison(256, 0.5, 1.0, 2**30, 0)],
        [Batch(1, 2.0, 1.0), Batch(8, 4.0, 2.0)],
        [EndToEnd("draft", 256, 7.0, 8.0), EndToEnd("normal", 512, 61.0, 60.0)],
        flops_per_pixel=1e6,
        peak=4e12,
    )
    outcomes = [outcome("cat-wave", 2.0), outcome("dog-night", 5.0), outcome("hen-sea", 8.0)]
    return Results(dict(MACHINE), speed, 256, outcomes, notes=["It rained."])


def test_people_read_tables(results: Results) -> None:
    text = markdown(results)
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()]
    assert text.startswith("VGG-19 on Abacus (2 threads) in bfloat16, torch 2.0. Load 0.1 before the run.")
    assert ["256²", "0.5", "1", "**2.00 ×**", "2", "50%", "1.00 / –"] in rows
    assert ["8", "4", "2.00 ×"] in rows
    assert ["draft, 256²", "7.00", "8", "yes"] in rows
    assert ["normal, 512²", "61.00", "60", "no"] in rows
    assert ["draft balanced", "8.0", "0.500", "2.000"] in rows
    assert ["100", "40.0", "draft balanced", "8.0", "**5.0 ×**", "5.0 ×", "2 of 3"] in rows
    assert ["300", "120.0", "none", "–", "–", "0.0 ×", "0 of 3"] in rows
    assert "### dog-night" in text
    assert text.endswith("Note: It rained.\n")


def test_the_columns_of_a_table_stand_under_each_other(results: Results) -> None:
    for table in markdown(results).split("\n\n"):
        if table.startswith("|"):
            assert len({len(line) for line in table.splitlines()}) == 1


def test_programs_read_json(results: Results) -> None:
    found = json.loads(json.dumps(as_dict(results)))
    assert (found["network"], found["device"], found["notes"]) == ("vgg19", "Abacus", ["It rained."])
    (row,) = found["speed"]["rows"]
    assert (row["size"], row["ours"], row["reference"], row["ratio"]) == (256, 0.5, 1.0, 2.0)
    assert (row["rate"], row["share_of_peak"]) == (2.0, 0.5)
    assert [painting["met"] for painting in found["speed"]["paintings"]] == [True, False]
    quality = found["quality"]
    assert [pair["name"] for pair in quality["pairs"]] == ["cat-wave", "dog-night", "hen-sea"]
    assert quality["answers"][0] == {
        "iterations": 100, "seconds": 40.0, "by": "draft balanced", "our_seconds": 8.0, "ratio": 5.0,
        "met": True,
    }  # fmt: skip
    assert quality["answers"][1]["by"] is None
    assert [pair["answers"][0]["met"] for pair in quality["pairs"]] == [False, True, True]
    assert quality["means"][3]["seconds"] == pytest.approx((20 + 8 + 5) / 3, abs=1e-4)


def test_flat_places_are_told_where_there_are_some(results: Results) -> None:
    assert "## Flat places" not in markdown(results)
    results.outcomes[0].flats.extend([0.9, None, 0.1, 0.8])
    results.outcomes[1].flats.extend([0.7, None, 0.3, None])
    assert as_dict(results)["quality"]["flat_places"] == {
        "reference 100": 0.8,
        "draft photo": 0.2,
        "draft balanced": 0.8,
    }
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in markdown(results).splitlines()]
    assert ["draft photo", "0.20"] in rows


def test_faces_are_told_where_there_are_some(results: Results) -> None:
    assert "## Faces" not in markdown(results)
    results.outcomes[0].faces.extend(
        [FaceComparison(1, (), 0.5), None, FaceComparison(2, (0.02, 0.04), 1.25), None]
    )
    assert as_dict(results)["quality"]["faces"] == {
        "reference 100": {"found": 0, "distance": None, "style": 0.5},
        "draft photo": {"found": 1, "distance": 0.03, "style": 1.25},
    }
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in markdown(results).splitlines()]
    assert ["reference 100", "0%", "–", "0.50"] in rows
    assert ["draft photo", "100%", "3.0%", "1.25"] in rows


def test_a_second_judge_has_columns_of_its_own(results: Results) -> None:
    for each in results.outcomes:
        each.points[:] = [replace(point, second_content=0.25, second_style=0.125) for point in each.points]
    text = markdown(results)
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()]
    assert ["draft balanced", "8.0", "0.500", "2.000", "0.250", "0.125"] in rows
    assert "EfficientNet-Lite0" in text
    assert "EfficientNet-Lite0" not in markdown(Results(results.machine, outcomes=[outcome("a-b", 2)]))


def test_peers_stand_in_their_pairs_table_and_are_answered(results: Results) -> None:
    assert "## Peers" not in markdown(results)
    cat = results.outcomes[0]
    cat.points[:] = [replace(point, cpu_seconds=2 * point.seconds) for point in cat.points]
    peer = Point(PEER, "crow", 200.0, 0.5, 2.1, cpu_seconds=200.0)
    unknown = replace(peer, label="nnst", seconds=float("nan"), cpu_seconds=None, lpips=0.1)
    cat.points.extend([peer, unknown])
    cat.pictures.extend([cat.pictures[0]] * 2)
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in markdown(results).splitlines()]
    assert ["peer crow", "200.0", "0.500", "2.100"] in rows
    assert ["peer nnst", "–", "0.100", "2.100"] in rows
    assert ["cat-wave, crow", "200.0", "draft balanced", "40.0", "5.0 ×"] in rows
    assert ["cat-wave, nnst", "–", "none", "–", "–"] in rows
    first = json.loads(json.dumps(as_dict(results), allow_nan=False))["quality"]["pairs"][0]["peers"][0]
    assert first == {
        "peer": "crow", "cpu_seconds": 200.0, "by": "draft balanced", "our_cpu_seconds": 40.0, "ratio": 5.0,
    }  # fmt: skip
    assert contact_sheet(cat).height > contact_sheet(results.outcomes[1]).height
    assert [point.series for point in results.medians] == [REFERENCE, REFERENCE, "draft", "draft"]


def test_either_half_may_be_missing(results: Results) -> None:
    results.speed = None
    assert "speed" not in as_dict(results)
    assert "## Speed" not in markdown(results)
    results.outcomes = []
    assert "quality" not in as_dict(results)
    assert "## Quality" not in markdown(results)


def test_both_are_written_into_a_new_folder(results: Results, tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    write(results, folder)
    assert (folder / "benchmark.md").read_text() == markdown(results)
    assert json.loads((folder / "benchmark.json").read_text()) == as_dict(results)


def test_a_contact_sheet_shows_every_picture(results: Results) -> None:
    sheet = contact_sheet(results.outcomes[0])
    red = sum(
        pixel == (255, 0, 0)
        for pixel in (
            sheet.getpixel((x, y)) for x in range(0, sheet.width, 4) for y in range(0, sheet.height, 4)
        )
    )
    assert red * 16 == pytest.approx(5 * 360 * 256, rel=0.05)  # the photo and four pictures, enlarged


def test_a_plot_is_drawn(results: Results, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="the plot needs matplotlib")
    from engine.benchmark.plot import draw

    with Image.open(draw(results, tmp_path)) as plot:
        assert plot.format == "PNG"
        assert plot.width > 1.5 * plot.height > 900
        assert plot.convert("RGB").getpixel((2, 2)) == (255, 255, 255)
        assert len(plot.convert("RGB").getcolors(2**24) or ()) > 100
