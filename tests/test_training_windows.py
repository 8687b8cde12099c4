import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from training_world import write_checkpoint

from chatbot.training.english import EnglishMix, EnglishQuestions
from chatbot.training.pseudo import PseudoQuestion, pseudo_row
from chatbot.training.transfer import PassageView, distance, pair_up
from chatbot.training.windows import TextTokens, training_window
from retrieval.training.english_qa import GoldAnswer, QAExample

CONTEXT = "the door is red. the house is blue. the lamp is green. the table is black. the chair is white."


@pytest.fixture(scope="module")
def tokens(tmp_path_factory) -> TextTokens:
    folder = write_checkpoint(tmp_path_factory.mktemp("english"))
    return TextTokens(Tokenizer.from_file(str(folder / "tokenizer.json")))


def example(answer: str) -> QAExample:
    return QAExample("s", "what is green?", CONTEXT, (GoldAnswer(answer, CONTEXT.index(answer)),))


@pytest.mark.parametrize("seed", range(20))
def test_window_always_holds_the_answer_whole(tokens, seed):
    window = training_window(example("the lamp is green"), "", tokens, 16, np.random.default_rng(seed))
    assert window.ids[window.start : window.end + 1] == tokens["the lamp is green"].ids


def test_window_is_no_longer_than_asked(tokens):
    assert len(training_window(example("red"), "", tokens, 16, np.random.default_rng(0)).ids) == 16


def test_short_passage_is_kept_whole(tokens):
    window = training_window(example("red"), "", tokens, 99, np.random.default_rng(0))
    assert window.ids[window.passage_start : -1] == tokens[CONTEXT].ids


def test_title_stands_before_the_passage_and_shifts_the_answer(tokens):
    window = training_window(example("blue"), "a book.", tokens, 99, np.random.default_rng(0))
    assert window.ids[window.start : window.end + 1] == tokens["blue"].ids
    assert window.ids[window.passage_start : window.passage_start + 3] == tokens["a book."].ids


def test_unanswerable_window_points_at_the_first_token(tokens):
    window = training_window(QAExample("s", "what?", CONTEXT, ()), "", tokens, 16, np.random.default_rng(0))
    assert (window.start, window.end) == (0, 0)


def test_wrong_passage_never_holds_the_answer(tokens):
    passages = ["the door is red.", "the door is blue.", "the red door.", "a door, green."]
    examples = [QAExample("s", "what is the door?", p, (GoldAnswer("door", p.index("door")),)) for p in passages[1:]]
    examples.append(QAExample("s", "what colour is the door?", passages[0], (GoldAnswer("red", 12),)))
    questions = EnglishQuestions(examples, tokens, EnglishMix(40, wrong_passage_share=1.0))
    windows = [questions.window(examples[-1], np.random.default_rng(seed)) for seed in range(12)]
    red = tokens["red"].ids[0]
    assert all(window.start == 0 and red not in window.ids for window in windows)


def test_both_readings_end_with_the_same_passage(tokens):
    row = pseudo_row(PseudoQuestion("de", "what is red?", "was ist nun wirklich rot?", "the door is red."), tokens)
    length = row.passage_length + 1
    assert row.student[-length:] == row.teacher[-length:]


def test_batch_begins_where_the_passage_begins(tokens):
    question = PseudoQuestion("de", "what is red?", "was ist nun wirklich rot?", "the door is red.")
    batch = pair_up([pseudo_row(question, tokens)], tokens.pad)
    begin = int(batch.student_begin[0])
    assert batch.student.ids[0, begin : begin + 5].tolist() == tokens["the door is red."].ids


def view(start: list[float]) -> PassageView:
    scores = torch.tensor([start])
    return PassageView(scores, scores, torch.zeros(1, 2), torch.ones(1, len(start), 4), torch.ones(1, len(start)) == 1)


def test_same_reading_is_no_distance_away():
    assert distance(view([1.0, 5.0, 2.0]), view([1.0, 5.0, 2.0])).item() == pytest.approx(0.0, abs=1e-6)


def test_other_span_is_some_distance_away():
    assert distance(view([5.0, 1.0, 2.0]), view([1.0, 5.0, 2.0])).item() > 1.0
