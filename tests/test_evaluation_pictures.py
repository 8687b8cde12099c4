"""Results as table and pictures."""

import sys
from dataclasses import replace

import pytest

from chatbot.calibration import SpanFeatures
from chatbot.evaluation.outcomes import Outcome
from chatbot.evaluation.pictures import PicturesNeedMatplotlib, draw_all, draw_f1
from chatbot.evaluation.published import ANCHORS, XQUAD_PASSAGES, syntax_distance
from chatbot.evaluation.report import summary, table
from chatbot.evaluation.scoring import score_all

FEATURES = SpanFeatures(margin=5.0, similarity=0.8, similarity_margin=0.1, keyword_score=3.5)
ENGLISH = Outcome("q1", "en", "d1", True, 1.0, 1.0, 0, "two years", 1.0, 1.0, True, 0.9, True, 1, FEATURES)
GERMAN = replace(ENGLISH, language="de", reading_f1=0.8, f1=0.5)
TURKISH = replace(ENGLISH, language="tr", reading_f1=0.6, f1=0.2, right=False)
RESULTS = score_all({"en": [ENGLISH], "de": [GERMAN], "tr": [TURKISH]}, {"data": {"collection": XQUAD_PASSAGES}})


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    return draw_all(RESULTS, tmp_path_factory.mktemp("pictures") / "new")


def test_every_picture_is_a_png(drawn):
    assert [file.name for file in drawn] == [
        "f1_by_language.png",
        "gap_by_distance.png",
        "coverage_risk.png",
        "reliability.png",
    ]
    assert {file.read_bytes()[:8] for file in drawn} == {b"\x89PNG\r\n\x1a\n"}


def test_same_results_draw_the_same_bytes(drawn, tmp_path):
    again = draw_all(replace(RESULTS, pooled=None), tmp_path)
    assert [file.read_bytes() for file in again] == [file.read_bytes() for file in drawn[:2]]


def test_results_without_confidence_have_no_picture_of_it(tmp_path):
    results = replace(RESULTS, pooled=None, languages={"en": RESULTS.languages["en"]})
    assert [file.name for file in draw_all(results, tmp_path)] == ["f1_by_language.png"]


def bars_and_marks(results):
    from matplotlib.figure import Figure

    axes = Figure().subplots()
    draw_f1(axes, results)
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_published_marks_stand_beside_the_same_questions_only():
    assert set(ANCHORS) < set(bars_and_marks(RESULTS))
    assert not set(ANCHORS) & set(bars_and_marks(replace(RESULTS, run={"data": {"name": "xquad"}})))


def test_missing_matplotlib_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(PicturesNeedMatplotlib, match=r"pip install 'anytongue\[evaluate\]'"):
        draw_all(RESULTS, tmp_path)


def test_published_numbers_average_to_the_published_average():
    assert round(sum(ANCHORS["XLM-R large"].values()) / 12, 1) == 77.2
    assert round(sum(ANCHORS["mBERT"].values()) / 12, 1) == 65.2


def test_english_has_no_distance_from_english():
    assert syntax_distance()["en"] == 0.0


def test_every_language_has_a_distance():
    assert len(syntax_distance()) == 23


def test_table_is_markdown_with_a_mean():
    lines = table(RESULTS).splitlines()
    assert [line.split("|")[1].strip() for line in lines] == ["", "-----:", "en", "de", "tr", "mean"]


def test_table_shows_half_the_width_of_the_interval():
    assert "80.0 ±0.0" in table(RESULTS)


def test_score_that_no_language_has_gets_no_column():
    assert "not found" not in table(RESULTS)


def test_summary_counts_the_problems():
    text = summary(replace(RESULTS, problems=tuple(f"en q{i}: bad" for i in range(7))))
    assert "7 problems in the question set:" in text
    assert "... and 2 more" in text
