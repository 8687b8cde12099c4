"""A document goes into the knowledge base together with its vectors, in one step.

While people ask, a document that is replaced first and encoded later could not be found in between. Knows nothing of
encoders but the name their vectors are stored under.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge_base.chunking import CUTTER_VERSION, cut_passages
from knowledge_base.documents import Document, Passage
from knowledge_base.store import KnowledgeBase
from knowledge_base.store_files import FileRegister

EncodePassages = Callable[[Sequence[str]], NDArray[np.float32]]
"""Indexed texts -> their vectors (n, dim)."""


@dataclass(frozen=True, slots=True)
class VectorMaker:
    """What encodes passages, and the name under which their vectors are stored."""

    encoder: str
    encode: EncodePassages


class NothingToAnswerFrom(Exception):
    """A document without any passage."""


def publish(
    knowledge_base: KnowledgeBase, document: Document, encoder: str, encode: EncodePassages, *, file: str | None = None
) -> list[Passage]:
    """Insert or replace a document with its passages and vectors; returns the passages as stored.

    Raises NothingToAnswerFrom. `file`: the ingested file that the document still belongs to.
    """
    cut = cut_passages(document)
    if not cut:
        raise NothingToAnswerFrom(f"{document.title or document.id} holds no text to answer from; write some.")
    # Those that stay as they are keep their vectors. Encoding takes long and needs no lock; storing takes milliseconds.
    kept = {passage.indexed_text for passage in knowledge_base.document_passages(document.id)}
    texts = [text for text in dict.fromkeys(p.indexed_text for p in cut) if text not in kept]
    vectors = dict(zip(texts, encode(texts), strict=True)) if texts else {}
    with knowledge_base.connection.transaction():
        knowledge_base.add_document(document, cut, source_hash=source_hash(document), file=file)
        stored = knowledge_base.document_passages(document.id)
        fresh = [passage for passage in stored if passage.indexed_text in vectors]
        if fresh:
            rows = np.stack([vectors[passage.indexed_text] for passage in fresh])
            knowledge_base.store_vectors(encoder, [passage.id for passage in fresh], rows)
    return stored


def recut(
    knowledge_base: KnowledgeBase,
    encoder: str,
    encode: EncodePassages,
    on_progress: Callable[[int, int, str], None] = lambda done, total, name: None,
) -> int:
    """Cut those documents anew that an earlier version of the cutter cut; returns how many."""
    register = FileRegister(knowledge_base)
    infos = knowledge_base.documents()
    count = 0
    for done, info in enumerate(infos):
        on_progress(done, len(infos), info.title)
        document = knowledge_base.document(info.id)
        if document is None or knowledge_base.content_hash(info.id) == source_hash(document):
            continue
        publish(knowledge_base, document, encoder, encode, file=register.owner(info.id) or None)
        count += 1
    on_progress(len(infos), len(infos), "")
    return count


def source_hash(document: Document) -> str:
    """What `ingest` stores as well: equal means there is nothing to do."""
    return f"{document.content_hash}.{CUTTER_VERSION}"
