"""A question in any language -> ranked English passages."""

from dataclasses import dataclass

from knowledge_base.documents import Passage


@dataclass(frozen=True, slots=True)
class RetrievedPassage:
    """A passage with the reasons for its rank."""

    passage: Passage
    score: float
    """The fused score the passages are ranked by; comparable within one question only."""
    similarity: float
    """Cosine between question and passage vectors."""
    keyword_score: float
    """BM25, higher is better; 0 when no keyword matched."""
