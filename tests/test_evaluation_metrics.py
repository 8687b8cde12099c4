"""EM, F1, recall, MRR, calibration error and risk over coverage."""

import pytest

from chatbot.evaluation import metrics
from chatbot.evaluation.metrics import ReliabilityBin


def test_normalisation_drops_case_punctuation_articles_and_space():
    assert metrics.normalise("  The Broncos, a team  (of an-other) kind. ") == "broncos team of another kind"


def test_article_inside_a_word_stays():
    assert metrics.normalise("theatre anthem") == "theatre anthem"


def test_exact_match_ignores_the_article():
    assert metrics.exact_match("the 14 days", ["14 days"]) == 1.0


def test_exact_match_needs_every_word():
    assert metrics.exact_match("14", ["14 days"]) == 0.0


def test_exact_match_takes_any_gold():
    assert metrics.exact_match("two weeks", ["14 days", "Two weeks"]) == 1.0


def test_f1_counts_shared_words():
    # 2 shared of 3 said and 2 wanted: precision 2/3, recall 1
    assert metrics.f1("within 14 days", ["14 days"]) == pytest.approx(0.8)


def test_f1_counts_a_repeated_word_once_where_gold_has_it_once():
    # shared 1 of 2 said, 1 wanted
    assert metrics.f1("days days", ["days"]) == pytest.approx(2 / 3)


def test_f1_takes_the_best_gold():
    assert metrics.f1("two weeks", ["14 days", "two weeks"]) == 1.0


def test_no_answer_to_an_answerable_question_scores_nothing():
    assert metrics.f1(None, ["14 days"]) == 0.0


def test_silence_is_right_for_an_unanswerable_question():
    assert metrics.exact_match(None, []) == 1.0


def test_answer_to_an_unanswerable_question_scores_nothing():
    assert metrics.f1("14 days", []) == 0.0


def test_answer_of_articles_only_matches_a_gold_of_articles_only():
    assert metrics.f1("the", ["a"]) == 1.0


def test_half_of_the_words_make_a_right_answer():
    assert metrics.is_right("3 May", ["on 3 May 2025"])


def test_less_than_half_of_the_words_is_wrong():
    assert not metrics.is_right("May", ["on the third of May 2025"])


def test_another_number_is_wrong_however_many_words_are_shared():
    assert not metrics.is_right("16.90 euros", ["14.90 euros"])


def test_a_number_that_one_gold_answer_shares_makes_a_right_answer():
    assert metrics.is_right("from 10:00 to 16:00", ["from 9:00 to 16:00", "in the morning"])


def test_an_answer_without_the_wanted_number_is_wrong():
    assert not metrics.is_right("euros", ["14.90 euros"])


def test_a_gold_answer_without_the_number_can_still_be_met():
    assert metrics.is_right("2 weeks", ["two weeks"])


def test_answer_to_an_unanswerable_question_is_never_right():
    assert not metrics.is_right("May", [])


def test_rank_counts_distinct_documents():
    assert metrics.rank_of("c", ["a", "a", "b", "c"]) == 2


def test_document_not_retrieved_has_no_rank():
    assert metrics.rank_of("x", ["a", "b"]) is None


def test_recall_at_five_reaches_the_fifth():
    assert metrics.recall_at(4, 5) == 1.0


def test_recall_at_five_misses_the_sixth():
    assert metrics.recall_at(5, 5) == 0.0


def test_reciprocal_rank_of_the_third_is_a_third():
    assert metrics.reciprocal_rank(2) == pytest.approx(1 / 3)


def test_reciprocal_rank_of_nothing_is_zero():
    assert metrics.reciprocal_rank(None) == 0.0


def test_reliability_puts_certainty_into_the_last_bin():
    assert metrics.reliability([1.0, 0.95, 0.05], [True, False, False]) == [
        ReliabilityBin(0.05, 0.0, 1),
        ReliabilityBin(0.975, 0.5, 2),
    ]


def test_calibration_error_is_the_mean_distance():
    # bin 0.8: two answers, one right -> 0.3 each; bin 0.2: two answers, none right -> 0.2 each
    assert metrics.calibration_error([0.8, 0.8, 0.2, 0.2], [True, False, False, False]) == pytest.approx(0.25)


def test_calibration_error_of_nothing_is_zero():
    assert metrics.calibration_error([], []) == 0.0


def test_risk_grows_as_unsure_answers_are_added():
    coverage, risk = metrics.risk_coverage([0.9, 0.8, 0.7, 0.6], [True, True, False, False])
    assert coverage.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert risk.tolist() == pytest.approx([0.0, 0.0, 1 / 3, 0.5])


def test_equal_scores_share_their_risk():
    _, risk = metrics.risk_coverage([0.5, 0.5], [True, False])
    assert risk.tolist() == [0.5, 0.5]


def test_risk_coverage_area_is_the_mean_risk():
    assert metrics.risk_coverage_area([0.9, 0.8], [True, False]) == pytest.approx(0.25)


def test_perfect_separation_is_one():
    assert metrics.separation([3.0, 2.0, 1.0], [True, True, False]) == 1.0


def test_equal_scores_separate_like_a_coin():
    assert metrics.separation([1.0, 1.0], [True, False]) == 0.5


def test_separation_needs_both_kinds():
    assert metrics.separation([1.0, 2.0], [True, True]) is None


def test_a_perfect_confidence_seems_off_where_questions_are_few():
    few, many = [0.1, 0.3, 0.5, 0.7, 0.9] * 4, [0.1, 0.3, 0.5, 0.7, 0.9] * 1000
    assert metrics.calibration_error_by_chance(few) > 0.1
    assert metrics.calibration_error_by_chance(many) < 0.02


def test_error_by_chance_is_what_drawing_gives():
    # One answer of confidence 0.5 is off by 0.5 whichever way it falls.
    assert metrics.calibration_error_by_chance([0.5]) == 0.5
