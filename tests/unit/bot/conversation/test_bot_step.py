"""The conversation: what follows from what, and that nothing whatsoever brings it off its feet."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation import (
    STROKES,
    Account,
    ActOnJob,
    AskStyle,
    Broadcast,
    CancelAll,
    CatalogueStyle,
    Choices,
    Command,
    Correct,
    Draft,
    Edited,
    Event,
    Forget,
    Kept,
    Note,
    Operate,
    Other,
    Paint,
    PaintEach,
    Person,
    Pictures,
    Rules,
    Say,
    Sent,
    Session,
    ShowReady,
    Suggest,
    Tapped,
    Words,
    mark,
    step,
)
from bot.conversation.callback_data import JOB_ACTIONS, JobAction
from bot.i18n import texts
from bot.views.captions import style_title
from engine.painting.recipe import STRENGTHS

PHOTO, PAINTING, THIRD = Sent(file_id="photo"), Sent(file_id="painting"), Sent(file_id="third")
MOSAIC = CatalogueStyle(id="mosaic")
DRAFT = Draft(photo=PHOTO, styles=(PAINTING,))
READY = Session(photo=PHOTO, styles=(PAINTING,), draft_id="d1")
ADJUSTING = READY.updated(adjusting=True)
OLD = Note("old-button", alert=True)
RULES = Rules(sizes=(384, 512, 768), size=512)


def fresh() -> str:
    return "new"


def after(session: Session, event: Event) -> tuple[Session, list[object]]:
    """One step under the usual rules."""
    session, effects = step(session, event, fresh, RULES)
    return session, list(effects)


# Any order, any form


def test_the_first_picture_is_the_photo_and_a_style_is_asked_for() -> None:
    assert after(Session(), Pictures((PHOTO,))) == (Session(photo=PHOTO), [AskStyle()])


def test_after_a_second_picture_one_is_asked_what_they_are() -> None:
    session, effects = after(Session(photo=PHOTO), Pictures((PAINTING,)))
    assert session == Session(photo=PHOTO, styles=(PAINTING,), draft_id="new")
    assert effects == [ShowReady(DRAFT, "new", new=True)]


def test_after_a_third_picture_one_is_asked_anew() -> None:
    session, effects = after(READY, Pictures((THIRD,)))
    assert session == Session(photo=PHOTO, styles=(THIRD,), draft_id="new")
    assert effects == [ShowReady(Draft(photo=PHOTO, styles=(THIRD,)), "new", new=True)]


@pytest.mark.parametrize("before", [Session(), Session(photo=THIRD), READY, ADJUSTING])
def test_an_album_of_two_is_asked_about_whatever_was_there(before: Session) -> None:
    session, effects = after(before, Pictures((PHOTO, PAINTING)))
    assert session == Session(photo=PHOTO, styles=(PAINTING,), draft_id="new")
    aside = [Say("photo-put-aside")] if before.photo == THIRD else []
    assert effects == [*aside, ShowReady(DRAFT, "new", new=True)]


def test_an_album_of_three_is_a_photo_and_two_paintings_to_blend() -> None:
    session, effects = after(Session(), Pictures((PHOTO, PAINTING, THIRD)))
    assert session.draft == Draft(photo=PHOTO, styles=(PAINTING, THIRD))
    assert effects == [ShowReady(session.draft, "new", new=True)]


def test_of_a_larger_album_the_first_four_count_and_that_is_said() -> None:
    more = tuple(Sent(file_id=str(number)) for number in range(5))
    session, effects = after(Session(), Pictures((PHOTO, *more)))
    assert session.styles == more[:3]
    assert effects[0] == Say("extra-pictures", {"most": 3})


@pytest.mark.parametrize("caption", ["mosaic", "Stained Glass", "like: woodblock waves"])
def test_a_caption_that_names_a_style_paints_at_once(caption: str) -> None:
    session, effects = after(Session(), Pictures((PHOTO,), caption))
    (paint,) = effects
    assert isinstance(paint, Paint)
    assert paint.draft.photo == PHOTO
    assert isinstance(paint.draft.styles[0], CatalogueStyle)
    assert session == Session(person=Person(last=paint.draft.styles)), "the pictures are done with"


def test_any_other_caption_says_nothing_about_the_painting() -> None:
    session, effects = after(Session(), Pictures((PHOTO,), "our cat on the sofa"))
    assert (session, effects) == (Session(photo=PHOTO), [AskStyle()])


def test_a_caption_with_a_second_picture_begins_anew_with_it() -> None:
    _, effects = after(Session(photo=THIRD), Pictures((PHOTO,), "mosaic"))
    assert effects == [Paint(Draft(photo=PHOTO, styles=(MOSAIC,)), "new")]


def test_a_reply_makes_the_earlier_picture_the_photo() -> None:
    session, effects = after(READY, Pictures((THIRD,), reply_to=PAINTING))
    assert session.draft == Draft(photo=PAINTING, styles=(THIRD,))
    assert effects[0] == Say("photo-put-aside")
    assert isinstance(effects[1], ShowReady)


def test_words_that_reply_to_a_picture_take_it_as_the_photo() -> None:
    aside = Say("photo-put-aside")
    assert after(READY, Words("", PAINTING)) == (Session(photo=PAINTING), [aside, AskStyle()])
    _, effects = after(READY, Words("mosaic", PAINTING))
    assert effects == [Paint(Draft(photo=PAINTING, styles=(MOSAIC,)), "new")]


def test_a_sticker_is_always_the_painting() -> None:
    session, effects = after(Session(), Pictures((PAINTING,), as_style=True))
    assert (session, effects) == (Session(styles=(PAINTING,)), [Say("style-chosen")])
    assert after(session, Pictures((PHOTO,)))[1] == [Paint(DRAFT, "new")]
    assert after(Session(photo=PHOTO), Pictures((PAINTING,), as_style=True))[1] == [Paint(DRAFT, "new")]


def test_what_moves_is_taken_by_its_first_frame_and_that_is_said() -> None:
    _, effects = after(Session(), Pictures((PHOTO,), animated=True))
    assert effects == [Say("first-frame"), AskStyle()]


def test_a_style_that_comes_first_is_remembered_for_the_next_photo() -> None:
    session, effects = after(Session(), Tapped("s:mosaic"))
    assert (session, effects) == (Session(styles=(MOSAIC,)), [Say("style-chosen")])
    session, effects = after(session, Pictures((PHOTO,)))
    assert effects == [Paint(Draft(photo=PHOTO, styles=(MOSAIC,)), "new")]
    assert after(session, Pictures((THIRD,)))[1] == [AskStyle()], "once"


@pytest.mark.parametrize("before", [Session(photo=PHOTO), READY, ADJUSTING])
def test_words_that_name_a_style_paint_the_photo_at_once(before: Session) -> None:
    session, effects = after(before, Words("stained glass"))
    glass = CatalogueStyle(id="stained_glass")
    assert effects == [Paint(Draft(photo=PHOTO, styles=(glass,)), "new")]
    assert session == Session(person=Person(last=(glass,)))


@pytest.mark.parametrize(
    ("before", "answer"),
    [
        (Session(), Say("send-a-photo")),
        (Session(styles=(MOSAIC,)), Say("style-chosen")),
        (READY, Say("tap-paint")),
    ],
)
def test_other_words_are_answered_with_what_is_missing(before: Session, answer: object) -> None:
    assert after(before, Words("Hello there")) == (before, [answer])


@pytest.mark.parametrize("kind", ["video", "voice", "animation", "sticker", "other"])
def test_what_cannot_be_painted_has_an_answer_of_its_own(kind: str) -> None:
    assert after(READY, Other(kind)) == (READY, [Say("not-a-picture", {"kind": kind})])


# Commands


def test_commands() -> None:
    assert after(READY, Command("start")) == (READY, [AskStyle(greet=True)])
    assert after(READY, Command("help")) == (READY, [Say("help")])
    assert after(READY, Command("privacy")) == (READY, [Say("privacy")])
    assert after(Session(), Command("styles")) == (Session(), [AskStyle()])
    assert after(READY, Command("never heard of")) == (READY, [Say("help")])
    for name in ("status", "settings", "language", "forget"):
        assert after(READY, Command(name)) == (READY, [Account(name)])


def test_cancel_lays_the_draft_aside_and_stops_what_is_being_painted() -> None:
    assert after(READY, Command("cancel")) == (READY, [CancelAll(draft=True)])
    assert after(Session(), Command("cancel")) == (Session(), [CancelAll(draft=False)])


def test_a_deep_link_brings_its_style() -> None:
    assert after(Session(), Command("start", "style_mosaic"))[0].styles == (MOSAIC,)
    mosaic = Paint(Draft(photo=PHOTO, styles=(MOSAIC,)), "new")
    assert after(Session(photo=PHOTO), Command("start", "style_mosaic"))[1] == [mosaic]
    assert after(Session(), Command("start", "style_nope")) == (
        *(Session(), [AskStyle(greet=True), Say("no-such-style")]),
    )
    assert after(Session(), Command("start", "elsewhere")) == (Session(), [AskStyle(greet=True)])


def test_paint_as_a_command() -> None:
    assert after(Session(), Command("paint")) == (Session(), [Say("send-a-photo")])
    assert after(Session(photo=PHOTO), Command("paint"))[1] == [AskStyle()]
    assert after(READY, Command("paint"))[1] == [ShowReady(DRAFT, "new", new=True)]
    mosaic = Paint(Draft(photo=PHOTO, styles=(MOSAIC,)), "new")
    assert after(Session(), Command("paint", "mosaic", PHOTO))[1] == [mosaic]
    aside = Say("photo-put-aside")
    assert after(READY, Command("paint", "", THIRD)) == (Session(photo=THIRD), [aside, AskStyle()])


def test_what_admins_ask_for_is_for_the_house_to_judge() -> None:
    assert after(READY, Command("drain")) == (READY, [Operate("drain")])
    session, effects = after(Session(), Command("broadcast", "Good morning"))
    assert effects == [Operate("broadcast", "Good morning")]
    assert after(session, Tapped("y:yes")) == (Session(), [Broadcast("Good morning")])
    assert after(session, Tapped("y:no")) == (Session(), [Say("not-broadcast")])
    assert after(Session(), Tapped("y:yes")) == (Session(), [OLD])


# What is said outranks what is around it


def test_an_album_with_a_style_named_is_a_painting_of_each_photo() -> None:
    session, effects = after(Session(), Pictures((PHOTO, PAINTING), "mosaic"))
    drafts = tuple(Draft(photo=photo, styles=(MOSAIC,)) for photo in (PHOTO, PAINTING))
    assert effects == [PaintEach(drafts, "new")]
    assert session == Session(person=Person(last=(MOSAIC,)))
    below = ("", "stained glass", "mosaic")
    (each,) = after(Session(), Pictures((PHOTO, PAINTING, THIRD), "stained glass", captions=below))[1]
    assert isinstance(each, PaintEach)
    glass = CatalogueStyle(id="stained_glass")
    assert [draft.styles for draft in each.drafts] == [(glass,), (glass,), (MOSAIC,)]


def test_an_album_after_a_style_is_a_painting_of_each_photo() -> None:
    chosen, _ = after(Session(), Tapped("s:mosaic"))
    session, (each,) = after(chosen, Pictures((PHOTO, PAINTING)))
    assert isinstance(each, PaintEach)
    assert [draft.photo for draft in each.drafts] == [PHOTO, PAINTING]
    assert session.styles == ()


def test_a_caption_outranks_what_its_picture_replies_to() -> None:
    (paint,) = after(Session(), Pictures((PHOTO,), "mosaic", reply_to=THIRD))[1]
    assert paint == Paint(Draft(photo=PHOTO, styles=(MOSAIC,)), "new")


def test_a_photo_that_waits_goes_on_waiting_while_another_is_painted() -> None:
    before = Session(photo=THIRD, shown=7)
    session, _ = after(before, Pictures((PHOTO,), "mosaic"))
    assert (session.photo, session.shown) == (THIRD, 7)
    session, _ = after(before, Words("mosaic", PHOTO))
    assert session.photo == THIRD


def test_a_comment_below_a_channels_picture_is_about_ones_own() -> None:
    _, effects = after(Session(photo=PHOTO), Words("mosaic", THIRD, comment=True))
    assert effects == [Paint(Draft(photo=PHOTO, styles=(MOSAIC,)), "new")]
    assert after(Session(), Words("hello", THIRD, comment=True)) == (Session(), [Say("send-a-photo")])
    _, effects = after(Session(), Command("paint", "mosaic", THIRD, comment=True))
    assert effects == [Paint(Draft(photo=THIRD, styles=(MOSAIC,)), "new")]


def test_a_name_of_no_style_is_answered_with_the_nearest() -> None:
    session, (suggest,) = after(Session(photo=PHOTO), Words("mozaïque"))
    assert isinstance(suggest, Suggest)
    assert (suggest.name, suggest.styles[0], len(suggest.styles)) == ("mozaïque", "mosaic", 3)
    assert session == Session(photo=PHOTO)
    assert isinstance(after(Session(), Command("paint", "picasso", PHOTO))[1][0], Suggest)


# Choosing a style


def test_a_tap_on_a_style_paints_and_a_second_one_on_that_sheet_does_nothing() -> None:
    session, effects = after(Session(photo=PHOTO), Tapped("s:mosaic", 7))
    assert effects == [Paint(Draft(photo=PHOTO, styles=(MOSAIC,)), "new")]
    assert session == Session(taken=7, person=Person(last=(MOSAIC,)))
    for data in ("s:mosaic", "s:stained_glass", "g:1", "r:", "j:", "l:"):
        assert after(session, Tapped(data, 7)) == (session, [Note("already-painted")])
    assert after(session, Tapped("s:mosaic", 8))[1] == [Say("style-chosen")], "another sheet"


def test_what_is_painted_has_the_persons_own_choices() -> None:
    mine = Session(photo=PHOTO).with_choices(keep_colours=True, size=768)
    (paint,) = after(mine, Tapped("s:mosaic"))[1]
    assert isinstance(paint, Paint)
    assert paint.draft.choices == Choices(keep_colours=True, size=768)


def test_adjust_on_a_sheet_shows_ones_own_choices_in_its_place() -> None:
    for before in (Session(), Session(photo=PHOTO)):
        assert after(before, Tapped("j:")) == (before, [Account("settings", new=False)])


def test_a_preset_that_is_gone_says_so() -> None:
    gone = Note("no-such-style", alert=True)
    assert after(Session(photo=PHOTO), Tapped("s:nope")) == (Session(photo=PHOTO), [gone])
    assert after(Session(photo=PHOTO), Tapped("m:nope")) == (Session(photo=PHOTO), [gone])
    assert after(Session(photo=PHOTO), Tapped("l:")) == (Session(photo=PHOTO), [gone])


def test_pages_are_turned_in_the_same_message() -> None:
    assert after(Session(), Tapped("g:1")) == (Session(), [AskStyle(1, new=False)])
    assert after(Session(), Tapped("g:mine")) == (Session(), [AskStyle("mine", new=False)])
    assert after(Session(), Tapped("g:²")) == (Session(), [AskStyle(0, new=False)])


def test_the_way_back_to_the_draft_is_on_every_page() -> None:
    kept = Person(
        styles=(Kept(id="k1", name="Sea", styles=(THIRD,)), Kept(id="k2", name="Sky", styles=(PHOTO,)))
    )
    before = READY.updated(person=kept)
    assert after(before, Command("styles"))[1] == [AskStyle(draft_id="d1")]
    assert after(before, Tapped("g:1"))[1] == [AskStyle(1, new=False, draft_id="d1")]
    assert after(before, Tapped("g:mine"))[1] == [AskStyle("mine", new=False, draft_id="d1")]
    assert after(before, Tapped("u:k1"))[1][1] == AskStyle("mine", new=False, draft_id="d1")


@given(st.text(max_size=12))
def test_a_surprise_is_always_one_of_ours_and_never_the_same_again(dice: str) -> None:
    before = Session(photo=PHOTO, styles=(MOSAIC,), draft_id="d1")
    _, (paint,) = step(before, Tapped("r:"), lambda: dice, RULES)
    assert isinstance(paint, Paint)
    assert isinstance(paint.draft.styles[0], CatalogueStyle)
    assert paint.draft.styles != (MOSAIC,)


@pytest.mark.parametrize("last", [(PAINTING,), (PAINTING, MOSAIC)])
def test_the_last_painting_is_a_button_away(last: tuple[Sent | CatalogueStyle, ...]) -> None:
    before = Session(photo=PHOTO, person=Person(last=last))
    assert after(before, Tapped("l:"))[1] == [Paint(Draft(photo=PHOTO, styles=last), "new")]


def test_a_painting_is_kept_under_a_name_and_found_by_it() -> None:
    asked, effects = after(READY, Tapped("v::d1"))
    assert effects == [Say("name-it")]
    kept, effects = after(asked, Words("  Aunt   Mary's sunset "))
    assert effects == [Say("style-kept", {"name": "Aunt Mary's sunset"})]
    assert kept.person.styles == (Kept(id="new", name="Aunt Mary's sunset", styles=(PAINTING,)),)
    assert kept.photo == PHOTO, "the draft is still there"
    _, effects = after(kept, Pictures((THIRD,), "aunt mary's sunset"))
    name = "Aunt Mary's sunset"
    assert effects == [Paint(Draft(photo=THIRD, styles=(PAINTING,), name=name), "new")]
    assert after(kept, Tapped("m:new"))[1] == [Paint(DRAFT.model_copy(update={"name": name}), "new")]
    gone, effects = after(kept, Tapped("u:new"))
    assert gone.person.styles == ()
    assert effects == [Note("style-gone"), AskStyle(0, new=False, draft_id="d1")], "no page of one's own left"


def test_a_blend_is_kept_whole_under_its_name() -> None:
    blend = (PAINTING, MOSAIC, THIRD)
    asked, _ = after(READY.updated(styles=blend), Tapped("v::d1"))
    kept, _ = after(asked, Words("Storm"))
    assert Person.model_validate_json(kept.person.model_dump_json()).styles[0].styles == blend
    for event in (Tapped("m:new"), Words("storm")):
        (paint,) = after(Session(photo=PHOTO, person=kept.person), event)[1]
        assert isinstance(paint, Paint)
        assert paint.draft.styles == blend
        assert style_title(texts(), paint.draft) == "Storm"


def test_the_same_name_again_replaces_what_it_had() -> None:
    person = Person(styles=(Kept(id="k1", name="Sunset", styles=(THIRD,)),))
    before = READY.updated(person=person, awaiting="name", keeping=(PAINTING,))
    session, _ = after(before, Words("SUNSET"))
    assert session.person.styles == (Kept(id="new", name="SUNSET", styles=(PAINTING,)),)


def test_nobody_keeps_more_styles_than_fit_on_a_page() -> None:
    styles = tuple(Kept(id=str(number), name=str(number), styles=(THIRD,)) for number in range(24))
    before = READY.updated(person=Person(styles=styles), awaiting="name", keeping=(PAINTING,))
    session, effects = after(before, Words("One more"))
    assert session.person.styles == styles
    assert effects == [Say("too-many-styles", {"most": 24})]


def test_one_of_our_own_styles_cannot_be_kept() -> None:
    session, effects = after(Session(styles=(MOSAIC,), awaiting="name"), Words("My styles"))
    assert (session.person.styles, effects) == ((), [Say("nothing-to-keep")])


# Controls


def test_one_more_painting_is_blended_in() -> None:
    asked, effects = after(ADJUSTING, Tapped("b::d1"))
    assert effects == [AskStyle(new=False, draft_id="d1")]
    assert after(asked, Tapped("g:1"))[1] == [AskStyle(1, new=False, draft_id="d1")]
    session, effects = after(asked, Tapped("s:mosaic"))
    assert session.styles == (PAINTING, MOSAIC)
    assert session.draft is not None
    assert effects == [ShowReady(session.draft, "new", new=False, adjusting=True)], "it is not painted yet"
    assert after(asked, Tapped(f"s:{MOSAIC.id}"))[0].styles == (PAINTING, MOSAIC)
    session, effects = after(asked, Pictures((THIRD,)))
    assert session.styles == (PAINTING, THIRD)
    assert session.draft is not None
    assert effects == [ShowReady(session.draft, "new", new=True, adjusting=True)]
    assert after(session, Pictures((PHOTO,)))[0].styles == (PHOTO,), "once only"
    back, effects = after(asked, Tapped("o::d1"))
    assert (back, effects) == (ADJUSTING, [ShowReady(DRAFT, "d1", new=False, adjusting=True)])


def test_what_is_more_than_a_blend_may_have_is_left_out_and_that_is_said() -> None:
    full = Say("blend-full", {"most": 3})
    asked, _ = after(ADJUSTING, Tapped("b::d1"))
    session, effects = after(asked, Pictures((THIRD, PHOTO)))
    assert session.styles == (PAINTING, THIRD, PHOTO), "an album is blended in whole"
    assert full not in effects
    session, effects = after(asked, Pictures((THIRD, PHOTO, Sent(file_id="fourth"))))
    assert session.styles == (PAINTING, THIRD, PHOTO)
    assert effects[-1] == full
    kept = Person(styles=(Kept(id="k", name="Sea", styles=(MOSAIC, THIRD, PHOTO)),))
    session, effects = after(asked.updated(person=kept), Tapped("m:k"))
    assert session.styles == (PAINTING, MOSAIC, THIRD)
    assert effects[-1] == full


def test_an_edited_caption_is_for_its_own_picture_or_for_what_it_has_ordered() -> None:
    first, second = Sent(file_id="a", message=7), Sent(file_id="b", message=8)
    named = (CatalogueStyle(id="mosaic"),)
    waits = Session(photo=first)
    for edited in (Edited("my holidays", 7), Edited("my holidays", 1)):
        assert after(waits, edited) == (waits, []), "it names no style"
    assert after(waits, Edited("mosaic", 1)) == (waits, [Correct(1, named)])
    session, (paint,) = after(waits, Edited("mosaic", 7))
    assert isinstance(paint, Paint)
    assert (session.photo, paint.draft.photo, paint.draft.styles) == (None, first, named)
    asked = Session(photo=first, styles=(second,), draft_id="d1")
    session, effects = after(asked, Edited("mosaic", 8))
    assert isinstance(effects[1], Paint)
    assert (effects[0], effects[1].draft.photo) == (Say("photo-put-aside"), second)
    session, (each,) = after(asked, Edited("mosaic", 8, album=True))
    assert isinstance(each, PaintEach)
    assert [draft.photo for draft in each.drafts] == [first, second]
    adjusted = asked.updated(adjusting=True)
    assert after(adjusted, Edited("mosaic", 8)) == (adjusted, [Correct(8, named)]), "a painting is no photo"


def test_words_that_named_no_style_are_corrected_by_an_edit() -> None:
    photo, named = Sent(file_id="a", message=7), (MOSAIC,)
    for waits, said in (
        (Session(), Command("paint", "mosiqcc", photo, message=9)),
        (Session(photo=photo), Words("mosiqcc", message=9)),
    ):
        session, effects = after(waits, said)
        assert isinstance(effects[-1], (Suggest, AskStyle))
        session, (paint,) = after(session, Edited("mosaic", 9))
        assert isinstance(paint, Paint)
        assert (paint.draft.photo, paint.draft.styles, session.photo) == (photo, named, None)
        assert after(session, Edited("mosaic", 9))[1] == [Correct(9, named)], "from then on it is an order"
    session, _ = after(Session(), Command("paint", "mosiqcc", message=9))
    session, effects = after(session, Edited("mosaic", 9))
    assert (session.styles, effects) == (named, [Say("style-chosen")])
    session, _ = after(Session(photo=photo), Words("mosiqcc", message=9))
    session, _ = after(session, Tapped("s:mosaic", message=10))
    assert after(session, Edited("stained glass", 9))[1] == [
        Correct(9, (CatalogueStyle(id="stained_glass"),))
    ]


def test_the_question_leads_to_the_choices_and_a_swap_stays_with_either() -> None:
    session, effects = after(READY, Tapped("j::d1"))
    assert session == ADJUSTING
    assert effects == [ShowReady(DRAFT, "d1", new=False, pictures=False, adjusting=True)]
    (shown,) = after(session, Tapped("w::d1"))[1]
    assert isinstance(shown, ShowReady)
    assert shown.adjusting


def test_a_second_picture_may_be_a_new_photo() -> None:
    session, effects = after(READY, Tapped("n::d1"))
    assert (session, effects) == (Session(photo=PAINTING), [AskStyle(new=False)])
    with_preset = READY.updated(styles=(MOSAIC,))
    assert after(with_preset, Tapped("n::d1")) == (with_preset, [OLD])


def test_what_is_adjusted_under_a_painting_is_for_that_painting_alone() -> None:
    strong = Choices(alpha=STRENGTHS["painting"])
    before = ADJUSTING.updated(choices=strong)
    assert before.draft == DRAFT.model_copy(update={"choices": strong})
    session, _ = after(before, Tapped("c:mine:d1"))
    assert session.person == Person()
    (paint,) = after(session, Tapped("p::d1"))[1]
    assert isinstance(paint, Paint)
    assert paint.draft.choices == strong.model_copy(update={"keep_colours": True})
    assert after(session, Tapped("p::d1"))[0].choices is None


def test_swapping_exchanges_the_two_pictures_and_a_second_tap_does_not_undo_it() -> None:
    tap = Tapped(f"w:{mark(PAINTING)}:d1")
    session, effects = after(READY, tap)
    assert session == Session(photo=PAINTING, styles=(PHOTO,), draft_id="d1")
    assert effects == [ShowReady(Draft(photo=PAINTING, styles=(PHOTO,)), "d1", new=False)]
    assert after(session, tap) == (session, [])


def test_a_preset_cannot_become_the_photo() -> None:
    with_preset = READY.updated(styles=(MOSAIC,))
    assert after(with_preset, Tapped("w::d1")) == (with_preset, [OLD])


@pytest.mark.parametrize(
    ("data", "choices"),
    [
        ("a:photo", Choices(alpha=STRENGTHS["photo"])),
        ("a:painting", Choices(alpha=STRENGTHS["painting"])),
        ("c:mine", Choices(keep_colours=True)),
        ("k:broad", Choices(stroke=STROKES["broad"])),
        ("q:fine", Choices(quality="fine")),
        ("z:768", Choices(size=768)),
    ],
)
def test_a_choice_changes_the_words_and_not_the_pictures_and_is_remembered(
    data: str, choices: Choices
) -> None:
    session, effects = after(ADJUSTING, Tapped(f"{data}:d1"))
    assert session.person.choices == choices
    assert session.draft is not None
    assert effects == [ShowReady(session.draft, "d1", new=False, pictures=False, adjusting=True)]
    assert after(session, Tapped(f"{data}:d1")) == (session, []), "a second tap changes nothing"
    painted, _ = after(session, Tapped("p:d1"))
    assert painted.person.choices == choices
    settings, effects = after(Session(), Tapped(f"{data}:-"))
    assert settings.person.choices == choices
    assert effects == [Account("settings", new=False)]


@pytest.mark.parametrize("data", ["a:brutal", "c:", "k:huge", "q:best", "z:4096", "z:x", "z:²", "x2:"])
def test_a_choice_that_there_is_not_changes_nothing(data: str) -> None:
    assert after(READY, Tapped(f"{data}:d1")) == (READY, [OLD])
    assert after(READY, Tapped(f"{data}:-")) == (READY, [OLD])


def test_painting_hands_the_draft_on_and_remembers_the_painting() -> None:
    session, effects = after(READY, Tapped("p::d1"))
    assert effects == [Paint(DRAFT, "d1")]
    assert session == Session(person=Person(last=(PAINTING,)))


def test_the_second_tap_on_paint_asks_about_the_job() -> None:
    session, _ = after(READY, Tapped("p::d1"))
    assert after(session, Tapped("p::d1")) == (session, [ActOnJob("painted", "d1")])


@pytest.mark.parametrize("data", ["a:photo:old", "c:mine:old", "w::old", "n::old", "b::old", "v::old"])
@pytest.mark.parametrize("session", [Session(), Session(photo=PHOTO), READY])
def test_buttons_of_an_earlier_draft_say_so(session: Session, data: str) -> None:
    assert after(session, Tapped(data)) == (session, [OLD])


@pytest.mark.parametrize("data", ["", ":", "::", "z::d1", "nonsense", "a", "a:", "p", "🖌", "x" * 64])
def test_buttons_that_never_were_change_nothing(data: str) -> None:
    session, effects = after(READY, Tapped(data))
    assert session == READY
    assert len(effects) == 1
    assert isinstance(effects[0], Note | ActOnJob)


@pytest.mark.parametrize(
    "action",
    sorted(JOB_ACTIONS),
)
@pytest.mark.parametrize("session", [Session(), READY])
def test_a_paintings_own_buttons_work_whatever_is_being_talked_about(
    action: JobAction, session: Session
) -> None:
    assert after(session, Tapped(f"{action}:job-1")) == (session, [ActOnJob(action, "job-1")])


# The person


def test_a_language_is_chosen_and_given_back_to_telegram() -> None:
    session, effects = after(READY, Tapped("i:zh"))
    assert session.person.language == "zh"
    assert effects == [Account("language", new=False)]
    assert after(session, Tapped("i:"))[0] == READY


def test_being_forgotten_leaves_nothing() -> None:
    known = READY.updated(person=Person(language="zh", last=(PAINTING,)))
    assert after(known, Tapped("e:yes")) == (Session(), [Forget()])
    assert after(known, Tapped("e:no")) == (known, [Say("not-forgotten")])


# Whatever happens

_pictures = st.builds(Sent, file_id=st.sampled_from("abc"))
_actions = st.sampled_from("acwnjpkqzbvosmrlgueiy")
_data = st.one_of(
    st.text(max_size=20),
    st.builds("{}:{}:NOW".format, _actions, st.sampled_from([*STRENGTHS, *STROKES, "mine", "512", ""])),
    st.builds("{}:{}:{}".format, _actions, st.text(max_size=3), st.text(max_size=3)),
    st.builds("{}:{}".format, _actions, st.sampled_from(["mosaic", "yes", "mine", "zh", "", "1"])),
    st.builds("{}:{}".format, st.sampled_from(["cancel", "again", "other"]), st.text(max_size=5)),
)  # fmt: skip
_replies = st.one_of(st.none(), _pictures)
_words = st.one_of(st.text(max_size=20), st.sampled_from(["mosaic", "stained glass"]))
_events: st.SearchStrategy[Event] = st.one_of(
    st.builds(
        Pictures,
        st.lists(_pictures, min_size=1, max_size=5).map(tuple),
        _words,
        _replies,
        st.booleans(),
        st.booleans(),
    ),
    st.builds(Tapped, _data),
    st.builds(Command, st.sampled_from(["start", "help", "cancel", "paint", "styles"]), _words, _replies),
    st.builds(Words, _words, _replies),
    st.builds(Edited, _words, st.sampled_from([7, 8]), st.booleans()),
    st.builds(Other, st.sampled_from(["video", "other"])),
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
        session, effects = step(session, event, fresh, RULES)
        assert (session.draft_id is None) == (session.draft is None)
        assert len(session.styles) <= 3
        assert session.person.choices.alpha in STRENGTHS.values()
        if not isinstance(event, Tapped):
            assert session.person.choices == before.person.choices
        kept = session.updated(person=Person())
        assert Session.model_validate_json(kept.model_dump_json()) == kept
        assert Person.model_validate_json(session.person.model_dump_json()) == session.person
        for effect in effects:
            if isinstance(effect, ShowReady):
                assert (effect.draft, effect.draft_id) == (session.draft, session.draft_id)
                assert effect.adjusting == session.adjusting
            if isinstance(effect, Paint):
                assert effect.draft_id not in painted
                painted.add(effect.draft_id)
            if isinstance(effect, PaintEach):
                assert effect.draft_id not in painted
                painted.add(effect.draft_id)
        # Nobody is left without an answer, but for a choice that is made, or an edit that names no style.
        assert effects or (isinstance(event, (Tapped, Edited)) and session == before)
        assert step(before, event, lambda: "x", RULES)[0].photo == session.photo, "the same gives the same"
