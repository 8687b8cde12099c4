"""Questions through the three layers: gold passage read, whole collection ranked, whole collection asked."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from chatbot.calibration import Calibration
from chatbot.evaluation import metrics
from chatbot.evaluation.outcomes import Outcome, stored
from chatbot.evaluation.question_sets import Question
from chatbot.evaluation.read_ahead import Pair, RememberingReader, read_all
from chatbot.pipeline import Candidate, QAPipeline
from knowledge_base.documents import Passage
from knowledge_base.store import KnowledgeBase
from retrieval.model_types import FloatArray
from retrieval.retriever import RetrievedPassage

RANKING_DEPTH = 100
"""Passages ranked for recall and MRR: a gold document further down adds less than 0.01 to its reciprocal rank."""

Progress = Callable[[str, int], None]
"""Called with the layer and the number of questions or passages just done."""


@dataclass(frozen=True, slots=True)
class Collection:
    """The passages of every document of the collection."""

    passages: Mapping[str, Sequence[Passage]]

    @classmethod
    def of(cls, knowledge_base: KnowledgeBase) -> "Collection":
        """All passages of a knowledge base, by document."""
        by_document: dict[str, list[Passage]] = defaultdict(list)
        for passage in knowledge_base.passages(knowledge_base.passage_ids()):
            by_document[passage.document].append(passage)
        return cls(by_document)

    def gold_passages(self, question: Question) -> list[Passage]:
        """The passages of the gold document that hold a gold answer; all of it where an answer spans a cut."""
        passages = list(self.passages.get(question.document or "", ()))
        holding = [p for p in passages if any(answer in p.text for answer in question.answers)]
        return holding or passages


@dataclass(frozen=True, slots=True)
class Measurer:
    """A pipeline over a collection, ready to be asked."""

    pipeline: QAPipeline
    collection: Collection
    detect: Callable[[str], str | None]
    """Question -> language, as the running program would see it; the true language is not known to users' bots."""
    top_k: int = 8
    """Passages handed to the reader at most."""
    reader: RememberingReader = field(init=False)
    vectors: dict[str, FloatArray] = field(init=False, default_factory=dict)
    """Question -> its unit vector, so that asking again costs a search only."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "reader", RememberingReader(self.pipeline.reader))

    def calibrated(self, calibration: Calibration) -> "Measurer":
        """The same collection, with everything read so far, under another calibration."""
        other = replace(self, pipeline=QAPipeline(self.pipeline.retriever, self.pipeline.reader, calibration))
        object.__setattr__(other, "reader", self.reader)
        object.__setattr__(other, "vectors", self.vectors)
        return other

    def measure(self, questions: Sequence[Question], on_progress: Progress | None = None) -> list[Outcome]:
        """The outcome of every question, in order."""
        note = on_progress or _ignore
        rankings = self._rank(questions, RANKING_DEPTH, note)
        gold = [self._gold_pairs(question) for question in questions]
        self.reader.read_ahead([pair for pairs in gold for pair in pairs], lambda n: note("read", n))
        asked = [
            (question.text, ranking[: self.top_k], self.detect(question.text))
            for question, ranking in zip(questions, rankings, strict=True)
        ]
        answered = read_all(self.pipeline, self.reader, asked, lambda n: note("read", n))
        return [
            stored(self._outcome(question, self._read_gold(pairs), ranking, candidates, passages_read))
            for question, pairs, ranking, (candidates, passages_read) in zip(
                questions, gold, rankings, answered, strict=True
            )
        ]

    def candidates(self, questions: Sequence[Question], on_progress: Progress | None = None) -> list[list[Candidate]]:
        """What the pipeline weighs for every question, surest first."""
        note = on_progress or _ignore
        asked = [
            (question.text, ranking, self.detect(question.text))
            for question, ranking in zip(questions, self._rank(questions, self.top_k, note), strict=True)
        ]
        return [found for found, _ in read_all(self.pipeline, self.reader, asked, lambda n: note("read", n))]

    def _rank(self, questions: Sequence[Question], depth: int, note: Progress) -> list[list[RetrievedPassage]]:
        """As `Retriever.retrieve` ranks, with the questions encoded together."""
        retriever = self.pipeline.retriever
        new = [text for text in dict.fromkeys(q.text for q in questions) if text not in self.vectors]
        if new:
            vectors = retriever.encoder.encode_questions(new, [self.detect(text) for text in new])
            self.vectors.update(zip(new, vectors, strict=True))
        rankings = []
        for question in questions:
            scores = retriever.score(question.text, self.vectors[question.text], self.detect(question.text))
            rankings.append(retriever.rank_timed(scores, depth)[0])
            note("ranked", 1)
        return rankings

    def _gold_pairs(self, question: Question) -> list[Pair]:
        if not question.answerable:
            return []
        text = self.reader.wording(question.text, self.detect(question.text))
        return [(text, passage) for passage in self.collection.gold_passages(question)]

    def _read_gold(self, pairs: Sequence[Pair]) -> str | None:
        spans = [span for found in self.reader.read_batch(pairs) for span in found]
        return max(spans, key=lambda span: span.margin).text if spans else None

    def _outcome(
        self,
        question: Question,
        reading: str | None,
        ranking: Sequence[RetrievedPassage],
        candidates: Sequence[Candidate],
        passages_read: int,
    ) -> Outcome:
        best = candidates[0] if candidates else None
        surest_read = max(candidates, key=lambda c: c.span.margin, default=None)
        text = best.span.text if best else None
        confidence = best.confidence if best else 0.0
        golds, asked = question.answers, question.answerable
        documents = [retrieved.passage.document for retrieved in ranking]
        return Outcome(
            id=question.id,
            language=question.language,
            kind=question.kind,
            cluster=question.cluster,
            answerable=asked,
            reading_em=metrics.exact_match(reading, golds) if asked else None,
            reading_f1=metrics.f1(reading, golds) if asked else None,
            rank=metrics.rank_of(question.document, documents) if question.document else None,
            best=text,
            em=metrics.exact_match(text, golds) if asked else None,
            f1=metrics.f1(text, golds) if asked else None,
            right=metrics.is_right(text, golds),
            confidence=confidence,
            answered=best is not None and confidence >= self.pipeline.calibration.threshold,
            passages_read=passages_read,
            features=best.features if best else None,
            reader_margin=surest_read.span.margin if surest_read else None,
            reader_right=surest_read is not None and metrics.is_right(surest_read.span.text, golds),
        )


def _ignore(_layer: str, _done: int) -> None:
    pass
