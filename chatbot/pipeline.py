"""Question -> answer: retrieve, read best first, decide. Stateless: what evaluation measures is what users get.

The question's language is a mild input of the confidence and says in which dictionary its words are looked up.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from time import perf_counter

from chatbot.answer import Answer, Citation, Span
from chatbot.calibration import Calibration, SpanFeatures
from chatbot.follow_up import EMPTY_QUESTIONS, SMALL_TALK, Landmarks, PastTurn, repeats, signs
from chatbot.reader import Reader
from retrieval.model_types import FloatArray
from retrieval.retriever import QuestionScores, RetrievedPassage, Retriever

READ_IN_STEPS = (1, 2, 5)
"""Passages read before each check whether more can pay: the first alone settles most questions."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One span with its passage's place in the ranking and how sure we are of it."""

    span: Span
    retrieved: RetrievedPassage
    features: SpanFeatures
    confidence: float

    @property
    def citation(self) -> Citation:
        """Where the span stands."""
        return self.span.citation


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to take a question: the words to read with and the passages they found."""

    text: str
    passages: tuple[RetrievedPassage, ...]
    earlier: tuple[str, ...] = ()
    said: tuple[Citation, ...] = ()
    """Quoted already. The earlier questions in `text` ask for just that, so it answers nothing new."""


class QAPipeline:
    """Retriever + reader + calibration."""

    def __init__(self, retriever: Retriever, reader: Reader, calibration: Calibration, *, top_k: int = 8) -> None:
        """`top_k`: passages retrieved, an upper bound on passages read."""
        self.retriever = retriever
        self.reader = reader
        self.calibration = calibration
        self._top_k = top_k

    def answer(
        self,
        question: str,
        *,
        language: str | None = None,
        threshold: float | None = None,
        history: PastTurn | None = None,
    ) -> Answer:
        """The answer to one question in any language.

        `language` (ISO 639-1, None = unknown) picks the dictionary, and shifts the confidence where calibration knows
        that language; `threshold` overrides calibration's.
        `history`: what the question may be a follow-up to.
        """
        needed = self.calibration.threshold if threshold is None else threshold
        ways, timings = self._ways(question, language, history)
        started = perf_counter()
        way, best = self._surest(ways, language, needed)
        timings = {**timings, "read": (perf_counter() - started) * 1000}
        answer = Answer(question, None, 0.0, way.passages, timings_ms=timings, completed_by=way.earlier)
        if best is None:
            return answer
        if best.confidence >= needed:
            return replace(answer, citation=best.citation, confidence=best.confidence)
        return replace(answer, closest=best.citation, confidence=best.confidence)

    def _ways(
        self, question: str, language: str | None, history: PastTurn | None
    ) -> tuple[list[_Way], dict[str, float]]:
        """How to take a question: as it stands, or first completed from the conversation."""
        if history is None:
            passages, timings = self.retriever.retrieve_timed(question, self._top_k, language)
            return [_Way(question, tuple(passages))], timings
        started = perf_counter()
        vector = self.retriever.encoder.encode_questions([question], [language])[0]
        encode_ms = (perf_counter() - started) * 1000
        scores = self.retriever.score(question, vector, language)
        passages, rerank = self.retriever.rank_timed(scores, self._top_k)
        alone = _Way(question, tuple(passages))
        ways = [alone]
        if self._follow_up_logit(question, vector, scores, alone, history) > 0:
            complete = history.complete_for_search(question)
            found, timings = self.retriever.retrieve_timed(complete, self._top_k, language)
            encode_ms += timings["encode"]
            rerank = {stage: ms + timings[stage] for stage, ms in rerank.items()}
            text = history.complete_for_reading(question)
            ways = [_Way(text, tuple(found), history.questions, history.said), alone]
        search_ms = (perf_counter() - started) * 1000 - encode_ms - sum(rerank.values())
        return ways, {"encode": encode_ms, "search": search_ms, **rerank}

    def _follow_up_logit(
        self, question: str, vector: FloatArray, scores: QuestionScores, alone: _Way, history: PastTurn
    ) -> float:
        if not alone.passages:
            return float("-inf")
        topic_score = self.retriever.best_of_document(scores, history.citation.passage.document)
        best_score = max(found.score for found in alone.passages)  # not the first's where a reranker ranked
        return signs(question, self.landmarks.likeness(vector), topic_score, best_score).logit()

    @cached_property
    def landmarks(self) -> Landmarks:
        """What tells follow-ups from other questions with this encoder."""
        vectors = self.retriever.encoder.encode_questions((*EMPTY_QUESTIONS, *SMALL_TALK))
        return Landmarks(vectors[: len(EMPTY_QUESTIONS)], vectors[len(EMPTY_QUESTIONS) :])

    def _surest(self, ways: Sequence[_Way], language: str | None, needed: float) -> tuple[_Way, Candidate | None]:
        """The first way with an answer that is sure enough, else the surest of all."""
        found: list[tuple[_Way, Candidate | None]] = []
        for way in ways:
            best = next(iter(self.read_best_first(way.text, way.passages, language, way.said)), None)
            if best and best.confidence >= needed:
                return way, best
            found.append((way, best))
        return max(found, key=lambda pair: pair[1].confidence if pair[1] else -1.0)

    def read_best_first(
        self,
        question: str,
        passages: Sequence[RetrievedPassage],
        language: str | None = None,
        said: Sequence[Citation] = (),
    ) -> list[Candidate]:
        """Candidates, surest first, from as many passages as can still change the outcome.

        `said`: quoted already; what repeats it is none.
        """
        text = self.reader.wording(question, language)
        spans: list[tuple[int, Span]] = []
        candidates: list[Candidate] = []
        begin = 0
        for step in READ_IN_STEPS:
            if begin >= len(passages) or self._cannot_pay(candidates, passages, begin, language):
                break
            ranks = range(begin, min(begin + step, len(passages)))
            read = self.reader.read_batch([(text, passages[rank].passage) for rank in ranks])
            for rank, found in zip(ranks, read, strict=True):
                spans += [(rank, span) for span in found if not any(repeats(span.citation, s) for s in said)]
            begin += step
            candidates = self._weigh(spans, passages, language)
        return candidates

    def _cannot_pay(
        self, candidates: list[Candidate], passages: Sequence[RetrievedPassage], begin: int, language: str | None
    ) -> bool:
        if not candidates:
            return False
        hoped = self.calibration.hope(_features(passages, begin))
        return self.calibration.confidence(hoped, language) <= candidates[0].confidence

    def _weigh(
        self, spans: list[tuple[int, Span]], passages: Sequence[RetrievedPassage], language: str | None
    ) -> list[Candidate]:
        candidates = []
        for rank, span in spans:
            words = len(span.text.split())
            features = replace(_features(passages, rank), margin=span.margin, span_words=words)
            confidence = self.calibration.confidence(features, language)
            candidates.append(Candidate(span, passages[rank], features, confidence))
        return sorted(candidates, key=lambda c: -c.confidence)


def _features(passages: Sequence[RetrievedPassage], rank: int) -> SpanFeatures:
    """What retrieval says of a passage, before anything is read in it."""
    here = passages[rank]
    others = [passage.similarity for index, passage in enumerate(passages) if index != rank]
    return SpanFeatures(
        similarity=here.similarity,
        similarity_margin=here.similarity - max(others, default=0.0),
        keyword_score=here.keyword_score,
        retrieval_rank=rank,
    )
