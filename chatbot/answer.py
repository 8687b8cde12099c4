"""Answers that know where they came from."""

from dataclasses import dataclass, field

from knowledge_base.documents import Passage
from retrieval.retriever import RetrievedPassage


@dataclass(frozen=True, slots=True)
class Citation:
    """Where an answer stands: characters [start, end) of `passage.text`."""

    passage: Passage
    start: int
    end: int

    @property
    def text(self) -> str:
        """The cited words, verbatim."""
        return self.passage.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Span:
    """Words of one passage that may answer: characters [start, end) of `passage.text`."""

    passage: Passage
    start: int
    end: int
    score: float
    """Sum of start and end logits of the reader."""
    no_answer_score: float
    """Sum of start and end logits at the no-answer position of the same window."""

    @property
    def text(self) -> str:
        """The words themselves, verbatim."""
        return self.passage.text[self.start : self.end]

    @property
    def citation(self) -> Citation:
        """Where they stand."""
        return Citation(self.passage, self.start, self.end)

    @property
    def margin(self) -> float:
        """How far the span beats "no answer here": comparable across passages."""
        return self.score - self.no_answer_score


@dataclass(frozen=True, slots=True)
class Answer:
    """What the pipeline says to one question. `citation` is None when the documents hold no answer."""

    question: str
    citation: Citation | None
    confidence: float
    """Probability that the answer is right, 0..1; with no citation, that of the best span given up."""
    passages: tuple[RetrievedPassage, ...]
    """What was retrieved, best first, whether read or not."""
    closest: Citation | None = None
    """With no answer: the best span that was not sure enough, for "the closest I have is ..."."""
    timings_ms: dict[str, float] = field(default_factory=dict)
    """Stage -> milliseconds: encode, search, read."""
    completed_by: tuple[str, ...] = ()
    """Earlier questions of the conversation that this one was taken as a follow-up to; empty when it stood alone."""

    @property
    def text(self) -> str | None:
        """The answer's words in English, or None."""
        return self.citation.text if self.citation else None

    @property
    def understood_as(self) -> str | None:
        """A follow-up together with what it follows, in the words that were asked; None when it stood alone."""
        return " ".join((*self.completed_by, self.question)) if self.completed_by else None
