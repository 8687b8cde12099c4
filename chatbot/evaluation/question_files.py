"""JSONL question files over the user's own knowledge base -> a question set.

A line: `{"id", "question", "language", "document", "answers"}`; empty answers = the documents hold no answer.
Languages are ISO 639-1 codes. Optional: `"kind"`, what sort of question; `"half"`, "fit" or "held_out". A line with a
kind needs no answers.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from chatbot.evaluation.language_codes import iso_code
from chatbot.evaluation.question_sets import (
    BrokenFile,
    NoQuestionSet,
    Problem,
    Question,
    QuestionSet,
    first_of_each,
)

MAX_LISTED_CHARS = 80
"""Of a broken line, in a message: enough to find it again."""

SEE_HELP = "See `python main.py evaluate --help` for both formats."

HALVES = (None, "fit", "held_out")
"""Any other word would count as "fit", and questions that were to be held out would be fitted to."""

WANTED = {
    "id": "text or a whole number",
    "question": "text",
    "language": 'an ISO 639-1 code such as "de"',
    "kind": "text",
    "half": '"fit" or "held_out"',
}
"""Field -> what it must hold."""


def question_files(path: Path) -> list[Path]:
    """The `.jsonl` file itself, or those of a folder, by name."""
    if path.is_file() and path.suffix == ".jsonl":
        return [path]
    return sorted(path.glob("*.jsonl")) if path.is_dir() else []


def load_question_files(
    path: Path, document_text: Callable[[str], str | None], collection_hash: str = ""
) -> QuestionSet:
    """Read a file or a folder of files. `document_text`: id -> text of the knowledge base, None if it has no such one.

    Raises NoQuestionSet without files and BrokenFile on a line that is not a JSON object with these fields.
    """
    files = question_files(path)
    if not path.exists():
        raise NoQuestionSet(f"There is no file or folder {path}.")
    if path.is_file() and not files:
        raise NoQuestionSet(
            f"{path} is no .jsonl question file. Name one; of XQuAD files, name the folder: {path.parent}. {SEE_HELP}"
        )
    if not files:
        raise NoQuestionSet(f"{path} holds neither xquad.<language>.json files nor *.jsonl question files. {SEE_HELP}")
    problems: list[Problem] = []
    questions: list[Question] = []
    for file in files:
        for number, record in _records(file):
            question = _question(record, f"{file.name}:{number}", document_text, problems)
            if question is not None:
                questions.append(question)
    return QuestionSet(path.name, tuple(first_of_each(questions, problems)), (), tuple(problems), collection_hash)


def _records(file: Path) -> list[tuple[int, Mapping[str, Any]]]:
    try:
        lines = file.read_text(encoding="utf-8-sig").split("\n")  # not splitlines: U+2028 may stand in JSON
    except (OSError, UnicodeDecodeError) as error:
        raise BrokenFile(f"{file} cannot be read as UTF-8 text: {error}.") from error
    records = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError as error:
            raise BrokenFile(f"{file}:{number} is not JSON ({error}): {line[:MAX_LISTED_CHARS]}") from error
        missing = [name for name in _required(_as_object(record)) if name not in _as_object(record)]
        if missing:
            raise BrokenFile(
                f"{file}:{number} lacks {', '.join(missing)}; "
                'wanted: {"id", "question", "language", "document", "answers"}.'
            )
        if not _is_list_of_texts(record.get("answers")):
            raise BrokenFile(
                f"{file}:{number} has answers {json.dumps(record['answers'])[:MAX_LISTED_CHARS]}; "
                'wanted: a list, ["30 days"] or [{"text": "30 days"}], empty where nothing answers.'
            )
        records.append((number, record))
    return records


def _required(record: Mapping[str, Any]) -> tuple[str, ...]:
    """Answers may only be left out on purpose: a misspelt "answer" must not make a set of unanswerable questions."""
    return ("id", "question", "language") if "kind" in record else ("id", "question", "language", "answers")


def _is_list_of_texts(answers: object) -> bool:
    """A plain text would be taken for a list of its letters."""
    if not isinstance(answers, list):
        return answers is None
    return all(isinstance(answer.get("text") if isinstance(answer, dict) else answer, str) for answer in answers)


def _as_object(record: object) -> Mapping[str, Any]:
    return record if isinstance(record, dict) else {}


def _question(
    record: Mapping[str, Any], where: str, document_text: Callable[[str], str | None], problems: list[Problem]
) -> Question | None:
    """The question of one line, or None with a problem noted."""
    answers = tuple(answer["text"] if isinstance(answer, dict) else answer for answer in record.get("answers") or ())
    document = str(record["document"]) if answers and record.get("document") else None
    text = document_text(document) if document else None
    held = tuple(answer for answer in answers if text is not None and answer.strip() and answer in text)
    language = iso_code(record["language"])
    problem = _wrong_field(record)
    if problem is None and answers and not held:
        problem = _why_no_gold(answers, document, text)
    if problem is not None or language is None:
        problems.append(Problem(where, f"{problem}; left out"))
        return None
    if len(held) < len(answers):
        problems.append(Problem(where, f"{len(answers) - len(held)} gold answers are not in {document}; others kept"))
    return Question(
        id=str(record["id"]),
        language=language,
        text=record["question"],
        document=document,
        answers=held,
        kind=record.get("kind"),
        stated_half=record.get("half"),
    )


def _wrong_field(record: Mapping[str, Any]) -> str | None:
    """The first field that holds what cannot be asked or counted, in words."""
    usable = {
        "id": _is_name(record["id"]),
        "question": isinstance(record["question"], str),
        "language": iso_code(record["language"]) is not None,
        "kind": isinstance(record.get("kind"), str | None),
        "half": record.get("half") in HALVES,
    }
    wrong = next((name for name, good in usable.items() if not good), None)
    if wrong is not None:
        return f"{wrong} {json.dumps(record[wrong], ensure_ascii=False)[:MAX_LISTED_CHARS]} is not {WANTED[wrong]}"
    return None if record["question"].strip() else "empty question"


def _is_name(id: object) -> bool:
    return isinstance(id, str | int) and not isinstance(id, bool) and bool(str(id).strip())


def _why_no_gold(answers: Sequence[str], document: str | None, text: str | None) -> str:
    if document is None:
        return "answers without a document"
    if text is None:
        return f"document {document!r} is not in the knowledge base"
    return f"gold {answers[0]!r} is not in {document}"
