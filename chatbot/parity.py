"""The same question in many languages: does every language land on the same span? The check after each change."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from chatbot.answer import Answer, Citation
from knowledge_base.documents import Passage

REFERENCE_LANGUAGE = "en"

OnProgress = Callable[[int, int, str], None]

Ask = Callable[[str, str | None], Answer]
"""(question, language) -> answer; `QAPipeline.answer` with the threshold in use."""


class Landing(StrEnum):
    """Where a language ended up, compared with the reference. From best to worst."""

    SAME = "same span"
    OVERLAP = "overlapping span"
    DOCUMENT = "same document, other words"
    ELSEWHERE = "other document"
    NO_ANSWER = "no answer"
    UNEXPECTED = "answer where the reference has none"


AGREEING = (Landing.SAME, Landing.OVERLAP)


@dataclass(frozen=True, slots=True)
class ParityQuestion:
    """One wording of one question."""

    id: str
    """What its translations share."""
    question: str
    language: str | None


@dataclass(frozen=True, slots=True)
class ParityOutcome:
    """One wording with what came of it."""

    question: ParityQuestion
    answer: Answer
    landing: Landing
    is_reference: bool = False


@dataclass(frozen=True, slots=True)
class ParityReport:
    """All outcomes, in the order of the questions."""

    outcomes: tuple[ParityOutcome, ...]

    @property
    def agreement(self) -> float:
        """Share of the compared wordings that land where their reference does, 0..1; 1 with nothing to compare."""
        return _share([outcome for outcome in self.outcomes if not outcome.is_reference])

    def by_question(self) -> dict[str, list[ParityOutcome]]:
        """Question id -> its wordings."""
        found: dict[str, list[ParityOutcome]] = {}
        for outcome in self.outcomes:
            found.setdefault(outcome.question.id, []).append(outcome)
        return found

    def by_language(self) -> dict[str, float]:
        """Language -> share of its wordings that land where their reference does, the worst first."""
        found: dict[str, list[ParityOutcome]] = {}
        for outcome in self.outcomes:
            if not outcome.is_reference:
                found.setdefault(outcome.question.language or "", []).append(outcome)
        return dict(sorted(((code, _share(rows)) for code, rows in found.items()), key=lambda item: (item[1], item[0])))


def read_questions(lines: Sequence[str]) -> tuple[list[ParityQuestion], list[str]]:
    """JSONL lines {"id", "question", "language"} -> the questions, and what is wrong with the lines that are none."""
    questions, problems = [], []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError) as error:
            problems.append(f"line {number} is not JSON: {error}")
            continue
        problem = _problem(entry)
        if problem:
            problems.append(f"line {number} {problem}")
        else:
            questions.append(ParityQuestion(str(entry["id"]), entry["question"], entry.get("language")))
    return questions, problems


def compare(
    questions: Sequence[ParityQuestion], ask: Ask, on_progress: OnProgress = lambda done, total, name: None
) -> ParityReport:
    """Ask every wording and compare those of the same id."""
    answers: list[Answer] = []
    for done, question in enumerate(questions):
        on_progress(done, len(questions), question.question)
        answers.append(ask(question.question, question.language))
    on_progress(len(questions), len(questions), "")
    rows_of: dict[str, list[int]] = {}
    for row, question in enumerate(questions):
        rows_of.setdefault(question.id, []).append(row)
    reference_of = {identifier: _reference(rows, questions, answers) for identifier, rows in rows_of.items()}
    return ParityReport(tuple(_outcomes(questions, answers, reference_of)))


def landing(found: Citation | None, reference: Citation | None) -> Landing:
    """How an answer relates to that of the reference."""
    if found is None:
        return Landing.SAME if reference is None else Landing.NO_ANSWER
    if reference is None:
        return Landing.UNEXPECTED
    if found.passage.document != reference.passage.document:
        return Landing.ELSEWHERE
    begin, end = _in_document(found)
    reference_begin, reference_end = _in_document(reference)
    if (begin, end) == (reference_begin, reference_end):
        return Landing.SAME
    return Landing.OVERLAP if begin < reference_end and reference_begin < end else Landing.DOCUMENT


def _outcomes(
    questions: Sequence[ParityQuestion], answers: Sequence[Answer], reference_of: dict[str, int]
) -> Iterator[ParityOutcome]:
    for row, (question, answer) in enumerate(zip(questions, answers, strict=True)):
        reference = reference_of[question.id]
        found = landing(answer.citation, answers[reference].citation)
        yield ParityOutcome(question, answer, found, is_reference=row == reference)


def _reference(rows: list[int], questions: Sequence[ParityQuestion], answers: Sequence[Answer]) -> int:
    """The English wording; without one, a wording whose answer most of the others share."""
    for row in rows:
        if questions[row].language == REFERENCE_LANGUAGE:
            return row

    def shared(row: int) -> int:
        return sum(landing(answers[other].citation, answers[row].citation) in AGREEING for other in rows)

    return max(rows, key=lambda row: (shared(row), answers[row].citation is not None, -row))


def _in_document(citation: Citation) -> tuple[int, int]:
    passage: Passage = citation.passage
    return passage.start + citation.start, passage.start + citation.end


def _share(outcomes: Sequence[ParityOutcome]) -> float:
    return sum(outcome.landing in AGREEING for outcome in outcomes) / len(outcomes) if outcomes else 1.0


def _problem(entry: Any) -> str | None:
    wanted = 'an object like {"id": "returns", "question": "...", "language": "de"} is needed'
    if not isinstance(entry, dict):
        return f"is not an object; {wanted}"
    if not isinstance(entry.get("id"), str | int):
        return f'has no "id"; {wanted}'
    if not isinstance(entry.get("question"), str) or not entry["question"].strip():
        return f'has no text under "question"; {wanted}'
    if not isinstance(entry.get("language"), str | None):
        return f'has a "language" that is no text; {wanted}'
    return None
