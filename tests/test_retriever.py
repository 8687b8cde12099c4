"""A question in any language finds its English passage; the index follows the knowledge base."""

import lzma
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fakes import FakeEncoder

from knowledge_base.documents import Document, Passage
from knowledge_base.store import KnowledgeBase
from retrieval.dictionary import Dictionary
from retrieval.encoder import Encoder
from retrieval.indexer import index
from retrieval.model_types import FloatArray, IntArray
from retrieval.retriever import Retriever

TEXTS = {
    "returns.md": "You can return a lamp within 30 days.",
    "shipping.md": "Shipping costs 14.90 dollars.",
    "codes.md": "Error E47 means that the water tank is empty.",
    "password.md": "Reset your password by email.",
}


def add(knowledge_base: KnowledgeBase, name: str, text: str) -> None:
    document = Document(id=name, title="", text=text)
    knowledge_base.add_document(document, [Passage(0, name, "", (), 0, len(text), text)])


@pytest.fixture(name="knowledge_base")
def _knowledge_base(tmp_path: Path) -> Iterator[KnowledgeBase]:
    with KnowledgeBase(tmp_path / "kb.db") as knowledge_base:
        for name, text in TEXTS.items():
            add(knowledge_base, name, text)
        index(knowledge_base, FakeEncoder())
        yield knowledge_base


def found(retriever: Retriever, question: str) -> list[str]:
    return [hit.passage.document for hit in retriever.retrieve(question)]


def test_a_spanish_question_finds_the_english_passage(knowledge_base: KnowledgeBase) -> None:
    assert found(Retriever(knowledge_base, FakeEncoder()), "¿Cuánto cuesta el envío?")[0] == "shipping.md"


def test_a_japanese_question_finds_the_english_passage(knowledge_base: KnowledgeBase) -> None:
    assert found(Retriever(knowledge_base, FakeEncoder()), "返品は何日までですか")[0] == "returns.md"


def test_an_error_code_finds_its_passage_in_any_language(knowledge_base: KnowledgeBase) -> None:
    assert found(Retriever(knowledge_base, FakeEncoder()), "E47とは何ですか")[0] == "codes.md"


def test_a_hit_says_how_near_it_is_and_what_matched(knowledge_base: KnowledgeBase) -> None:
    hit = Retriever(knowledge_base, FakeEncoder()).retrieve("E47?")[0]
    assert (hit.similarity, hit.keyword_score > 0) == (0.0, True)


def test_no_more_than_top_k_are_found(knowledge_base: KnowledgeBase) -> None:
    assert len(Retriever(knowledge_base, FakeEncoder()).retrieve("lamp", top_k=2)) == 2


def test_an_empty_question_does_not_crash(knowledge_base: KnowledgeBase) -> None:
    assert len(found(Retriever(knowledge_base, FakeEncoder()), "")) == 4


def test_search_syntax_in_a_question_is_harmless(knowledge_base: KnowledgeBase) -> None:
    assert len(found(Retriever(knowledge_base, FakeEncoder()), '" * NEAR( -')) == 4


def test_an_empty_knowledge_base_finds_nothing(tmp_path: Path) -> None:
    with KnowledgeBase(tmp_path / "empty.db") as empty:
        assert found(Retriever(empty, FakeEncoder()), "lamp") == []


def test_a_new_document_is_found_without_a_restart(knowledge_base: KnowledgeBase) -> None:
    retriever = Retriever(knowledge_base, FakeEncoder())
    found(retriever, "warranty")
    add(knowledge_base, "warranty.md", "The warranty lasts 24 months.")
    index(knowledge_base, FakeEncoder())
    assert found(retriever, "Garantie?")[0] == "warranty.md"


def test_a_document_that_another_process_added_is_found(knowledge_base: KnowledgeBase) -> None:
    retriever = Retriever(knowledge_base, FakeEncoder())
    found(retriever, "warranty")
    with KnowledgeBase(knowledge_base.path) as other:
        add(other, "warranty.md", "The warranty lasts 24 months.")
        index(other, FakeEncoder())
    assert found(retriever, "Garantie?")[0] == "warranty.md"


def test_a_removed_document_is_no_longer_found(knowledge_base: KnowledgeBase) -> None:
    retriever = Retriever(knowledge_base, FakeEncoder())
    found(retriever, "lamp")
    knowledge_base.remove_document("returns.md")
    assert "returns.md" not in found(retriever, "lamp")


def test_a_document_that_is_not_encoded_yet_is_found_by_its_words(knowledge_base: KnowledgeBase) -> None:
    retriever = Retriever(knowledge_base, FakeEncoder())
    add(knowledge_base, "new.md", "The turbidity of the fountain is measured hourly.")
    assert "new.md" in found(retriever, "turbidity fountain")


def test_a_question_is_encoded_once(knowledge_base: KnowledgeBase) -> None:
    encoder = FakeEncoder()
    Retriever(knowledge_base, encoder).retrieve("lamp")
    assert encoder.texts_encoded == 1


def test_the_time_of_each_stage_is_told(knowledge_base: KnowledgeBase) -> None:
    _, timings = Retriever(knowledge_base, FakeEncoder()).retrieve_timed("lamp")
    assert sorted(timings) == ["encode", "search"]


class SlowKnowledgeBase(KnowledgeBase):
    """Waits inside `load_vectors` until told to go on."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.go_on = threading.Event()
        self.go_on.set()
        self.reading = threading.Event()

    def load_vectors(self, encoder: str) -> tuple[IntArray, FloatArray]:
        self.reading.set()
        self.go_on.wait(timeout=30)
        return super().load_vectors(encoder)


def test_a_question_asked_while_the_index_is_read_anew_gets_the_old_whole_one(knowledge_base: KnowledgeBase) -> None:
    with SlowKnowledgeBase(knowledge_base.path) as slow:
        retriever = Retriever(slow, FakeEncoder())
        found(retriever, "lamp")
        add(slow, "warranty.md", "The warranty lasts 24 months.")
        slow.reading.clear()
        slow.go_on.clear()
        reader = threading.Thread(target=found, args=(retriever, "lamp"))
        reader.start()
        slow.reading.wait(timeout=30)
        try:
            assert found(retriever, "cuesta envío")[0] == "shipping.md"
        finally:
            slow.go_on.set()
            reader.join()


def test_many_threads_get_what_one_gets(knowledge_base: KnowledgeBase) -> None:
    retriever = Retriever(knowledge_base, FakeEncoder())
    answers: list[list[str]] = []
    threads = [
        threading.Thread(target=lambda: answers.append(found(retriever, "devolver una lámpara"))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [found(retriever, "devolver una lámpara")] * 8


def test_vectors_of_another_encoder_are_not_used(knowledge_base: KnowledgeBase) -> None:
    class Sideways(FakeEncoder):
        def encode_questions(self, texts: list[str], languages: list[str | None] | None = None) -> FloatArray:  # type: ignore[override]
            return np.roll(Encoder.encode_questions(self, texts, languages), 1, axis=1)

    retriever = Retriever(knowledge_base, Sideways("another"))
    assert retriever.retrieve("zurückgeben") == []


def test_a_dictionary_lets_keywords_find_what_another_language_asks_for(
    knowledge_base: KnowledgeBase, tmp_path: Path
) -> None:
    (tmp_path / "sw.tsv.xz").write_bytes(lzma.compress(b"maji\twater 80\ntangi\ttank 90\n"))
    retriever = Retriever(knowledge_base, FakeEncoder(), dictionary=Dictionary(tmp_path))
    assert retriever.retrieve("tangi la maji", language="sw")[0].passage.document == "codes.md"
    assert retriever.retrieve("tangi la maji", language="sw")[0].keyword_score > 0
    assert all(hit.keyword_score == 0 for hit in retriever.retrieve("tangi la maji"))
