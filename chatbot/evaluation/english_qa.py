"""English QA in JSONL (`{"question", "context", "answers": [{"text", "answer_start"}]}` a line) -> a question set.

All contexts together are the collection; a question whose own context does not answer it counts as unanswerable.
"""

import gzip
import json
from pathlib import Path
from typing import Any

from chatbot.evaluation.question_sets import (
    BrokenFile,
    Problem,
    Question,
    QuestionSet,
    evenly_spread,
    first_of_each,
    hash_documents,
)
from knowledge_base.documents import Document


def load_english_qa(path: Path, limit: int | None = None) -> QuestionSet:
    """At most `limit` questions, evenly spread, and their contexts. Raises BrokenFile."""
    documents: dict[str, Document] = {}
    questions: list[Question] = []
    problems: list[Problem] = []
    for number, record in evenly_spread(read_records(path), limit):
        context = record["context"]
        document = documents.setdefault(context, Document(f"context {len(documents)}", "", context, kind="squad"))
        answers = tuple(a["text"] for a in record["answers"] if a["text"].strip() and a["text"] in context)
        if record["answers"] and not answers:
            problems.append(Problem(f"{path.name}:{number}", "gold is not in its context; left out"))
            continue
        questions.append(
            Question(f"{path.name}:{number}", "en", record["question"], document.id if answers else None, answers)
        )
    kept = first_of_each(questions, problems)
    collection = tuple(documents.values())
    return QuestionSet(path.name, tuple(kept), collection, tuple(problems), hash_documents(collection))


def read_records(path: Path) -> list[tuple[int, dict[str, Any]]]:
    """Line numbers and records of a file. Raises BrokenFile."""
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")
        lines = [(number, json.loads(line)) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
        for _, record in lines:
            _ = record["question"], record["context"], [answer["text"] for answer in record["answers"]]
    except (OSError, EOFError) as error:
        raise BrokenFile(f"{path} cannot be read: {error}.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise BrokenFile(
            f"{path} is not English QA ({type(error).__name__}: {error}); "
            'wanted a line: {"question", "context", "answers": [{"text", "answer_start"}]}.'
        ) from error
    return lines
