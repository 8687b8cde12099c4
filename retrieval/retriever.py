"""A question in any language -> ranked English passages."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from knowledge_base.documents import Passage
from knowledge_base.store import KnowledgeBase
from retrieval.dictionary import Dictionary
from retrieval.encoder import Encoder
from retrieval.fusion import KEYWORD_WEIGHT, TRANSLATED_WEIGHT, fuse, standard_scores
from retrieval.model_types import FloatArray, IntArray
from retrieval.reranker import Reranker
from retrieval.vector_index import VectorIndex

KEYWORD_CANDIDATES = 100
"""Keyword hits looked at: below that rank a passage shares one common word with the question."""

RERANKED = 20
"""Passages the reranker reads: what search ranks lower is hardly ever what answers."""

NEVER = -1  # no version of a knowledge base


@dataclass(frozen=True, slots=True)
class RetrievedPassage:
    """A passage with the reasons for its rank."""

    passage: Passage
    score: float
    """The fused score the passages are ranked by where no reranker is; comparable within one question only."""
    similarity: float
    """Cosine between question and passage vectors."""
    keyword_score: float
    """BM25, higher is better; 0 when no keyword matched."""
    relevance: float | None = None
    """The reranker's logit, by which the passages are ranked then; None without one."""


@dataclass(frozen=True, slots=True)
class QuestionScores:
    """What one question scores against every passage of an index."""

    question: str
    vector: FloatArray  # (dim,)
    ids: IntArray  # (n,) ascending
    similarities: FloatArray  # (n,) cosines
    keywords: Mapping[int, float]
    """Passage id -> BM25, where keyword search found something."""
    keyword_weight: float = KEYWORD_WEIGHT
    """Standard deviations of similarity that one unit of that BM25 is worth."""


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """An index and the version of the knowledge base it was read from."""

    version: int
    index: VectorIndex


class Retriever:
    """Finds passages of one knowledge base with one encoder. Threads may share it."""

    def __init__(
        self,
        knowledge_base: KnowledgeBase,
        encoder: Encoder,
        reranker: Reranker | None = None,
        dictionary: Dictionary | None = None,
    ) -> None:
        """`reranker`: puts the best passages in order once more; None = they stay as search found them.

        `dictionary`: lets keyword search find English words that the question says in another language.
        """
        self._knowledge_base = knowledge_base
        self._encoder = encoder
        self._reranker = reranker
        self._dictionary = dictionary
        self._snapshot = _Snapshot(NEVER, VectorIndex(np.zeros(0, np.int64), np.zeros((0, encoder.dim), np.float32)))
        self._reloading = threading.Lock()

    @property
    def encoder(self) -> Encoder:
        """What turns questions into vectors here."""
        return self._encoder

    def retrieve(self, question: str, top_k: int = 8, language: str | None = None) -> list[RetrievedPassage]:
        """The best passages for a question, best first. `language`: of the question (ISO 639-1), None = unknown."""
        return self.retrieve_timed(question, top_k, language)[0]

    def retrieve_timed(
        self, question: str, top_k: int = 8, language: str | None = None
    ) -> tuple[list[RetrievedPassage], dict[str, float]]:
        """The same, with the milliseconds of its stages "encode", "search" and, with a reranker, "rerank"."""
        started = time.perf_counter()
        vector = self._encoder.encode_questions([question], [language])[0]
        encoded = time.perf_counter()
        found, timings = self.rank_timed(self.score(question, vector, language), top_k)
        whole_ms = (time.perf_counter() - started) * 1000
        encode_ms = (encoded - started) * 1000
        rerank_ms = timings.get("rerank", 0.0)
        return found, {"encode": encode_ms, "search": whole_ms - encode_ms - rerank_ms, **timings}

    def rank_timed(self, scores: QuestionScores, top_k: int) -> tuple[list[RetrievedPassage], dict[str, float]]:
        """The best passages by those scores, as `retrieve` gives them, and the time of "rerank"."""
        if self._reranker is None:
            return self.best(scores, top_k), {}
        found = self.best(scores, max(top_k, RERANKED))
        started = time.perf_counter()
        relevance = self._reranker.relevance(scores.question, [hit.passage.indexed_text for hit in found]).tolist()
        judged = [replace(hit, relevance=logit) for hit, logit in zip(found, relevance, strict=True)]
        judged.sort(key=lambda hit: -(hit.relevance or 0.0))  # a stable sort: equals stay as search had them
        return judged[:top_k], {"rerank": (time.perf_counter() - started) * 1000}

    def score(self, question: str, vector: FloatArray, language: str | None = None) -> QuestionScores:
        """What the question, encoded as `vector`, scores against every passage of the present index."""
        translations = self._dictionary.terms(question, language) if self._dictionary else {}
        keywords = dict(self._knowledge_base.keyword_search(question, KEYWORD_CANDIDATES, translations))
        weight = TRANSLATED_WEIGHT if translations else KEYWORD_WEIGHT
        index = self._current_index()
        return QuestionScores(question, vector, index.ids, index.scores(vector), keywords, weight)

    def best(self, scores: QuestionScores, top_k: int) -> list[RetrievedPassage]:
        """The best passages by those scores alone, best first."""
        found, complete = self._found(scores, top_k)
        if not complete:
            # Another thread or process replaced a document since the index was read: what stands there now counts.
            index = self._current_index(wait=True)
            scores = replace(scores, ids=index.ids, similarities=index.scores(scores.vector))
            found, _ = self._found(scores, top_k)
        return found

    def _found(self, scores: QuestionScores, top_k: int) -> tuple[list[RetrievedPassage], bool]:
        """The best passages, and whether all of them are still there."""
        ranked = fuse(scores.ids, scores.similarities, scores.keywords, top_k, scores.keyword_weight)
        by_id = {passage.id: passage for passage in self._knowledge_base.passages([hit.id for hit in ranked])}
        found = [
            RetrievedPassage(by_id[hit.id], hit.score, hit.similarity, hit.keyword_score)
            for hit in ranked
            if hit.id in by_id
        ]
        return found, len(found) == len(ranked)

    def best_of_document(self, scores: QuestionScores, document: str) -> float:
        """The highest fused score among the passages of one document; minus infinity when it has none."""
        wanted = [passage.id for passage in self._knowledge_base.document_passages(document)]
        places = np.flatnonzero(np.isin(scores.ids, wanted))
        if not len(places):
            return float("-inf")
        bm25 = np.array([scores.keywords.get(int(passage), 0.0) for passage in scores.ids[places]])
        return float((standard_scores(scores.similarities)[places] + scores.keyword_weight * bm25).max())

    def _current_index(self, *, wait: bool = False) -> VectorIndex:
        """The index of the present version; while one thread reads it anew, the others use the old one or `wait`."""
        version = self._knowledge_base.version()
        snapshot = self._snapshot
        if snapshot.version == version:
            return snapshot.index
        # The first index of all must be waited for; after that, an old whole one beats waiting.
        if not self._reloading.acquire(blocking=wait or snapshot.version == NEVER):
            return snapshot.index
        try:
            if self._snapshot.version != version:
                self._snapshot = _Snapshot(
                    version, VectorIndex(*self._knowledge_base.load_vectors(self._encoder.fingerprint))
                )
            return self._snapshot.index
        finally:
            self._reloading.release()
