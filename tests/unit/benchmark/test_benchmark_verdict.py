"""The comparison at equal quality."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.benchmark.verdict import PEER, REFERENCE, Answer, Point, answers, answers_to_peers, means, medians


def theirs(seconds: float, lpips: float, style: float, label: str = "100") -> Point:
    return Point(REFERENCE, label, seconds, lpips, style)


def ours(seconds: float, lpips: float, style: float, label: str = "balanced") -> Point:
    return Point("normal", label, seconds, lpips, style)


@pytest.mark.parametrize(
    ("lpips", "style", "good"),
    [
        (0.4, 2.0, True),
        (0.5, 3.0, True),  # a draw is as good
        (0.4, 3.0, True),
        (0.5, 2.0, True),
        (0.6, 2.0, False),  # better in one measure is not enough
        (0.4, 3.1, False),
        (0.6, 3.1, False),
        (0.5000001, 3.0, False),  # and there is no tolerance
    ],
)
def test_as_good_means_in_both_measures(lpips: float, style: float, good: bool) -> None:
    assert ours(1, lpips, style).as_good_as(theirs(1, 0.5, 3.0)) is good


@pytest.mark.parametrize(
    ("second", "good"),
    [((0.5, 0.1), True), ((0.4, 0.2), True), ((0.6, 0.1), False), ((0.4, 0.21), False)],
)
def test_with_a_second_judge_as_good_means_by_both(second: tuple[float, float], good: bool) -> None:
    theirs_ = Point(REFERENCE, "100", 40, 0.5, 3.0, 0.5, 0.2)
    assert Point("draft", "photo", 1, 0.5, 3.0, *second).as_good_as(theirs_) is good


def test_a_peer_is_answered_by_the_least_cpu_time_and_to_two_percent() -> None:
    peer = Point(PEER, "crow", 132, 0.5, 3.0, 0.5, 0.2, cpu_seconds=132)
    points = [
        Point("draft", "photo", 5, 0.511, 3.0, 0.5, 0.2, cpu_seconds=8),
        Point("draft", "balanced", 7, 0.509, 3.05, 0.505, 0.203, cpu_seconds=12),
        Point("normal", "balanced", 6, 0.4, 2, 0.4, 0.1, cpu_seconds=24),
        Point(REFERENCE, "100", 1, 0.4, 2, 0.4, 0.1),
    ]
    (answer,) = answers_to_peers([peer], points)
    assert answer.ours is not None
    assert (answer.ours.label, answer.ours.series, answer.ratio) == ("balanced", "draft", 11)


def test_time_does_not_make_a_picture_better() -> None:
    assert ours(1000, 0.4, 2).as_good_as(theirs(1, 0.5, 3))


def test_the_quickest_that_is_as_good_answers() -> None:
    points = [
        theirs(40, 0.5, 3.0),
        ours(20, 0.3, 1.0, "best"),
        ours(10, 0.45, 2.5, "enough"),
        ours(12, 0.45, 2.5, "later"),
        ours(2, 0.4, 3.5, "another style"),
        ours(3, 0.7, 1.0, "another photo"),
    ]
    (answer,) = answers(points)
    assert answer.ours is not None
    assert answer.ours.label == "enough"
    assert answer.ratio == 4
    assert answer.meets_target


def test_each_picture_of_the_reference_has_its_answer_in_its_order() -> None:
    points = [theirs(40, 0.5, 3, "100"), ours(5, 0.5, 3), theirs(120, 0.5, 1, "300"), ours(20, 0.5, 0.9)]
    assert [(answer.theirs.label, answer.ratio) for answer in answers(points)] == [("100", 8), ("300", 6)]


@pytest.mark.parametrize("points", [[], [(1, 0.6, 1.0)], [(1, 0.4, 9.0), (1, 0.9, 0.1)]])
def test_two_pictures_that_are_each_good_at_one_thing_are_no_answer(
    points: list[tuple[float, float, float]],
) -> None:
    (answer,) = answers([theirs(40, 0.5, 3), *(ours(*point) for point in points)])
    assert answer.ours is None
    assert answer.ratio == 0
    assert not answer.meets_target


def test_the_reference_does_not_answer_itself() -> None:
    assert all(answer.ours is None for answer in answers([theirs(40, 0.5, 3), theirs(10, 0.4, 2, "300")]))


@pytest.mark.parametrize(
    ("seconds", "met"), [(9.9, True), (10, True), (10.1, False), (40, False), (50, False)]
)
def test_the_target_is_a_quarter_of_the_time(seconds: float, met: bool) -> None:
    assert Answer(theirs(40, 0.5, 3), ours(seconds, 0.5, 3)).meets_target is met


def test_without_the_reference_there_is_nothing_to_answer() -> None:
    assert answers([ours(1, 1, 1)]) == []


measure = st.floats(0.01, 100)
point = st.tuples(measure, measure, measure)


@given(theirs_=point, ours_=st.lists(point, max_size=6))
def test_an_answer_is_as_good_and_none_as_good_is_quicker(
    theirs_: tuple[float, float, float], ours_: list[tuple[float, float, float]]
) -> None:
    candidates = [ours(*each) for each in ours_]
    (answer,) = answers([*candidates, theirs(*theirs_)])
    good = [each for each in candidates if each.as_good_as(answer.theirs)]
    assert (answer.ours is None) == (not good)
    if answer.ours:
        assert answer.ours.as_good_as(answer.theirs)
        assert answer.ours.seconds == min(each.seconds for each in good)
        assert answer.ratio == pytest.approx(theirs_[0] / answer.ours.seconds)


def test_medians_and_means_are_taken_point_by_point() -> None:
    runs = [
        [theirs(40, 0.5, 3), ours(1, 0.1, 10)],
        [theirs(42, 0.7, 1), ours(2, 0.2, 30)],
        [theirs(80, 0.6, 2), ours(9, 0.9, 20)],
    ]
    assert medians(runs) == [theirs(42, 0.6, 2), ours(2, 0.2, 20)]
    mean = means(runs)
    assert (mean[0].seconds, mean[1].style) == (54, 20)
    assert mean[1].lpips == pytest.approx(0.4)


def test_the_second_judges_measures_are_averaged_where_there_are_some() -> None:
    runs = [[Point("draft", "photo", 1, 1, 1, value, None)] for value in (0.2, None, 0.4)]
    (mean,) = means(runs)
    assert mean.second_content == pytest.approx(0.3)
    assert mean.second_style is None


def test_pairs_that_were_painted_differently_cannot_be_averaged() -> None:
    with pytest.raises(ValueError, match="shorter"):
        medians([[theirs(1, 1, 1), ours(1, 1, 1)], [theirs(1, 1, 1)]])
