"""The table of the controls: buttons, taps, captions and recipes agree with it."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from bot.conversation import CONTROLS, Choices, Control, Rules, Session, Tapped, step
from bot.conversation.callback_data import Action, JobAction
from bot.i18n import LANGUAGES, texts
from bot.views.captions import recipe_line
from engine.painting.recipe import Recipe

RULES = Rules(sizes=(384, 512, 768), size=512, quality="normal")
every_control = pytest.mark.parametrize(("field", "control"), CONTROLS.items(), ids=list(CONTROLS))


def test_no_two_actions_have_one_code() -> None:
    codes = [*Action, *JobAction, *(control.action for control in CONTROLS.values())]
    assert len(set(codes)) == len(codes)
    assert all(len(code) == 1 for code in (*Action, *(control.action for control in CONTROLS.values())))


@every_control
def test_a_control_sets_a_field_of_the_recipe_that_it_finds_again(field: str, control: Control) -> None:
    assert field in {one.name for one in fields(Recipe)}
    for choice, value in control.values(RULES).items():
        assert getattr(Recipe.of(**{field: value}), field) == value
        assert control.choice(value) == choice


@every_control
def test_the_default_is_a_choice_whether_the_user_s_or_the_host_s(field: str, control: Control) -> None:
    settings = Choices().settings(RULES)
    assert settings[field] in control.values(RULES).values()
    assert Recipe.of(**settings)


@every_control
def test_a_button_leads_through_all_choices_and_back(field: str, control: Control) -> None:
    choices = list(control.values(RULES))
    seen = [choices[0]]
    while (following := control.following(seen[-1], RULES)) not in seen:
        seen.append(following)
    assert (seen, following) == (choices, choices[0])
    assert control.following("not offered", RULES) == choices[0]


@every_control
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_tap_changes_the_setting_and_each_choice_has_words(
    field: str, control: Control, language: str
) -> None:
    labels, lines = [], []
    for choice, value in control.values(RULES).items():
        session, _ = step(Session(), Tapped(f"{control.action}:{choice}:-"), lambda: "new", RULES)
        settings = session.person.choices.settings(RULES)
        assert settings == Choices().settings(RULES) | {field: value}
        values = {control.name: choice, "time": "none"}
        labels.append(texts(language)(control.label.format(choice=choice), **values))
        lines.append(recipe_line(texts(language), settings))
    assert len(set(labels)) == len(set(lines)) == len(labels)


@pytest.mark.parametrize(
    ("field", "value", "choice"),
    [
        *(("alpha", 2e-3, "photo"), ("alpha", 9e-4, "balanced"), ("alpha", 1e-8, "painting")),
        *(("stroke", 0.7, "fine"), ("stroke", 4.0, "broad"), ("size", 416, "416")),
    ],
)
def test_a_value_that_is_no_choice_goes_by_the_nearest_or_by_its_own(
    field: str, value: Any, choice: str
) -> None:
    assert CONTROLS[field].choice(value) == choice
