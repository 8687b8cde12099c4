"""`QuestionLog`: what people asked and what they got. What got no answer shows where the documents have gaps."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from knowledge_base.store import KnowledgeBase

UNANSWERED_KINDS = ("not_found", "closest")
"""Kinds of reply to a real question that gave no answer; greetings and empty messages are no gaps."""

ANSWERED_KIND = "found"

QUESTION_COLUMNS = (
    "question, language, conversation, kind, answer, document, passage, confidence, asked_at, helpful, "
    "feedback_reason, took_ms, asked_person, id"
)
"""For `row_question`."""


@dataclass(frozen=True, slots=True)
class LoggedQuestion:
    """One question with its reply. Holds nothing about the person but a random id of the conversation."""

    question: str
    language: str | None
    conversation: str
    kind: str
    """What the reply was: found, not_found, closest, greeting, ..."""
    answer: str | None = None
    """The English words."""
    document: str | None = None
    passage: int | None = None
    confidence: float = 0.0
    asked_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    helpful: bool | None = None
    """What the person said about the reply, if anything."""
    feedback_reason: str | None = None
    took_ms: float | None = None
    """From the message to the reply."""
    asked_person: bool = False
    """Whether the person went on to ask the team."""
    id: int = 0
    """Row id; 0 before it is recorded."""


@dataclass(frozen=True, slots=True)
class UnansweredQuestion:
    """A question without an answer, and how often it was asked in the same words."""

    question: str
    language: str | None
    times: int
    last_asked_at: datetime


@dataclass(frozen=True, slots=True)
class QuestionCounts:
    """The log in numbers."""

    asked: int
    """All messages, greetings too."""
    answered: int
    unanswered: int
    helpful: int
    not_helpful: int
    by_language: dict[str, int]
    """Language code -> questions, most asked first; unknown languages are left out."""


class QuestionLog:
    """The questions stored in a knowledge base file."""

    def __init__(self, knowledge_base: KnowledgeBase) -> None:
        self._connection = knowledge_base.connection

    def record(self, question: LoggedQuestion) -> int:
        """Store a question; returns the id that feedback refers to."""
        values = (
            _storable(question.question),
            question.language,
            question.conversation,
            question.kind,
            question.answer,
            question.document,
            question.passage,
            question.confidence,
            stamp(question.asked_at),
            question.helpful,
            question.feedback_reason,
            question.took_ms,
            question.asked_person,
        )
        columns = QUESTION_COLUMNS.removesuffix(", id")
        marks = ", ".join("?" * len(values))
        return self._connection.insert(f"INSERT INTO questions ({columns}) VALUES ({marks})", values)

    def feedback(self, question_id: int, helpful: bool, reason: str | None = None) -> bool:
        """Note whether a reply helped; the last word counts. False when the question is gone."""
        touched = self._connection.write(
            "UPDATE questions SET helpful = ?, feedback_reason = ? WHERE id = ?",
            (helpful, None if reason is None else _storable(reason), question_id),
        )
        return touched > 0

    def ask_person(self, question_id: int, conversation: str) -> bool:
        """Note that the person went on to ask the team. False when this conversation has no such question."""
        touched = self._connection.write(
            "UPDATE questions SET asked_person = 1 WHERE id = ? AND conversation = ?", (question_id, conversation)
        )
        return touched > 0

    def unanswered(self, limit: int) -> list[UnansweredQuestion]:
        """Questions that got no answer, the most asked first, then the latest; same words count as one."""
        rows = self._connection.read(
            "SELECT question, language, count(*) AS times, max(asked_at) AS last FROM questions"
            " WHERE kind IN (?, ?) GROUP BY lower(trim(question)), language"
            " ORDER BY times DESC, last DESC, question LIMIT ?",
            (*UNANSWERED_KINDS, max(limit, 0)),
        )
        return [UnansweredQuestion(row[0], row[1], row[2], datetime.fromisoformat(row[3])) for row in rows]

    def recent(self, limit: int) -> list[LoggedQuestion]:
        """The latest questions, newest first."""
        rows = self._connection.read(
            f"SELECT {QUESTION_COLUMNS} FROM questions ORDER BY asked_at DESC, id DESC LIMIT ?", (max(limit, 0),)
        )
        return [row_question(row) for row in rows]

    def counts(self) -> QuestionCounts:
        """How many were asked, answered and found helpful."""
        asked, answered, unanswered, helpful, not_helpful = self._connection.read(
            "SELECT count(*), coalesce(sum(kind = ?), 0), coalesce(sum(kind IN (?, ?)), 0),"
            " coalesce(sum(helpful = 1), 0), coalesce(sum(helpful = 0), 0) FROM questions",
            (ANSWERED_KIND, *UNANSWERED_KINDS),
        )[0]
        languages = self._connection.read(
            "SELECT language, count(*) AS times FROM questions WHERE language IS NOT NULL"
            " GROUP BY language ORDER BY times DESC, language"
        )
        return QuestionCounts(asked, answered, unanswered, helpful, not_helpful, dict(languages))

    def forget(self, before: datetime) -> int:
        """Delete the questions asked before a moment; returns how many."""
        return self._connection.write("DELETE FROM questions WHERE asked_at < ?", (stamp(before),))


def row_question(row: Sequence[Any]) -> LoggedQuestion:
    """A question from QUESTION_COLUMNS."""
    return LoggedQuestion(
        question=row[0],
        language=row[1],
        conversation=row[2],
        kind=row[3],
        answer=row[4],
        document=row[5],
        passage=row[6],
        confidence=row[7],
        asked_at=datetime.fromisoformat(row[8]),
        helpful=None if row[9] is None else bool(row[9]),
        feedback_reason=row[10],
        took_ms=row[11],
        asked_person=bool(row[12]),
        id=row[13],
    )


def stamp(moment: datetime) -> str:
    """UTC with microseconds always written, so that the order of texts is the order of times."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _storable(text: str) -> str:
    """Half surrogates, which a browser can send and SQLite cannot store, become question marks."""
    return text.encode("utf-8", errors="replace").decode("utf-8")
