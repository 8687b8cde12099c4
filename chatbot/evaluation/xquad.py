"""An XQuAD-format folder -> a question set: questions in every language, passages and gold from the English file.

Each paragraph is one document and one passage, as published; titles are left out, as the benchmark's readers do.
"""

import json
import re
from collections.abc import Iterator
from itertools import chain, count
from pathlib import Path
from typing import Any

from chatbot.evaluation.language_codes import ISO_639_1
from chatbot.evaluation.question_sets import (
    BrokenFile,
    NoQuestionSet,
    Problem,
    Question,
    QuestionSet,
    first_of_each,
    hash_documents,
)
from knowledge_base.documents import Document

FILE_NAME = re.compile(r"^xquad\.([a-z]{2})\.json$")


def is_xquad_folder(folder: Path) -> bool:
    """The folder holds at least one `xquad.<language>.json`."""
    return folder.is_dir() and bool(_language_files(folder))


def load_xquad(folder: Path) -> QuestionSet:
    """Read every `xquad.<language>.json`. Raises BrokenFile on a broken one, NoQuestionSet without the English one."""
    files = _language_files(folder)
    if "en" not in files:
        raise NoQuestionSet(
            f"{folder} has no xquad.en.json; the English file holds the passages and the gold answers. "
            "Put it beside the others."
        )
    problems = _files_left_out(folder, files)
    documents, english = _read_english(files["en"], problems)
    gold = {question.id: question for question in english}
    questions = list(english)
    for language, path in files.items():
        if language != "en":
            questions += _read_other(path, language, gold, problems)
    return QuestionSet(folder.name, tuple(questions), tuple(documents), tuple(problems), hash_documents(documents))


def _language_files(folder: Path) -> dict[str, Path]:
    found = {match[1]: path for path in sorted(folder.iterdir()) if (match := FILE_NAME.match(path.name))}
    return {code: path for code, path in found.items() if code in ISO_639_1}


def _files_left_out(folder: Path, files: dict[str, Path]) -> list[Problem]:
    """What lies there as if it were to be measured: XQuAD files of other names, and question files."""
    problems = []
    for path in sorted(set(folder.iterdir()) - set(files.values())):
        if path.name.startswith("xquad.") and path.suffix == ".json":
            problems.append(Problem(path.name, "not read; wanted xquad.<ISO 639-1 code>.json, as xquad.zh.json"))
        elif path.suffix == ".jsonl":
            problems.append(Problem(path.name, "not read beside XQuAD files; name the file itself to measure it"))
    return problems


def _read_english(path: Path, problems: list[Problem]) -> tuple[list[Document], list[Question]]:
    documents: dict[str, Document] = {}
    questions: list[Question] = []
    for name, context, entries in _paragraphs(path):
        documents[name] = Document(id=name, title="", text=context, kind="squad")
        for entry in _without_blank(entries, "en", problems):
            answers = _matching_answers(entry, context, f"en {entry['id']}", problems)
            if answers is not None:
                document = name if answers else None
                questions.append(Question(entry["id"], "en", entry["question"], document, answers))
    return list(documents.values()), first_of_each(questions, problems)


def _without_blank(entries: list[dict[str, Any]], language: str, problems: list[Problem]) -> list[dict[str, Any]]:
    blank = [entry for entry in entries if not entry["question"].strip()]
    problems += [Problem(f"{language} {entry['id']}", "empty question; left out") for entry in blank]
    return [entry for entry in entries if entry not in blank]


def _matching_answers(
    entry: dict[str, Any], context: str, where: str, problems: list[Problem]
) -> tuple[str, ...] | None:
    """Gold answers that the passage really holds; None when there were some and all are wrong."""
    kept = []
    for answer in entry["answers"]:
        text, start = answer["text"], answer["answer_start"]
        if context[start : start + len(text)] == text and text.strip():
            kept.append(text)
        elif text.strip() and text in context:  # EM and F1 compare words, so the answer is still usable
            problems.append(Problem(where, f"gold {text!r} does not stand at {start}; kept, it stands elsewhere"))
            kept.append(text)
        else:
            problems.append(Problem(where, f"gold {text!r} is not in its passage; left out"))
    return tuple(dict.fromkeys(kept)) if kept or not entry["answers"] else None


def _read_other(path: Path, language: str, gold: dict[str, Question], problems: list[Problem]) -> list[Question]:
    questions = []
    for _, _, entries in _paragraphs(path):
        for entry in _without_blank(entries, language, problems):
            english = gold.get(entry["id"])
            if english is None:
                problems.append(Problem(f"{language} {entry['id']}", "no usable English question of this id; left out"))
            else:
                questions.append(Question(english.id, language, entry["question"], english.document, english.answers))
    kept = first_of_each(questions, problems)
    absent = len(gold) - len(kept)
    if absent:
        problems.append(Problem(path.name, f"{absent} of {len(gold)} English questions have no translation here"))
    return kept


def _paragraphs(path: Path) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
    """Name, text and questions of every paragraph; no name twice. Raises BrokenFile."""
    titles: set[str] = set()
    try:
        articles = json.loads(path.read_text(encoding="utf-8-sig"))["data"]
        for number, article in enumerate(articles):
            title = _not_in(titles, str(article.get("title", number)))
            titles.add(title)
            for index, paragraph in enumerate(article["paragraphs"]):
                context, entries = paragraph["context"], paragraph["qas"]
                _check_paragraph(context, entries)
                yield f"{title}/{index}", context, entries
    except OSError as error:
        raise BrokenFile(f"{path} cannot be read: {error.strerror or error}.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BrokenFile(
            f"{path} is not in SQuAD format ({type(error).__name__}: {error}); "
            "wanted: data > paragraphs > context, qas > id, question, answers > text, answer_start."
        ) from error


def _not_in(taken: set[str], title: str) -> str:
    """The title, numbered where another article has it too."""
    numbered = (f"{title} ({number})" for number in count(2))
    return next(name for name in chain([title], numbered) if name not in taken)


def _check_paragraph(context: object, entries: list[dict[str, Any]]) -> None:
    if not isinstance(context, str):
        raise TypeError("context must be text")
    for entry in entries:
        if not isinstance(entry["id"], str) or not isinstance(entry["question"], str):
            raise TypeError("id and question must be text")
        for answer in entry["answers"]:
            if not isinstance(answer["text"], str) or not isinstance(answer["answer_start"], int):
                raise TypeError(f"answers of {entry['id']} need text and a whole number answer_start")
