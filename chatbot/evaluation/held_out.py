"""What a calibration is worth on questions it was not fitted to, language by language. Pure."""

from collections.abc import Sequence

from chatbot.calibration import Calibration
from chatbot.evaluation.fitting import AskedQuestion, answer_of
from chatbot.evaluation.metrics import calibration_error, risk_coverage_area

HEADINGS = (
    "", "n", "answered", "right", "unanswerable", "answered all the same", "cal. error", "risk area", "by reader",
)  # fmt: skip

NOTHING = "-"


def describe_held_out(calibration: Calibration, questions: Sequence[AskedQuestion]) -> str:
    """A Markdown table over the held-out questions; all of them where none is held out."""
    held = [question for question in questions if question.held_out]
    asked = held or list(questions)
    codes = sorted({question.language for question in asked}, key=lambda code: (code != "en", code))
    rows = [list(HEADINGS)]
    rows += [[code, *_row(calibration, [q for q in asked if q.language == code])] for code in codes]
    rows.append(["all", *_row(calibration, asked)])
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = [
        "| " + " | ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 1) + ":" for width in widths) + "|")
    which = "questions never used for fitting" if held else "the questions of the fit (none is held out)"
    lines.append(
        f"On {len(asked)} {which}, answering from confidence {calibration.threshold:.2f} on. Risk area: mean share of "
        "wrong answers when the surest are given first, by confidence and by the reader's score alone; lower is better."
    )
    return "\n".join(lines)


def _row(calibration: Calibration, questions: Sequence[AskedQuestion]) -> list[str]:
    answers = [answer_of(calibration, question) for question in questions]
    sure, right = [confidence for confidence, _ in answers], [good for _, good in answers]
    given = [good for confidence, good in answers if confidence >= calibration.threshold]
    silent = [a for a, q in zip(answers, questions, strict=True) if not q.answerable]
    wrongly = sum(confidence >= calibration.threshold for confidence, _ in silent)
    by_margin = [_by_margin(question) for question in questions]
    return [
        str(len(questions)),
        f"{100 * len(given) / len(questions):.0f} %",
        f"{100 * sum(given) / len(given):.0f} %" if given else NOTHING,
        str(len(silent)),
        f"{100 * wrongly / len(silent):.0f} %" if silent else NOTHING,
        f"{calibration_error(sure, right):.3f}",
        f"{risk_coverage_area(sure, right):.3f}",
        f"{risk_coverage_area([m for m, _ in by_margin], [good for _, good in by_margin]):.3f}",
    ]


def _by_margin(question: AskedQuestion) -> tuple[float, bool]:
    """What the reader's margin alone would answer, and how sure it would be."""
    found = [(candidate.features.margin, candidate.right) for candidate in question.candidates]
    return max(found, key=lambda pair: pair[0], default=(float("-inf"), False))
