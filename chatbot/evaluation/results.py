"""Evaluation results as the rest of the program sees them, and their JSON. Scores are 0..100.

Knows nothing of models or questions; `scoring.py` makes them, `ui/results_view.py` shows them.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, astuple, dataclass, field
from pathlib import Path
from typing import Any

from chatbot.evaluation.bootstrap import Interval
from chatbot.evaluation.metrics import ReliabilityBin

FORMAT_VERSION = 1
"""Of the results files."""

READING_EM, READING_F1 = "reading.em", "reading.f1"
"""The gold passage was given."""
RECALL_1, RECALL_5, MRR = "retrieval.recall@1", "retrieval.recall@5", "retrieval.mrr"
"""Over all documents of the collection."""
END_TO_END_EM, END_TO_END_F1 = "end_to_end.em", "end_to_end.f1"
"""Question in, surest span of the whole collection out; answerable questions, no threshold (as published)."""
ANSWERED_EM, ANSWERED_F1 = "at_threshold.em", "at_threshold.f1"
"""What a user gets: below the threshold there is no answer, which is right for an unanswerable question."""
ANSWERED, RIGHT_OF_ANSWERED = "at_threshold.answered", "at_threshold.right_of_answered"
"""Share of all questions answered; share of those answers that serve the customer."""
NOT_FOUND = "not_found.correct"
"""Share of the unanswerable questions that got no answer."""
GAP_F1, GAP_END_TO_END_F1 = "transfer_gap_f1", "transfer_gap_end_to_end_f1"
"""English minus the language on the same questions: reading, and end to end."""

SCORES = (
    READING_EM, READING_F1, RECALL_1, RECALL_5, MRR, END_TO_END_EM, END_TO_END_F1,
    ANSWERED_EM, ANSWERED_F1, ANSWERED, RIGHT_OF_ANSWERED, NOT_FOUND, GAP_F1, GAP_END_TO_END_F1,
)  # fmt: skip
"""Every score, in the order they are printed."""

JSON_DIGITS = 2
"""Decimals in the files; the intervals are never narrower."""


class ResultsError(Exception):
    """A results file cannot be used."""


@dataclass(frozen=True, slots=True)
class ConfidenceReport:
    """How far confidence can be trusted. Shares and errors are 0..1."""

    calibration_error: float
    risk_coverage_area: float
    """Lower is better."""
    risk_coverage_area_reader: float
    """The same when answers are ordered by the reader's raw margin instead."""
    reliability: tuple[ReliabilityBin, ...]
    risk_coverage: tuple[tuple[float, float], ...]
    """(coverage, risk) points."""
    calibration_error_by_chance: float | None = None
    """What a perfect confidence would show on so few questions; an error near it says nothing against ours."""
    separation: float | None = None
    """How often a question with an answer gets more confidence than one without (area under ROC)."""


@dataclass(frozen=True, slots=True)
class LanguageResult:
    """All scores of one language, or their mean over languages."""

    n: int
    scores: Mapping[str, Interval]
    """Score name (see SCORES) -> value with interval; a score that does not apply is absent."""
    unanswerable: int = 0
    confidence: ConfidenceReport | None = None


@dataclass(frozen=True, slots=True)
class Silence:
    """How often questions of one kind that nothing answers got no answer, in all languages together."""

    n: int
    correct: Interval


@dataclass(frozen=True, slots=True)
class Results:
    """One run of the evaluation."""

    languages: Mapping[str, LanguageResult]
    mean: LanguageResult | None
    """Over the languages but English; None when there is only English."""
    pooled: ConfidenceReport | None
    run: Mapping[str, Any] = field(default_factory=dict)
    """Date, commit, checkpoints, data, machine: for people and for telling runs apart."""
    problems: tuple[str, ...] = ()
    """What was wrong in the question set, one line each."""
    silence: Mapping[str, Silence] = field(default_factory=dict)
    """By kind of unanswerable question, where the set names kinds."""

    def to_json(self) -> dict[str, Any]:
        """The shape that `evaluate --json` prints."""
        return {
            "version": FORMAT_VERSION,
            "languages": {code: _language_json(result) for code, result in self.languages.items()},
            "mean": _language_json(self.mean) if self.mean else None,
            "confidence": _confidence_json(self.pooled),
            "silence": {kind: _silence_json(each) for kind, each in self.silence.items()},
            "run": dict(self.run),
            "problems": {"count": len(self.problems), "list": list(self.problems)},
        }

    def save(self, path: Path) -> None:
        """Write the JSON, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(path.name + ".writing")
        partial.write_text(json.dumps(self.to_json(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        partial.replace(path)


def read_results(path: Path) -> Results:
    """Read a results file. Raises ResultsError when it is not one."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["version"] != FORMAT_VERSION:
            raise ResultsError(f"{path} has results format {record['version']}, this program reads {FORMAT_VERSION}.")
        return Results(
            languages={code: _language(each) for code, each in record["languages"].items()},
            mean=_language(record["mean"]) if record["mean"] else None,
            pooled=_confidence(record["confidence"]),
            run=record["run"],
            problems=tuple(record["problems"]["list"]),
            silence={kind: _silence(each) for kind, each in record.get("silence", {}).items()},  # not in older results
        )
    except OSError as error:
        raise ResultsError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ResultsError(
            f"{path} holds no evaluation results ({type(error).__name__}: {error}). "
            "Make some with: python main.py evaluate DIR --out FILE"
        ) from error


def _language_json(result: LanguageResult) -> dict[str, Any]:
    values: dict[str, Any] = {"n": result.n}
    intervals: dict[str, Any] = {}
    for name, score in result.scores.items():
        _put(values, name, round(score.value, JSON_DIGITS))
        _put(intervals, name, [round(score.low, JSON_DIGITS), round(score.high, JSON_DIGITS)])
    if result.unanswerable:
        values.setdefault("not_found", {})["n"] = result.unanswerable
    return {**values, "intervals": intervals, "confidence": _confidence_json(result.confidence)}


def _put(record: dict[str, Any], name: str, value: object) -> None:
    group, _, rest = name.partition(".")
    if rest:
        record.setdefault(group, {})[rest] = value
    else:
        record[group] = value


def _get(record: Mapping[str, Any], name: str) -> Any:
    group, _, rest = name.partition(".")
    return record.get(group, {}).get(rest) if rest else record.get(group)


def _language(record: Mapping[str, Any]) -> LanguageResult:
    scores = {}
    for name in SCORES:
        value, interval = _get(record, name), _get(record["intervals"], name)
        if value is not None and interval is not None:
            scores[name] = Interval(value, *interval)
    unanswerable = record.get("not_found", {}).get("n", 0)
    return LanguageResult(record["n"], scores, unanswerable, _confidence(record["confidence"]))


def _silence_json(silence: Silence) -> dict[str, Any]:
    value, *ends = (round(each, JSON_DIGITS) for each in astuple(silence.correct))
    return {"n": silence.n, "correct": value, "interval": ends}


def _silence(record: Mapping[str, Any]) -> Silence:
    return Silence(record["n"], Interval(record["correct"], *record["interval"]))


def _confidence_json(report: ConfidenceReport | None) -> dict[str, Any] | None:
    return asdict(report) if report else None


def _confidence(record: dict[str, Any] | None) -> ConfidenceReport | None:
    if record is None:
        return None
    return ConfidenceReport(
        record["calibration_error"],
        record["risk_coverage_area"],
        record["risk_coverage_area_reader"],
        tuple(ReliabilityBin(**each) for each in record["reliability"]),
        tuple((coverage, risk) for coverage, risk in record["risk_coverage"]),
        record.get("calibration_error_by_chance"),  # not in results of before it was measured
        record["separation"],
    )
