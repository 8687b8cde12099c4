"""The "How good is it?" page from committed results."""

from dataclasses import replace

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from chatbot.evaluation.outcomes import Outcome, OutcomeFile, questions_file
from chatbot.evaluation.published import XQUAD_PASSAGES, is_xquad
from chatbot.evaluation.results import read_results
from chatbot.evaluation.scoring import score_all
from chatbot.language import LANGUAGES
from chatbot.phrases import PhraseKey, phrase
from ui.quality_routes import quality_routes
from ui.results_view import MEASURED, confidence_table, layer_tables, results_page

ENGLISH = Outcome("q1", "en", "d1", True, 1.0, 1.0, 0, "two years", 1.0, 1.0, True, 0.9, True, 1)
GERMAN = replace(ENGLISH, language="de", reading_f1=0.8, f1=0.5)
RESULTS = score_all(
    {"en": [ENGLISH], "de": [GERMAN]},
    {"data": {"name": "<shop>"}, "commit": "0123456789abcdef", "machine": {"processor": "A & B"}},
)


@pytest.fixture
def client(tmp_path):
    RESULTS.save(tmp_path / "shop.json")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "reliability.png").write_bytes(b"\x89PNG")
    (tmp_path / "shop" / "secret.txt").write_text("secret")
    return TestClient(Starlette(routes=quality_routes(tmp_path)))


def test_page_without_results_says_how_to_get_them(tmp_path):
    assert "python main.py evaluate DIR --out FILE" in results_page("en", tmp_path)


def test_page_shows_a_score_with_its_interval(tmp_path):
    RESULTS.save(tmp_path / "shop.json")
    assert '<td dir="ltr">80.0<small>80.0…80.0</small></td>' in results_page("en", tmp_path)


def test_names_from_results_are_escaped(tmp_path):
    RESULTS.save(tmp_path / "shop.json")
    page = results_page("en", tmp_path)
    assert '<h2 dir="auto">&lt;shop&gt;</h2>' in page
    assert "on A &amp; B" in page


def test_page_names_the_commit(tmp_path):
    RESULTS.save(tmp_path / "shop.json")
    assert "commit 0123456789ab," in results_page("en", tmp_path)


def test_a_sample_says_that_it_is_one(tmp_path):
    replace(RESULTS, run={"data": {"name": "shop", "limit": 60}}).save(tmp_path / "shop.json")
    assert "a sample of at most 60 questions of each language" in results_page("en", tmp_path)


def test_broken_results_do_not_take_the_page_down(tmp_path):
    (tmp_path / "bad.json").write_text("{")
    assert "holds no evaluation results" in results_page("en", tmp_path)


def test_problems_are_counted_and_escaped(tmp_path):
    replace(RESULTS, problems=("gold <b>",)).save(tmp_path / "shop.json")
    page = results_page("en", tmp_path)
    assert "1 problems in the question set" in page
    assert "gold &lt;b&gt;" in page


def test_published_results_stand_beside_the_same_questions_only(tmp_path):
    replace(RESULTS, run={"data": {"name": "xquad", "collection": "own passages"}}).save(tmp_path / "shop.json")
    assert "translate-test" not in results_page("en", tmp_path)
    replace(RESULTS, run={"data": {"name": "my copy", "collection": XQUAD_PASSAGES}}).save(tmp_path / "shop.json")
    assert "translate-test" in results_page("en", tmp_path)


def test_the_committed_xquad_results_are_known_as_such():
    assert is_xquad(read_results(MEASURED / "xquad.json").run["data"])


def test_the_committed_outcomes_belong_to_their_results():
    results = read_results(MEASURED / "xquad.json")
    outcomes = OutcomeFile(questions_file(MEASURED / "xquad.json"), results.run["outcomes"]).read()
    assert {code: len(each) for code, each in outcomes.items()} == {c: r.n for c, r in results.languages.items()}


def test_the_layers_are_told_apart():
    tables = layer_tables(RESULTS, "en")
    wanted = (PhraseKey.QUALITY_READING, PhraseKey.QUALITY_FINDING, PhraseKey.QUALITY_ANSWERING)
    places = [tables.index(phrase(key, "en")) for key in wanted]
    assert places == sorted(places)


def test_table_has_a_row_for_the_mean():
    assert '<th scope="row">Mean without English<small' in layer_tables(RESULTS, "en")


def test_score_that_no_language_has_gets_no_column():
    assert phrase(PhraseKey.QUALITY_SILENT, "en") not in layer_tables(RESULTS, "en")


def test_confidence_is_shown_for_each_language_and_for_all():
    assert confidence_table(RESULTS, "en").count('<td dir="ltr">10.0</td>') == 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_speaks_the_language_of_the_browser(client, language):
    page = client.get("/quality", headers={"Accept-Language": f"xx, {language};q=0.8"}).text
    assert f'<html lang="{language}"' in page
    assert f"<h1>{phrase(PhraseKey.QUALITY_TITLE, language)}</h1>" in page


def test_the_language_of_the_chat_wins_over_that_of_the_browser(client):
    assert '<html lang="ar" dir="rtl">' in client.get("/quality?language=ar", headers={"Accept-Language": "de"}).text


def test_an_unknown_language_gets_english(client):
    assert '<html lang="en"' in client.get('/quality?language="><script>').text


def test_pictures_are_shown_with_words_and_served(client):
    page = client.get("/quality").text
    assert '<img src="quality/shop/reliability.png" alt="How often answers of a confidence were right"' in page
    assert client.get("/quality/shop/reliability.png").content == b"\x89PNG"


@pytest.mark.parametrize("path", ["shop/secret.txt", "shop/f1_by_language.png", "no/reliability.png", "../shop.json"])
def test_nothing_else_is_served(client, path):
    assert client.get(f"/quality/{path}").status_code == 404


def test_no_script_can_run_on_the_page(client):
    assert "default-src 'none'" in client.get("/quality").headers["content-security-policy"]
