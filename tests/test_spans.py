import numpy as np
import pytest

from chatbot.spans import (
    MAX_ANSWER_TOKENS,
    ScoredSpan,
    best_spans,
    log_probabilities,
    merge_overlapping,
    to_whole_words,
)


def scores(length, **at):
    """Log probabilities of no answer (p0) and of tokens 1, 2, ... of a passage."""
    row = np.zeros(length, dtype=np.float32)
    for position, value in at.items():
        row[int(position[1:])] = value
    return log_probabilities(row, 1, length - 1)


def offsets(count):
    return np.array([(4 * i, 4 * i + 3) for i in range(count)], dtype=np.int64)


def places(spans):
    return [(span.start // 4 + 1, (span.end + 1) // 4) for span in spans]


def test_start_and_end_are_chosen_together():
    spans = best_spans(scores(6, p2=9, p1=8), scores(6, p1=12, p3=9), offsets(5))
    assert places(spans)[0] == (1, 1)  # the best start lies behind the best end


def test_a_span_never_ends_before_it_starts():
    spans = best_spans(scores(6, p4=9), scores(6, p1=9), offsets(5), top=50)
    assert all(first <= last for first, last in places(spans))


def test_the_span_that_shares_most_with_the_likely_ones_comes_first():
    # The likeliest alone is token 5, but most of what is likely begins at token 2.
    spans = best_spans(scores(7, p2=5, p5=5.1), scores(7, p3=5, p4=5, p5=5.1), offsets(6))
    assert places(spans)[0] == (2, 5)


def test_where_one_span_is_sure_it_is_chosen():
    spans = best_spans(scores(6, p2=20), scores(6, p2=20), offsets(5))
    assert (places(spans)[0], spans[0].expected_f1) == ((2, 2), pytest.approx(1.0, abs=1e-4))


def test_spans_of_a_window_share_no_token():
    found = places(best_spans(scores(8, p2=6, p3=6, p6=5), scores(8, p3=6, p4=6, p6=5), offsets(7)))
    assert len(found) == 3
    assert all(a[1] < b[0] or a[0] > b[1] for n, a in enumerate(found) for b in found[:n])


def test_question_and_lead_tokens_take_no_part():
    logits = np.array([0, 99, 99, 1, 3, 2], dtype=np.float32)
    found = log_probabilities(logits, 3, 3)
    assert found == pytest.approx(np.log(np.exp([0, 1, 3, 2]) / np.exp([0, 1, 3, 2]).sum()), abs=1e-5)


def test_an_answer_is_never_longer_than_the_bound():
    length = 1 + MAX_ANSWER_TOKENS + 20
    spans = best_spans(scores(length, p1=9), scores(length, **{f"p{length - 1}": 9}), offsets(length - 1))
    assert max(last - first + 1 for first, last in places(spans)) <= MAX_ANSWER_TOKENS


def test_the_margin_is_the_lead_over_no_answer():
    spans = best_spans(scores(4, p0=2, p1=5), scores(4, p0=1, p1=5), offsets(3), top=1)
    assert (places(spans), spans[0].margin) == ([(1, 1)], pytest.approx(7.0, abs=1e-5))


def test_a_window_without_an_answer_promises_little():
    spans = best_spans(scores(4, p0=9, p1=5), scores(4, p0=9, p1=5), offsets(3), top=1)
    assert spans[0].expected_f1 < 0.01


def test_a_window_with_fewer_spans_than_asked_gives_those_there_are():
    assert len(best_spans(scores(2), scores(2), offsets(1), top=5)) == 1


def test_of_overlapping_spans_the_better_one_stays():
    worse, better, apart = ScoredSpan(0, 5, 9, 0.3), ScoredSpan(3, 9, 7, 0.7), ScoredSpan(20, 22, 1, 0.1)
    assert merge_overlapping([worse, better, apart]) == [better, apart]


def test_touching_spans_do_not_overlap():
    assert len(merge_overlapping([ScoredSpan(0, 5, 3, 0.3), ScoredSpan(5, 9, 7, 0.7)])) == 2


def test_half_a_word_becomes_the_whole_word():
    assert to_whole_words("the refrigerator", 8, 11) == (4, 16)


def test_a_price_keeps_its_currency_sign_outside_unless_marked():
    assert to_whole_words("costs €14.90 now", 7, 12) == (7, 12)


def test_white_space_at_the_ends_is_not_part_of_an_answer():
    assert to_whole_words("a  word  b", 1, 9) == (3, 7)
