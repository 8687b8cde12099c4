"""Evaluation results -> the "How good is it?" page as HTML: tables, pictures, what the numbers mean.

English only: it is for operators and developers, like the desk.
"""

from base64 import b64encode
from collections.abc import Sequence
from html import escape
from pathlib import Path

from chatbot.calibration import Calibration, TradeOff
from chatbot.evaluation import results as names
from chatbot.evaluation.results import LanguageResult, Results, ResultsError, read_results

MEASURED = Path(__file__).resolve().parent.parent / "chatbot" / "evaluation" / "measured"
"""Committed results: `NAME.json`, with their pictures in a folder NAME beside it."""

COLUMNS = (
    (names.READING_F1, "Reading F1", "the passage with the answer is given"),
    (names.READING_EM, "Reading EM", "the same, word for word"),
    (names.RECALL_1, "Found first", "the right document is first among all"),
    (names.RECALL_5, "Found in five", "the right document is among the first five"),
    (names.MRR, "MRR", "mean of 1 / place of the right document"),
    (names.END_TO_END_F1, "End to end F1", "question in, surest words of the whole collection out"),
    (names.END_TO_END_EM, "End to end EM", "the same, word for word"),
    (names.GAP_F1, "Transfer gap", "English minus this language, reading F1"),
    (names.ANSWERED, "Answered", "share of the questions that got an answer"),
    (names.RIGHT_OF_ANSWERED, "Right", "share of those answers that serve the customer"),
    (names.NOT_FOUND, "Rightly silent", "share of the questions without an answer that got none"),
)
"""Score, heading, explanation."""

PICTURES = (
    ("f1_by_language.png", "F1 of every language with its 95 % interval, beside published models on another task"),
    ("gap_by_distance.png", "What is lost on the way from English, against how far the language is from English"),
    ("coverage_risk.png", "Share of wrong answers when only the surest questions are answered"),
    ("reliability.png", "How often answers of a confidence were right"),
)
"""File and the words for who does not see it."""


def results_page(folder: Path = MEASURED) -> str:
    """All committed results, one section each; a plain sentence where there are none."""
    sections = [_section(path) for path in sorted(folder.glob("*.json"))]
    if not sections:
        sections = ["<p>Nothing has been measured yet. Run: <code>python main.py evaluate DIR --out FILE</code></p>"]
    return f'<div class="at-results" lang="en" dir="ltr">{"".join(sections)}</div>'


def results_table(results: Results) -> str:
    """One row per language, English first, and their mean; every cell names its interval."""
    shown = [column for column in COLUMNS if any(column[0] in each.scores for each in results.languages.values())]
    head = "".join(f'<th scope="col" title="{escape(why)}">{escape(title)}</th>' for _, title, why in shown)
    rows = [_row(code, result, shown) for code, result in results.languages.items()]
    if results.mean and len(results.languages) > 1:
        rows.append(_row("mean without English", results.mean, shown))
    return (
        '<div class="at-scroll"><table class="at-table"><thead><tr><th scope="col">Language</th>'
        f'<th scope="col">Questions</th>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    )


def trade_off_table(calibration: Calibration, wanted: Sequence[float] = (0.8, 0.85, 0.9, 0.95)) -> str:
    """What "careful ... eager" costs: for each share of right answers, the threshold and how much is answered."""
    if not calibration.trade_offs:
        return "<p>Not fitted yet: the confidence is a rough guess. Run: <code>python main.py calibrate</code></p>"
    rows = []
    for target in wanted:
        point = calibration.cost_at(calibration.for_target(target).threshold)
        rows.append(_trade_off_row(target, point))
    return (
        '<table class="at-table"><thead><tr><th scope="col">Wanted right</th><th scope="col">Threshold</th>'
        '<th scope="col">Answered</th><th scope="col">Right</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _trade_off_row(target: float, point: TradeOff | None) -> str:
    if point is None:
        return ""
    reached = "" if point.right >= target else " (out of reach; the nearest)"
    return (
        f'<tr><th scope="row">{target:.0%}{reached}</th><td>{point.threshold:.2f}</td>'
        f"<td>{point.answered:.0%}</td><td>{point.right:.0%}</td></tr>"
    )


def _section(path: Path) -> str:
    try:
        results = read_results(path)
    except ResultsError as error:
        return f"<section><h2>{escape(path.stem)}</h2><p>{escape(str(error))}</p></section>"
    pictures = "".join(_picture(path.with_suffix("") / name, words) for name, words in PICTURES)
    return (
        f"<section><h2>{escape(_title(results, path))}</h2>{results_table(results)}"
        f"<p>{escape(_origin(results))}</p>{_confidence(results)}{_problems(results)}{pictures}</section>"
    )


def _row(label: str, result: LanguageResult, shown: Sequence[tuple[str, str, str]]) -> str:
    cells = "".join(_cell(result, name) for name, _, _ in shown)
    return f'<tr><th scope="row">{escape(label)}</th><td>{result.n}</td>{cells}</tr>'


def _cell(result: LanguageResult, name: str) -> str:
    score = result.scores.get(name)
    if score is None:
        return "<td></td>"
    return f'<td title="95 % interval {score.low:.1f} to {score.high:.1f}">{score.value:.1f}</td>'


def _title(results: Results, path: Path) -> str:
    return str(results.run.get("data", {}).get("name") or path.stem)


def _origin(results: Results) -> str:
    run, machine = results.run, results.run.get("machine", {})
    parts = [
        ("measured", str(run.get("date", ""))[:10]),
        ("commit", str(run.get("commit") or "")[:12]),
        ("encoder", str(run.get("checkpoints", {}).get("encoder", ""))[:12]),
        ("reader", str(run.get("checkpoints", {}).get("reader", ""))[:12]),
        ("on", str(machine.get("processor", ""))),
        ("seconds", str(run.get("seconds", ""))),
    ]
    return ", ".join(f"{name} {value}" for name, value in parts if value)


def _confidence(results: Results) -> str:
    report = results.pooled
    if report is None:
        return ""
    return (
        f"<p>Confidence is off by {100 * report.calibration_error:.1f} points on average. Mean share of wrong answers "
        f"when the surest are given first: {100 * report.risk_coverage_area:.1f} %; going by the reader's score alone "
        f"{100 * report.risk_coverage_area_reader:.1f} %.</p>"
    )


def _problems(results: Results) -> str:
    if not results.problems:
        return ""
    lines = "".join(f"<li>{escape(problem)}</li>" for problem in results.problems)
    return f"<details><summary>{len(results.problems)} problems in the question set</summary><ul>{lines}</ul></details>"


def _picture(path: Path, words: str) -> str:
    """Embedded, so that the page needs no file server and works in a frame."""
    if not path.is_file():
        return ""
    data = b64encode(path.read_bytes()).decode("ascii")
    return f'<figure><img src="data:image/png;base64,{data}" alt="{escape(words)}" loading="lazy"></figure>'
