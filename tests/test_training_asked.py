import numpy as np
import pytest
from tokenizers import Tokenizer
from training_world import write_checkpoint, write_data

from retrieval.training.asked import AskedPassages
from retrieval.training.encoder import TextRows
from retrieval.training.english_qa import GoldAnswer, QAExample, load_english_qa
from retrieval.training.overlap import load_languages
from retrieval.training.switching import WordSwitcher


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    return write_data(folder / "data"), write_checkpoint(folder / "english") / "tokenizer.json"


@pytest.fixture(scope="module")
def switcher(world):
    return WordSwitcher(load_languages(world[0]))


def passages(world, switcher, examples) -> AskedPassages:
    tokenizer_file = world[1]
    pieces = Tokenizer.from_file(str(tokenizer_file)).get_vocab_size()
    return AskedPassages(examples, TextRows(tokenizer_file, pieces, examples).rows, switcher, None)


def made_up(question: str, context: str, answer: str, source: str = "made-up") -> QAExample:
    return QAExample(source, question, context, (GoldAnswer(answer, context.index(answer)),))


def test_each_question_stands_with_its_own_passage(world, switcher):
    examples = load_english_qa(world[0] / "english_qa" / "train.jsonl.gz")
    tokens = Tokenizer.from_file(str(world[1]))
    batch = passages(world, switcher, examples).batch(np.random.default_rng(1))
    assert len(batch.questions) == len(batch.own) == len(batch.also) >= 4
    for question, own in zip(batch.questions, batch.own, strict=True):
        number = [word for word in tokens.decode(question).split() if word.isdigit()]
        assert number[0] in tokens.decode(batch.passages[own]).split()


def test_retold_questions_are_among_them(world, switcher):
    examples = load_english_qa(world[0] / "english_qa" / "train.jsonl.gz")
    tokens = Tokenizer.from_file(str(world[1]))
    batch = passages(world, switcher, examples).batch(np.random.default_rng(1))
    texts = [tokens.decode(row) for row in batch.questions]
    assert 0 < sum("colour" in text for text in texts) < len(texts)


def test_another_passage_with_the_same_answer_is_not_wrong(world, switcher):
    examples = [
        made_up("What colour is the door?", "The door is red.", "red"),
        made_up("What colour is the lamp?", "The lamp by the door is red too.", "red"),
        made_up("What colour is the book?", "The book by the lamp is blue.", "blue"),
    ]
    batch = passages(world, switcher, examples).batch(np.random.default_rng(0))
    red = [row for row, own in enumerate(batch.own) if batch.also[row].any()]
    assert len(red) == 2
    assert not batch.also[np.arange(len(batch.own)), batch.own].any()


def test_questions_without_a_subject_or_an_answer_are_left_out(world, switcher):
    vague = made_up("Who collects it?", "The shop collects it.", "The shop", "policyqa")
    silent = QAExample("made-up", "What colour is the roof?", "The door is red.", ())
    assert len(passages(world, switcher, [vague, silent])) == 0
    assert len(passages(world, switcher, [vague, silent, made_up("Who?", "Anna did.", "Anna")])) == 1
