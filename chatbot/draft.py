"""Which questions would an article answer if it were published? Tried on the draft, nothing is stored.

The draft's passages join what retrieval finds in the real knowledge base, at the place their similarity gives them;
then the same reader and the same calibration decide as for a customer. Keyword search does not see the draft, which
makes the forecast a little cautious.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from chatbot.answer import Answer
from chatbot.pipeline import QAPipeline
from knowledge_base.chunking import cut_passages
from knowledge_base.documents import Document, Passage
from retrieval.encoder import Encoder
from retrieval.retriever import RetrievedPassage, Retriever


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


def forecast(
    draft: Document,
    questions: Sequence[AskedQuestion],
    pipeline: QAPipeline,
    encoder: Encoder,
    threshold: float | None = None,
) -> list[Forecast]:
    """For each question what it would get with the draft published (a published version of it left out)."""
    # Negative ids: no stored passage has one, so the draft's cannot be taken for any other.
    passages = [replace(passage, id=-number) for number, passage in enumerate(cut_passages(draft), 1)]
    if not passages or not questions:
        return [Forecast(q.question, q.language, Answer(q.question, None, 0.0, ()), False) for q in questions]
    vectors = encoder.encode_passages([passage.indexed_text for passage in passages])  # (m, dim)
    asked = encoder.encode_questions([question.question for question in questions])  # (n, dim)
    similarities = asked @ vectors.T  # (n, m)
    found = []
    for question, row in zip(questions, similarities, strict=True):
        retriever = _WithDraft(pipeline.retriever, draft.id, passages, [float(value) for value in row])
        trial = QAPipeline(cast(Retriever, retriever), pipeline.reader, pipeline.calibration)
        answer = trial.answer(question.question, language=question.language, threshold=threshold)
        quoted = answer.citation or answer.closest
        found.append(Forecast(question.question, question.language, answer, bool(quoted and quoted.passage.id < 0)))
    return found


class _WithDraft:
    """A retriever that also finds the draft."""

    def __init__(
        self, retriever: Retriever, draft_id: str, passages: Sequence[Passage], similarities: Sequence[float]
    ) -> None:
        self._retriever = retriever
        self._draft_id = draft_id
        self._drafts = sorted(
            (RetrievedPassage(p, 0.0, s, 0.0) for p, s in zip(passages, similarities, strict=True)),
            key=lambda retrieved: -retrieved.similarity,
        )

    def retrieve_timed(self, question: str, top_k: int) -> tuple[list[RetrievedPassage], dict[str, float]]:
        """As `Retriever.retrieve_timed`."""
        stored, timings = self._retriever.retrieve_timed(question, top_k)
        ranked = [retrieved for retrieved in stored if retrieved.passage.document != self._draft_id]
        for draft in self._drafts:
            place = next((i for i, other in enumerate(ranked) if other.similarity < draft.similarity), len(ranked))
            ranked.insert(place, _scored(draft, ranked, place))
        return ranked[:top_k], timings


def _scored(draft: RetrievedPassage, ranked: Sequence[RetrievedPassage], place: int) -> RetrievedPassage:
    """Between its neighbours, so that scores still fall from first to last."""
    around = [ranked[i].score for i in (place - 1, place) if 0 <= i < len(ranked)]
    return replace(draft, score=float(np.mean(around)) if around else 1.0)
