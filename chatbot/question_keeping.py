"""What is kept of a question for the operators, and for how long. Nothing in it identifies a person."""

import logging
import re
from datetime import UTC, datetime, timedelta
from threading import Lock

from chatbot.answer import Answer
from knowledge_base.questions import LoggedQuestion, QuestionLog
from knowledge_base.store_errors import KnowledgeBaseError

KEPT_KINDS = frozenset({"found", "closest", "not_found"})
"""Replies to real questions; nobody learns anything from a stored "hello"."""

CLEAN_EVERY = timedelta(hours=12)

MIN_NUMBER_DIGITS = 7
"""Phone, card and order numbers are longer than prices, years and model numbers."""

_MAIL = re.compile(r"[^\s@<>()\[\],;:]+@[\w-]+(?:\.[\w-]+)+")
_NUMBER = re.compile(r"(?<!\w)\+?\d(?:[ \-./()]?\d){%d,}(?!\w)" % (MIN_NUMBER_DIGITS - 1))  # noqa: UP031

logger = logging.getLogger(__name__)


class QuestionKeeper:
    """Writes questions to the log and forgets old ones. Never lets a reply fail."""

    def __init__(self, log: QuestionLog, keep_days: int = 0) -> None:
        """`keep_days`: older questions are deleted; 0 = kept until somebody erases them."""
        self._log = log
        self._keep_days = keep_days
        self._lock = Lock()
        self._cleaned_at: datetime | None = None

    def keep(self, question: LoggedQuestion) -> int | None:
        """Store a question without addresses and numbers in it; returns what `feedback` needs, None if not stored."""
        if question.kind not in KEPT_KINDS:
            return None
        try:
            self.forget_old()
            return self._log.record(question)
        except KnowledgeBaseError as error:
            logger.warning("A question was not kept: %s", error)
            return None

    def feedback(self, question_id: int, helpful: bool, reason: str | None = None) -> bool:
        """Note whether the reply helped; False when it could not be noted."""
        try:
            return self._log.feedback(question_id, helpful, None if reason is None else without_identity(reason))
        except KnowledgeBaseError as error:
            logger.warning("Feedback was not kept: %s", error)
            return False

    def ask_person(self, question_id: int, conversation: str) -> bool:
        """Note that the person went on to ask the team; False when it could not be noted."""
        try:
            return self._log.ask_person(question_id, conversation)
        except KnowledgeBaseError as error:
            logger.warning("A question for the team was not noted: %s", error)
            return False

    def forget_old(self, now: datetime | None = None) -> int:
        """Delete what is older than agreed, at most twice a day; returns how many."""
        if not self._keep_days:
            return 0
        now = now or datetime.now(UTC)
        with self._lock:
            if self._cleaned_at is not None and now - self._cleaned_at < CLEAN_EVERY:
                return 0
            self._cleaned_at = now
        return self._log.forget(now - timedelta(days=self._keep_days))


def logged(
    question: str, language: str | None, conversation: str, kind: str, answer: Answer, took_ms: float
) -> LoggedQuestion:
    """A reply as it is stored."""
    quoted = answer.citation or answer.closest
    return LoggedQuestion(
        question=without_identity(question),
        language=language,
        conversation=conversation,
        kind=kind,
        answer=quoted.text if quoted else None,
        document=quoted.passage.document if quoted else None,
        passage=quoted.passage.id if quoted else None,
        confidence=answer.confidence,
        took_ms=took_ms,
    )


def without_identity(text: str) -> str:
    """Mail addresses and long numbers are people's own; what was asked stays readable without them."""
    return _NUMBER.sub("[number]", _MAIL.sub("[mail]", text))
