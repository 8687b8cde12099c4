import numpy as np
import pytest

from chatbot.training.altered import altered
from retrieval.training.english_qa import GoldAnswer, QAExample

PASSAGE = "The gold plan costs 30 euros for Anna Berg, and the silver plan of Carl Wolf costs 12 euros."


def example(question: str, answer: str = "30 euros") -> QAExample:
    return QAExample("made-up", question, PASSAGE, (GoldAnswer(answer, PASSAGE.index(answer)),))


def changed(question: str, other: str = "", draws: int = 12) -> set[str]:
    found = [altered(example(question), other, np.random.default_rng(seed)) for seed in range(draws)]
    assert all(made is None or not made.answers for made in found)
    return {made.question for made in found if made}


def test_name_becomes_another_of_the_passage_or_of_other_text():
    made = changed("What does the gold plan cost for Anna Berg?", "She met Dora Lind there.")
    assert made == {"What does the gold plan cost for Carl Wolf?", "What does the gold plan cost for Dora Lind?"}


def test_number_becomes_another_and_never_the_answer():
    assert changed("Which plan costs 99 euros?") == {"Which plan costs 12 euros?"}


def test_word_becomes_its_opposite():
    assert changed("what is the cheapest with monthly payment") == {"what is the cheapest with yearly payment"}


@pytest.mark.parametrize("question", ["what does gold cost", "", "WHAT?"])
def test_question_in_which_nothing_can_be_changed_is_left_out(question):
    assert changed(question, "Nothing here.") == set()


def test_capital_at_the_start_of_a_sentence_is_no_name():
    assert changed("What does the gold plan cost for Anna Berg?", "Gladly. Then she left.") == {
        "What does the gold plan cost for Carl Wolf?"
    }
