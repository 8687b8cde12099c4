"""Questions written for this project in addition to the data folder's: `written/`, read with `--written FOLDER`.

`help_centres.jsonl` and `encyclopedia.jsonl` have passages of their own. `near_misses.jsonl` has questions that
passages of the data folder nearly answer; it names these by their SHA-256, so that nobody's text is copied here.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from retrieval.training.english_qa import GoldAnswer, QAExample, TrainingDataError, load_english_qa

PASSAGES = {"help_centres.jsonl": "written-help", "encyclopedia.jsonl": "written-encyclopedia"}
"""Files of passages with questions, and what their examples give as source."""
NEAR_MISSES, NEAR_MISS_SOURCE = "near_misses.jsonl", "written-near-miss"


def load_training_questions(data: Path, written: Path | None = None) -> list[QAExample]:
    """The training split of the data folder and, with `written`, that folder's questions after it."""
    examples = load_english_qa(data / "english_qa" / "train.jsonl.gz")
    if written is None:
        return examples
    own = [example for name, source in PASSAGES.items() for example in _own_passages(written / name, source)]
    return [*examples, *own, *_near_misses(written / NEAR_MISSES, examples)]


def context_hash(context: str) -> str:
    """What a near miss names its passage by."""
    return hashlib.sha256(context.encode()).hexdigest()


def _own_passages(path: Path, source: str) -> Iterator[QAExample]:
    for where, record in _records(path, ("title", "passage", "questions")):
        passage = record["passage"]
        if not all(isinstance(asked, list) and len(asked) == 2 for asked in record["questions"]):
            raise TrainingDataError(f"{where}: questions must be [question, answer], with an empty answer for none")
        for question, answer in record["questions"]:
            answers = (_gold(answer, passage, where),) if answer else ()
            yield QAExample(source, question, passage, answers, record["title"])


def _gold(answer: str, passage: str, where: str) -> GoldAnswer:
    """Where the answer stands first as whole words: "7" is not in "3.70"."""
    found = re.search(rf"(?<!\w)(?<!\d[.,:]){re.escape(answer)}(?!\w)", passage)
    if found is None:
        raise TrainingDataError(f"{where}: {answer!r} does not stand in the passage as whole words")
    return GoldAnswer(answer, found.start())


def _near_misses(path: Path, examples: Sequence[QAExample]) -> Iterator[QAExample]:
    """Those of passages that the data folder does not hold are left out: it may be a smaller one."""
    passages = {context_hash(example.context): example for example in examples}
    for _, record in _records(path, ("context_sha256", "questions")):
        passage = passages.get(record["context_sha256"])
        if passage is not None:
            for question in record["questions"]:
                yield QAExample(NEAR_MISS_SOURCE, question, passage.context, (), passage.title)


def _records(path: Path, fields: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    if not path.is_file():
        wanted = ", ".join((*PASSAGES, NEAR_MISSES))
        raise TrainingDataError(f"{path} is missing; --written wants a folder with {wanted}")
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        where = f"{path} line {number}"
        try:
            record = json.loads(line)
        except ValueError as error:
            raise TrainingDataError(f"{where} is not JSON") from error
        missing = [field for field in fields if field not in record] if isinstance(record, dict) else fields
        if missing:
            raise TrainingDataError(f"{where} lacks {', '.join(missing)}")
        yield where, record
