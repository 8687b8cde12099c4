"""Confidence: the stored curve, its threshold, and the checkpoints it belongs to."""

import json
import logging
import math
from dataclasses import replace

import pytest

from chatbot.calibration import (
    Calibration,
    OtherCalibrationVersion,
    OtherCheckpoints,
    SpanFeatures,
    TradeOff,
    UnreadableCalibration,
)

COIN_TOSS = SpanFeatures(
    margin=2.0,
    similarity=0.5,
    similarity_margin=0.05,
)

STORED = Calibration(
    features=("margin", "similarity"),
    means=(1.0, 0.5),
    scales=(2.0, 0.1),
    weights=(0.5, 0.25),
    bias=-0.25,
    threshold=0.6,
    hoped_margin=5.0,
    language_shifts={"th": -0.5, "zz": 9.0},
    encoder_fingerprint="enc-1",
    reader_fingerprint="read-1",
    target=0.9,
    trade_offs=(TradeOff(0.2, 0.9, 0.7), TradeOff(0.6, 0.5, 0.9), TradeOff(0.9, 0.1, 0.95)),
    fitted={"rows": 3},
)


def test_default_calls_a_two_logit_lead_a_coin_toss():
    assert Calibration.default().confidence(COIN_TOSS) == 0.5


def test_default_is_surer_of_a_larger_margin():
    assert Calibration.default().confidence(replace(COIN_TOSS, margin=6.0)) == pytest.approx(1 / (1 + math.exp(-1.6)))


def test_confidence_is_the_logistic_of_the_weighted_deviations():
    # margin: (2 - 1) / 2 * 0.5 = 0.25; similarity: 0 -> logit 0.25 - 0.25 = 0
    assert STORED.confidence(COIN_TOSS) == 0.5


def test_language_shifts_the_confidence():
    assert STORED.confidence(COIN_TOSS, "th") == pytest.approx(1 / (1 + math.exp(0.5)))


def test_language_without_data_shifts_nothing():
    assert STORED.confidence(COIN_TOSS, "sw") == 0.5


def test_language_never_shifts_by_more_than_one_logit():
    assert STORED.confidence(COIN_TOSS, "zz") == pytest.approx(1 / (1 + math.exp(-1.0)))


def test_score_that_is_not_a_number_has_no_confidence():
    assert STORED.confidence(replace(COIN_TOSS, margin=math.nan)) == 0.0


def test_extreme_score_cannot_overflow():
    assert STORED.confidence(replace(COIN_TOSS, margin=-1e30)) == pytest.approx(1 / (1 + math.exp(3.25)))


def test_saved_calibration_loads_as_it_was(tmp_path):
    STORED.save(tmp_path / "calibration.json")
    assert Calibration.load(tmp_path / "calibration.json", "enc-1", "read-1") == STORED


def test_calibration_of_another_reader_is_refused(tmp_path):
    STORED.save(tmp_path / "calibration.json")
    with pytest.raises(
        OtherCheckpoints, match="fitted for encoder enc-1 and reader read-1, but encoder enc-1 and reader read-2"
    ):
        Calibration.load(tmp_path / "calibration.json", "enc-1", "read-2")


def test_calibration_of_another_encoder_is_refused(tmp_path):
    STORED.save(tmp_path / "calibration.json")
    with pytest.raises(OtherCheckpoints):
        Calibration.load(tmp_path / "calibration.json", "enc-2", "read-1")


def test_calibration_of_another_format_is_refused(tmp_path):
    STORED.save(tmp_path / "calibration.json")
    record = json.loads((tmp_path / "calibration.json").read_text())
    (tmp_path / "calibration.json").write_text(json.dumps({**record, "version": 99}))
    with pytest.raises(OtherCalibrationVersion, match="format 99, this program reads 2"):
        Calibration.load(tmp_path / "calibration.json", "enc-1", "read-1")


def test_missing_file_is_named(tmp_path):
    with pytest.raises(UnreadableCalibration, match=r"nowhere\.json"):
        Calibration.load(tmp_path / "nowhere.json", "enc-1", "read-1")


def test_broken_json_is_refused(tmp_path):
    (tmp_path / "calibration.json").write_text('{"version": 1')
    with pytest.raises(UnreadableCalibration, match="not JSON"):
        Calibration.load(tmp_path / "calibration.json", "enc-1", "read-1")


def test_missing_weights_are_named(tmp_path):
    STORED.save(tmp_path / "calibration.json")
    record = json.loads((tmp_path / "calibration.json").read_text())
    del record["weights"]
    (tmp_path / "calibration.json").write_text(json.dumps(record))
    with pytest.raises(UnreadableCalibration, match="'weights'"):
        Calibration.load(tmp_path / "calibration.json", "enc-1", "read-1")


def test_too_few_weights_are_refused(tmp_path):
    STORED.save(tmp_path / "calibration.json")
    record = json.loads((tmp_path / "calibration.json").read_text())
    (tmp_path / "calibration.json").write_text(json.dumps({**record, "weights": [1.0]}))
    with pytest.raises(UnreadableCalibration, match="1 coefficients where 2 are wanted"):
        Calibration.load(tmp_path / "calibration.json", "enc-1", "read-1")


def test_fall_back_is_the_default_with_a_warning(tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        assert Calibration.load_or_default(tmp_path / "nowhere.json", "e", "r") == Calibration.default()
    assert "Confidence is a rough guess" in caplog.text


def test_target_picks_the_threshold_that_answers_most():
    assert STORED.for_target(0.9).threshold == 0.6


def test_eager_target_lowers_the_threshold():
    assert STORED.for_target(0.7).threshold == 0.2


def test_target_out_of_reach_takes_the_nearest():
    assert STORED.for_target(0.99).threshold == 0.9


def test_default_keeps_its_threshold_whatever_the_target():
    assert Calibration.default().for_target(0.99).threshold == 0.5


def test_cost_of_a_threshold_is_the_nearest_measured():
    assert STORED.cost_at(0.55) == TradeOff(0.6, 0.5, 0.9)


def test_cost_is_unknown_before_a_fit():
    assert Calibration.default().cost_at(0.5) is None


def test_hope_for_an_unread_passage_keeps_what_retrieval_says():
    unread = replace(COIN_TOSS, similarity=0.7, retrieval_rank=3)
    assert STORED.hope(unread) == replace(unread, margin=5.0, span_words=2)


def test_a_calibration_fitted_to_other_features_goes_by_those(tmp_path):
    by_words = replace(STORED, features=("margin", "span_words"), means=(1.0, 0.0), scales=(2.0, 1.0))
    by_words.save(tmp_path / "calibration.json")
    loaded = Calibration.load(tmp_path / "calibration.json", "enc-1", "read-1")
    # margin: 0.25 as above; words: log(1 + 3) * 0.25
    logit = 0.25 + math.log(4) * 0.25 - 0.25
    assert loaded.confidence(replace(COIN_TOSS, span_words=3)) == pytest.approx(1 / (1 + math.exp(-logit)))


def test_features_that_are_not_known_are_refused(tmp_path):
    replace(STORED, features=("margin", "mood")).save(tmp_path / "calibration.json")
    with pytest.raises(UnreadableCalibration, match="features mood, which this program does not know"):
        Calibration.load(tmp_path / "calibration.json", "enc-1", "read-1")


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("bias", math.nan, "bias: nan where a finite number is wanted"),
        ("weights", [0.5, math.inf], "weights: inf where a finite number is wanted"),
        ("means", [math.nan, 0.5], "means: nan where a finite number is wanted"),
        ("scales", [2.0, 0.0], "scales: 0.0 where a number above 0 is wanted"),
        ("scales", [-2.0, 0.1], "scales: -2.0 where a number above 0 is wanted"),
        ("hoped_margin", -math.inf, "hoped_margin: -inf where a finite number is wanted"),
        ("hoped_span_words", math.inf, "hoped_span_words: inf where a finite number is wanted"),
        ("language_shifts", {"th": math.nan}, "shift of th: nan where a finite number is wanted"),
        ("threshold", 1.5, "threshold: 1.5 where a number from 0 to 1 is wanted"),
        ("threshold", math.nan, "threshold: nan where a number from 0 to 1 is wanted"),
        ("target", 90, "target: 90 where a number from 0 to 1 is wanted"),
        ("trade_offs", [{"threshold": 0.5, "answered": 0.2, "right": 70}], "right: 70 where a number from 0 to 1"),
        ("bias", 10**400, "int too large"),
    ],
)
def test_numbers_that_give_no_probability_are_refused(tmp_path, field, value, said):
    STORED.save(tmp_path / "calibration.json")
    record = json.loads((tmp_path / "calibration.json").read_text())
    (tmp_path / "calibration.json").write_text(json.dumps({**record, field: value}))
    with pytest.raises(UnreadableCalibration, match=said):
        Calibration.load(tmp_path / "calibration.json", "enc-1", "read-1")


def test_a_calibration_without_a_target_is_read(tmp_path):
    replace(STORED, target=None).save(tmp_path / "calibration.json")
    assert Calibration.load(tmp_path / "calibration.json", "enc-1", "read-1").target is None
