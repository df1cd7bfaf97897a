"""The choices that a person has, and what they are told when one is out of range."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.errors import RecipeError
from engine.painting.recipe import SETTINGS, SIZES, STRENGTHS, Recipe, parse_strength, strength_name


def test_the_default_recipe_is_balanced_and_starts_from_the_photo() -> None:
    recipe = Recipe.of()
    assert (recipe.size, recipe.alpha, recipe.quality, recipe.init) == (512, 1e-4, "normal", "photo")
    assert (recipe.keep_colours, recipe.stroke, recipe.seed, recipe.style_weights) == (False, 1.0, 0, (1.0,))


@pytest.mark.parametrize(
    ("setting", "good", "bad"),
    [
        ("size", [128, 4096], [127, 4097, 0, -1, 512.5, "large", None]),
        ("alpha", [1e-8, 1.0, 1e-4], [9e-9, 1.01, 0.0, -1e-4, math.nan, math.inf]),
        ("stroke", [0.25, 4.0], [0.24, 4.01, 0.0, -1.0, math.nan, math.inf]),
        ("statistic", ["moments", "gram"], ["median", None]),
        ("optimizer", ["lbfgs", "adam"], ["sgd", None]),
        ("quality", ["draft", "normal", "fine"], ["best", "", None]),
        ("init", ["photo", "noise", "painting"], ["blank", 1]),
        ("seed", [0, 2**31 - 1], [-1, 2**31, 0.5]),
        ("style_weights", [(1.0,), (0.1, 3.0, 1e6)], [()]),
        ("keep_colours", [True, False], ["perhaps", None]),
    ],
)
def test_a_setting_out_of_its_range_is_refused_by_name(setting: str, good: list[Any], bad: list[Any]) -> None:
    for value in good:
        assert getattr(Recipe.of(**{setting: value}), setting) == value
    for value in bad:
        with pytest.raises(RecipeError, match=rf"^{setting}: ") as caught:
            Recipe.of(**{setting: value})
        assert caught.value.facts["setting"] == setting
        assert repr(value) in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("setting", [name for name, setting in SETTINGS.items() if setting.limits])
def test_a_number_may_be_a_limit_and_nothing_beyond_it(setting: str) -> None:
    least, most = SETTINGS[setting].limits or (0, 0)
    for value in (least, most):
        assert getattr(Recipe.of(**{setting: value}), setting) == value
    for bad in (least - abs(least) / 100 - 1e-9, most + abs(most) / 100, math.nan, math.inf, None, "much"):
        with pytest.raises(RecipeError, match=rf"^{setting}: "):
            Recipe.of(**{setting: bad})


@pytest.mark.parametrize("weight", [0.0, -1.0, 2e6, math.nan, math.inf])
def test_a_bad_style_weight_is_refused_by_its_place(weight: float) -> None:
    with pytest.raises(RecipeError, match=r"^style_weights\.1: "):
        Recipe.of(style_weights=(1.0, weight))


def test_an_unknown_setting_is_refused_by_name() -> None:
    with pytest.raises(RecipeError, match=r"^sise: "):
        Recipe.of(sise=512)


def test_a_range_is_named_in_the_message() -> None:
    with pytest.raises(RecipeError, match=str(SIZES[0])):
        Recipe.of(size=5)
    with pytest.raises(RecipeError, match=str(SIZES[1])):
        Recipe.of(size=5000)


def test_a_recipe_survives_being_stored() -> None:
    recipe = Recipe.of(size=700, alpha=3e-5, stroke=0.5, init="noise", seed=7, style_weights=(1.0, 2.0))
    assert Recipe.of(**json.loads(json.dumps(recipe.as_dict()))) == recipe


def test_a_strength_is_a_name_or_a_number() -> None:
    assert parse_strength("photo") == 1e-2
    assert parse_strength("balanced") == 1e-4
    assert parse_strength("painting") == 1e-6
    assert parse_strength("3e-5") == 3e-5
    assert parse_strength("1") == 1.0
    assert parse_strength("1e-8") == 1e-8


@pytest.mark.parametrize("text", ["", "abc", "0", "-1", "nan", "inf", "2", "1e-9", "Photo!", "1e-4.5", "0x1"])
def test_nonsense_is_no_strength_and_the_message_says_what_is(text: str) -> None:
    with pytest.raises(RecipeError, match="photo, balanced, painting nor a number from 1e-8 to 1") as caught:
        parse_strength(text)
    assert repr(text) in str(caught.value)


@given(st.floats(min_value=math.log(1e-8), max_value=0))
def test_a_strength_is_named_after_the_nearest_point_on_the_logarithmic_dial(logarithm: float) -> None:
    apart = {name: abs(math.log(alpha) - logarithm) for name, alpha in STRENGTHS.items()}
    first, second, _ = sorted(apart.values())
    assume(second - first > 1e-6)
    assert apart[strength_name(math.exp(logarithm))] == first


@pytest.mark.parametrize("name", STRENGTHS)
def test_the_named_strengths_name_themselves(name: str) -> None:
    assert strength_name(parse_strength(name)) == name
