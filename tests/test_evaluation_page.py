"""The "How good is it?" page from committed results."""

from dataclasses import replace

from chatbot.calibration import Calibration, TradeOff
from chatbot.evaluation.outcomes import Outcome
from chatbot.evaluation.scoring import score_all
from ui.results_view import results_page, results_table, trade_off_table

ENGLISH = Outcome("q1", "en", "d1", True, 1.0, 1.0, 0, "two years", 1.0, 1.0, True, 0.9, True, 1)
GERMAN = replace(ENGLISH, language="de", reading_f1=0.8, f1=0.5)
RESULTS = score_all(
    {"en": [ENGLISH], "de": [GERMAN]},
    {"data": {"name": "<shop>"}, "commit": "0123456789abcdef", "machine": {"processor": "A & B"}},
)
FITTED = replace(Calibration.default(), trade_offs=(TradeOff(0.3, 0.9, 0.8), TradeOff(0.6, 0.5, 0.92)))


def test_page_without_results_says_how_to_get_them(tmp_path):
    assert "python main.py evaluate DIR --out FILE" in results_page(tmp_path)


def test_page_shows_the_scores(tmp_path):
    RESULTS.save(tmp_path / "shop.json")
    assert '<td title="95 % interval 80.0 to 80.0">80.0</td>' in results_page(tmp_path)


def test_names_from_results_are_escaped(tmp_path):
    RESULTS.save(tmp_path / "shop.json")
    page = results_page(tmp_path)
    assert "<h2>&lt;shop&gt;</h2>" in page
    assert "on A &amp; B" in page


def test_page_names_the_commit(tmp_path):
    RESULTS.save(tmp_path / "shop.json")
    assert "commit 0123456789ab," in results_page(tmp_path)


def test_broken_results_do_not_take_the_page_down(tmp_path):
    (tmp_path / "bad.json").write_text("{")
    assert "holds no evaluation results" in results_page(tmp_path)


def test_pictures_beside_the_results_are_embedded_with_words(tmp_path):
    RESULTS.save(tmp_path / "shop.json")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "reliability.png").write_bytes(b"\x89PNG")
    assert (
        '<img src="data:image/png;base64,iVBORw==" alt="How often answers of a confidence were right"'
        in results_page(tmp_path)
    )


def test_problems_are_counted_and_escaped(tmp_path):
    replace(RESULTS, problems=("gold <b>",)).save(tmp_path / "shop.json")
    page = results_page(tmp_path)
    assert "1 problems in the question set" in page
    assert "gold &lt;b&gt;" in page


def test_table_has_a_row_for_the_mean():
    assert '<th scope="row">mean without English</th>' in results_table(RESULTS)


def test_score_that_no_language_has_gets_no_column():
    assert "Rightly silent" not in results_table(RESULTS)


def test_cost_of_careful_is_shown():
    row = '<tr><th scope="row">90%</th><td>0.60</td><td>50%</td><td>92%</td></tr>'
    assert row in trade_off_table(FITTED)


def test_target_out_of_reach_says_so():
    assert "95% (out of reach; the nearest)" in trade_off_table(FITTED)


def test_unfitted_calibration_says_so():
    assert "Not fitted yet" in trade_off_table(Calibration.default())
