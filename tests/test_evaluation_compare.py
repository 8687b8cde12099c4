"""Two runs: what changed beyond noise."""

from dataclasses import replace

from chatbot.evaluation.bootstrap import Interval
from chatbot.evaluation.compare import Change, compare, describe
from chatbot.evaluation.outcomes import Outcome
from chatbot.evaluation.results import READING_F1, LanguageResult, Results
from chatbot.evaluation.scoring import score_all


def outcomes(*reading_f1):
    return {
        "de": [
            Outcome(f"q{i}", "de", f"d{i}", True, 0.0, score, None, None, 0.0, 0.0, False, 0.1, False, 1)
            for i, score in enumerate(reading_f1)
        ]
    }


def reading(f1, low, high):
    return Results({"de": LanguageResult(100, {READING_F1: Interval(f1, low, high)})}, None, None)


WORSE = outcomes(*[0.0, 0.5, 1.0] * 10)
BETTER = outcomes(*[0.1, 0.6, 1.0] * 10)


def change_of_reading(comparison):
    return next(change for change in comparison.changes if change.score == READING_F1)


def test_small_steady_gain_is_found_when_questions_are_paired():
    change = change_of_reading(compare(score_all(WORSE), score_all(BETTER), WORSE, BETTER))
    assert change.paired
    assert round(change.difference.value, 6) == round(20 / 3, 6)
    assert change.beyond_noise


def test_same_gain_is_noise_without_the_questions():
    change = change_of_reading(compare(score_all(WORSE), score_all(BETTER)))
    assert not change.paired
    assert not change.beyond_noise


def test_run_does_not_differ_from_itself():
    assert compare(score_all(WORSE), score_all(WORSE), WORSE, WORSE).beyond_noise == ()


def test_wide_apart_intervals_are_beyond_noise():
    assert change_of_reading(compare(reading(50, 48, 52), reading(60, 58, 62))).beyond_noise


def test_touching_intervals_are_noise():
    assert not change_of_reading(compare(reading(50, 46, 54), reading(54, 50, 58))).beyond_noise


def test_other_questions_are_not_paired():
    others = {"de": [replace(outcome, id="x" + outcome.id) for outcome in WORSE["de"]]}
    assert not change_of_reading(compare(score_all(WORSE), score_all(others), WORSE, others)).paired


def test_languages_of_one_run_only_are_named():
    english = {"en": [replace(outcome, language="en") for outcome in WORSE["de"]]}
    assert compare(score_all(WORSE), score_all({**WORSE, **english})).warnings == ("only one of the runs has en",)


def test_different_data_are_named():
    first = replace(score_all(WORSE), run={"data": {"name": "xquad", "hash": "1"}})
    second = replace(score_all(WORSE), run={"data": {"name": "shop", "hash": "2"}})
    assert compare(first, second).warnings == ("the runs used different data (xquad and shop)",)


def test_description_names_the_change():
    text = describe(compare(reading(50, 48, 52), reading(60, 58, 62)))
    assert text == "de:\n  reading.f1: 50.0 -> 60.0 (+10.0, 99 % interval +6.3 to +13.7)"


def test_description_of_equal_runs_says_so():
    assert describe(compare(reading(50, 48, 52), reading(50, 48, 52))) == "de: no change beyond noise"


def test_runs_without_a_common_language_say_so():
    assert "no language in common" in describe(compare(score_all(WORSE), Results({}, None, None)))


def test_change_across_zero_is_noise():
    assert not Change("de", READING_F1, 1.0, 2.0, Interval(1.0, -1.0, 3.0), True).beyond_noise


def run_with(calibration, number_type):
    checkpoints = {"encoder": "ab" * 32 + "|mean|", "reader": "cd" * 32, "calibration": calibration}
    return replace(score_all(WORSE), run={"checkpoints": checkpoints, "number_types": {"reader": number_type}})


def test_calibration_and_number_type_that_differ_are_named():
    found = compare(run_with("default", "int8/float32"), run_with("d2694e8a562b65b3", "none/float32"))
    assert found.differences == (
        "calibration: default -> d2694e8a562b",
        "number type of the reader: int8/float32 -> none/float32",
    )
    assert "different calibration: default -> d2694e8a562b\n" in describe(found)


def test_what_one_run_does_not_state_is_named():
    old = replace(score_all(WORSE), run={"checkpoints": {"calibration": "default"}})
    assert (
        "number type of the reader: not stated -> int8/float32"
        in compare(old, run_with("x", "int8/float32")).differences
    )


def test_equal_runs_have_no_differences():
    assert compare(run_with("default", "int8/float32"), run_with("default", "int8/float32")).differences == ()
