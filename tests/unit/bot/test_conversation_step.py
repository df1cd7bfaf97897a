"""The conversation: what follows from what, and that nothing whatsoever brings it off its feet."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation import (
    Answer,
    AskStyle,
    CancelAll,
    Command,
    Draft,
    Event,
    OfJob,
    Other,
    Paint,
    Pictures,
    Preset,
    Say,
    Sent,
    Session,
    ShowReady,
    Tapped,
    changed,
    new_id,
    step,
)
from engine.painting.recipe import STRENGTHS

PHOTO, PAINTING, THIRD = Sent(file_id="photo"), Sent(file_id="painting"), Sent(file_id="third")
DRAFT = Draft(photo=PHOTO, style=PAINTING)
READY = Session(photo=PHOTO, style=PAINTING, draft_id="d1")
OLD = Answer("old-button", alert=True)


def fresh() -> str:
    return "new"


def test_the_first_picture_is_the_photo_and_a_style_is_asked_for() -> None:
    after, effects = step(Session(), Pictures((PHOTO,)), fresh)
    assert after == Session(photo=PHOTO)
    assert effects == [AskStyle()]


def test_the_second_picture_is_the_painting_and_the_draft_is_shown() -> None:
    after, effects = step(Session(photo=PHOTO), Pictures((PAINTING,)), fresh)
    assert after == Session(photo=PHOTO, style=PAINTING, draft_id="new")
    assert effects == [ShowReady(DRAFT, "new", new=True)]


def test_a_third_picture_is_another_painting_for_the_same_photo() -> None:
    after, effects = step(READY, Pictures((THIRD,)), fresh)
    assert after == Session(photo=PHOTO, style=THIRD, draft_id="new")
    assert effects == [ShowReady(Draft(photo=PHOTO, style=THIRD), "new", new=True)]


@pytest.mark.parametrize("before", [Session(), Session(photo=THIRD), READY])
def test_an_album_of_two_is_a_photo_and_its_painting_whatever_was_there(before: Session) -> None:
    after, effects = step(before, Pictures((PHOTO, PAINTING)), fresh)
    assert after == Session(photo=PHOTO, style=PAINTING, draft_id="new")
    assert effects == [ShowReady(DRAFT, "new", new=True)]


def test_of_a_larger_album_the_first_two_count_and_that_is_said() -> None:
    after, effects = step(Session(), Pictures((PHOTO, PAINTING, THIRD)), fresh)
    assert after.draft == DRAFT
    assert effects == [Say("extra-pictures"), ShowReady(DRAFT, "new", new=True)]


def test_a_preset_is_a_style_and_the_sheet_becomes_the_draft() -> None:
    after, effects = step(Session(photo=PHOTO), Tapped("s:mosaic"), fresh)
    assert after == Session(photo=PHOTO, style=Preset(id="mosaic"), draft_id="new")
    assert effects == [ShowReady(Draft(photo=PHOTO, style=Preset(id="mosaic")), "new", new=False)]


def test_a_preset_without_a_photo_asks_for_one() -> None:
    assert step(Session(), Tapped("s:mosaic"), fresh) == (Session(), [Answer("ask-photo", alert=True)])


def test_swapping_exchanges_the_two_pictures() -> None:
    after, effects = step(READY, Tapped("w::d1"), fresh)
    assert after == Session(photo=PAINTING, style=PHOTO, draft_id="d1")
    assert effects == [ShowReady(Draft(photo=PAINTING, style=PHOTO), "d1", new=False)]


def test_a_preset_cannot_become_the_photo() -> None:
    with_preset = READY.model_copy(update={"style": Preset(id="mosaic")})
    assert step(with_preset, Tapped("w::d1"), fresh) == (with_preset, [OLD])


@pytest.mark.parametrize("name", [name for name in STRENGTHS if name != "balanced"])
def test_the_strength_changes_the_words_and_not_the_pictures(name: str) -> None:
    after, effects = step(READY, Tapped(f"a:{name}:d1"), fresh)
    assert after.alpha == STRENGTHS[name]
    assert after.draft is not None
    assert effects == [ShowReady(after.draft, "d1", new=False, pictures=False)]


def test_the_strength_that_is_set_already_changes_nothing() -> None:
    assert step(READY, Tapped("a:balanced:d1"), fresh) == (READY, [])


def test_a_strength_that_there_is_not_changes_nothing() -> None:
    assert step(READY, Tapped("a:brutal:d1"), fresh) == (READY, [OLD])


def test_the_colours_are_switched_to_and_fro() -> None:
    after, effects = step(READY, Tapped("c::d1"), fresh)
    assert after.keep_colours
    assert after.draft is not None
    assert effects == [ShowReady(after.draft, "d1", new=False, pictures=False)]
    assert not step(after, Tapped("c::d1"), fresh)[0].keep_colours


def test_starting_over_forgets_the_pictures_and_keeps_the_choices() -> None:
    bold = READY.model_copy(update={"alpha": STRENGTHS["painting"], "keep_colours": True})
    after, effects = step(bold, Tapped("x::d1"), fresh)
    assert after == Session(alpha=STRENGTHS["painting"], keep_colours=True)
    assert effects == [Say("started-over")]


def test_painting_hands_the_draft_on_and_keeps_the_choices() -> None:
    bold = READY.model_copy(update={"alpha": STRENGTHS["painting"], "keep_colours": True})
    after, effects = step(bold, Tapped("p::d1"), fresh)
    assert bold.draft is not None
    assert effects == [Paint(bold.draft, "d1")]
    assert after == Session(alpha=STRENGTHS["painting"], keep_colours=True)


def test_the_second_tap_on_paint_asks_about_the_job() -> None:
    after, _ = step(READY, Tapped("p::d1"), fresh)
    assert step(after, Tapped("p::d1"), fresh) == (after, [OfJob("painted", "d1")])


@pytest.mark.parametrize("data", ["a:photo:old", "c::old", "w::old", "x::old"])
@pytest.mark.parametrize("session", [Session(), Session(photo=PHOTO), READY])
def test_buttons_of_an_earlier_draft_say_so(session: Session, data: str) -> None:
    assert step(session, Tapped(data), fresh) == (session, [OLD])


@pytest.mark.parametrize("data", ["", ":", "::", "z::d1", "nonsense", "a", "a:", "p", "🖌", "x" * 64])
def test_buttons_that_never_were_change_nothing(data: str) -> None:
    session, effects = step(READY, Tapped(data), fresh)
    assert session == READY
    assert len(effects) == 1
    assert isinstance(effects[0], Answer | OfJob)


@pytest.mark.parametrize("action", ["cancel", "again", "stronger", "softer", "other", "file"])
@pytest.mark.parametrize("session", [Session(), READY])
def test_a_paintings_own_buttons_work_whatever_is_being_talked_about(action: str, session: Session) -> None:
    after, effects = step(session, Tapped(f"{action}:job-1"), fresh)
    assert after == session
    (effect,) = effects
    assert isinstance(effect, OfJob)
    assert (effect.action, effect.job_id) == (action, "job-1")


def test_commands() -> None:
    assert step(READY, Command("start"), fresh) == (READY, [Say("start")])
    assert step(READY, Command("help"), fresh) == (READY, [Say("help")])
    assert step(READY, Command("cancel"), fresh) == (Session(), [CancelAll()])


def test_anything_else_is_answered_with_what_is_missing() -> None:
    assert step(Session(), Other(), fresh) == (Session(), [Say("not-a-picture")])
    with_photo = Session(photo=PHOTO)
    assert step(with_photo, Other(), fresh) == (with_photo, [AskStyle()])
    assert step(READY, Other(), fresh) == (READY, [Say("tap-paint")])


def test_ids_are_short_and_their_own() -> None:
    ids = {new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(len(one) <= 16 and ":" not in one for one in ids)


@pytest.mark.parametrize(
    ("before", "action", "after"),
    [
        ("photo", "softer", "photo"),
        ("photo", "stronger", "balanced"),
        ("balanced", "softer", "photo"),
        ("balanced", "stronger", "painting"),
        ("painting", "softer", "balanced"),
        ("painting", "stronger", "painting"),
    ],
)
def test_stronger_and_softer_turn_the_dial_by_one(before: str, action: str, after: str) -> None:
    draft = DRAFT.model_copy(update={"alpha": STRENGTHS[before]})
    assert changed(draft, action, 7) == draft.model_copy(update={"alpha": STRENGTHS[after]})


def test_again_paints_with_another_seed() -> None:
    assert changed(DRAFT, "again", 7) == DRAFT.model_copy(update={"seed": 7})


_pictures = st.builds(Sent, file_id=st.sampled_from("abc"))
_data = st.one_of(
    st.text(max_size=20),
    st.builds(
        "{}:{}:{}".format, st.sampled_from("acwxpz"), st.sampled_from([*STRENGTHS, ""]), st.just("NOW")
    ),
    st.builds(
        "{}:{}:{}".format, st.sampled_from("acwxp"), st.sampled_from([*STRENGTHS, ""]), st.text(max_size=3)
    ),
    st.builds("s:{}".format, st.sampled_from(["mosaic", "nope", ""])),
    st.builds("{}:{}".format, st.sampled_from(["cancel", "again", "other"]), st.text(max_size=5)),
)
_events: st.SearchStrategy[Event] = st.one_of(
    st.builds(Pictures, st.lists(_pictures, min_size=1, max_size=4).map(tuple)),
    st.builds(Tapped, _data),
    st.builds(Command, st.sampled_from(["start", "help", "cancel"])),
    st.just(Other()),
)


def _counting() -> Callable[[], str]:
    numbers = itertools.count()
    return lambda: f"d{next(numbers)}"


@given(st.lists(_events, max_size=30))
def test_whatever_happens_it_stays_in_order(events: list[Event]) -> None:
    session, fresh = Session(), _counting()
    painted: set[str] = set()
    for event in events:
        if isinstance(event, Tapped):  # some of the buttons are those of the draft that is there
            event = Tapped(event.data.replace("NOW", session.draft_id or ""))  # noqa: PLW2901
        before = session
        session, effects = step(session, event, fresh)
        assert (session.draft_id is None) == (session.draft is None)
        assert session.style is None or session.photo is not None
        assert session.alpha in STRENGTHS.values()
        if not (isinstance(event, Tapped) and event.data[:1] in ("a", "c")):
            assert (session.alpha, session.keep_colours) == (before.alpha, before.keep_colours)
        assert Session.model_validate_json(session.model_dump_json()) == session
        for effect in effects:
            if isinstance(effect, ShowReady):
                assert (effect.draft, effect.draft_id) == (session.draft, session.draft_id)
            if isinstance(effect, Paint):
                assert effect.draft_id not in painted
                painted.add(effect.draft_id)
        # Nobody is left without an answer, but for a choice that is made already.
        assert effects or (isinstance(event, Tapped) and session == before)
        assert step(before, event, lambda: "x")[0].photo == session.photo, "the same again gives the same"
