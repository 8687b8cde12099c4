"""`calibrate` over tiny networks: asks, fits, stores, and says what it is worth."""

import json
import sys
from argparse import Namespace
from dataclasses import replace

import numpy as np
import pytest

from chatbot import assemble
from chatbot.calibration import Calibration, OtherCheckpoints
from chatbot.evaluation import results as names
from chatbot.evaluation.calibrate import calibrate, run
from chatbot.evaluation.fitting import FittingNeedsScikitLearn, TooFewQuestions
from chatbot.evaluation.measure import Measurer
from chatbot.evaluation.report import all_together
from chatbot.evaluation.results import read_results
from chatbot.evaluation.run import CannotWrite
from chatbot.evaluation.workbench import Models
from chatbot.reader import Reader
from chatbot.settings import Settings
from knowledge_base.documents import Document, Passage
from knowledge_base.store import KnowledgeBase
from tests.fakes import FakeEncoder, FakeReaderNetwork

TEXTS = {
    "returns.md": "You can return an order within 30 days and get a refund.",
    "warranty.md": "The warranty of a lamp lasts 5 years after you buy it.",
    "shipping.md": "Shipping with normal delivery takes 4 days to your door.",
}
ANSWERED = (
    ("How long can I return an order?", "en", "returns.md", "30 days"),
    ("devolver pedido tiempo", "es", "returns.md", "30 days"),
    ("How long is the warranty of a lamp?", "en", "warranty.md", "5 years"),
    ("garantía lámpara tiempo", "es", "warranty.md", "5 years"),
    ("How long does shipping take?", "en", "shipping.md", "4 days"),
)
SILENT = ("What is the password?", "Is my battery full?", "Cancel my account!", "¿batería?", "Guten Tag")


@pytest.fixture
def models(monkeypatch):
    made = Models(FakeEncoder(), Reader(FakeReaderNetwork()), Calibration.default())
    monkeypatch.setattr(Models, "uncalibrated", classmethod(lambda cls, settings: made))
    return made


@pytest.fixture
def settings(tmp_path):
    path = tmp_path / "kb.db"
    with KnowledgeBase(path) as knowledge_base:
        for name, text in TEXTS.items():
            knowledge_base.add_document(
                Document(name, "", text), [Passage(0, name, "", (), 0, len(text), text)], source_hash=name
            )
    return Settings(kb=path)


def write_questions(path, copies):
    """Every question `copies` times: an answer that is found is right, an unanswerable one never is."""
    lines = []
    for copy in range(copies):
        for number, (question, language, document, answer) in enumerate(ANSWERED):
            record = {"id": f"a{copy}-{number}", "question": question, "language": language}
            lines.append({**record, "document": document, "answers": [answer]})
        for number, question in enumerate(SILENT):
            lines.append({"id": f"s{copy}-{number}", "question": question, "language": "en", "answers": []})
    path.write_text("\n".join(json.dumps(line) for line in lines))
    return path


def add_line(path, record):
    path.write_text(path.read_text() + "\n" + json.dumps(record))


def test_fitted_confidence_tells_right_from_wrong(tmp_path, settings, models):
    report = calibrate([write_questions(tmp_path / "q.jsonl", 12)], None, 0.9, settings, models).report
    assert report.pooled.risk_coverage_area == pytest.approx(report.languages["en"].confidence.risk_coverage_area, 0.5)
    assert report.languages["en"].confidence.separation == 1.0


def test_threshold_lies_between_right_and_wrong(tmp_path, settings, models):
    report = calibrate([write_questions(tmp_path / "q.jsonl", 12)], None, 0.9, settings, models).report
    scores = all_together(report).scores
    assert scores[names.ANSWERED].value == pytest.approx(50, abs=8)
    assert (scores[names.RIGHT_OF_ANSWERED].value, scores[names.NOT_FOUND].value) == (100, 100)


def test_the_report_is_about_questions_that_were_not_fitted_to(tmp_path, settings, models):
    fitted = calibrate([write_questions(tmp_path / "q.jsonl", 12)], None, 0.9, settings, models)
    reported = sum(result.n for result in fitted.report.languages.values())
    assert reported + fitted.calibration.fitted["threshold_chosen_on"] == 120
    assert 30 < reported < 90


def test_fit_names_its_sources(tmp_path, settings, models):
    calibration = calibrate([write_questions(tmp_path / "q.jsonl", 12)], None, 0.9, settings, models).calibration
    assert calibration.fitted["sources"] == {"q.jsonl": 120}


def test_questions_in_unserved_languages_are_not_fitted_to(tmp_path, settings, models):
    path = write_questions(tmp_path / "q.jsonl", 12)
    add_line(path, {"id": "f1", "question": "Kuinka kauan?", "language": "fi", "kind": "unserved_language"})
    calibration = calibrate([path], None, 0.9, settings, models).calibration
    assert calibration.fitted["sources"] == {"q.jsonl": 120}


def write_general(path):
    general = [
        {"question": question, "context": TEXTS[document], "answers": [{"text": answer, "answer_start": 0}]}
        for question, _, document, answer in ANSWERED
    ] * 20 + [{"question": question, "context": TEXTS["returns.md"], "answers": []} for question in SILENT] * 20
    path.write_text("\n".join(json.dumps(line) for line in general))
    return path


def test_general_questions_help_where_own_ones_are_few(tmp_path, settings, models):
    own = write_questions(tmp_path / "q.jsonl", 2)
    fitted = calibrate([own], write_general(tmp_path / "dev.jsonl"), 0.9, settings, models)
    calibration = fitted.calibration
    assert calibration.fitted["sources"] == {"q.jsonl": 20, "dev.jsonl": 200}
    assert calibration.fitted["threshold_chosen_on"] > 100
    assert fitted.report.run["english_qa"]["questions"] > 50


def test_general_questions_say_how_sure_but_not_which_span_where_there_are_enough_own_ones(tmp_path, settings, models):
    own = write_questions(tmp_path / "q.jsonl", 24)
    alone = calibrate([own], None, 0.9, settings, models).calibration
    joined = calibrate([own], write_general(tmp_path / "dev.jsonl"), 0.9, settings, models).calibration
    scale = np.linalg.norm(joined.weights) / np.linalg.norm(alone.weights)
    assert np.allclose(joined.weights, scale * np.array(alone.weights))
    assert joined.bias != pytest.approx(alone.bias, rel=1e-3)


def test_few_questions_are_refused(tmp_path, settings, models):
    with pytest.raises(TooFewQuestions):
        calibrate([write_questions(tmp_path / "q.jsonl", 2)], None, 0.9, settings, models)


def options(tmp_path, copies=12, **changes):
    questions = [write_questions(tmp_path / "q.jsonl", copies)]
    plain = {"questions": questions, "english_qa": None, "target": 0.9, "out": tmp_path / "c.json", "report": None}
    return Namespace(**{**plain, **changes})


@pytest.mark.usefixtures("models")
def test_command_stores_a_calibration_for_these_checkpoints(tmp_path, settings, capsys):
    assert run(options(tmp_path, report=tmp_path / "report" / "held_out.json"), settings) == 0
    stored = Calibration.load(tmp_path / "c.json", FakeEncoder().fingerprint, "fake-reader")
    assert stored.target == 0.9
    assert f"Stored in {tmp_path / 'c.json'}." in capsys.readouterr().out
    assert read_results(tmp_path / "report" / "held_out.json").run["settings"]["target"] == 0.9
    assert sorted(file.name for file in (tmp_path / "report" / "held_out").iterdir()) == [
        "coverage_risk.png",
        "f1_by_language.png",
        "reliability.png",
    ]


NOT_GOLD = {"id": "x", "question": "How long?", "language": "en", "document": "returns.md", "answers": ["9 weeks"]}
LEFT_OUT = "gold '9 weeks' is not in returns.md; left out"


@pytest.mark.usefixtures("models")
def test_questions_that_were_left_out_are_told_and_reported(tmp_path, settings, capsys):
    asked = options(tmp_path, report=tmp_path / "r.json")
    add_line(asked.questions[0], NOT_GOLD)
    run(asked, settings)
    assert f"1 problems in the question set:\n  q.jsonl:121: {LEFT_OUT}\n" in capsys.readouterr().out
    assert read_results(tmp_path / "r.json").problems == (f"q.jsonl:121: {LEFT_OUT}",)


def test_english_questions_that_were_left_out_are_reported(tmp_path, settings, models):
    general = write_general(tmp_path / "dev.jsonl")
    add_line(general, {"question": "How long?", "context": "Soon.", "answers": [{"text": "9 weeks"}]})
    own = write_questions(tmp_path / "q.jsonl", 12)
    report = calibrate([own], general, 0.9, settings, models).report
    assert report.problems == ("dev.jsonl:201: gold is not in its context; left out",)


def test_too_few_questions_are_refused_with_what_was_left_out(tmp_path, settings, models):
    path = write_questions(tmp_path / "q.jsonl", 2)
    for _ in range(7):
        add_line(path, NOT_GOLD)
    with pytest.raises(TooFewQuestions, match="at least 50 are needed") as told:
        calibrate([path], None, 0.9, settings, models)
    lines = str(told.value).splitlines()[1:]
    assert lines[:2] == ["7 problems in the question set:", f"  q.jsonl:21: {LEFT_OUT}"]
    assert lines[-1] == "  ... and 2 more (evaluate PATH --out FILE lists all)"


@pytest.fixture
def ask_nothing(monkeypatch):
    def asked(*_arguments):
        raise AssertionError("questions were asked")

    monkeypatch.setattr(Measurer, "candidates", asked)


@pytest.mark.usefixtures("models")
def test_without_out_the_calibration_in_use_is_written(tmp_path, settings):
    own = replace(settings, calibration=tmp_path / "own.json")
    assert run(options(tmp_path, out=None), own) == 0
    assert Calibration.load(tmp_path / "own.json", FakeEncoder().fingerprint, "fake-reader").target == 0.9


@pytest.mark.usefixtures("models", "ask_nothing")
def test_the_calibration_of_other_models_is_not_replaced(tmp_path, settings, monkeypatch):
    stored = tmp_path / "packaged.json"
    replace(Calibration.default(), encoder_fingerprint="other", reader_fingerprint="other").save(stored)
    before = stored.read_bytes()
    monkeypatch.setattr(assemble, "CALIBRATION_FILE", stored)
    with pytest.raises(OtherCheckpoints, match=r"calibrate QUESTIONS --out FILE`, then name it with --calibration"):
        run(options(tmp_path, out=None), settings)
    assert stored.read_bytes() == before


@pytest.mark.usefixtures("models")
def test_a_damaged_calibration_in_use_is_made_anew(tmp_path, settings):
    (tmp_path / "own.json").write_text("{")
    run(options(tmp_path, out=None), replace(settings, calibration=tmp_path / "own.json"))
    assert Calibration.load(tmp_path / "own.json", FakeEncoder().fingerprint, "fake-reader").target == 0.9


@pytest.mark.usefixtures("models", "ask_nothing")
@pytest.mark.parametrize(
    ("output", "path", "said"),
    [
        ("out", "nowhere/c.json", "There is no folder .*nowhere for c.json; make it"),
        ("out", "folder", "folder is a folder; name the file that the calibration should go to"),
        ("report", "folder", "folder is a folder; name the file that the report should go to"),
        ("report", "taken.json", "pictures of .*taken.json go to the folder .*taken, where a file would lie"),
        ("report", "report", "name the report otherwise, such as report.json"),
    ],
)
def test_outputs_without_a_place_are_told_before_asking(tmp_path, settings, output, path, said):
    (tmp_path / "folder").mkdir()
    (tmp_path / "taken").write_text("")
    with pytest.raises(CannotWrite, match=said):
        run(options(tmp_path, **{output: tmp_path / path}), settings)


@pytest.mark.usefixtures("models", "ask_nothing")
def test_a_missing_library_is_told_before_asking(tmp_path, settings, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)
    with pytest.raises(FittingNeedsScikitLearn, match=r"pip install 'anytongue\[evaluate\]'"):
        run(options(tmp_path), settings)


@pytest.mark.usefixtures("models")
def test_command_says_whether_the_target_is_reached(tmp_path, settings, capsys):
    run(options(tmp_path), settings)
    assert "\nTarget reached: 100.0% of the answers are right (90.0% were wanted)" in capsys.readouterr().out


@pytest.mark.usefixtures("models")
def test_command_says_that_the_target_is_missed(tmp_path, settings, capsys):
    asked = options(tmp_path, target=1.0)
    for number in range(6):  # found as surely as the right ones, and wrong
        add_line(
            asked.questions[0],
            {"id": f"w{number}", "question": ANSWERED[0][0], "language": "en", "answers": [], "half": "held_out"},
        )
    run(asked, settings)
    assert "\nTarget missed: " in capsys.readouterr().out
