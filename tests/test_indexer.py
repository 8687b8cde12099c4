"""Indexing encodes what is new, once, and can be interrupted."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import FakeEncoder

import retrieval.indexer
from knowledge_base.documents import Document, Passage
from knowledge_base.store import KnowledgeBase
from retrieval.indexer import index


@pytest.fixture(name="knowledge_base")
def _knowledge_base(tmp_path: Path) -> Iterator[KnowledgeBase]:
    with KnowledgeBase(tmp_path / "kb.db") as knowledge_base:
        for number, text in enumerate(["Return a lamp within 30 days.", "Shipping costs 14 dollars.", "Reset it."]):
            add(knowledge_base, f"{number}.md", text)
        yield knowledge_base


def add(knowledge_base: KnowledgeBase, name: str, text: str) -> None:
    document = Document(id=name, title="", text=text)
    knowledge_base.add_document(document, [Passage(0, name, "", (), 0, len(text), text)])


def test_every_passage_gets_a_vector(knowledge_base: KnowledgeBase) -> None:
    encoder = FakeEncoder()
    index(knowledge_base, encoder)
    assert knowledge_base.load_vectors(encoder.fingerprint)[0].tolist() == knowledge_base.passage_ids()


def test_it_returns_how_many_it_encoded(knowledge_base: KnowledgeBase) -> None:
    assert index(knowledge_base, FakeEncoder()) == 3


def test_nothing_is_encoded_twice(knowledge_base: KnowledgeBase) -> None:
    index(knowledge_base, FakeEncoder())
    second = FakeEncoder()
    assert (index(knowledge_base, second), second.texts_encoded) == (0, 0)


def test_only_the_changed_document_is_encoded_again(knowledge_base: KnowledgeBase) -> None:
    index(knowledge_base, FakeEncoder())
    add(knowledge_base, "1.md", "Shipping costs 19 dollars.")
    assert index(knowledge_base, FakeEncoder()) == 1


def test_another_encoder_encodes_everything(knowledge_base: KnowledgeBase) -> None:
    index(knowledge_base, FakeEncoder())
    assert index(knowledge_base, FakeEncoder("another")) == 3


def test_progress_counts_to_the_end(knowledge_base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrieval.indexer, "PASSAGES_PER_COMMIT", 2)
    seen: list[tuple[int, int]] = []
    index(knowledge_base, FakeEncoder(), lambda done, total: seen.append((done, total)))
    assert seen == [(2, 3), (3, 3)]


def test_an_interrupted_run_is_continued(knowledge_base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrieval.indexer, "PASSAGES_PER_COMMIT", 1)

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index(knowledge_base, FakeEncoder(), stop)
    assert index(knowledge_base, FakeEncoder()) == 2


def test_title_and_headings_are_part_of_what_is_encoded(knowledge_base: KnowledgeBase) -> None:
    document = Document(id="t.md", title="Warranty", text="24 months.")
    knowledge_base.add_document(document, [Passage(0, "t.md", "Warranty", (), 0, 10, "24 months.")])
    encoder = FakeEncoder()
    index(knowledge_base, encoder)
    ids, vectors = knowledge_base.load_vectors(encoder.fingerprint)
    assert vectors[ids.tolist().index(max(ids))].argmax() == 4
