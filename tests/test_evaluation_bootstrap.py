"""Bootstrap intervals: seeded, over documents, paired where questions are shared."""

import numpy as np
import pytest

from chatbot.evaluation.bootstrap import Interval, difference_interval, mean_interval, mean_of_means, resampled_means


def test_interval_of_equal_scores_has_no_width():
    assert mean_interval([0.5, 0.5, 0.5], ["a", "b", "c"]) == Interval(0.5, 0.5, 0.5)


def test_interval_holds_the_mean():
    interval = mean_interval([0.0, 1.0, 0.0, 1.0], ["a", "b", "c", "d"])
    assert interval is not None
    assert (interval.value, interval.low, interval.high) == (0.5, 0.0, 1.0)


def test_interval_is_near_the_textbook_value():
    scores = [0.0, 1.0] * 200
    interval = mean_interval(scores, [str(i) for i in range(400)])
    assert interval is not None
    # standard error of a fair coin over 400 throws is 0.025, 1.96 of them each side
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * 0.025, rel=0.1)


def test_same_scores_give_the_same_interval():
    assert mean_interval([0.1, 0.9, 0.4], ["a", "b", "c"]) == mean_interval([0.1, 0.9, 0.4], ["a", "b", "c"])


def test_questions_of_one_document_count_as_one_draw():
    alone = mean_interval([0.0, 1.0] * 50, [str(i) for i in range(100)])
    together = mean_interval([0.0, 1.0] * 50, ["even", "odd"] * 50)
    assert alone is not None
    assert together is not None
    assert (together.low, together.high) == (0.0, 1.0)
    assert alone.high - alone.low < 0.25


def test_no_scores_no_interval():
    assert mean_interval([], []) is None


def test_difference_is_taken_on_shared_questions_only():
    difference = difference_interval({"q1": 1.0, "q2": 1.0}, {"q1": 0.25, "q3": 0.0}, {"q1": "d"})
    assert difference == Interval(0.75, 0.75, 0.75)


def test_difference_of_the_same_answers_is_exactly_zero():
    scores = {"q1": 0.3, "q2": 0.9}
    assert difference_interval(scores, scores, {"q1": "a", "q2": "b"}) == Interval(0.0, 0.0, 0.0)


def test_steady_difference_is_beyond_noise():
    assert Interval(2.0, 0.5, 3.5).excludes_zero


def test_interval_across_zero_is_noise():
    assert not Interval(2.0, -0.5, 3.5).excludes_zero


def test_mean_of_languages_is_unweighted():
    combined = mean_of_means([([1.0, 1.0, 1.0], ["a", "b", "c"]), ([0.0], ["a"])])
    assert combined == Interval(0.5, 0.5, 0.5)


def test_language_without_scores_is_left_out_of_the_mean():
    assert mean_of_means([([1.0], ["a"]), ([], [])]) == Interval(1.0, 1.0, 1.0)


def test_same_documents_meet_the_same_draws():
    first = resampled_means(np.array([0.0, 1.0, 0.0]), ["a", "b", "c"])
    second = resampled_means(np.array([1.0, 0.0, 1.0]), ["a", "b", "c"])
    assert np.allclose(first + second, 1.0)
