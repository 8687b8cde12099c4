"""What `calibrate` says about the wanted share of right answers."""

from dataclasses import replace

import pytest

from chatbot.calibration import Calibration, TradeOff
from chatbot.evaluation import results as names
from chatbot.evaluation.bootstrap import Interval
from chatbot.evaluation.report import target_summary
from chatbot.evaluation.results import LanguageResult, Results

MEASURED = replace(
    Calibration.default(),
    threshold=0.6,
    trade_offs=(TradeOff(0.4, 0.5, 0.7), TradeOff(0.6, 0.4, 0.8), TradeOff(0.8, 0.1, 0.87)),
)


def results(answered, right=None):
    shares = {names.ANSWERED: answered, names.RIGHT_OF_ANSWERED: right}
    scores = {name: Interval(share, share, share) for name, share in shares.items() if share is not None}
    return Results({"en": LanguageResult(200, scores)}, None, None)


def test_a_target_that_is_reached_is_said_to_be():
    assert target_summary(MEASURED, 0.8, results(40, 80)) == (
        "Target reached: 80.0% of the answers are right (80.0% were wanted), from confidence 0.6 on, "
        "with 40.0% of the questions answered."
    )


def test_a_target_out_of_reach_names_the_nearest():
    assert target_summary(MEASURED, 1.0, results(40, 80)) == (
        "Target missed: 80.0% of the answers are right (100.0% were wanted), from confidence 0.6 on, "
        "with 40.0% of the questions answered. "
        "No threshold reaches it; the nearest: 87.0% right from confidence 0.8 on, with 10.0% answered "
        "(serve --threshold 0.8)."
    )


def test_a_target_that_another_threshold_reaches_names_that():
    assert target_summary(MEASURED, 0.85, results(40, 80)).endswith(
        "Another threshold reaches it: 87.0% right from confidence 0.8 on, with 10.0% answered (serve --threshold 0.8)."
    )


def test_the_nearest_threshold_is_not_offered_again():
    nearest = replace(MEASURED, threshold=0.8)
    assert target_summary(nearest, 1.0, results(10, 87)).endswith("No other threshold comes nearer.")


def test_a_threshold_that_answers_nothing_misses_its_target():
    assert target_summary(MEASURED, 0.9, results(0)).startswith(
        "Target missed: no question is answered from confidence 0.6 on. No threshold reaches it; the nearest: 87.0%"
    )


@pytest.mark.parametrize("measured", [results(5, 70), results(0)])
def test_too_few_answers_offer_no_threshold(measured):
    unmeasured = replace(MEASURED, trade_offs=())
    assert "Too few questions are answered" in target_summary(unmeasured, 0.9, measured)
