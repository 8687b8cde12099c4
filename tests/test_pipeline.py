import pytest
from fakes import FakeEncoder, FakeReaderNetwork

from chatbot.calibration import Calibration
from chatbot.pipeline import QAPipeline
from chatbot.reader import Reader
from knowledge_base.chunking import cut_passages
from knowledge_base.documents import Document
from knowledge_base.store import KnowledgeBase
from retrieval.indexer import index
from retrieval.retriever import Retriever

DOCUMENTS = {
    "returns.md": "You may return an item within 30 days of delivery.",
    "lamp.md": "The warranty of a lamp is 2 years.",
    "battery.md": "A battery has a warranty of 6 months.",
}


@pytest.fixture
def knowledge_base(tmp_path):
    with KnowledgeBase(tmp_path / "kb.db") as opened:
        for name, text in DOCUMENTS.items():
            document = Document(name, name, text)
            opened.add_document(document, cut_passages(document))
        yield opened


@pytest.fixture
def network():
    return FakeReaderNetwork()


@pytest.fixture
def pipeline(knowledge_base, network):
    encoder = FakeEncoder()
    index(knowledge_base, encoder)
    return QAPipeline(Retriever(knowledge_base, encoder), Reader(network), Calibration.default())


def test_an_answer_cites_the_words_in_their_passage(pipeline):
    answer = pipeline.answer("How long is the warranty of a lamp?", threshold=0.0)
    assert (answer.text, answer.citation.passage.document) == ("2 years", "lamp.md")


def test_a_question_in_spanish_gets_the_english_words(pipeline):
    assert pipeline.answer("¿Qué garantía tiene la lámpara?", threshold=0.0).text == "2 years"


def test_below_the_threshold_there_is_no_answer_but_a_closest_one(pipeline):
    answer = pipeline.answer("How long is the warranty of a lamp?", threshold=1.0)
    assert (answer.text, answer.closest.text) == (None, "2 years")


def test_the_answer_carries_its_probability(pipeline):
    assert 0.0 < pipeline.answer("lamp warranty").confidence < 1.0


def test_the_stages_are_timed(pipeline):
    assert set(pipeline.answer("lamp warranty").timings_ms) == {"encode", "search", "read"}


def test_an_empty_knowledge_base_answers_nothing(tmp_path, network):
    with KnowledgeBase(tmp_path / "empty.db") as empty:
        pipeline = QAPipeline(Retriever(empty, FakeEncoder()), Reader(network), Calibration.default())
        answer = pipeline.answer("lamp warranty")
    assert (answer.text, answer.confidence, answer.passages) == (None, 0.0, ())


def test_reading_stops_when_no_other_passage_could_win(pipeline, network):
    pipeline.calibration = Calibration(
        features=("margin",), means=(0.0,), scales=(1.0,), weights=(0.0,), bias=3.0, threshold=0.5
    )  # every passage is as sure as the first
    pipeline.answer("lamp warranty")
    assert sum(len(batch.ids) for batch in network.batches) == 1


def test_reading_goes_on_while_another_passage_could_win(pipeline, network):
    pipeline.answer("warranty")
    assert sum(len(batch.ids) for batch in network.batches) == len(DOCUMENTS)
