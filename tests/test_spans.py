import numpy as np
import pytest

from chatbot.spans import MAX_ANSWER_TOKENS, ScoredSpan, best_spans, merge_overlapping, to_whole_words


def logits(length, **at):
    row = np.zeros(length, dtype=np.float32)
    for position, value in at.items():
        row[int(position[1:])] = value
    return row


def offsets(count):
    return np.array([(4 * i, 4 * i + 3) for i in range(count)], dtype=np.int64)


def test_start_and_end_are_chosen_together():
    spans = best_spans(logits(8, p4=5, p3=4), logits(8, p3=6, p5=3), first=3, offsets=offsets(5))
    assert (spans[0].start, spans[0].end, spans[0].score) == (0, 3, 10.0)


def test_a_span_never_ends_before_it_starts():
    spans = best_spans(logits(8, p6=9), logits(8, p3=9), first=3, offsets=offsets(5), top=50)
    assert all(span.start < span.end for span in spans)


def test_question_and_lead_tokens_are_never_part_of_an_answer():
    spans = best_spans(logits(8, p1=99, p2=99), logits(8, p1=99, p2=99), first=3, offsets=offsets(5), top=1)
    assert spans[0].score == 0.0


def test_an_answer_is_never_longer_than_the_bound():
    length = 3 + MAX_ANSWER_TOKENS + 20
    spans = best_spans(logits(length, p3=9), logits(length, **{f"p{length - 1}": 9}), 3, offsets(length - 3), top=1)
    assert spans[0].score == 9.0


def test_the_no_answer_score_is_that_of_the_first_token():
    spans = best_spans(logits(6, p0=2, p3=5), logits(6, p0=1, p3=5), first=3, offsets=offsets(3), top=1)
    assert (spans[0].no_answer_score, spans[0].margin) == (3.0, 7.0)


def test_a_window_with_fewer_spans_than_asked_gives_those_there_are():
    assert len(best_spans(logits(4), logits(4), first=3, offsets=offsets(1), top=5)) == 1


def test_no_span_crosses_a_border():
    found = best_spans(
        logits(8, p4=5), logits(8, p5=4, p7=9), first=3, offsets=offsets(5), borders=np.array([12]), top=50
    )
    assert {(span.start < 12, span.end < 12) for span in found} == {(True, True), (False, False)}
    assert (found[0].start, found[0].end) == (4, 11)


def test_of_overlapping_spans_the_larger_margin_stays():
    kept = merge_overlapping([ScoredSpan(0, 5, 3, 0), ScoredSpan(3, 9, 7, 0), ScoredSpan(20, 22, 1, 0)])
    assert kept == [ScoredSpan(3, 9, 7, 0), ScoredSpan(20, 22, 1, 0)]


def test_the_margin_decides_not_the_score():
    kept = merge_overlapping([ScoredSpan(0, 5, 9, 8), ScoredSpan(0, 5, 5, 1)])
    assert kept == [ScoredSpan(0, 5, 5, 1)]


def test_touching_spans_do_not_overlap():
    assert len(merge_overlapping([ScoredSpan(0, 5, 3, 0), ScoredSpan(5, 9, 7, 0)])) == 2


def test_half_a_word_becomes_the_whole_word():
    assert to_whole_words("the refrigerator", 8, 11) == (4, 16)


def test_a_price_keeps_its_currency_sign_outside_unless_marked():
    assert to_whole_words("costs €14.90 now", 7, 12) == (7, 12)


def test_white_space_at_the_ends_is_not_part_of_an_answer():
    assert to_whole_words("a  word  b", 1, 9) == (3, 7)


@pytest.mark.parametrize(
    ("words", "whole"),
    [("35 euros (39 dollars", "35 euros (39 dollars)"), ("39 dollars)", "(39 dollars)"), ("39 dollars", "39 dollars")],
)
def test_a_bracket_comes_with_its_other_half(words, whole):
    text = "It costs 35 euros (39 dollars) a year."
    start, end = to_whole_words(text, text.index(words), text.index(words) + len(words))
    assert text[start:end] == whole


def test_a_bracket_without_its_other_half_beside_it_stays_alone():
    assert to_whole_words("a (b c d) e", 2, 6) == (2, 6)
