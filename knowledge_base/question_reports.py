"""The question log read for the operators: gaps, numbers by day and language, citations, export and erasing."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median

from knowledge_base.questions import (
    ANSWERED_KIND,
    QUESTION_COLUMNS,
    UNANSWERED_KINDS,
    LoggedQuestion,
    row_question,
    stamp,
)
from knowledge_base.store import KnowledgeBase

SET_ASIDE = ""
"""Stands where a document id would: an operator said that this question is no gap."""

EXPORT_BATCH = 1000

_OPEN = """
    ((kind IN (?, ?) AND helpful IS NOT 1) OR helpful = 0 OR asked_person)
    AND (resolved_by IS NULL OR (resolved_by != '' AND resolved_by NOT IN (SELECT id FROM documents)))
"""
"""A gap is open again when the document that closed it is gone."""

_TALLY = """
    count(*), coalesce(sum(kind = ?), 0), coalesce(sum(kind IN (?, ?)), 0),
    coalesce(sum(helpful = 1), 0), coalesce(sum(helpful = 0), 0), coalesce(sum(asked_person), 0)
"""
_TALLY_VALUES = (ANSWERED_KIND, *UNANSWERED_KINDS)


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A question without an answer, or with one that did not do; the same words in one language count as one."""

    ids: tuple[int, ...]
    """Rows of the log, ascending."""
    question: str
    language: str | None
    not_helpful: int
    """How many times an answer was given and called unhelpful."""
    last_asked_at: datetime
    closest: str | None
    """The English words that the latest reply showed, if any."""
    document: str | None
    """Where these words stand."""
    reasons: tuple[str, ...] = ()
    """What people said was wrong, each once."""
    asked_person: int = 0
    """How many times it was taken on to a person."""

    @property
    def times(self) -> int:
        """How often it was asked."""
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class ClosedGap:
    """Questions that a document was written for, and what it did since."""

    document: str
    title: str
    questions: int
    languages: tuple[str, ...]
    closed_at: datetime
    cited_since: int
    """Answers that quoted the document after it was published."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of one day, one language or the whole log."""

    name: str
    """Date (YYYY-MM-DD), language code, or "" for all."""
    asked: int
    answered: int
    unanswered: int
    helpful: int
    not_helpful: int
    median_ms: float | None = None
    asked_person: int = 0
    """Questions that were taken on to a person."""

    @property
    def answered_share(self) -> float | None:
        """Answered among the questions that wanted an answer, 0..1."""
        wanted = self.answered + self.unanswered
        return self.answered / wanted if wanted else None


class QuestionReports:
    """Reads the log of one knowledge base; writes only which gaps are closed."""

    def __init__(self, knowledge_base: KnowledgeBase) -> None:
        self._connection = knowledge_base.connection

    # Gaps

    def open_questions(self, limit: int) -> list[OpenQuestion]:
        """Questions unanswered, thumbed down or taken on to a person, that nobody has closed; the latest first."""
        # With max() SQLite takes the bare columns from the row of the latest question.
        rows = self._connection.read(
            "SELECT json_group_array(id), question, language, coalesce(sum(helpful = 0 AND kind = ?), 0),"
            " max(asked_at) AS last, answer, document, json_group_array(DISTINCT feedback_reason), sum(asked_person)"
            f" FROM questions WHERE {_OPEN} GROUP BY lower(trim(question)), language ORDER BY last DESC LIMIT ?",
            (ANSWERED_KIND, *UNANSWERED_KINDS, max(limit, 0)),
        )
        return [
            OpenQuestion(
                ids=tuple(sorted(json.loads(row[0]))),
                question=row[1],
                language=row[2],
                not_helpful=row[3],
                last_asked_at=datetime.fromisoformat(row[4]),
                closest=row[5],
                document=row[6],
                reasons=tuple(sorted(reason for reason in json.loads(row[7]) if reason)),
                asked_person=row[8],
            )
            for row in rows
        ]

    def close(self, question_ids: Sequence[int], document_id: str) -> int:
        """Note the document written for these questions (or SET_ASIDE); returns how many were touched."""
        return self._connection.write(
            "UPDATE questions SET resolved_by = ?, resolved_at = ? WHERE id IN (SELECT value FROM json_each(?))",
            (document_id, stamp(datetime.now(UTC)), json.dumps([int(number) for number in question_ids])),
        )

    def closed_gaps(self) -> list[ClosedGap]:
        """One entry for each document written for questions, the latest first."""
        rows = self._connection.read(
            "SELECT q.resolved_by, d.title, count(*), json_group_array(DISTINCT q.language), max(q.resolved_at) AS at,"
            " (SELECT count(*) FROM questions AS c WHERE c.document = q.resolved_by AND c.kind = ?"
            "  AND c.asked_at > max(q.resolved_at))"
            " FROM questions AS q JOIN documents AS d ON d.id = q.resolved_by GROUP BY q.resolved_by ORDER BY at DESC",
            (ANSWERED_KIND,),
        )
        return [
            ClosedGap(
                row[0],
                row[1],
                row[2],
                tuple(sorted(language for language in json.loads(row[3]) if language)),
                datetime.fromisoformat(row[4]),
                row[5],
            )
            for row in rows
        ]

    def set_aside_count(self) -> int:
        """How many questions operators called no gap."""
        return int(self._connection.read("SELECT count(*) FROM questions WHERE resolved_by = ''")[0][0])

    def take_back(self) -> int:
        """All questions that were set aside count as open again."""
        return self._connection.write(
            "UPDATE questions SET resolved_by = NULL, resolved_at = NULL WHERE resolved_by = ''"
        )

    # Numbers

    def total(self, since: datetime | None = None) -> Tally:
        """The whole log from a moment on."""
        row = self._connection.read(
            f"SELECT {_TALLY} FROM questions WHERE asked_at >= ?", (*_TALLY_VALUES, _from(since))
        )[0]
        return _tally("", row, self._medians("''", since).get(""))

    def by_day(self, since: datetime | None = None) -> list[Tally]:
        """One for each day (UTC) with questions, in order."""
        rows = self._connection.read(
            f"SELECT substr(asked_at, 1, 10) AS day, {_TALLY} FROM questions WHERE asked_at >= ? GROUP BY day"
            " ORDER BY day",
            (*_TALLY_VALUES, _from(since)),
        )
        medians = self._medians("substr(asked_at, 1, 10)", since)
        return [_tally(row[0], row[1:], medians.get(row[0])) for row in rows]

    def by_language(self, since: datetime | None = None) -> list[Tally]:
        """One for each language, most asked first; "" where the language was not recognised."""
        rows = self._connection.read(
            f"SELECT coalesce(language, '') AS name, {_TALLY} FROM questions WHERE asked_at >= ? GROUP BY name"
            " ORDER BY count(*) DESC, name",
            (*_TALLY_VALUES, _from(since)),
        )
        medians = self._medians("coalesce(language, '')", since)
        return [_tally(row[0], row[1:], medians.get(row[0])) for row in rows]

    def citations(self, since: datetime | None = None) -> dict[str, int]:
        """Document id -> how many answers quoted it."""
        rows = self._connection.read(
            "SELECT document, count(*) FROM questions WHERE kind = ? AND document IS NOT NULL AND asked_at >= ?"
            " GROUP BY document",
            (ANSWERED_KIND, _from(since)),
        )
        return dict(rows)

    def change_times(self) -> dict[str, datetime]:
        """Document id -> when it was last stored with other content."""
        rows = self._connection.read("SELECT id, changed_at FROM documents WHERE changed_at IS NOT NULL")
        return {document: datetime.fromisoformat(moment) for document, moment in rows}

    # Taking out and erasing

    def questions(self, since: datetime | None = None) -> Iterator[LoggedQuestion]:
        """The whole log in the order it was written, in small reads."""
        last = 0
        while True:
            rows = self._connection.read(
                f"SELECT {QUESTION_COLUMNS} FROM questions WHERE id > ? AND asked_at >= ? ORDER BY id LIMIT ?",
                (last, _from(since), EXPORT_BATCH),
            )
            yield from map(row_question, rows)
            if len(rows) < EXPORT_BATCH:
                return
            last = rows[-1][-1]

    def erase_all(self) -> int:
        """Delete every question; returns how many."""
        return self._connection.write("DELETE FROM questions")

    def erase_conversation(self, conversation: str) -> int:
        """Delete the questions of one conversation; returns how many."""
        return self._connection.write("DELETE FROM questions WHERE conversation = ?", (conversation,))

    def _medians(self, name_sql: str, since: datetime | None) -> dict[str, float]:
        """Name -> median milliseconds; `name_sql` is ours, never from outside."""
        rows = self._connection.read(
            f"SELECT {name_sql}, took_ms FROM questions WHERE took_ms IS NOT NULL AND asked_at >= ?", (_from(since),)
        )
        found: dict[str, list[float]] = {}
        for name, took_ms in rows:
            found.setdefault(name, []).append(took_ms)
        return {name: median(times) for name, times in found.items()}


def _tally(name: str, counts: Sequence[int], median_ms: float | None = None) -> Tally:
    asked, answered, unanswered, helpful, not_helpful, asked_person = counts
    return Tally(name, asked, answered, unanswered, helpful, not_helpful, median_ms, asked_person)


def _from(moment: datetime | None) -> str:
    return stamp(moment) if moment else ""
