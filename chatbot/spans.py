"""Start and end logits of a window -> its best spans and its no-answer score. Pure numpy.

Joint search over start <= end as in BERT's SQuAD recipe (Devlin et al. 2019, section 4.2 and 4.3).
"""

from dataclasses import dataclass

import numpy as np

from retrieval.model_types import FloatArray, IntArray

MAX_ANSWER_TOKENS = 40
"""Longest answer: 99.5 % of the English training answers are shorter, and a quote should stay a quote."""

NO_ANSWER_POSITION = 0
"""Readers trained on unanswerable questions point to the first token when the window holds no answer."""

NO_BORDERS: IntArray = np.zeros(0, dtype=np.int64)

BRACKETS = {"(": ")", "[": "]"}


@dataclass(frozen=True, slots=True)
class ScoredSpan:
    """Characters [start, end) of a passage text with the scores of the window they were found in."""

    start: int
    end: int
    score: float
    no_answer_score: float

    @property
    def margin(self) -> float:
        """Span score minus no-answer score of the same window: comparable across windows and passages."""
        return self.score - self.no_answer_score


def best_spans(
    start_logits: FloatArray,
    end_logits: FloatArray,
    first: int,
    offsets: IntArray,
    borders: IntArray = NO_BORDERS,
    top: int = 3,
) -> list[ScoredSpan]:
    """The `top` best spans among the tokens at first .. first + len(offsets), best first.

    start_logits, end_logits: (length,) of one window, the question and lead still in them (they are skipped here).
    borders: (b,) ascending characters of the passage that no span may cross.
    """
    count = len(offsets)
    no_answer = float(start_logits[NO_ANSWER_POSITION] + end_logits[NO_ANSWER_POSITION])
    scores = start_logits[first : first + count, None] + end_logits[None, first : first + count]  # (k, k)
    distance = np.arange(count)[None, :] - np.arange(count)[:, None]
    part = np.searchsorted(borders, offsets[:, 0], side="right")  # (k,)
    allowed = (distance >= 0) & (distance < MAX_ANSWER_TOKENS) & (part[:, None] == part[None, :])
    scores = np.where(allowed, scores, -np.inf)
    rows, columns = np.unravel_index(_highest(scores.ravel(), top), scores.shape)
    return [
        ScoredSpan(int(offsets[i, 0]), int(offsets[j, 1]), float(scores[i, j]), no_answer)
        for i, j in zip(rows, columns, strict=True)
    ]


def _highest(scores: FloatArray, top: int) -> IntArray:
    """Places of the highest finite scores (n,), best first, equal ones by place; without sorting all of them."""
    places = np.flatnonzero(np.isfinite(scores))
    if len(places) > top:
        possible = scores[places]
        places = places[possible >= np.partition(possible, -top)[-top]]  # more than `top` where the cut is a tie
    best: IntArray = places[np.argsort(-scores[places], kind="stable")][:top]
    return best


def merge_overlapping(spans: list[ScoredSpan]) -> list[ScoredSpan]:
    """Of spans that share characters only the one with the largest margin stays; best margin first."""
    kept: list[ScoredSpan] = []
    for span in sorted(spans, key=lambda s: (-s.margin, s.start, s.end)):
        if all(span.end <= other.start or span.start >= other.end for other in kept):
            kept.append(span)
    return kept


def to_whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen [start, end) to whole words and pairs of brackets, since tokens are parts of them; trim white space."""
    while start > 0 and text[start - 1].isalnum() and text[start].isalnum():
        start -= 1
    while end < len(text) and text[end - 1].isalnum() and text[end].isalnum():
        end += 1
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return _with_bracket(text, start, end)


def _with_bracket(text: str, start: int, end: int) -> tuple[int, int]:
    """Take in the bracket beside the span that belongs to one inside: "35 euros (39 dollars" lacks its last sign."""
    for opening, closing in BRACKETS.items():
        missing = text.count(opening, start, end) - text.count(closing, start, end)
        if missing > 0 and text.startswith(closing, end):
            return start, end + 1
        if missing < 0 and text.endswith(opening, 0, start):
            return start - 1, end
    return start, end
