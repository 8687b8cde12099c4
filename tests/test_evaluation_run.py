"""The whole evaluation over tiny networks that mean something: question in, scores out."""

import json
import shutil
from argparse import Namespace
from dataclasses import replace

import pytest

from chatbot.calibration import Calibration
from chatbot.evaluation import results as names
from chatbot.evaluation import run as command
from chatbot.evaluation.outcomes import OutcomeFile
from chatbot.evaluation.question_sets import MissingLanguages, NoQuestionSet, PassagesNotEnglish
from chatbot.evaluation.results import read_results
from chatbot.evaluation.run import CannotWrite, NothingToDo, compare_files, evaluate, measure_by_language
from chatbot.evaluation.workbench import Models
from chatbot.reader import Reader
from chatbot.settings import Settings
from knowledge_base.documents import Document, Passage
from knowledge_base.store import KnowledgeBase
from tests.fakes import FakeEncoder, FakeReaderNetwork

PASSAGES = (
    ("You can return an order within 30 days and get a refund.", "30 days"),
    ("The warranty of a lamp lasts 5 years after you buy it.", "5 years"),
    ("Shipping with normal delivery takes 4 days to your door.", "4 days"),
)
QUESTIONS = {
    "en": ("How long can I return an order?", "How long is the warranty of a lamp?", "How long is shipping?"),
    "es": ("devolver pedido tiempo", "garantía lámpara tiempo", "envío tiempo"),
}


@pytest.fixture
def models(monkeypatch):
    made = Models(FakeEncoder(), Reader(FakeReaderNetwork()), replace(Calibration.default(), threshold=0.4))
    monkeypatch.setattr(Models, "load", classmethod(lambda cls, settings: made))
    return made


@pytest.fixture
def folder(tmp_path):
    for language, asked in QUESTIONS.items():
        paragraphs = [
            {"context": text, "qas": [{"id": f"q{i}", "question": asked[i], "answers": [_answer(text, gold)]}]}
            for i, (text, gold) in enumerate(PASSAGES)
        ]
        record = {"data": [{"title": "Shop", "paragraphs": paragraphs}]}
        (tmp_path / f"xquad.{language}.json").write_text(json.dumps(record), encoding="utf-8")
    return tmp_path


def _answer(text, gold):
    return {"text": gold, "answer_start": text.index(gold)}


def options(**changes):
    plain = {"directory": None, "languages": None, "limit": None, "out": None, "pictures": None, "compare": None}
    return Namespace(**{**plain, "json": True, **changes})


def scores(results, language):
    return {name: score.value for name, score in results.languages[language].scores.items()}


@pytest.mark.usefixtures("models")
def test_spanish_questions_find_their_english_passages(folder):
    assert scores(evaluate(folder, Settings()), "es")[names.RECALL_1] == 100.0


@pytest.mark.usefixtures("models")
def test_spanish_questions_are_answered_in_english(folder):
    spanish = scores(evaluate(folder, Settings()), "es")
    assert (spanish[names.READING_EM], spanish[names.END_TO_END_EM]) == (100.0, 100.0)


@pytest.mark.usefixtures("models")
def test_equal_scores_leave_no_transfer_gap(folder):
    assert scores(evaluate(folder, Settings()), "es")[names.GAP_F1] == 0.0


@pytest.mark.usefixtures("models")
def test_run_says_what_it_measured(folder):
    run = evaluate(folder, Settings()).run
    assert run["checkpoints"]["reader"] == "fake-reader"
    assert run["data"]["questions"] == 6


@pytest.mark.usefixtures("models")
def test_only_the_asked_languages_are_measured(folder):
    assert list(evaluate(folder, Settings(), languages=["es"]).languages) == ["es"]


@pytest.mark.usefixtures("models")
def test_limit_holds_for_each_language(folder):
    assert evaluate(folder, Settings(), limit=2).languages["es"].n == 2


@pytest.mark.usefixtures("models")
def test_language_that_is_missing_is_an_error(folder):
    with pytest.raises(MissingLanguages, match="no questions in sw"):
        evaluate(folder, Settings(), languages=["sw"])


@pytest.mark.usefixtures("models")
def test_folder_without_questions_is_an_error(tmp_path):
    with pytest.raises(NoQuestionSet):
        evaluate(tmp_path, Settings())


@pytest.mark.usefixtures("models")
def test_set_with_german_passages_is_refused(folder):
    record = {"data": [{"paragraphs": [{"context": GERMAN, "qas": []}]}]}
    (folder / "xquad.en.json").write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(PassagesNotEnglish, match="1 of 1 passages looked at are not English"):
        evaluate(folder, Settings())


GERMAN = "Die Bestellung kann innerhalb von dreißig Tagen ohne Angabe von Gründen zurückgegeben werden. " * 3


@pytest.fixture
def own_set(tmp_path):
    """Path of one question, and a function that makes a knowledge base of the given texts."""
    line = {"id": "q1", "question": "devolver pedido tiempo", "language": "es", "document": "0", "answers": ["30 days"]}
    (tmp_path / "own.jsonl").write_text(json.dumps(line), encoding="utf-8")

    def settings_over(*texts):
        with KnowledgeBase(tmp_path / "kb.db") as knowledge_base:
            for name, text in enumerate(texts):
                passage = Passage(0, str(name), "", (), 0, len(text), text)
                knowledge_base.add_document(Document(str(name), "", text), [passage])
        return Settings(kb=tmp_path / "kb.db")

    return tmp_path / "own.jsonl", settings_over


@pytest.mark.usefixtures("models")
def test_knowledge_base_that_is_mostly_german_is_refused(own_set):
    path, settings_over = own_set
    with pytest.raises(PassagesNotEnglish, match="2 of 3 passages looked at are not English"):
        evaluate(path, settings_over(PASSAGES[0][0], GERMAN, "Nochmals: " + GERMAN))


@pytest.mark.usefixtures("models")
def test_german_passages_among_english_ones_are_in_the_results(own_set):
    path, settings_over = own_set
    problems = evaluate(path, settings_over(PASSAGES[0][0], GERMAN)).problems
    assert problems[0] == "passages: 1 of 2 passages looked at are not English"
    assert problems[1].startswith("1: not in English: 1 of 1 samples")


@pytest.mark.usefixtures("models")
def test_kind_of_a_question_reaches_the_results(own_set):
    path, settings_over = own_set
    path.write_text('{"id": "s1", "question": "Hi!", "language": "en", "kind": "small_talk"}', encoding="utf-8")
    assert evaluate(path, settings_over(PASSAGES[0][0])).silence["small_talk"].n == 1


@pytest.mark.usefixtures("models")
def test_results_and_outcomes_are_written(folder, tmp_path):
    evaluate(folder, Settings(), out=tmp_path / "out" / "r.json")
    results = read_results(tmp_path / "out" / "r.json")
    outcomes = OutcomeFile(tmp_path / "out" / "r.questions.json.gz", results.run["outcomes"]).read()
    assert list(results.languages) == ["en", "es"]
    assert [outcome.best for outcome in outcomes["es"]] == ["30 days", "5 years", "4 days"]


@pytest.mark.usefixtures("models")
def test_finished_run_leaves_no_side_file(folder, tmp_path):
    evaluate(folder, Settings(), out=tmp_path / "out" / "r.json")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["r.json", "r.questions.json.gz"]


def test_interrupted_run_goes_on_and_ends_equal(folder, tmp_path, models, monkeypatch):
    undisturbed = evaluate(folder, Settings(), out=tmp_path / "a" / "r.json")
    written = OutcomeFile.write

    def interrupt_after_english(file, outcomes, seconds):
        written(file, outcomes, seconds)
        if len(outcomes) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(OutcomeFile, "write", interrupt_after_english)
    with pytest.raises(KeyboardInterrupt):
        evaluate(folder, Settings(), out=tmp_path / "b" / "r.json")
    monkeypatch.setattr(OutcomeFile, "write", written)
    resumed = evaluate(folder, Settings(), out=tmp_path / "b" / "r.json")
    assert resumed.to_json()["languages"] == undisturbed.to_json()["languages"]


@pytest.fixture
def interrupted(folder, tmp_path, models, monkeypatch):
    """A run that was interrupted after two of the three English questions, which took 1,000 seconds."""
    written = OutcomeFile.write

    def write_and_interrupt(file, outcomes, seconds):
        written(file, outcomes, 1000.0)
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "PART_QUESTIONS", 2)
    with monkeypatch.context() as patch:
        patch.setattr(OutcomeFile, "write", write_and_interrupt)
        with pytest.raises(KeyboardInterrupt):
            evaluate(folder, Settings(), out=tmp_path / "out" / "r.json")
    return tmp_path / "out" / "r.json"


def test_run_interrupted_inside_a_language_goes_on_there(folder, interrupted, capsys):
    resumed = evaluate(folder, Settings(), out=interrupted)
    assert "Going on after 2 of 6 questions" in capsys.readouterr().err
    assert resumed.to_json()["languages"] == evaluate(folder, Settings()).to_json()["languages"]


def test_seconds_of_an_interrupted_run_add_up(folder, interrupted):
    assert 1000 <= evaluate(folder, Settings(), out=interrupted).run["seconds"] < 1100


def test_run_in_another_number_type_starts_anew(folder, interrupted, models, capsys):
    models.encoder.fake_network.number_type = "int8/float32"
    run = evaluate(folder, Settings(), out=interrupted).run
    assert "Going on" not in capsys.readouterr().err
    assert run["number_types"] == {"encoder": "int8/float32", "reader": "none/float32", "reranker": None}


def test_one_language_shows_its_progress_by_question(folder, models, capsys):
    evaluate(folder, Settings(), languages=["en"])
    assert "3/3" in capsys.readouterr().err


def test_run_names_the_calibration_in_use_and_not_the_stored_one(folder, models, monkeypatch):
    assert evaluate(folder, Settings()).run["checkpoints"]["calibration"] == "default"
    fitted = replace(models.calibration, encoder_fingerprint="fake-encoder", reader_fingerprint="fake-reader")
    monkeypatch.setattr(Models, "load", classmethod(lambda cls, settings: replace(models, calibration=fitted)))
    assert len(evaluate(folder, Settings()).run["checkpoints"]["calibration"]) == 16


def test_finished_languages_are_not_measured_again(folder, tmp_path, models):
    from chatbot.evaluation.workbench import open_set

    kept, asked = OutcomeFile(tmp_path / "side.gz", "key"), []
    with open_set(folder, Settings(), models) as (questions, measurer):
        kept.write({"en": measurer.measure(questions.of("en"))})

        def measure(batch, note):
            asked.extend(question.language for question in batch)
            return measurer.measure(batch)

        outcomes = measure_by_language(questions, measure, kept, lambda: 0.0)
    assert set(asked) == {"es"}
    assert list(outcomes) == ["en", "es"]


@pytest.mark.usefixtures("models")
def test_command_prints_json_only(folder, capsys):
    assert command.run(options(directory=folder), Settings()) == 0
    assert json.loads(capsys.readouterr().out)["languages"]["es"]["end_to_end"] == {"em": 100.0, "f1": 100.0}


@pytest.mark.usefixtures("models")
def test_command_prints_a_table(folder, capsys):
    command.run(options(directory=folder, json=False), Settings())
    assert capsys.readouterr().out.splitlines()[0].split("|")[2:4] == [" n ", " read EM "]


@pytest.mark.usefixtures("models")
def test_command_draws_the_pictures(folder, tmp_path):
    command.run(options(directory=folder, pictures=tmp_path / "p"), Settings())
    assert (tmp_path / "p" / "f1_by_language.png").exists()


@pytest.mark.usefixtures("models")
def test_command_compares_two_runs(folder, tmp_path, capsys):
    evaluate(folder, Settings(), out=tmp_path / "a.json")
    command.run(options(compare=[tmp_path / "a.json", tmp_path / "a.json"], json=False), Settings())
    assert capsys.readouterr().out == "en: no change beyond noise\nes: no change beyond noise\n"


@pytest.mark.usefixtures("models")
def test_outcomes_of_another_run_are_not_compared(folder, tmp_path):
    evaluate(folder, Settings(), out=tmp_path / "a.json")
    evaluate(folder, Settings(), out=tmp_path / "b.json", limit=2)
    shutil.copy(tmp_path / "a.questions.json.gz", tmp_path / "b.questions.json.gz")
    found = compare_files(tmp_path / "b.json", tmp_path / "b.json")
    assert not any(change.paired for change in found.changes)
    assert found.warnings[0].endswith("b.json: questions are not compared one by one")


@pytest.mark.usefixtures("models")
def test_outcomes_of_the_run_are_compared_question_by_question(folder, tmp_path):
    evaluate(folder, Settings(), out=tmp_path / "a.json")
    assert any(change.paired for change in compare_files(tmp_path / "a.json", tmp_path / "a.json").changes)


@pytest.mark.usefixtures("models")
def test_older_results_that_name_no_outcomes_are_compared_question_by_question(folder, tmp_path):
    results = evaluate(folder, Settings(), out=tmp_path / "a.json")
    run = {name: value for name, value in results.run.items() if name != "outcomes"}
    replace(results, run=run).save(tmp_path / "a.json")
    found = compare_files(tmp_path / "a.json", tmp_path / "a.json")
    assert any(change.paired for change in found.changes)
    assert found.warnings == ()


@pytest.mark.usefixtures("models")
def test_comparison_as_json_names_what_differs(folder, tmp_path, models, capsys):
    evaluate(folder, Settings(), out=tmp_path / "a.json")
    models.encoder.fake_network.number_type = "int8/float32"
    evaluate(folder, Settings(), out=tmp_path / "b.json")
    capsys.readouterr()
    command.run(options(compare=[tmp_path / "a.json", tmp_path / "b.json"]), Settings())
    assert json.loads(capsys.readouterr().out)["differences"] == [
        "number type of the encoder: none/float32 -> int8/float32"
    ]


def test_command_without_anything_to_do_says_so():
    with pytest.raises(NothingToDo, match="Name a folder of questions"):
        command.run(options(), Settings())


def test_results_that_would_have_no_place_are_told_before_measuring(folder):
    with pytest.raises(CannotWrite, match="is a folder; name the file"):
        command.run(options(directory=folder, out=folder), Settings())


def test_pictures_that_would_have_no_place_are_told_before_measuring(folder):
    with pytest.raises(CannotWrite, match="is a file; name the folder"):
        command.run(options(directory=folder, pictures=folder / "xquad.en.json"), Settings())
