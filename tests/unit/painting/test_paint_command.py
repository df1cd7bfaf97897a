"""``engine paint``'s options: the recipe's settings, each stated once."""

from __future__ import annotations

import argparse
from dataclasses import replace

import pytest

from engine.commands import paint
from engine.painting.objective import DEFAULT, objective_of
from engine.painting.recipe import SETTINGS, Recipe
from engine.painting.statistic import STATISTICS, Moments


class Median(Moments):
    """A statistic of a test's own."""

    name = "median"
    summary = "the middle"


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(formatter_class=lambda prog: argparse.HelpFormatter(prog, width=10**4))
    paint.configure(made)
    return made


def options() -> dict[str, argparse.Action]:
    return {action.dest: action for action in parser()._actions if action.dest in SETTINGS}


def test_every_setting_of_the_recipe_is_an_option_and_has_its_help() -> None:
    assert options().keys() == SETTINGS.keys()
    for name, action in options().items():
        setting = SETTINGS[name]
        assert action.help is not None
        assert setting.summary in action.help
        for limit in setting.range or ():
            assert limit in action.help
        assert tuple(action.choices or ()) == tuple(setting.choices or ())


def test_what_is_not_said_is_left_to_the_recipe() -> None:
    said = vars(parser().parse_args(["photo.jpg", "mosaic", "-o", "out.png"]))
    assert not said.keys() & SETTINGS.keys()
    assert Recipe.of() == Recipe()
    assert {name: getattr(Recipe(), name) for name in SETTINGS} == {
        name: setting.default for name, setting in SETTINGS.items()
    }


def test_a_new_statistic_is_a_class_and_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(STATISTICS, "median", Median())
    recipe = Recipe.of(statistic="median", quality="draft")
    assert objective_of(recipe) == replace(DEFAULT, statistic=STATISTICS["median"])
    said = parser().parse_args(["photo.jpg", "mosaic", "-o", "out.png", "--statistic", "median"])
    assert said.statistic == "median"
    assert "median: the middle" in parser().format_help()
