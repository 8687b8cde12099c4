"""Outcomes -> scores, their JSON, and the file of outcomes."""

import json
from dataclasses import replace

import pytest

from chatbot.calibration import SpanFeatures
from chatbot.evaluation import results as names
from chatbot.evaluation.bootstrap import Interval
from chatbot.evaluation.outcomes import Outcome, OutcomeFile, questions_file
from chatbot.evaluation.report import confidence_summary, summary
from chatbot.evaluation.results import ResultsError, read_results
from chatbot.evaluation.scoring import confidence_report, question_scores, score_all

FEATURES = SpanFeatures(margin=5.0, similarity=0.8, similarity_margin=0.1, keyword_score=3.5)

FOUND = Outcome(
    id="q1",
    language="en",
    cluster="warranty.md",
    answerable=True,
    reading_em=1.0,
    reading_f1=1.0,
    rank=0,
    best="two years",
    em=1.0,
    f1=1.0,
    right=True,
    confidence=0.9,
    answered=True,
    passages_read=1,
    features=FEATURES,
)
MISSED = replace(
    FOUND, id="q2", cluster="shipping.md", reading_em=0.0, reading_f1=0.5, rank=3, best="kettle", em=0.0, f1=0.0,
    right=False, confidence=0.4, answered=False,
)  # fmt: skip
SILENT = replace(
    FOUND, id="q3", cluster="question q3", answerable=False, reading_em=None, reading_f1=None, rank=None, em=None,
    f1=None, right=False, confidence=0.2, answered=False,
)  # fmt: skip
GERMAN = replace(FOUND, language="de", reading_em=0.0, reading_f1=0.8, f1=0.5, rank=4)


def value(name, *outcomes):
    return score_all({"en": outcomes}).languages["en"].scores[name].value


def test_reading_is_the_mean_over_answerable_questions():
    assert value(names.READING_F1, FOUND, MISSED, SILENT) == 75.0


def test_recall_at_one_counts_first_places():
    assert value(names.RECALL_1, FOUND, MISSED, SILENT) == 50.0


def test_recall_at_five_reaches_the_fourth_place():
    assert value(names.RECALL_5, FOUND, MISSED, SILENT) == 100.0


def test_reciprocal_rank_is_averaged():
    assert value(names.MRR, FOUND, MISSED, SILENT) == pytest.approx((100 + 25) / 2)


def test_forced_span_is_scored_whatever_its_confidence():
    unsure = replace(FOUND, answered=False, confidence=0.1)
    assert value(names.END_TO_END_F1, unsure) == 100.0


def test_silence_costs_the_score_at_the_threshold():
    unsure = replace(FOUND, answered=False, confidence=0.1)
    assert value(names.ANSWERED_F1, unsure) == 0.0


def test_silence_wins_where_there_is_no_answer():
    assert value(names.ANSWERED_F1, FOUND, MISSED, SILENT) == pytest.approx(200 / 3)


def test_share_answered_counts_all_questions():
    assert value(names.ANSWERED, FOUND, MISSED, SILENT) == pytest.approx(100 / 3)


def test_share_right_counts_the_answered_only():
    assert value(names.RIGHT_OF_ANSWERED, FOUND, MISSED, SILENT) == 100.0


def test_not_found_counts_the_unanswerable_only():
    wrong = replace(SILENT, id="q4", cluster="question q4", answered=True)
    assert value(names.NOT_FOUND, FOUND, SILENT, wrong) == 50.0


def test_silence_is_counted_by_kind_over_all_languages():
    near = replace(SILENT, kind="near_miss")
    answered = replace(near, language="de", answered=True)
    talk = replace(SILENT, id="q5", cluster="question q5", kind="small_talk")
    silence = score_all({"en": [FOUND, SILENT, near, talk], "de": [answered]}).silence
    assert {kind: (each.n, each.correct.value) for kind, each in silence.items()} == {
        "near_miss": (2, 50.0),
        "small_talk": (1, 100.0),
    }


def test_answerable_question_of_a_kind_is_no_silence():
    assert score_all({"en": [replace(FOUND, kind="short")]}).silence == {}


def test_json_has_silence_by_kind():
    record = score_all({"en": [replace(SILENT, kind="near_miss")]}).to_json()
    assert record["silence"] == {"near_miss": {"n": 1, "correct": 100.0, "interval": [100.0, 100.0]}}


def test_table_of_silence_has_a_line_for_each_kind():
    results = score_all({"en": [replace(SILENT, kind="near_miss"), FOUND]})
    for shown in (summary(results), confidence_summary(results)):
        assert "| unanswerable | n |  not found |" in shown
        assert "|    near_miss | 1 | 100.0 ±0.0 |" in shown


def test_set_without_kinds_has_no_table_of_silence():
    assert "unanswerable" not in summary(score_all({"en": [FOUND, SILENT]}))


def test_set_without_unanswerable_questions_has_no_such_score():
    assert names.NOT_FOUND not in score_all({"en": [FOUND]}).languages["en"].scores


def test_transfer_gap_is_english_minus_the_language():
    german = score_all({"en": [FOUND, MISSED], "de": [GERMAN]}).languages["de"]
    assert german.scores[names.GAP_F1].value == pytest.approx(20.0)


def test_english_has_no_gap_to_itself():
    assert score_all({"en": [FOUND, MISSED]}).languages["en"].scores[names.GAP_F1] == Interval(0.0, 0.0, 0.0)


def test_set_without_english_has_no_gap():
    assert names.GAP_F1 not in score_all({"de": [GERMAN]}).languages["de"].scores


def test_mean_leaves_english_out():
    mean = score_all({"en": [FOUND], "de": [GERMAN], "fr": [replace(GERMAN, reading_f1=0.4)]}).mean
    assert mean is not None
    assert mean.scores[names.READING_F1].value == pytest.approx(60.0)


def test_mean_of_english_alone_is_nothing():
    assert score_all({"en": [FOUND]}).mean is None


def test_question_scores_are_percent_by_id():
    assert question_scores([FOUND, MISSED, SILENT], names.READING_F1) == {"q1": 100.0, "q2": 50.0}


def test_confidence_report_measures_the_error():
    report = confidence_report([FOUND, MISSED])
    assert report is not None
    assert report.calibration_error == pytest.approx((0.1 + 0.4) / 2)


def test_confidence_report_compares_with_the_raw_reader_score():
    by_reader = [replace(FOUND, reader_margin=-9.0, reader_right=True), replace(MISSED, reader_margin=2.0)]
    report = confidence_report(by_reader)
    assert report is not None
    assert (report.risk_coverage_area, report.risk_coverage_area_reader) == (0.25, 0.75)


def test_json_has_the_published_shape():
    german = score_all({"en": [FOUND], "de": [GERMAN]}).to_json()["languages"]["de"]
    assert german["n"] == 1
    assert german["reading"] == {"em": 0.0, "f1": 80.0}
    assert german["retrieval"] == {"recall@1": 0.0, "recall@5": 100.0, "mrr": 20.0}
    assert german["end_to_end"] == {"em": 100.0, "f1": 50.0}
    assert german["transfer_gap_f1"] == 20.0


def test_json_has_intervals_beside_the_values():
    assert score_all({"en": [FOUND]}).to_json()["languages"]["en"]["intervals"]["reading"]["f1"] == [100.0, 100.0]


def test_json_counts_and_lists_the_problems():
    record = score_all({"en": [FOUND]}, problems=["en q9: gold is not in its passage"]).to_json()
    assert record["problems"] == {"count": 1, "list": ["en q9: gold is not in its passage"]}


def test_saved_results_read_as_they_were(tmp_path):
    silent = replace(SILENT, kind="near_miss")
    results = score_all({"en": [FOUND, silent], "de": [GERMAN]}, {"commit": "abc"}, ["one"])
    results.save(tmp_path / "new" / "r.json")
    assert read_results(tmp_path / "new" / "r.json").to_json() == results.to_json()


def test_other_json_is_no_results_file(tmp_path):
    (tmp_path / "r.json").write_text("{}")
    with pytest.raises(ResultsError, match="holds no evaluation results"):
        read_results(tmp_path / "r.json")


def test_results_of_another_format_are_refused(tmp_path):
    (tmp_path / "r.json").write_text(json.dumps({"version": 9}))
    with pytest.raises(ResultsError, match="format 9, this program reads 1"):
        read_results(tmp_path / "r.json")


def test_absent_results_are_named(tmp_path):
    with pytest.raises(ResultsError, match=r"gone\.json cannot be read"):
        read_results(tmp_path / "gone.json")


def test_outcomes_read_as_written(tmp_path):
    file = OutcomeFile(tmp_path / "o.gz", "key")
    file.write({"en": [FOUND, SILENT]})
    assert file.read() == {"en": [FOUND, SILENT]}


def test_outcomes_of_another_key_are_not_used(tmp_path):
    OutcomeFile(tmp_path / "o.gz", "key").write({"en": [FOUND]})
    assert OutcomeFile(tmp_path / "o.gz", "other").read() == {}


def test_torn_outcome_file_is_not_used(tmp_path):
    file = OutcomeFile(tmp_path / "o.gz", "key")
    file.write({"en": [FOUND]})
    file.path.write_bytes(file.path.read_bytes()[:40])
    assert file.read() == {}


def test_absent_outcome_file_is_empty(tmp_path):
    assert OutcomeFile(tmp_path / "none.gz", "key").read() == {}


def test_outcomes_lie_beside_their_results(tmp_path):
    assert questions_file(tmp_path / "r.json") == tmp_path / "r.questions.json.gz"


def test_outcome_file_says_how_long_it_took(tmp_path):
    OutcomeFile(tmp_path / "o.gz", "key").write({"en": [FOUND]}, 7.5)
    assert (OutcomeFile(tmp_path / "o.gz", "key").seconds(), OutcomeFile(tmp_path / "o.gz", "other").seconds()) == (
        7.5,
        0.0,
    )


def test_outcome_file_with_changed_bytes_is_not_used(tmp_path):
    file = OutcomeFile(tmp_path / "o.gz", "key")
    file.write({"en": [FOUND]})
    content = bytearray(file.path.read_bytes())
    content[20:60] = b"\xff" * 40
    file.path.write_bytes(content)
    assert file.read() == {}


def test_the_reader_alone_is_judged_by_its_own_choice():
    report = confidence_report([replace(FOUND, reader_margin=5.0, reader_right=False)])
    assert report is not None
    assert (report.risk_coverage_area, report.risk_coverage_area_reader) == (0.0, 1.0)
