import itertools

import numpy as np
import pytest
from fakes import FakeReaderNetwork

from chatbot.reader import Reader
from chatbot.windows import WindowLimits
from knowledge_base.documents import Passage


def passage(text, number=1, title="", headings=()):
    return Passage(number, f"doc-{number}.md", title, tuple(headings), 0, len(text), text)


RETURNS = passage("You may return an item within 30 days of delivery.", 1)
LAMPS = passage("The warranty of a lamp is 2 years.", 2)


def test_the_words_are_quoted_verbatim_with_their_place():
    best = Reader(FakeReaderNetwork()).read("How long is the warranty of a lamp?", [LAMPS])[0]
    assert (best.text, best.start, best.end) == ("2 years", 26, 33)


def test_a_question_in_another_language_finds_the_same_words():
    best = Reader(FakeReaderNetwork()).read("¿Qué garantía tiene la lámpara?", [RETURNS, LAMPS])[0]
    assert (best.passage.id, best.text) == (2, "2 years")


def test_the_best_span_of_all_passages_comes_first():
    spans = Reader(FakeReaderNetwork()).read("return an item", [LAMPS, RETURNS])
    assert [spans[0].passage.id, spans[0].margin >= spans[-1].margin] == [1, True]


def test_an_answer_past_the_first_window_is_found_with_offsets_of_the_whole_passage():
    text = "Nothing to see in here. " * 40 + "The warranty of a lamp is 2 years."
    best = Reader(FakeReaderNetwork(), WindowLimits(64, 16)).read("lamp warranty", [passage(text)])[0]
    assert text[best.start : best.end] == "2 years"


def test_the_title_helps_to_read_but_is_never_quoted():
    network = FakeReaderNetwork()
    plain = passage("It is 2 years.", 1)
    titled = passage("It is 2 years.", 2, title="Lamp warranty 5 years")
    spans = Reader(network).read("lamp warranty", [plain, titled])
    assert (spans[0].passage.id, spans[0].text) == (2, "2 years")


def test_without_lead_the_title_is_not_read():
    network = FakeReaderNetwork()
    spans = Reader(network, read_lead=False).read(
        "lamp warranty", [passage("It is 2 years.", 2, title="Lamp warranty")]
    )
    assert spans[0].score < 0.1


def test_spans_of_one_passage_do_not_overlap():
    spans = Reader(FakeReaderNetwork()).read("lamp", [passage("A lamp: 2 years, 3 years or 40 days of lamp.")])
    ordered = sorted((s.start, s.end) for s in spans)
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(ordered))


class GreedyNetwork(FakeReaderNetwork):
    """Would take everything: starts at the first word of the passage, ends at its last."""

    def span_scores(self, batch):
        starts, ends = (np.zeros(batch.ids.shape, dtype=np.float32) for _ in range(2))
        for row, segments in enumerate(batch.segments):
            starts[row, np.argmax(segments)] = ends[row, len(segments) - 2] = 9
        return starts, ends


@pytest.mark.parametrize(
    ("text", "one_answer"),
    [
        ("Open the app\nTap on Add", False),
        ("Product: lamps (FG-50, FG-80) and bulbs; Warranty: 3 years\nProduct: hubs; Warranty: 2 years", False),
        ("The rules.\n\nThe exceptions", False),
        ("a line of a plain text that ends where the page was\nfull is one sentence", True),
    ],
)
def test_list_items_and_paragraphs_are_never_quoted_as_one_but_wrapped_lines_are(text, one_answer):
    spans = Reader(GreedyNetwork()).read("what to do", [passage(text)])
    assert spans
    assert any("\n" in span.text for span in spans) == one_answer


def test_many_questions_are_read_together_and_come_back_in_order():
    found = Reader(FakeReaderNetwork()).read_batch([("lamp warranty", LAMPS), ("return item", RETURNS)])
    assert [spans[0].text for spans in found] == ["2 years", "30 days"]


def test_an_empty_passage_gives_no_span():
    assert Reader(FakeReaderNetwork()).read("lamp", [passage("")]) == []


def test_no_passages_give_no_spans():
    assert Reader(FakeReaderNetwork()).read("lamp", []) == []
