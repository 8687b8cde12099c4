"""The scores of the field, each for one question or one list of numbers. Pure; scores of one question are 0..1.

Normalisation, EM and F1 follow SQuAD (Rajpurkar et al. 2016): lower case, no punctuation, no articles.
"""

import re
import string
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

RIGHT_F1 = 0.5
"""An answer counts as right when it shares at least half of its words with a gold answer: "3 May" for "on 3 May
2025" helps a customer as much. Exact match would call it wrong."""

CONFIDENCE_BINS = 10
"""The usual number for expected calibration error (Guo et al. 2017), so that numbers can be compared."""

CHANCE_DRAWS, CHANCE_SEED = 200, 20250101
"""Enough draws for two decimals; seeded, so that the same confidences always give the same number."""

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_ARTICLES = re.compile(r"\b(a|an|the)\b")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalise(text: str) -> str:
    """Lower case, without punctuation, articles and extra white space, in SQuAD's order."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_NO_PUNCTUATION)).split())


def exact_match(answer: str | None, golds: Sequence[str]) -> float:
    """1 when the answer equals a gold answer; for an unanswerable question (no golds), 1 when there is none."""
    if not golds or answer is None:
        return float(not golds and answer is None)
    return float(any(normalise(answer) == normalise(gold) for gold in golds))


def f1(answer: str | None, golds: Sequence[str]) -> float:
    """Best word overlap with a gold answer; for an unanswerable question, 1 when there is no answer."""
    if not golds or answer is None:
        return float(not golds and answer is None)
    return max(_word_f1(normalise(answer).split(), normalise(gold).split()) for gold in golds)


def _word_f1(answer: list[str], gold: list[str]) -> float:
    if not answer or not gold:  # nothing but articles and punctuation
        return float(answer == gold)
    shared = sum((Counter(answer) & Counter(gold)).values())
    if shared == 0:
        return 0.0
    precision, recall = shared / len(answer), shared / len(gold)
    return 2 * precision * recall / (precision + recall)


def is_right(answer: str | None, golds: Sequence[str]) -> bool:
    """Would a customer be served? See RIGHT_F1; an answer to an unanswerable question never is.

    Of a gold answer's numbers one must be there: "16.90 euros" and "euros" share half of the words of "14.90 euros".
    """
    if answer is None:
        return False
    fitting = [gold for gold in golds if _has_number_of(answer, gold)]
    return bool(fitting) and f1(answer, fitting) >= RIGHT_F1


def _has_number_of(answer: str, gold: str) -> bool:
    """Whether the answer has one of the gold answer's numbers, where that has any."""
    wanted = _NUMBER.findall(gold)
    return not wanted or not set(wanted).isdisjoint(_NUMBER.findall(answer))


def rank_of(wanted: str, documents: Sequence[str]) -> int | None:
    """Place of the wanted document among the distinct documents of a ranking, 0 = first; None when not there."""
    distinct = list(dict.fromkeys(documents))
    return distinct.index(wanted) if wanted in distinct else None


def recall_at(rank: int | None, k: int) -> float:
    """1 when the wanted document is among the first k."""
    return float(rank is not None and rank < k)


def reciprocal_rank(rank: int | None) -> float:
    """1 / place counted from one, 0 when not found."""
    return 0.0 if rank is None else 1 / (rank + 1)


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Answers of similar confidence: how sure we were and how often we were right."""

    confidence: float
    right: float
    n: int


def reliability(confidences: Sequence[float], right: Sequence[bool]) -> list[ReliabilityBin]:
    """Equal-width bins over 0..1, empty ones left out."""
    sure, good = np.asarray(confidences, dtype=float), np.asarray(right, dtype=float)  # both (n,)
    place = np.minimum((sure * CONFIDENCE_BINS).astype(int), CONFIDENCE_BINS - 1)
    return [
        ReliabilityBin(float(sure[place == b].mean()), float(good[place == b].mean()), int((place == b).sum()))
        for b in range(CONFIDENCE_BINS)
        if (place == b).any()
    ]


def calibration_error(confidences: Sequence[float], right: Sequence[bool]) -> float:
    """Expected calibration error, 0..1: mean distance of confidence and truth over the bins."""
    bins = reliability(confidences, right)
    return sum(b.n * abs(b.confidence - b.right) for b in bins) / max(1, len(confidences))


def calibration_error_by_chance(confidences: Sequence[float]) -> float:
    """What `calibration_error` comes to on average when every confidence is a perfect probability, 0..1.

    Few answers fall unevenly into the bins: with twenty questions a perfect confidence seems to be off by 0.15.
    """
    if not confidences:
        return 0.0
    sure = np.asarray(confidences, dtype=float)  # (n,)
    place = np.minimum((sure * CONFIDENCE_BINS).astype(int), CONFIDENCE_BINS - 1)  # (n,)
    right = np.random.default_rng(CHANCE_SEED).random((CHANCE_DRAWS, len(sure))) < sure  # (draws, n)
    off = np.zeros(CHANCE_DRAWS)
    for members in (place == b for b in range(CONFIDENCE_BINS)):
        off += np.abs(right[:, members].sum(axis=1) - sure[members].sum())
    return float(off.mean() / len(sure))


def risk_coverage(scores: Sequence[float], right: Sequence[bool]) -> tuple[Numbers, Numbers]:
    """(coverage, risk), each (n,): answer the k surest questions, share of wrong answers among them.

    Equal scores cannot be told apart, so they share the risk of their group.
    """
    order = np.argsort(-np.asarray(scores, dtype=float), kind="stable")
    ordered = np.asarray(scores, dtype=float)[order]
    wrong = 1.0 - np.asarray(right, dtype=float)[order]
    _, group, sizes = np.unique(-ordered, return_inverse=True, return_counts=True)
    shared = (np.bincount(group, weights=wrong) / sizes)[group] if len(ordered) else wrong
    answered = np.arange(1, len(ordered) + 1)
    return answered / max(1, len(ordered)), np.cumsum(shared) / answered


def risk_coverage_area(scores: Sequence[float], right: Sequence[bool]) -> float:
    """Area under risk over coverage, 0..1, lower is better (El-Yaniv and Wiener 2010)."""
    _, risk = risk_coverage(scores, right)
    return float(risk.mean()) if len(risk) else 0.0


def separation(scores: Sequence[float], positive: Sequence[bool]) -> float | None:
    """Area under the ROC curve: how often a positive scores above a negative; None without both kinds."""
    values, good = np.asarray(scores, dtype=float), np.asarray(positive, dtype=bool)
    if good.all() or not good.any():
        return None
    _, group, sizes = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(sizes) - (sizes - 1) / 2)[group]  # mean rank of equal scores, from 1
    positives, negatives = int(good.sum()), int((~good).sum())
    return float((ranks[good].sum() - positives * (positives + 1) / 2) / (positives * negatives))
