"""Evaluation results as a table for a terminal or a Markdown page. Pure."""

from collections.abc import Sequence

from chatbot.calibration import Calibration
from chatbot.evaluation import results as names
from chatbot.evaluation.bootstrap import Interval
from chatbot.evaluation.results import LanguageResult, Results
from chatbot.evaluation.scoring import PERCENT

COLUMNS = (
    (names.READING_EM, "read EM"),
    (names.READING_F1, "read F1"),
    (names.RECALL_1, "recall@1"),
    (names.RECALL_5, "recall@5"),
    (names.MRR, "MRR"),
    (names.END_TO_END_EM, "end EM"),
    (names.END_TO_END_F1, "end F1"),
    (names.GAP_F1, "gap F1"),
    (names.ANSWERED, "answered"),
    (names.RIGHT_OF_ANSWERED, "right"),
    (names.NOT_FOUND, "not found"),
)
"""Scores shown, with headings short enough for a terminal."""

INTERVAL_COLUMNS = (names.READING_F1, names.RECALL_1, names.END_TO_END_F1)
"""Printed with half the width of their interval; more would not fit a line."""

CONFIDENCE_HEADINGS = (
    "", "n", "answered", "right", "not found", "cal. error", "by chance", "risk area", "by reader",
)  # fmt: skip

ABSENT = "-"

SHARE_DIGITS = 4
"""Decimals of a share that is held against a target: as many as the costs of the thresholds have."""

SHOWN_PROBLEMS = 5
"""Of the problems of a set; the results file lists all."""


def table(results: Results) -> str:
    """One line per language and one for their mean, aligned, valid Markdown."""
    columns = [(name, title) for name, title in COLUMNS if any(name in r.scores for r in results.languages.values())]
    rows = [["", "n", *(title for _, title in columns)]]
    rows += [[code, *_cells(result, columns)] for code, result in results.languages.items()]
    if results.mean and len(results.languages) > 1:
        rows.append(["mean", *_cells(results.mean, columns)])
    return _aligned(rows)


def summary(results: Results) -> str:
    """The table, how far confidence can be trusted, and what was wrong with the set."""
    explained = "F1 and recall with half the width of their 95 % interval; mean without English."
    lines = [table(results), *silence_lines(results), "", explained]
    report = results.pooled
    if report:
        lines.append(
            f"Confidence: calibration error {report.calibration_error:.3f}; area under risk over coverage "
            f"{report.risk_coverage_area:.3f} (by the reader's score alone {report.risk_coverage_area_reader:.3f})."
        )
    return "\n".join(lines + problem_lines(results.problems, "all in the results file"))


def problem_lines(problems: Sequence[str], rest: str) -> list[str]:
    """How many there are and the first few, none where there are none. `rest`: where the others can be read."""
    if not problems:
        return []
    lines = [f"{len(problems)} problems in the question set:", *(f"  {each}" for each in problems[:SHOWN_PROBLEMS])]
    if len(problems) > SHOWN_PROBLEMS:
        lines.append(f"  ... and {len(problems) - SHOWN_PROBLEMS} more ({rest})")
    return lines


def confidence_summary(results: Results) -> str:
    """What the confidence is worth, language by language: a table, what its columns mean, and problems of the set."""
    rows = [list(CONFIDENCE_HEADINGS)]
    rows += [[code, *_confidence_cells(result)] for code, result in results.languages.items()]
    rows.append(["all", *_confidence_cells(all_together(results))])
    threshold = results.run.get("settings", {}).get("threshold")
    lines = [
        _aligned(rows),
        *silence_lines(results),
        "",
        f"Answered, right and not found in per cent, from confidence {threshold} on. Cal. error: mean distance of "
        "confidence and truth, and what a perfect confidence would show on so few questions. Risk area: mean share of "
        "wrong answers when the surest are given first, by confidence and by the reader's score alone.",
        *problem_lines(results.problems, "--report FILE lists all"),
    ]
    return "\n".join(lines)


def target_summary(calibration: Calibration, target: float, results: Results) -> str:
    """Whether `target`, the wanted share of right answers, is reached; where it is not, what would be possible."""
    scores, threshold = all_together(results).scores, calibration.threshold
    possible = _possible(calibration, target)
    if names.RIGHT_OF_ANSWERED not in scores:
        return f"Target missed: no question is answered from confidence {threshold} on. {possible}"
    right, answered = scores[names.RIGHT_OF_ANSWERED].value / PERCENT, scores[names.ANSWERED].value / PERCENT
    reached = (
        f"{right:.1%} of the answers are right ({target:.1%} were wanted), from confidence {threshold} on, "
        f"with {answered:.1%} of the questions answered."
    )
    if round(right, SHARE_DIGITS) >= target:
        return f"Target reached: {reached}"
    return f"Target missed: {reached} {possible}"


def _possible(calibration: Calibration, target: float) -> str:
    possible = calibration.for_target(target)
    cost = possible.cost_at(possible.threshold)
    if cost is None:
        return "Too few questions are answered to say what would be possible; add questions."
    if cost.right < target and cost.threshold == calibration.threshold:
        return "No other threshold comes nearer."
    which = "No threshold reaches it; the nearest" if cost.right < target else "Another threshold reaches it"
    return (
        f"{which}: {cost.right:.1%} right from confidence {cost.threshold} on, with {cost.answered:.1%} answered "
        f"(serve --threshold {cost.threshold})."
    )


def silence_lines(results: Results) -> list[str]:
    """How many questions without an answer got none, by kind: a table; nothing where the set names no kinds."""
    if not results.silence:
        return []
    rows = [["unanswerable", "n", "not found"]]
    rows += [[kind, str(each.n), _with_half_width(each.correct)] for kind, each in results.silence.items()]
    return ["", _aligned(rows)]


def all_together(results: Results) -> LanguageResult:
    """Every question counted once, whatever its language: the shares at the threshold, and the confidence."""
    languages = list(results.languages.values())
    answered = [(names.ANSWERED, each.n) for each in languages]
    given = [(names.RIGHT_OF_ANSWERED, each.n * _value(each, names.ANSWERED)) for each in languages]
    silent = [(names.NOT_FOUND, each.unanswerable) for each in languages]
    scores: dict[str, Interval] = {}
    for weights in (answered, given, silent):
        total = sum(weight for _, weight in weights)
        if total:
            parts = [weight * _value(each, name) for each, (name, weight) in zip(languages, weights, strict=True)]
            share = sum(parts) / total
            scores[weights[0][0]] = Interval(share, share, share)
    unanswerable = sum(each.unanswerable for each in languages)
    return LanguageResult(sum(each.n for each in languages), scores, unanswerable, results.pooled)


def _value(result: LanguageResult, name: str) -> float:
    score = result.scores.get(name)
    return score.value if score else 0.0


def _confidence_cells(result: LanguageResult) -> list[str]:
    shares = [_cell(result, name) for name in (names.ANSWERED, names.RIGHT_OF_ANSWERED, names.NOT_FOUND)]
    report = result.confidence
    if report is None:
        return [str(result.n), *shares, *[ABSENT] * 4]
    measured = (
        report.calibration_error,
        report.calibration_error_by_chance,
        report.risk_coverage_area,
        report.risk_coverage_area_reader,
    )
    return [str(result.n), *shares, *(ABSENT if value is None else f"{value:.3f}" for value in measured)]


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 1) + ":" for width in widths) + "|")
    return "\n".join(lines)


def _cells(result: LanguageResult, columns: Sequence[tuple[str, str]]) -> list[str]:
    return [str(result.n), *(_cell(result, name) for name, _ in columns)]


def _cell(result: LanguageResult, name: str) -> str:
    score = result.scores.get(name)
    if score is None:
        return ABSENT
    return _with_half_width(score) if name in INTERVAL_COLUMNS else f"{score.value:.1f}"


def _with_half_width(score: Interval) -> str:
    return f"{score.value:.1f} ±{(score.high - score.low) / 2:.1f}"
