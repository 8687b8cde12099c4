"""The project's own questions: what is in them and how they join the data folder's."""

import argparse
import json
from pathlib import Path

import pytest
from training_world import write_data

from chatbot.training import transfer
from retrieval.training import encoder
from retrieval.training.english_qa import GoldAnswer, QAExample, TrainingDataError
from retrieval.training.overlap import load_languages
from retrieval.training.parallel import WRITTEN_TIMES, Pair, load_language
from retrieval.training.written import NEAR_MISSES, PASSAGES, context_hash, load_training_questions

WRITTEN = Path(__file__).parents[1] / "retrieval" / "training" / "written"
QUESTIONS = Path(__file__).parent / "data"
KETTLE = {
    "title": "Kettles",
    "passage": "The kettle holds 2 litres.",
    "questions": [["How big?", "2 litres"], ["How heavy?", ""]],
}


@pytest.fixture
def data(tmp_path) -> Path:
    return write_data(tmp_path / "data")


def write(folder: Path, helps: list[dict], misses: list[dict]) -> Path:
    folder.mkdir()
    for name, records in (("help_centres", helps), ("encyclopedia", []), ("near_misses", misses)):
        lines = [json.dumps(record) for record in records]
        (folder / f"{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder


def test_written_questions_follow_those_of_the_data_folder(data, tmp_path):
    own = load_training_questions(data)
    examples = load_training_questions(data, write(tmp_path / "own", [KETTLE], []))
    assert examples == [
        *own,
        QAExample("written-help", "How big?", KETTLE["passage"], (GoldAnswer("2 litres", 17),), "Kettles"),
        QAExample("written-help", "How heavy?", KETTLE["passage"], (), "Kettles"),
    ]


def test_near_miss_is_asked_about_the_passage_it_names(data, tmp_path):
    context = load_training_questions(data)[0].context
    miss = {"context_sha256": context_hash(context), "questions": ["How high is the door?"]}
    last = load_training_questions(data, write(tmp_path / "own", [], [miss]))[-1]
    assert (last.source, last.question, last.context, last.answers) == (
        "written-near-miss",
        "How high is the door?",
        context,
        (),
    )


def test_near_miss_of_a_passage_that_is_not_there_is_left_out(data, tmp_path):
    miss = {"context_sha256": context_hash("elsewhere"), "questions": ["Who?"]}
    assert load_training_questions(data, write(tmp_path / "own", [], [miss])) == load_training_questions(data)


def test_written_answer_that_is_not_in_its_passage_is_refused(data, tmp_path):
    wrong = {**KETTLE, "questions": [["How big?", "3 litres"]]}
    with pytest.raises(TrainingDataError, match=r"help_centres\.jsonl line 1: '3 litres' does not stand"):
        load_training_questions(data, write(tmp_path / "own", [wrong], []))


def test_written_answer_is_found_as_whole_words(data, tmp_path):
    passage = "It costs 3.70, and 17 people share 7 of them."
    record = {"title": "", "passage": passage, "questions": [["How many?", "7"]]}
    example = load_training_questions(data, write(tmp_path / "own", [record], []))[-1]
    assert example.answers == (GoldAnswer("7", passage.index("7 of")),)


def test_written_question_without_its_answer_is_refused(data, tmp_path):
    with pytest.raises(TrainingDataError, match=r"line 1: questions must be \[question, answer\]"):
        load_training_questions(data, write(tmp_path / "own", [{**KETTLE, "questions": ["How big?"]}], []))


def test_written_line_that_is_no_object_is_refused(data, tmp_path):
    folder = write(tmp_path / "own", [], [])
    (folder / "help_centres.jsonl").write_text("[]\n")
    with pytest.raises(TrainingDataError, match="line 1 lacks title, passage, questions"):
        load_training_questions(data, folder)


def test_written_line_without_questions_is_refused(data, tmp_path):
    with pytest.raises(TrainingDataError, match="line 1 lacks questions"):
        load_training_questions(data, write(tmp_path / "own", [{"title": "a", "passage": "b"}], []))


def test_folder_without_written_questions_is_refused(data, tmp_path):
    with pytest.raises(TrainingDataError, match="--written wants a folder with"):
        load_training_questions(data, tmp_path)


def test_own_questions_can_all_be_trained_on(data):
    examples = load_training_questions(data, WRITTEN)
    own = [example for example in examples if example.source in PASSAGES.values()]
    unanswered = [example for example in own if not example.answers]
    assert len(own) > 7000
    assert 0.2 < len(unanswered) / len(own) < 0.45


def test_written_translations_count_several_times(data, tmp_path):
    (tmp_path / "de.questions.tsv").write_text("late fee amount\tHöhe der Mahngebühr\twritten\n", encoding="utf-8")
    own = Pair("late fee amount", "Höhe der Mahngebühr", "written")
    train = load_language(data, "de", tmp_path).train
    assert train == (*load_language(data, "de").train, *[own] * WRITTEN_TIMES)


def test_written_question_is_one_without_its_mark():
    assert Pair("late fee amount", "Höhe der Mahngebühr", "written").is_question


@pytest.mark.parametrize(("module", "option"), [(encoder, "--asked-share"), (transfer, "--english-share")])
@pytest.mark.parametrize("share", ["1", "-0.1", "1.5"])
def test_share_that_leaves_no_translations_is_refused_at_once(module, option, share, capsys):
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(["--out", "x", "--start", "y", "--encoder", "z", option, share])
    assert f"{share} is not a share from 0 to below 1" in capsys.readouterr().err


def test_folder_without_written_translations_is_refused(data, tmp_path):
    with pytest.raises(TrainingDataError, match=r"holds no LANGUAGE\.questions\.tsv"):
        load_languages(data, tmp_path)


def test_every_written_translation_is_of_an_own_question_and_given_once():
    own = {question for name in PASSAGES for question, _ in written_questions(WRITTEN / name)}
    for path in sorted(WRITTEN.glob("*.questions.tsv")):
        english = [line.split("\t")[0] for line in path.read_text(encoding="utf-8").splitlines()]
        assert (path.name, [text for text in english if text not in own]) == (path.name, [])
        assert len(english) == len(set(english)), path.name


def test_no_own_question_is_one_that_measures_the_program():
    measured = {json.loads(line).get("question") for path in QUESTIONS.rglob("*.jsonl") for line in lines(path)}
    own = {question for name in PASSAGES for question, _ in written_questions(WRITTEN / name)}
    near = {question for line in lines(WRITTEN / NEAR_MISSES) for question in json.loads(line)["questions"]}
    assert (own | near) & measured == set()


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def written_questions(path: Path) -> list[list[str]]:
    return [asked for line in lines(path) for asked in json.loads(line)["questions"]]
