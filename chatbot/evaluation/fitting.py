"""Measured candidates -> calibration: which span is best, how sure that it is right, from when on to say so.

Three steps, so that one plain logistic curve serves all of them:
1. ranking: a logistic regression over all candidates of all questions finds what tells right spans from wrong ones;
2. confidence: a second one over the *best* candidate of each question rescales that score to a probability (the best
   of many looks better than it is) and moves it a little per language, shrunk towards nothing where data is thin;
3. threshold: the lowest that keeps the wanted share of the answers right.
Needs scikit-learn (the `evaluate` extra).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chatbot.calibration import (
    DEFAULT_THRESHOLD,
    FITTED_FEATURES,
    MAX_DEVIATION,
    Calibration,
    SpanFeatures,
    TradeOff,
)

LANGUAGE_SPREAD = 0.35
"""Logits. Standard deviation expected of the languages' shifts: the prior that shrinks them."""

RANKING_PENALTY = 1.0
"""Inverse strength of the ranking's L2 penalty; standardised features and thousands of rows make it nearly idle."""

SCORE_WEIGHT = 100.0
"""Scale of the score in step 2: makes the penalty on its slope negligible beside that on the language shifts."""

THRESHOLDS = tuple(round(0.02 * step, 2) for step in range(1, 50))
"""What the operator can choose between."""

MIN_ANSWERED = 20
"""Answers needed before a threshold's share of right ones means anything."""

HOPED_PERCENTILE = 75
"""Of the margins of right spans, the best of each question: 3.9 passages read on the help centre and 40.2 % of its
longer questions right, where the median has 2.9 read and 39.4 % right."""

EXPECTED_ANSWERS = 50
"""How many answers the curve's own expectation weighs against the counted ones: of the few surest answers one more or
less that happens to be wrong must not move the threshold."""

NO_LANGUAGE = ""
"""Of general questions: how hard they are says nothing about English beside the others, so they shift no language."""

MIN_QUESTIONS = 50
"""Fewer cannot place the weights and a threshold."""

Numbers = NDArray[np.float64]


class FittingNeedsScikitLearn(Exception):
    """The library that fits is not installed."""


class TooFewQuestions(Exception):
    """There is not enough to fit to."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """One span that was found: its features, and whether it serves the customer."""

    features: SpanFeatures
    right: bool


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """One question with everything that was found for it."""

    id: str
    language: str
    """NO_LANGUAGE for none in particular."""
    answerable: bool
    candidates: tuple[Weighed, ...]
    held_out: bool = False
    weight: float = 1.0
    """How much it counts in the fit, beside a question of the user's own."""


def require_scikit_learn() -> None:
    """Raise FittingNeedsScikitLearn before anybody waits for a fit."""
    try:
        import sklearn.linear_model  # type: ignore[import-untyped]  # noqa: F401
    except ImportError as error:
        raise FittingNeedsScikitLearn(
            "Fitting needs scikit-learn, which is not installed. Run: pip install 'anytongue[evaluate]'"
        ) from error


def fit_ranking(questions: Sequence[AskedQuestion], encoder_fingerprint: str, reader_fingerprint: str) -> Calibration:
    """Step 1, on the questions that are not held out; its confidence is not a probability yet.

    Raises TooFewQuestions.
    """
    usable = _usable(questions)
    rows = np.array([c.features.values() for q in usable for c in q.candidates])  # (m, k)
    right = np.array([c.right for q in usable for c in q.candidates])  # (m,)
    # Every question counts once, by its weight, however many candidates it has.
    share = np.array([q.weight / len(q.candidates) for q in usable for _ in q.candidates])
    means, scales = rows.mean(axis=0), rows.std(axis=0)
    scales[scales == 0] = 1.0  # a feature that never varies says nothing, and must not divide by zero
    found = [features for features in map(_best_right, usable) if features]
    model = _logistic_regression(RANKING_PENALTY)
    model.fit(_standard(rows, means, scales), right, sample_weight=share * len(share) / share.sum())
    return Calibration(
        features=FITTED_FEATURES,
        means=tuple(float(m) for m in means),
        scales=tuple(float(s) for s in scales),
        weights=tuple(float(w) for w in model.coef_[0]),
        bias=float(model.intercept_[0]),
        threshold=DEFAULT_THRESHOLD,
        hoped_margin=float(np.percentile([features.margin for features in found], HOPED_PERCENTILE)),
        hoped_span_words=int(np.median([features.span_words for features in found])),
        encoder_fingerprint=encoder_fingerprint,
        reader_fingerprint=reader_fingerprint,
    )


def fit_confidence(ranking: Calibration, questions: Sequence[AskedQuestion]) -> Calibration:
    """Step 2, on the questions that are not held out: the ranking's score of the best span -> a probability."""
    usable = _usable(questions)
    best = [_best(ranking, question) for question in usable]
    scores = np.array([score for score, _ in best])  # (n,)
    languages = [question.language for question in usable]
    codes = sorted(set(languages) - {NO_LANGUAGE})
    spread = LANGUAGE_SPREAD * (np.array(languages)[:, None] == np.array(codes)[None, :])  # (n, languages)
    model = _logistic_regression(1.0)
    inputs = np.hstack([SCORE_WEIGHT * scores[:, None], spread])
    model.fit(inputs, [candidate.right for _, candidate in best], sample_weight=[q.weight for q in usable])
    slope, *offsets = (float(c) for c in model.coef_[0])
    return replace(
        ranking,
        weights=tuple(SCORE_WEIGHT * slope * weight for weight in ranking.weights),
        bias=float(model.intercept_[0]),
        language_shifts={code: round(LANGUAGE_SPREAD * o, 4) for code, o in zip(codes, offsets, strict=True)},
    )


def with_threshold(calibration: Calibration, questions: Sequence[AskedQuestion], target: float) -> Calibration:
    """The same curve with what each threshold costs on these questions, and the threshold for the target."""
    answers = [answer_of(calibration, question) for question in questions]
    return replace(calibration, trade_offs=costs(answers, EXPECTED_ANSWERS)).for_target(target)


def costs(answers: Sequence[tuple[float, bool]], expected_answers: int = 0) -> tuple[TradeOff, ...]:
    """What each threshold costs, counted over (confidence, right) of every question.

    `expected_answers`: how many answers the curve's own expectation weighs against the counted ones.
    """
    points = []
    for threshold in THRESHOLDS:
        given = [(confidence, right) for confidence, right in answers if confidence >= threshold]
        if len(given) >= MIN_ANSWERED:
            expected = sum(confidence for confidence, _ in given) / len(given)
            counted = sum(right for _, right in given)
            share = (counted + expected_answers * expected) / (len(given) + expected_answers)
            points.append(TradeOff(threshold, round(len(given) / len(answers), 4), round(share, 4)))
    return tuple(points)


def answer_of(calibration: Calibration, question: AskedQuestion) -> tuple[float, bool]:
    """Confidence of the surest candidate, and whether it is right; (0, False) where nothing was found."""
    found = [(calibration.confidence(c.features, question.language), c.right) for c in question.candidates]
    return max(found, key=lambda pair: pair[0], default=(0.0, False))


def _usable(questions: Sequence[AskedQuestion]) -> list[AskedQuestion]:
    usable = [q for q in questions if q.candidates and not q.held_out]
    right = sum(any(c.right for c in q.candidates) for q in usable)
    if len(usable) < MIN_QUESTIONS or not 0 < right < len(usable):
        raise TooFewQuestions(
            f"{len(usable)} questions can be used, {right} of them with a right answer found; at least "
            f"{MIN_QUESTIONS} are needed, some right and some wrong. Add questions, also some without an answer."
        )
    return usable


def _best_right(question: AskedQuestion) -> SpanFeatures | None:
    """The features of the right span with the largest margin."""
    right = [candidate.features for candidate in question.candidates if candidate.right]
    return max(right, key=lambda features: features.margin, default=None)


def _best(ranking: Calibration, question: AskedQuestion) -> tuple[float, Weighed]:
    rows = np.array([c.features.values(ranking.features) for c in question.candidates])
    scores = _standard(rows, np.asarray(ranking.means), np.asarray(ranking.scales)) @ np.asarray(ranking.weights)
    place = int(np.argmax(scores))
    return float(scores[place]), question.candidates[place]


def _standard(rows: Numbers, means: Numbers, scales: Numbers) -> Numbers:
    deviations: Numbers = np.clip((rows - means) / scales, -MAX_DEVIATION, MAX_DEVIATION)
    return deviations


def _logistic_regression(inverse_penalty: float) -> Any:
    require_scikit_learn()
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=inverse_penalty, max_iter=2000)
