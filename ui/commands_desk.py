"""The desk's work on the command line: parity, export and erasing of questions, the password's hash."""

import argparse
import getpass
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from chatbot.parity import ParityOutcome, ParityReport, compare, read_questions
from chatbot.settings import Settings
from knowledge_base.question_reports import QuestionReports
from knowledge_base.questions import QuestionLog
from knowledge_base.store import KnowledgeBase
from ui.desk_numbers import questions_csv, questions_jsonl
from ui.desk_password import PasswordHash
from ui.output import print_json
from ui.progress import progress_bar

EXIT_DONE = 0

ANSWER_CHARS = 40
"""Of an answer in the table: enough to tell two apart."""


class DeskCommandError(Exception):
    """What was asked for cannot be done."""


def parity(lines: Sequence[str], settings: Settings, *, as_json: bool) -> int:
    """Ask all questions and print where each language lands."""
    questions, problems = read_questions(lines)
    for problem in problems:
        print(f"left out: {problem}", file=sys.stderr)
    if not questions:
        wanted = '{"id": "returns", "question": "...", "language": "de"}'
        raise DeskCommandError(f"The file holds no question like {wanted}.")
    from chatbot.assemble import build_chatbot

    with progress_bar("Preparing") as on_progress:
        chatbot = build_chatbot(settings, on_progress)

    with progress_bar("Asking") as on_progress:
        report = compare(
            questions,
            lambda question, language: chatbot.pipeline.answer(
                question, language=language, threshold=chatbot.threshold
            ),
            on_progress,
        )
    if as_json:
        print_json(parity_record(report))
    else:
        print("\n".join(parity_lines(report)))
    return EXIT_DONE


def parity_record(report: ParityReport) -> dict[str, Any]:
    """A report as JSON."""
    return {
        "agreement": round(report.agreement, 4),
        "languages": {code: round(share, 4) for code, share in report.by_language().items()},
        "questions": [_outcome_record(outcome) for outcome in report.outcomes],
    }


def parity_lines(report: ParityReport) -> Iterable[str]:
    """A report as a table for a person at a terminal."""
    for identifier, outcomes in report.by_question().items():
        yield identifier
        for outcome in outcomes:
            answer = " ".join((outcome.answer.text or "-").split())[:ANSWER_CHARS]
            state = "reference" if outcome.is_reference else outcome.landing.value
            yield f"  {outcome.question.language or '?':<3} {state:<36} {answer}"
    yield ""
    for code, share in report.by_language().items():
        yield f"{code or '?':<4}{share:6.1%}"
    yield f"all {report.agreement:6.1%} land on the words of their reference"


def export_questions(options: argparse.Namespace, settings: Settings) -> int:
    """Write the log to a file or to standard output."""
    with KnowledgeBase(_existing(settings.kb), read_only=True) as knowledge_base:
        questions = QuestionReports(knowledge_base).questions(options.since)
        lines = questions_csv(questions) if options.format == "csv" else questions_jsonl(questions)
        if options.out is None:
            sys.stdout.writelines(lines)
            return EXIT_DONE
        with options.out.open("w", encoding="utf-8", newline="") as stream:
            stream.writelines(lines)
    print(f"The questions are in {options.out}.", file=sys.stderr)
    return EXIT_DONE


def erase(options: argparse.Namespace, settings: Settings) -> int:
    """Delete questions for good."""
    with KnowledgeBase(_existing(settings.kb)) as knowledge_base:
        if options.all:
            count = QuestionReports(knowledge_base).erase_all()
        elif options.before is not None:
            count = QuestionLog(knowledge_base).forget(options.before)
        else:
            count = QuestionReports(knowledge_base).erase_conversation(options.conversation)
    print(f"{count} questions erased.")
    return EXIT_DONE


def desk_password() -> int:
    """Ask for a password twice, or read it from a pipe, and print what to configure."""
    if sys.stdin.isatty():
        password = getpass.getpass("Password of the desk: ")
        if getpass.getpass("Once more: ") != password:
            raise DeskCommandError("The two passwords differ; nothing was made.")
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    print(f"ANYTONGUE_DESK_PASSWORD_HASH={PasswordHash.of(password)}")
    return EXIT_DONE


def _outcome_record(outcome: ParityOutcome) -> dict[str, Any]:
    citation = outcome.answer.citation
    return {
        "id": outcome.question.id,
        "language": outcome.question.language,
        "question": outcome.question.question,
        "landing": outcome.landing.value,
        "reference": outcome.is_reference,
        "answer": outcome.answer.text,
        "confidence": round(outcome.answer.confidence, 4),
        "document": citation.passage.document if citation else None,
        "start": citation.passage.start + citation.start if citation else None,
        "end": citation.passage.start + citation.end if citation else None,
    }


def _existing(path: Path) -> Path:
    if not path.exists():
        raise DeskCommandError(f"There is no knowledge base at {path}; name one with --kb.")
    return path
