"""English question answering data: `english_qa/train.jsonl.gz` and `dev.jsonl.gz`, checked while they are read."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


class TrainingDataError(Exception):
    """Training data that cannot be used; the message says which line and why."""


@dataclass(frozen=True, slots=True)
class GoldAnswer:
    """Words of the passage that answer the question."""

    text: str
    start: int  # character of the context


@dataclass(frozen=True, slots=True)
class QAExample:
    """A question over a passage; no answers = the passage does not answer it."""

    source: str
    question: str
    context: str
    answers: tuple[GoldAnswer, ...]
    title: str = ""


def load_english_qa(path: Path) -> list[QAExample]:
    """Read one split; raises TrainingDataError where the file is missing, empty or an answer is not in its passage."""
    if not path.is_file():
        raise TrainingDataError(f"{path} is missing; the data folder must hold english_qa/{path.name}")
    examples = list(_examples(path))
    if not examples:
        raise TrainingDataError(f"{path} holds no questions")
    return examples


def _examples(path: Path) -> Iterator[QAExample]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                fields = json.loads(line)
                answers = tuple(GoldAnswer(a["text"], a["answer_start"]) for a in fields["answers"])
                example = QAExample(
                    fields["source"], fields["question"], fields["context"], answers, fields.get("title", "")
                )
            except (ValueError, KeyError, TypeError) as error:
                raise TrainingDataError(f"{path} line {number} is not a question with context and answers") from error
            for answer in answers:
                if example.context[answer.start : answer.start + len(answer.text)] != answer.text:
                    raise TrainingDataError(f"{path} line {number}: {answer.text!r} is not at character {answer.start}")
            yield example
