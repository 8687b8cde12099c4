import pytest

from chatbot.messages import MAX_MESSAGE_CHARS, MessageProblem, clean, problem_of


def test_control_characters_and_line_breaks_become_spaces():
    assert clean("where\x00is\r\nmy \u2028 parcel\x07?") == "where is my parcel ?"


def test_lone_surrogates_are_dropped():
    assert clean("price\ud800?") == "price?"


def test_joiners_that_scripts_need_stay():
    assert clean("می\u200cخواهم") == "می\u200cخواهم"


@pytest.mark.parametrize("message", ["", "   ", "\n\t", "\x00\x01"])
def test_nothing_is_empty(message):
    assert problem_of(clean(message)) is MessageProblem.EMPTY


@pytest.mark.parametrize("message", ["😀😀", "12345", "?!", "12:30 🙂", "①②"])
def test_emoji_and_digits_are_no_words(message):
    assert problem_of(clean(message)) is MessageProblem.NO_WORDS


@pytest.mark.parametrize("message", ["E17", "保証", "كم", "ok", "คืนเงิน"])
def test_a_code_or_one_word_of_any_script_is_a_question(message):
    assert problem_of(clean(message)) is None


def test_a_message_of_fifty_thousand_characters_is_too_long():
    assert problem_of(clean("why " * 12_500)) is MessageProblem.TOO_LONG


def test_the_longest_allowed_message_is_a_question():
    assert problem_of("w" * MAX_MESSAGE_CHARS) is None
