"""What became of each question, and the file that keeps it: to resume, to compare, to fit confidence."""

import gzip
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from chatbot.calibration import SpanFeatures

FORMAT_VERSION = 2
"""Of the outcome files; another version is measured anew."""

STORED_DIGITS = 5
"""Decimals kept of a score: far below what any interval can tell, and the file stays small."""

COMPRESSION = 6
"""Written after every part of a run: the best compression takes four times as long and saves 7 %."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question through the three layers. Scores are 0..1; None where the layer does not apply."""

    id: str
    language: str
    cluster: str
    """The document, or the question itself where no document answers."""
    answerable: bool
    reading_em: float | None
    reading_f1: float | None
    rank: int | None
    """Place of the gold document among the documents retrieved, 0 = first; None = not found or no gold."""
    best: str | None
    """The surest span of the whole collection, whether it was sure enough or not."""
    em: float | None
    """Of `best`, answerable questions only."""
    f1: float | None
    right: bool
    """`best` would serve the customer."""
    confidence: float
    answered: bool
    """`confidence` reached the threshold."""
    passages_read: int
    features: SpanFeatures | None = None
    reader_margin: float | None = None
    """The largest margin among the spans found: what the reader alone would go by; None = nothing was found."""
    reader_right: bool = False
    """The span with that margin would serve the customer."""
    kind: str | None = None
    """What sort of question it is, where the set says so."""


@dataclass(frozen=True, slots=True)
class OutcomeFile:
    """Outcomes by language; `key` says of what data, checkpoints and code they are."""

    path: Path
    key: str | None
    """None = not known; what is there is read, whatever it is of."""

    def read(self) -> dict[str, list[Outcome]]:
        """What is already there for the same key; nothing when the file is absent, torn or of another key."""
        return self._read()[0]

    def seconds(self) -> float:
        """How long that took to measure."""
        return self._read()[1]

    def write(self, outcomes: Mapping[str, Sequence[Outcome]], seconds: float = 0.0) -> None:
        """Replace the file, whole or not at all."""
        languages = {language: [_record(outcome) for outcome in each] for language, each in outcomes.items()}
        record = {"version": FORMAT_VERSION, "key": self.key, "seconds": seconds, "languages": languages}
        content = json.dumps(record, ensure_ascii=False).encode()
        partial = self.path.with_name(self.path.name + ".writing")
        partial.write_bytes(gzip.compress(content, COMPRESSION, mtime=0))
        partial.replace(self.path)

    def _read(self) -> tuple[dict[str, list[Outcome]], float]:
        try:
            record = json.loads(gzip.decompress(self.path.read_bytes()))
            if self.key in (None, record["key"]) and record["version"] == FORMAT_VERSION:
                return _decode(record["languages"]), record.get("seconds", 0.0)
        except (OSError, EOFError, ValueError, KeyError, TypeError, zlib.error):
            pass  # measuring again costs minutes and is never wrong
        return {}, 0.0


def stored(outcome: Outcome) -> Outcome:
    """The outcome as a file gives it back, so that a resumed run ends exactly as an undisturbed one."""
    return _outcome(_record(outcome))


def questions_file(results: Path) -> Path:
    """Where the outcomes of a results file lie: `r.json` -> `r.questions.json.gz`."""
    return results.with_name(results.stem + ".questions.json.gz")


def _record(item: Outcome | SpanFeatures) -> dict[str, Any]:
    """Not `asdict`, whose deep copies take longer than the rest of writing."""
    return {field.name: _stored_value(getattr(item, field.name)) for field in fields(item)}


def _stored_value(value: Any) -> Any:
    if isinstance(value, SpanFeatures):
        return _record(value)
    return round(value, STORED_DIGITS) if isinstance(value, float) else value


def _decode(languages: Mapping[str, Sequence[dict[str, Any]]]) -> dict[str, list[Outcome]]:
    return {language: [_outcome(record) for record in each] for language, each in languages.items()}


def _outcome(record: dict[str, Any]) -> Outcome:
    features = record.pop("features")
    return Outcome(**record, features=SpanFeatures(**features) if features else None)
