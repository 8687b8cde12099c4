"""Which questions would an article answer if it were published? Tried on the draft, nothing is stored.

The draft's passages join what retrieval finds in the real knowledge base, at the place their similarity gives them;
then the same reader and the same calibration decide as for a customer. Keyword search does not see the draft, which
makes the forecast a little cautious.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import cast

import numpy as np

from chatbot.answer import Answer
from chatbot.calibration import Calibration
from chatbot.pipeline import QAPipeline
from knowledge_base.chunking import cut_passages
from knowledge_base.documents import Document, Passage
from retrieval.encoder import Encoder
from retrieval.model_types import FloatArray
from retrieval.retriever import RetrievedPassage, Retriever

REMEMBERED_QUESTIONS = 512


@dataclass(frozen=True, slots=True)
class Forecast:
    """What one question would get."""

    question: str
    language: str | None
    answer: Answer
    by_draft: bool
    """The answer, if there is one, stands in the draft."""

    @property
    def answered(self) -> bool:
        """An answer would be given, out of the draft."""
        return self.by_draft and self.answer.citation is not None


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question and its language, as far as known."""

    question: str
    language: str | None


class Forecaster:
    """Tries drafts. Remembers what retrieval found, because a draft is tried again with every few words written."""

    def __init__(self, pipeline: QAPipeline, encoder: Encoder, threshold: Callable[[], float | None]) -> None:
        """`threshold`: gives the one that replies are given with at the moment; None = what calibration found."""
        self._pipeline = pipeline
        self._encoder = encoder
        self._threshold = threshold
        self._vector = lru_cache(maxsize=REMEMBERED_QUESTIONS)(self._encode)
        self._retrieve = lru_cache(maxsize=REMEMBERED_QUESTIONS)(self._retrieve_stored)

    def forecast(self, draft: Document, questions: Sequence[AskedQuestion], version: int) -> list[Forecast]:
        """For each question what it would get with the draft published (a published version of it left out).

        `version`: of the knowledge base; what was found in another is not used.
        """
        # Negative ids: no stored passage has one, so the draft's cannot be taken for any other.
        passages = [replace(passage, id=-number) for number, passage in enumerate(cut_passages(draft), 1)]
        if not passages or not questions:
            return [Forecast(q.question, q.language, Answer(q.question, None, 0.0, ()), False) for q in questions]
        vectors = self._encoder.encode_passages([passage.indexed_text for passage in passages])  # (m, dim)
        return [self._one(draft.id, passages, vectors, question, version) for question in questions]

    def _one(
        self, draft_id: str, passages: Sequence[Passage], vectors: FloatArray, asked: AskedQuestion, version: int
    ) -> Forecast:
        similarities = vectors @ self._vector(asked.question, asked.language)  # (m,)
        drafts = [
            RetrievedPassage(passage, 0.0, float(similarity), 0.0)
            for passage, similarity in zip(passages, similarities, strict=True)
        ]
        stored = [r for r in self._retrieve(asked.question, asked.language, version) if r.passage.document != draft_id]
        trial = QAPipeline(cast(Retriever, _Found(_joined(stored, drafts))), self._pipeline.reader, self._calibration)
        answer = trial.answer(asked.question, language=asked.language, threshold=self._threshold())
        quoted = answer.citation or answer.closest
        return Forecast(asked.question, asked.language, answer, bool(quoted and quoted.passage.id < 0))

    @property
    def _calibration(self) -> Calibration:
        return self._pipeline.calibration

    def _encode(self, question: str, language: str | None) -> FloatArray:
        vector: FloatArray = self._encoder.encode_questions([question], [language])[0]
        return vector

    def _retrieve_stored(self, question: str, language: str | None, version: int) -> tuple[RetrievedPassage, ...]:
        return tuple(self._pipeline.retriever.retrieve(question, language=language))


@dataclass(frozen=True, slots=True)
class _Found:
    """Stands where the pipeline expects a retriever; what is found is known already."""

    passages: Sequence[RetrievedPassage]

    def retrieve_timed(
        self, question: str, top_k: int, language: str | None
    ) -> tuple[list[RetrievedPassage], dict[str, float]]:
        """As `Retriever.retrieve_timed`."""
        return list(self.passages[:top_k]), {}


def _joined(stored: Sequence[RetrievedPassage], drafts: Sequence[RetrievedPassage]) -> list[RetrievedPassage]:
    ranked = list(stored)
    for draft in sorted(drafts, key=lambda retrieved: -retrieved.similarity):
        place = next((i for i, other in enumerate(ranked) if other.similarity < draft.similarity), len(ranked))
        ranked.insert(place, _scored(draft, ranked, place))
    return ranked


def _scored(draft: RetrievedPassage, ranked: Sequence[RetrievedPassage], place: int) -> RetrievedPassage:
    """Between its neighbours, so that scores still fall from first to last."""
    around = [ranked[i].score for i in (place - 1, place) if 0 <= i < len(ranked)]
    return replace(draft, score=float(np.mean(around)) if around else 1.0)
