import numpy as np

from chatbot.windows import MAX_LEAD_TOKENS, MAX_QUESTION_TOKENS, WindowLimits, cut_windows, pad_windows
from retrieval.model_types import PairTemplate, Tokens

BERT = PairTemplate(start=(1,), between=(2,), end=(2,), passage_segment=1)
ROBERTA = PairTemplate(start=(0,), between=(2, 2), end=(2,), passage_segment=0)


def tokens(*ids):
    offsets = [(3 * i, 3 * i + 2) for i in range(len(ids))]
    return Tokens(np.array(ids, dtype=np.int64), np.array(offsets, dtype=np.int64).reshape(-1, 2))


def cut(question, lead, text, template=BERT, max_tokens=100, stride=2):
    return cut_windows(question, [(lead, text)], template, WindowLimits(max_tokens, stride))


def test_a_short_passage_is_one_window_in_the_order_question_lead_text():
    (window,) = cut(tokens(10, 11), tokens(20), tokens(30, 31))
    assert window.ids.tolist() == [1, 10, 11, 2, 20, 30, 31, 2]


def test_only_text_tokens_can_answer():
    (window,) = cut(tokens(10, 11), tokens(20), tokens(30, 31))
    assert (window.first, len(window.offsets)) == (5, 2)


def test_segments_are_one_from_the_lead_on_where_the_checkpoint_uses_them():
    (window,) = cut(tokens(10, 11), tokens(20), tokens(30, 31))
    assert window.segments.tolist() == [0, 0, 0, 0, 1, 1, 1, 1]


def test_a_checkpoint_without_segments_gets_none_and_two_separators():
    (window,) = cut(tokens(10), tokens(), tokens(30), template=ROBERTA)
    assert (window.ids.tolist(), window.segments.tolist()) == ([0, 10, 2, 2, 30, 2], [0] * 6)


def test_a_long_passage_is_cut_into_windows_that_overlap_by_the_stride():
    windows = cut(tokens(10), tokens(), tokens(*range(30, 40)), max_tokens=10, stride=2)
    assert [w.ids[w.first : -1].tolist() for w in windows] == [[30, 31, 32, 33, 34, 35], [34, 35, 36, 37, 38, 39]]


def test_windows_of_a_cut_passage_keep_their_own_offsets():
    windows = cut(tokens(10), tokens(), tokens(*range(30, 40)), max_tokens=10, stride=2)
    assert windows[1].offsets[0].tolist() == [12, 14]


def test_no_window_is_longer_than_allowed():
    windows = cut(tokens(*range(200)), tokens(*range(200)), tokens(*range(500)), max_tokens=160, stride=20)
    assert max(len(w.ids) for w in windows) == 160


def test_a_question_of_any_length_leaves_room_for_the_passage():
    (window,) = cut(tokens(*range(5000)), tokens(), tokens(9), max_tokens=160)
    assert window.first == 1 + MAX_QUESTION_TOKENS + 1


def test_a_long_lead_is_cut():
    (window,) = cut(tokens(5), tokens(*range(300)), tokens(9), max_tokens=160)
    assert window.first == 1 + 1 + 1 + MAX_LEAD_TOKENS


def test_an_empty_passage_gives_no_window():
    assert cut(tokens(10), tokens(20), tokens()) == []


def test_every_token_of_the_passage_is_in_some_window():
    windows = cut(tokens(10), tokens(), tokens(*range(100, 157)), max_tokens=23, stride=5)
    assert {i for w in windows for i in w.ids[w.first : -1].tolist()} == set(range(100, 157))


def test_padding_fills_short_rows_and_masks_them():
    long, short = cut(tokens(10), tokens(), tokens(30, 31)) + cut(tokens(10), tokens(), tokens(30))
    batch = pad_windows([long, short], pad_id=7)
    assert batch.ids.tolist() == [[1, 10, 2, 30, 31, 2], [1, 10, 2, 30, 2, 7]]
    assert batch.mask.tolist() == [[1] * 6, [1, 1, 1, 1, 1, 0]]
