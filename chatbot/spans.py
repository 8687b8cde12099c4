"""Start and end logits of a window -> its best spans. Pure numpy.

Spans are scored by start and end together as in BERT's SQuAD recipe (Devlin et al. 2019, section 4.2 and 4.3), and
chosen by the word overlap that they can expect: "within 14 days" shares most of its words with every other likely
answer, and so is right more often than the likeliest alone (minimum Bayes risk: Kumar & Byrne 2004).
"""

from dataclasses import dataclass

import numpy as np

from retrieval.model_types import FloatArray, IntArray

MAX_ANSWER_TOKENS = 40
"""Longest answer: 99.5 % of the English training answers are shorter, and a quote should stay a quote."""

NO_ANSWER_POSITION = 0
"""Readers trained on unanswerable questions point to the first token when the window holds no answer."""

LIKELY_SPANS = 20
"""Spans of a window that are weighed against each other; with 50 or 200 nothing measurable changes."""


@dataclass(frozen=True, slots=True)
class ScoredSpan:
    """Characters [start, end) of a passage text, as one window scored them."""

    start: int
    end: int
    margin: float
    """Log probability beside that of no answer in the same window: comparable across windows and passages."""
    expected_f1: float
    """Tokens shared with the answer, 0..1, on average over what the answer may be, none included."""


def log_probabilities(logits: FloatArray, first: int, count: int) -> FloatArray:
    """Logits of a window (length,) -> (1 + count,): of no answer, then of its tokens from `first` on.

    What stands before them, question and lead, cannot answer and takes no part.
    """
    kept = np.concatenate([logits[[NO_ANSWER_POSITION]], logits[first : first + count]]).astype(np.float32)
    kept -= kept.max()
    found: FloatArray = kept - np.log(np.exp(kept).sum())
    return found


def best_spans(starts: FloatArray, ends: FloatArray, offsets: IntArray, top: int = 3) -> list[ScoredSpan]:
    """The `top` best spans of a window that share no token, best first.

    starts, ends: log probabilities (1 + k,), of no answer and of each token; offsets: (k, 2) characters of the tokens.
    """
    no_answer = float(starts[0] + ends[0])
    scores = starts[1:, None] + ends[None, 1:]  # (k, k)
    distance = np.arange(len(offsets))[None, :] - np.arange(len(offsets))[:, None]
    scores = np.where((distance >= 0) & (distance < MAX_ANSWER_TOKENS), scores, -np.inf)
    begins, stops = np.unravel_index(_highest(scores.ravel(), LIKELY_SPANS), scores.shape)
    likely = scores[begins, stops]  # (m,)
    expected = _shared(begins, stops) @ np.exp(likely)
    kept: list[int] = []
    for place in np.argsort(-expected, kind="stable"):
        if all(stops[place] < begins[other] or begins[place] > stops[other] for other in kept):
            kept.append(int(place))
    return [
        ScoredSpan(
            int(offsets[begins[n], 0]), int(offsets[stops[n], 1]), float(likely[n]) - no_answer, float(expected[n])
        )
        for n in kept[:top]
    ]


def _shared(begins: IntArray, stops: IntArray) -> FloatArray:
    """F1 of the tokens of every two spans (m, m)."""
    lengths = stops - begins + 1
    both = np.minimum(stops[:, None], stops[None, :]) - np.maximum(begins[:, None], begins[None, :]) + 1
    f1: FloatArray = 2 * np.maximum(both, 0) / (lengths[:, None] + lengths[None, :])
    return f1


def _highest(scores: FloatArray, top: int) -> IntArray:
    """Places of the highest finite scores (n,), best first, equal ones by place; without sorting all of them."""
    places = np.flatnonzero(np.isfinite(scores))
    if len(places) > top:
        possible = scores[places]
        places = places[possible >= np.partition(possible, -top)[-top]]  # more than `top` where the cut is a tie
    best: IntArray = places[np.argsort(-scores[places], kind="stable")][:top]
    return best


def merge_overlapping(spans: list[ScoredSpan]) -> list[ScoredSpan]:
    """Of spans that share characters only the best stays; best first."""
    kept: list[ScoredSpan] = []
    for span in sorted(spans, key=lambda s: (-s.expected_f1, s.start, s.end)):
        if all(span.end <= other.start or span.start >= other.end for other in kept):
            kept.append(span)
    return kept


def to_whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen [start, end) to word borders, since a token may be half a word, and drop outer white space."""
    while start > 0 and text[start - 1].isalnum() and text[start].isalnum():
        start -= 1
    while end < len(text) and text[end - 1].isalnum() and text[end].isalnum():
        end += 1
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
