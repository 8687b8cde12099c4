"""English QA files: contexts become the collection."""

import gzip
import json

import pytest

from chatbot.evaluation.english_qa import load_english_qa
from chatbot.evaluation.question_sets import BrokenFile, Problem, Question

CONTEXT = "The kettle has a warranty of two years."


def line(question="How long?", text="two years", context=CONTEXT):
    answers = [{"text": text, "answer_start": 29}] if text else []
    return json.dumps({"source": "x", "question": question, "context": context, "answers": answers})


def write(path, *lines):
    path.write_text("\n".join(lines) + "\n")
    return path


def test_question_refers_to_its_context(tmp_path):
    loaded = load_english_qa(write(tmp_path / "dev.jsonl", line()))
    assert loaded.questions == (Question("dev.jsonl:1", "en", "How long?", "context 0", ("two years",)),)
    assert loaded.documents[0].text == CONTEXT


def test_context_shared_by_two_questions_is_one_document(tmp_path):
    assert len(load_english_qa(write(tmp_path / "dev.jsonl", line(), line("Who?", "kettle"))).documents) == 1


def test_question_without_answers_is_unanswerable(tmp_path):
    question = load_english_qa(write(tmp_path / "dev.jsonl", line(text=None))).questions[0]
    assert (question.answerable, question.document) == (False, None)


def test_context_of_an_unanswerable_question_is_still_in_the_collection(tmp_path):
    assert len(load_english_qa(write(tmp_path / "dev.jsonl", line(text=None))).documents) == 1


def test_packed_file_is_read(tmp_path):
    (tmp_path / "dev.jsonl.gz").write_bytes(gzip.compress(line().encode()))
    assert len(load_english_qa(tmp_path / "dev.jsonl.gz").questions) == 1


def test_limit_spreads_over_the_file(tmp_path):
    lines = [line(f"Question {i}?") for i in range(6)]
    loaded = load_english_qa(write(tmp_path / "dev.jsonl", *lines), limit=3)
    assert [question.text for question in loaded.questions] == ["Question 0?", "Question 2?", "Question 4?"]


def test_gold_outside_its_context_is_listed(tmp_path):
    loaded = load_english_qa(write(tmp_path / "dev.jsonl", line(text="three years")))
    assert loaded.problems == (Problem("dev.jsonl:1", "gold is not in its context; left out"),)


def test_torn_archive_is_refused(tmp_path):
    (tmp_path / "dev.jsonl.gz").write_bytes(gzip.compress(line().encode())[:20])
    with pytest.raises(BrokenFile, match="cannot be read"):
        load_english_qa(tmp_path / "dev.jsonl.gz")


def test_other_json_is_refused(tmp_path):
    with pytest.raises(BrokenFile, match="is not English QA"):
        load_english_qa(write(tmp_path / "dev.jsonl", '{"text": "x"}'))
