"""Fitting the confidence: what is learnt from measured candidates, and what is not."""

import random
from dataclasses import replace

import pytest

from chatbot.calibration import FITTED_FEATURES, Calibration, SpanFeatures
from chatbot.evaluation.fitting import (
    AskedQuestion,
    TooFewQuestions,
    Weighed,
    answer_of,
    costs,
    fit_confidence,
    fit_ranking,
    with_threshold,
)
from chatbot.evaluation.metrics import calibration_error


def candidate(margin, right, similarity=0.5):
    return Weighed(SpanFeatures(margin=margin, similarity=similarity), right)


FEATURES = candidate(1.0, True).features


def asked(number, *candidates, language="en", held_out=False, answerable=True):
    return AskedQuestion(f"q{number}", language, answerable, tuple(candidates), held_out)


def questions_of_a_noisy_reader(n=600, language="en", lift=0.0):
    """Right with probability logistic(margin / 2 + lift), and a second, worse span in a far passage."""
    rng = random.Random(7)
    made = []
    for number in range(n):
        margin = rng.uniform(-6, 6)
        right = rng.random() < 1 / (1 + 2.718281828 ** -(margin / 2 + lift))
        made.append(
            asked(number, candidate(margin, right), candidate(margin - 1, False, 0.2), language=language,
                  held_out=number % 2 == 1)
        )  # fmt: skip
    return made


def fitted(questions):
    return fit_confidence(fit_ranking(questions, "enc", "read"), questions)


def test_confidence_is_a_probability_on_questions_never_seen():
    questions = questions_of_a_noisy_reader(4000)
    calibration = fitted(questions)
    answers = [answer_of(calibration, question) for question in questions if question.held_out]
    assert calibration_error([c for c, _ in answers], [right for _, right in answers]) < 0.04


def test_larger_margin_is_surer():
    calibration = fitted(questions_of_a_noisy_reader())
    assert calibration.confidence(candidate(4, True).features) > calibration.confidence(candidate(1, True).features)


def test_feature_that_never_varies_gets_no_weight():
    assert dict(zip(FITTED_FEATURES, fitted(questions_of_a_noisy_reader()).weights, strict=True))[
        "keyword_score"
    ] == pytest.approx(0.0, abs=1e-6)


def test_fit_belongs_to_its_checkpoints():
    calibration = fitted(questions_of_a_noisy_reader())
    assert (calibration.encoder_fingerprint, calibration.reader_fingerprint) == ("enc", "read")


def test_weaker_language_is_trusted_less():
    questions = questions_of_a_noisy_reader(400, "en", 0.5) + questions_of_a_noisy_reader(400, "th", -1.5)
    shifts = fitted(questions).language_shifts
    assert shifts["th"] < -0.3 < 0.3 < shifts["en"]


def test_language_with_little_data_is_hardly_moved():
    questions = questions_of_a_noisy_reader(400, "en") + [
        asked(f"x{i}", candidate(3, False), language="sw") for i in range(2)
    ]
    assert -0.35 < fitted(questions).language_shifts["sw"] < 0


def test_held_out_questions_change_nothing():
    questions = questions_of_a_noisy_reader()
    turned = [
        asked(q.id, *(Weighed(c.features, not c.right) for c in q.candidates), held_out=True) if q.held_out else q
        for q in questions
    ]
    assert fitted(questions).weights == fitted(turned).weights


def test_hope_is_the_margin_that_a_quarter_of_the_best_right_spans_reach():
    right = [asked(i, candidate(margin, True)) for i, margin in enumerate([1.0, 2.0, 3.0, 4.0, 5.0] * 8)]
    wrong = [asked(100 + i, candidate(-1.0, False)) for i in range(40)]
    assert fit_ranking(right + wrong, "enc", "read").hoped_margin == 4.0


def test_few_questions_are_refused():
    with pytest.raises(TooFewQuestions, match="20 questions can be used"):
        fit_ranking(questions_of_a_noisy_reader(40), "enc", "read")


def test_questions_that_are_all_right_are_refused():
    with pytest.raises(TooFewQuestions, match="80 of them with a right answer"):
        fit_ranking([asked(i, candidate(1.0, True)) for i in range(80)], "enc", "read")


BY_MARGIN = Calibration(features=("margin",), means=(0.0,), scales=(1.0,), weights=(1.0,), bias=0.0, threshold=0.5)
LADDER = [asked(i, candidate((i - 50) / 20, i >= 40)) for i in range(100)]
"""Margins -2.5 to 2.45; the upper sixty are right."""


def test_threshold_answers_most_while_enough_are_right():
    # nine in ten right: 60 right of 66 answered, margin -0.8 and up, logistic(-0.8) = 0.31
    assert with_threshold(BY_MARGIN, LADDER * 50, 0.9).threshold == 0.3


def test_stricter_target_raises_the_threshold():
    assert with_threshold(BY_MARGIN, LADDER * 50, 0.99).threshold == 0.38


def test_cost_of_every_threshold_is_kept():
    point = next(p for p in with_threshold(BY_MARGIN, LADDER * 50, 0.9).trade_offs if p.threshold == 0.5)
    assert (point.answered, point.right) == (0.5, 0.9951)


def test_few_lucky_answers_are_not_taken_at_their_word():
    # 50 of 50 right where the curve expects 75 %: with the weight of 50 expected answers 87.5 %
    point = next(p for p in with_threshold(BY_MARGIN, LADDER, 0.9).trade_offs if p.threshold == 0.5)
    assert point.right == 0.875


def test_threshold_that_hardly_answers_is_not_offered():
    assert max(point.threshold for point in with_threshold(BY_MARGIN, LADDER, 0.9).trade_offs) == 0.8


def test_question_without_candidates_has_no_confidence():
    assert answer_of(BY_MARGIN, asked(1)) == (0.0, False)


def test_surest_candidate_is_the_answer():
    question = asked(1, candidate(0.0, True), candidate(1.0, False))
    assert answer_of(BY_MARGIN, question) == (pytest.approx(0.7310585786), False)


def test_counted_costs_do_not_lean_on_the_curve():
    answers = [answer_of(BY_MARGIN, question) for question in LADDER]
    point = next(p for p in costs(answers) if p.threshold == 0.3)
    assert (point.answered, point.right) == (0.66, 0.9091)


def test_questions_of_little_weight_hardly_move_the_fit():
    own = questions_of_a_noisy_reader(400)
    turned = [
        replace(q, candidates=tuple(Weighed(c.features, not c.right) for c in q.candidates), weight=0.001) for q in own
    ]
    assert fitted(own + turned).weights[0] == pytest.approx(fitted(own).weights[0], rel=0.05)
    assert fitted(own + [replace(q, weight=1.0) for q in turned]).weights[0] < fitted(own).weights[0] / 4


def test_longer_spans_are_trusted_less_where_they_were_wrong_more_often():
    short = [asked(i, Weighed(replace(FEATURES, span_words=2), i % 4 != 0)) for i in range(200)]
    long = [asked(1000 + i, Weighed(replace(FEATURES, span_words=20), i % 4 == 0)) for i in range(200)]
    calibration = fitted(short + long)
    assert calibration.hoped_span_words == 2
    assert calibration.confidence(replace(FEATURES, span_words=2)) == pytest.approx(0.75, abs=0.03)
    assert calibration.confidence(replace(FEATURES, span_words=20)) == pytest.approx(0.25, abs=0.03)
