"""The desk's numbers: what was asked, how much of it was answered, by day and by language. Plain functions."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from knowledge_base.question_reports import Tally
from knowledge_base.questions import LoggedQuestion
from ui.desk import Desk

RANGES = (7, 30, 90, 365)
"""Days that can be looked at; 0 = everything."""

DEFAULT_RANGE = 30

MOST_CITED = 10
NEVER_CITED_SHOWN = 50

EXPORT_COLUMNS = (
    "id", "asked_at", "conversation", "language", "question", "kind", "answer", "document", "passage", "confidence",
    "took_ms", "helpful", "feedback_reason", "asked_person",
)  # fmt: skip

COUNTS = ("asked", "answered", "unanswered", "helpful", "not_helpful", "asked_person")
"""Of a `Tally`, as the CSV names them."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet would run what begins like this, and anybody can type it as a question."""


@dataclass(frozen=True, slots=True)
class CitedDocument:
    """A document with how many answers quoted it."""

    id: str
    title: str
    times: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """Everything the page shows."""

    days: int
    total: Tally
    by_day: tuple[Tally, ...]
    """Every day of the range, those without questions too."""
    by_language: tuple[Tally, ...]
    most_cited: tuple[CitedDocument, ...]
    never_cited: tuple[CitedDocument, ...]


def numbers(desk: Desk, days: int = DEFAULT_RANGE, now: datetime | None = None) -> Numbers:
    """The last `days` days, today included; 0 = everything."""
    now = now or datetime.now(UTC)
    since = _since(days, now)
    cited = desk.reports.citations(since)
    documents = [CitedDocument(i.id, i.title, cited.get(i.id, 0)) for i in desk.knowledge_base.documents()]
    ranked = sorted((d for d in documents if d.times), key=lambda d: (-d.times, d.title))
    return Numbers(
        days,
        desk.reports.total(since),
        tuple(_every_day(desk.reports.by_day(since), since, now)),
        tuple(desk.reports.by_language(since)),
        tuple(ranked[:MOST_CITED]),
        tuple(document for document in documents if not document.times),
    )


def numbers_csv(desk: Desk, days: int, now: datetime | None = None) -> str:
    """The tables by day and by language as CSV."""
    found = numbers(desk, days, now)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["by", "name", *COUNTS, "median_ms"])
    for label, tallies in (("day", found.by_day), ("language", found.by_language), ("all", (found.total,))):
        for t in tallies:
            median_ms = "" if t.median_ms is None else round(t.median_ms, 1)
            writer.writerow([label, t.name, *(getattr(t, count) for count in COUNTS), median_ms])
    return out.getvalue()


def questions_csv(questions: Iterator[LoggedQuestion]) -> Iterator[str]:
    """The log as CSV, a line at a time; safe to open in a spreadsheet."""
    yield _csv_line(list(EXPORT_COLUMNS))
    for question in questions:
        yield _csv_line([_harmless(value) for value in _record(question).values()])


def questions_jsonl(questions: Iterator[LoggedQuestion]) -> Iterator[str]:
    """The log as JSON, one object a line."""
    for question in questions:
        yield json.dumps(_record(question), ensure_ascii=False) + "\n"


def _record(question: LoggedQuestion) -> dict[str, object]:
    record = {name: getattr(question, name) for name in EXPORT_COLUMNS}
    return {**record, "asked_at": question.asked_at.isoformat()}


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


def _csv_line(values: list[object]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(values)
    return out.getvalue()


def _since(days: int, now: datetime) -> datetime | None:
    if not days:
        return None
    return now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days - 1)


def _every_day(found: list[Tally], since: datetime | None, now: datetime) -> Iterator[Tally]:
    by_name = {tally.name: tally for tally in found}
    if since is None and not found:
        return
    day = since.date() if since else datetime.fromisoformat(found[0].name).date()
    while day <= now.date():
        name = day.isoformat()
        yield by_name.get(name, Tally(name, 0, 0, 0, 0, 0))
        day += timedelta(days=1)
