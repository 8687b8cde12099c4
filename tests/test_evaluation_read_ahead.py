"""Reading for many questions at once gives what the pipeline gives one by one."""

import pytest

from chatbot.calibration import Calibration
from chatbot.evaluation.read_ahead import NotYetRead, RememberingReader, read_all
from chatbot.pipeline import QAPipeline
from chatbot.reader import Reader
from knowledge_base.documents import Passage
from knowledge_base.store import KnowledgeBase
from retrieval.retriever import RetrievedPassage, Retriever
from tests.fakes import FakeEncoder, FakeReaderNetwork

RETURNS = Passage(1, "returns.md", "", (), 0, 55, "You can return an order within 30 days and get a refund.")
WARRANTY = Passage(2, "warranty.md", "", (), 0, 53, "The warranty of a lamp lasts 5 years after you buy it.")
SHIPPING = Passage(3, "shipping.md", "", (), 0, 51, "Shipping with normal delivery takes 4 days to you.")


def ranked(*passages):
    return [RetrievedPassage(p, 1.0 - rank / 10, 0.9 - rank / 10, 0.0) for rank, p in enumerate(passages)]


ASKED = [
    ("How long can I return an order?", ranked(RETURNS, SHIPPING, WARRANTY), None),
    ("garantía lámpara tiempo", ranked(SHIPPING, WARRANTY, RETURNS), "es"),
    ("Is it blue?", ranked(SHIPPING, RETURNS), None),
]


@pytest.fixture
def pipeline(tmp_path):
    with KnowledgeBase(tmp_path / "kb.db") as knowledge_base:
        retriever = Retriever(knowledge_base, FakeEncoder())
        yield QAPipeline(retriever, Reader(FakeReaderNetwork()), Calibration.default())


def test_candidates_are_those_of_the_pipeline(pipeline):
    one_by_one = [pipeline.read_best_first(*asked) for asked in ASKED]
    together = read_all(pipeline, RememberingReader(pipeline.reader), ASKED)
    assert [candidates for candidates, _ in together] == one_by_one


def test_answer_is_found_in_the_second_passage(pipeline):
    candidates, _ = read_all(pipeline, RememberingReader(pipeline.reader), ASKED)[1]
    assert candidates[0].span.text == "5 years"


def test_passages_read_are_counted(pipeline):
    counts = [read for _, read in read_all(pipeline, RememberingReader(pipeline.reader), ASKED)]
    assert counts == [1, 3, 2]  # the first passage settles the first question


def test_progress_counts_what_is_really_read(pipeline):
    seen = []
    read_all(pipeline, RememberingReader(pipeline.reader), ASKED, seen.append)
    assert sum(seen) == 6


def test_nothing_is_read_twice(pipeline):
    reader = RememberingReader(pipeline.reader)
    read_all(pipeline, reader, ASKED)
    seen = []
    read_all(pipeline, reader, ASKED, seen.append)
    assert seen == []


def test_what_was_not_read_is_named(pipeline):
    with pytest.raises(NotYetRead) as caught:
        RememberingReader(pipeline.reader).read_batch([("Is it blue?", RETURNS)])
    assert caught.value.pairs == (("Is it blue?", RETURNS),)


def test_remembered_spans_come_best_first(pipeline):
    reader = RememberingReader(pipeline.reader)
    reader.read_ahead([("warranty of a lamp", RETURNS), ("warranty of a lamp", WARRANTY)])
    assert reader.read("warranty of a lamp", [RETURNS, WARRANTY])[0].text == "5 years"


def test_fingerprint_is_that_of_the_reader(pipeline):
    assert RememberingReader(pipeline.reader).fingerprint == "fake-reader"
