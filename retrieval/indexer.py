"""Encode what has no vectors yet. Interrupted at any moment, the next run continues where this one stopped."""

from knowledge_base.store import KnowledgeBase
from retrieval.encoder import Encoder, Progress

PASSAGES_PER_COMMIT = 64
"""Encoded and stored at once: some seconds of work to lose, and few enough writes."""


def index(knowledge_base: KnowledgeBase, encoder: Encoder, on_progress: Progress | None = None) -> int:
    """Encode the passages without vectors of this encoder; returns how many."""
    waiting = knowledge_base.passages_without_vectors(encoder.fingerprint)
    # By length over all, so that a batch holds little padding.
    waiting.sort(key=lambda passage: (len(passage.indexed_text), passage.id))
    for start in range(0, len(waiting), PASSAGES_PER_COMMIT):
        part = waiting[start : start + PASSAGES_PER_COMMIT]
        vectors = encoder.encode_passages([passage.indexed_text for passage in part])
        knowledge_base.store_vectors(encoder.fingerprint, [passage.id for passage in part], vectors)
        if on_progress is not None:
            on_progress(start + len(part), len(waiting))
    return len(waiting)
