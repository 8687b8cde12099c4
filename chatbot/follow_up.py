"""Follow-up questions: does a question stand alone, and how does it read together with what came before. Pure.

No word list and no generator: numbers that mean the same in every language decide. Knows nothing of models; vectors
come from outside.
"""

import math
import unicodedata
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from chatbot.answer import Citation
from retrieval.model_types import FloatArray

EMPTY_QUESTIONS = (
    "How much does that cost?",
    "How much is it?",
    "How long does it take?",
    "How long does that last?",
    "And for that one?",
    "And for the other one?",
    "What about this one?",
    "And with that?",
    "And then?",
    "When does that happen?",
    "How does it work?",
    "How do I do that?",
    "Where is it?",
    "Is it free?",
    "Why is that?",
    "Until when is that possible?",
    "Can I do that as well?",
    "Does that cost extra?",
    "Do I need it for that?",
    "How many of them?",
    "And in the other country?",
    "And if not?",
    "And on Sunday?",
)
"""Questions without content of their own. English is enough: those of other languages lie beside them."""

SMALL_TALK = (
    "How are you?",
    "How are you doing today?",
    "Good morning.",
    "Good evening, everybody.",
    "Hello there!",
    "I have to go now, take care.",
    "Have a nice day.",
    "Who are you?",
    "What is your name?",
    "How old are you?",
    "Where do you live?",
    "Who made you?",
    "Is a machine writing this?",
    "Tell me a joke.",
    "Tell me something funny.",
    "You are annoying.",
    "What a bad service.",
    "You understand nothing.",
    "Well done, you are great.",
    "I love you.",
    "What are you doing?",
    "What can you do?",
    "Ha ha, very funny.",
    "Nonsense.",
)
"""As short and as empty as follow-ups, but about nothing that was said before."""

# A logistic curve over four signs, fitted with `tests/benchmarks/follow_ups.py --fit`, which says on what.
TOPIC_WEIGHT, WIDTH_WEIGHT, EMPTINESS_WEIGHT, SMALL_TALK_WEIGHT, BIAS = 11.99, -6.01, 8.49, -2.27, 11.37

STANDS_ALONE_LOGIT = 0.5
"""Taken off: the fit takes both kinds as equally common, but a question bent by the conversation is worse than a
follow-up that has to be asked again in full. At 0 ordinary questions lost answers, at 1 pronouns were overlooked."""

TOPIC_SHARE_CAP = 0.6
"""Nearer than that to the old article says no more: questions that stand alone stay with their article as well."""

MAX_EARLIER_WIDTH = 120
"""Columns of earlier questions kept, from their end: the reader's room for questions must hold the new one whole."""


@dataclass(frozen=True, slots=True)
class PastTurn:
    """What a follow-up may lean on: the last question that was answered."""

    questions: tuple[str, ...]
    """The question that stood alone and, where the last one was a follow-up to it, that one."""
    said: tuple[Citation, ...]
    """What was quoted for them, in that order."""

    @property
    def citation(self) -> Citation:
        """What was quoted last."""
        return self.said[-1]

    def complete_for_search(self, question: str) -> str:
        """The question after what came before, led by the title and headings of the passage that was cited."""
        return f"{self.citation.passage.lead}. {self.complete_for_reading(question)}"

    def complete_for_reading(self, question: str) -> str:
        """The question after what came before; the reader sees titles and headings anyway."""
        width = MAX_EARLIER_WIDTH // len(self.questions)
        return " ".join((*(_end_of(earlier, width) for earlier in self.questions), question))


@dataclass(frozen=True)
class Landmarks:
    """Questions whose kind is known, and how near is near: cosines of encoders have scales of their own."""

    empty: FloatArray
    """EMPTY_QUESTIONS as vectors (m, d)."""
    small_talk: FloatArray
    """SMALL_TALK as vectors (k, d)."""

    def likeness(self, vector: FloatArray) -> tuple[float, float]:
        """How like empty questions and how like small talk a question (d,) is.

        0 = as like as the two kinds are to each other, 1 = as like as an empty question is to its nearest other.
        """
        floor, scale = self._floor_and_scale
        nearest = (float((kind @ vector).max()) for kind in (self.empty, self.small_talk))
        empty, small_talk = ((cosine - floor) / scale for cosine in nearest)
        return empty, small_talk

    @cached_property
    def _floor_and_scale(self) -> tuple[float, float]:
        floor = float((self.empty @ self.small_talk.T).mean())
        among = self.empty @ self.empty.T - 2.0 * np.eye(len(self.empty), dtype=np.float32)  # none is its own nearest
        return floor, max(float(among.max(axis=1).mean()) - floor, float(np.finfo(np.float32).eps))


@dataclass(frozen=True, slots=True)
class Signs:
    """What tells a follow-up from a question that stands alone."""

    topic_share: float
    """How near the question comes by itself to the article talked about: 1 = no other article is nearer."""
    emptiness: float
    """Likeness to EMPTY_QUESTIONS, see `Landmarks.likeness`."""
    small_talk: float
    """Likeness to SMALL_TALK."""
    width: int
    """Columns of the question on a screen."""

    @property
    def values(self) -> tuple[float, float, float, float]:
        """What the curve weighs."""
        topic = min(max(self.topic_share, 0.0), TOPIC_SHARE_CAP)
        return topic, math.log(max(self.width, 1)), self.emptiness, self.small_talk

    def logit(self) -> float:
        """Log-odds that the question is a follow-up."""
        weights = (TOPIC_WEIGHT, WIDTH_WEIGHT, EMPTINESS_WEIGHT, SMALL_TALK_WEIGHT)
        fitted = sum(weight * value for weight, value in zip(weights, self.values, strict=True)) + BIAS
        return fitted - STANDS_ALONE_LOGIT


def signs(question: str, likeness: tuple[float, float], topic_score: float, best_score: float) -> Signs:
    """From what `Landmarks.likeness` says and from the fused scores of the old article and of the best."""
    share = topic_score / best_score if best_score > 0 and math.isfinite(topic_score) else 0.0
    return Signs(share, *likeness, text_width(question))


def text_width(text: str) -> int:
    """Columns on a screen: a Chinese or Japanese character says about as much as two Latin letters."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def repeats(citation: Citation, earlier: Citation) -> bool:
    """Whether one quotes words that the other quoted already, from the same place."""
    same_passage = citation.passage.id == earlier.passage.id
    return same_passage and citation.start < earlier.end and earlier.start < citation.end


def _end_of(text: str, width: int) -> str:
    """The end of a text, from the start of a word where there are spaces."""
    if text_width(text) <= width:
        return text
    start = len(text)
    while start and text_width(text[start - 1 :]) <= width:
        start -= 1
    _, space, rest = text[start:].partition(" ")
    return rest if space and rest else text[start:]
