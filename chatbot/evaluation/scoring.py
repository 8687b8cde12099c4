"""Outcomes of questions -> scores of languages with intervals. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from chatbot.evaluation import results as names
from chatbot.evaluation.bootstrap import Interval, mean_interval, mean_of_means
from chatbot.evaluation.metrics import (
    calibration_error,
    calibration_error_by_chance,
    recall_at,
    reciprocal_rank,
    reliability,
    risk_coverage,
    risk_coverage_area,
    separation,
)
from chatbot.evaluation.outcomes import Outcome
from chatbot.evaluation.results import ConfidenceReport, LanguageResult, Results, Silence

PERCENT = 100.0

CURVE_POINTS = 50
"""Points kept of a risk-coverage curve: smooth on a picture of any size."""

Scores = dict[str, float]


def score_all(
    outcomes: Mapping[str, Sequence[Outcome]], run: Mapping[str, Any] | None = None, problems: Sequence[str] = ()
) -> Results:
    """Everything that can be said about these outcomes."""
    languages = {code: _score_language(each, outcomes.get("en")) for code, each in outcomes.items() if each}
    everything = [outcome for each in outcomes.values() for outcome in each]
    report, silence = confidence_report(everything), silence_by_kind(everything)
    return Results(languages, _mean(outcomes), report, run or {}, tuple(problems), silence)


def by_language(outcomes: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    """The outcomes of each language, English first, then by code."""
    codes = sorted({outcome.language for outcome in outcomes}, key=lambda code: (code != "en", code))
    return {code: [outcome for outcome in outcomes if outcome.language == code] for code in codes}


def silence_by_kind(outcomes: Sequence[Outcome]) -> dict[str, Silence]:
    """Of the questions that nothing answers and that have a kind; by name of the kind."""
    found = {}
    for kind in sorted({o.kind for o in outcomes if o.kind and not o.answerable}):
        silent = [o for o in outcomes if o.kind == kind and not o.answerable]
        share = mean_interval([PERCENT * (not o.answered) for o in silent], [o.cluster for o in silent])
        if share is not None:
            found[kind] = Silence(len(silent), share)
    return found


def question_scores(outcomes: Sequence[Outcome], name: str) -> Scores:
    """One score of every question it applies to, by id, 0..100."""
    found = {outcome.id: _score(outcome, name) for outcome in outcomes}
    return {id: PERCENT * value for id, value in found.items() if value is not None}


def confidence_report(outcomes: Sequence[Outcome]) -> ConfidenceReport | None:
    """How well confidence tells right from wrong; None without outcomes."""
    if not outcomes:
        return None
    sure, right = [o.confidence for o in outcomes], [o.right for o in outcomes]
    margins = [float("-inf") if o.reader_margin is None else o.reader_margin for o in outcomes]
    right_by_margin = [o.reader_right for o in outcomes]
    coverage, risk = risk_coverage(sure, right)
    step = max(1, len(coverage) // CURVE_POINTS)
    return ConfidenceReport(
        calibration_error=round(calibration_error(sure, right), 4),
        risk_coverage_area=round(risk_coverage_area(sure, right), 4),
        risk_coverage_area_reader=round(risk_coverage_area(margins, right_by_margin), 4),
        reliability=tuple(reliability(sure, right)),
        risk_coverage=tuple(
            (round(float(c), 4), round(float(r), 4)) for c, r in zip(coverage[::step], risk[::step], strict=True)
        ),
        calibration_error_by_chance=round(calibration_error_by_chance(sure), 4),
        separation=separation(sure, [o.answerable for o in outcomes]),
    )


def _score_language(outcomes: Sequence[Outcome], english: Sequence[Outcome] | None) -> LanguageResult:
    clusters = {outcome.id: outcome.cluster for outcome in outcomes}
    scores: dict[str, Interval] = {}
    for name in names.SCORES:
        values = _values(outcomes, english, name)
        interval = mean_interval(list(values.values()), [clusters[id] for id in values])
        if interval is not None:
            scores[name] = interval
    unanswerable = sum(not outcome.answerable for outcome in outcomes)
    return LanguageResult(len(outcomes), scores, unanswerable, confidence_report(outcomes))


def _mean(outcomes: Mapping[str, Sequence[Outcome]]) -> LanguageResult | None:
    others = {code: each for code, each in outcomes.items() if code != "en" and each}
    if not others:
        return None
    clusters = {o.id: o.cluster for each in others.values() for o in each}
    scores: dict[str, Interval] = {}
    for name in names.SCORES:
        parts = [_values(each, outcomes.get("en"), name) for each in others.values()]
        interval = mean_of_means([(list(v.values()), [clusters[id] for id in v]) for v in parts])
        if interval is not None:
            scores[name] = interval
    pooled = [outcome for each in others.values() for outcome in each]
    return LanguageResult(len(pooled), scores, sum(not o.answerable for o in pooled), confidence_report(pooled))


def _values(outcomes: Sequence[Outcome], english: Sequence[Outcome] | None, name: str) -> Scores:
    """`question_scores`, with the transfer gaps as differences to the English twin."""
    base = {names.GAP_F1: names.READING_F1, names.GAP_END_TO_END_F1: names.END_TO_END_F1}.get(name)
    if base is None:
        return question_scores(outcomes, name)
    twins = question_scores(english or [], base)
    return {id: twins[id] - value for id, value in question_scores(outcomes, base).items() if id in twins}


def _score(outcome: Outcome, name: str) -> float | None:
    if name.startswith("retrieval."):
        return _retrieval_score(outcome, name) if outcome.answerable else None
    if name.startswith("at_threshold."):
        return _threshold_score(outcome, name)
    if name == names.NOT_FOUND:
        return None if outcome.answerable else float(not outcome.answered)
    return {
        names.READING_EM: outcome.reading_em,
        names.READING_F1: outcome.reading_f1,
        names.END_TO_END_EM: outcome.em,
        names.END_TO_END_F1: outcome.f1,
    }.get(name)


def _retrieval_score(outcome: Outcome, name: str) -> float:
    if name == names.MRR:
        return reciprocal_rank(outcome.rank)
    return recall_at(outcome.rank, 1 if name == names.RECALL_1 else 5)


def _threshold_score(outcome: Outcome, name: str) -> float | None:
    if name == names.ANSWERED:
        return float(outcome.answered)
    if name == names.RIGHT_OF_ANSWERED:
        return float(outcome.right) if outcome.answered else None
    if not outcome.answerable:
        return float(not outcome.answered)
    score = outcome.em if name == names.ANSWERED_EM else outcome.f1
    return score if outcome.answered else 0.0
