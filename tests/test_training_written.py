"""The project's own questions: what is in them and how they join the data folder's."""

import argparse
import json
from pathlib import Path

import pytest
from training_world import write_data

from retrieval.training import encoder
from retrieval.training.english_qa import GoldAnswer, QAExample, TrainingDataError
from retrieval.training.parallel import WRITTEN_TIMES, Pair, load_language
from retrieval.training.written import PASSAGES, context_hash, load_training_questions

WRITTEN = Path(__file__).parents[1] / "retrieval" / "training" / "written"
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


@pytest.mark.parametrize("share", ["1", "-0.1", "1.5"])
def test_run_of_asked_questions_alone_is_refused_at_once(share, capsys):
    parser = argparse.ArgumentParser()
    encoder.add_arguments(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(["--out", "x", "--start", "y", "--asked-share", share])
    assert f"{share} is not a share from 0 to below 1" in capsys.readouterr().err
