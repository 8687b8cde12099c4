"""Question -> answer: retrieve, read best first, decide. Stateless: what evaluation measures is what users get.

Knows nothing of the question's language except as a mild input of the confidence; retrieval and reading never see it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

from chatbot.answer import Answer, Citation, Span
from chatbot.calibration import Calibration, SpanFeatures
from chatbot.reader import Reader
from retrieval.retriever import RetrievedPassage, Retriever

READ_IN_STEPS = (1, 2, 5)
"""Passages read before each check whether more can pay: the first alone settles most questions."""

BEST_HOPED_MARGIN = 12.0
"""Reading scores hardly ever beat "no answer" by more: a passage that could not win even so is not read."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One span with its passage's place in the ranking and how sure we are of it."""

    span: Span
    retrieved: RetrievedPassage
    features: SpanFeatures
    confidence: float


class QAPipeline:
    """Retriever + reader + calibration."""

    def __init__(self, retriever: Retriever, reader: Reader, calibration: Calibration, *, top_k: int = 8) -> None:
        """`top_k`: passages retrieved, an upper bound on passages read."""
        self.retriever = retriever
        self.reader = reader
        self.calibration = calibration
        self._top_k = top_k

    def answer(self, question: str, *, language: str | None = None, threshold: float | None = None) -> Answer:
        """The answer to one question in any language.

        `language` shifts the confidence where calibration knows that language; `threshold` overrides calibration's.
        """
        passages, timings = self.retriever.retrieve_timed(question, self._top_k)
        started = perf_counter()
        candidates = self.read_best_first(question, passages, language)
        timings = {**timings, "read": (perf_counter() - started) * 1000}
        if not candidates:
            return Answer(question, None, 0.0, tuple(passages), timings_ms=timings)
        best = candidates[0]
        citation = Citation(best.span.passage, best.span.start, best.span.end)
        needed = self.calibration.threshold if threshold is None else threshold
        sure = best.confidence >= needed
        return Answer(
            question=question,
            citation=citation if sure else None,
            confidence=best.confidence,
            passages=tuple(passages),
            closest=None if sure else citation,
            timings_ms=timings,
        )

    def read_best_first(
        self, question: str, passages: Sequence[RetrievedPassage], language: str | None = None
    ) -> list[Candidate]:
        """Candidates, surest first, from as many passages as can still change the outcome."""
        spans: list[tuple[int, Span]] = []
        candidates: list[Candidate] = []
        begin = 0
        for step in READ_IN_STEPS:
            if begin >= len(passages) or self._cannot_pay(candidates, passages, begin, language):
                break
            ranks = range(begin, min(begin + step, len(passages)))
            read = self.reader.read_batch([(question, passages[rank].passage) for rank in ranks])
            spans += [(rank, span) for rank, found in zip(ranks, read, strict=True) for span in found]
            begin += step
            candidates = self._weigh(spans, passages, language)
        return candidates

    def _cannot_pay(
        self, candidates: list[Candidate], passages: Sequence[RetrievedPassage], begin: int, language: str | None
    ) -> bool:
        if not candidates:
            return False
        hoped = _features(BEST_HOPED_MARGIN, passages, begin, agreement=0.0)
        return self.calibration.confidence(hoped, language) <= candidates[0].confidence

    def _weigh(
        self, spans: list[tuple[int, Span]], passages: Sequence[RetrievedPassage], language: str | None
    ) -> list[Candidate]:
        passages_saying: dict[str, set[int]] = {}
        for _, span in spans:
            passages_saying.setdefault(_normal(span.text), set()).add(span.passage.id)
        others_read = len({span.passage.id for _, span in spans}) - 1
        candidates = []
        for rank, span in spans:
            agreement = (len(passages_saying[_normal(span.text)]) - 1) / max(1, others_read)
            features = _features(span.margin, passages, rank, agreement, span)
            confidence = self.calibration.confidence(features, language)
            candidates.append(Candidate(span, passages[rank], features, confidence))
        return sorted(candidates, key=lambda c: -c.confidence)


def _normal(text: str) -> str:
    return re.sub(r"\W+", " ", text).strip().casefold()


def _features(
    margin: float, passages: Sequence[RetrievedPassage], rank: int, agreement: float, span: Span | None = None
) -> SpanFeatures:
    others = [p.similarity for index, p in enumerate(passages) if index != rank]
    here = passages[rank]
    return SpanFeatures(
        margin=margin,
        score=span.score if span else margin,
        no_answer_score=span.no_answer_score if span else 0.0,
        similarity=here.similarity,
        similarity_margin=here.similarity - max(others, default=0.0),
        keyword_score=here.keyword_score,
        agreement=agreement,
        retrieval_rank=rank,
    )
