"""The log of questions: what got no answer, feedback, and forgetting."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from knowledge_base.questions import LoggedQuestion, QuestionCounts, QuestionLog, UnansweredQuestion
from knowledge_base.store import KnowledgeBase

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def log(tmp_path):
    with KnowledgeBase(tmp_path / "k.db") as knowledge_base:
        yield QuestionLog(knowledge_base)


def asked(question, kind="not_found", minutes=0, language="de"):
    return LoggedQuestion(question, language, "c1", kind, asked_at=NOON + timedelta(minutes=minutes))


def test_a_question_comes_back_as_recorded(log):
    question = LoggedQuestion("Wie viel?", "de", "c1", "found", "five euros", "fees.md", 7, 0.8, NOON)
    number = log.record(question)
    (back,) = log.recent(5)
    assert back == LoggedQuestion("Wie viel?", "de", "c1", "found", "five euros", "fees.md", 7, 0.8, NOON, id=number)


def test_the_latest_question_comes_first(log):
    log.record(asked("old", minutes=0))
    log.record(asked("new", minutes=5))
    log.record(asked("middle", minutes=3))
    assert [question.question for question in log.recent(2)] == ["new", "middle"]


def test_unanswered_questions_are_counted_whatever_their_capitals(log):
    log.record(asked("Where?", minutes=1))
    log.record(asked("Why?", minutes=2))
    log.record(asked("why? ", kind="closest", minutes=3))
    assert [(q.question.strip().lower(), q.times, q.last_asked_at) for q in log.unanswered(5)] == [
        ("why?", 2, NOON + timedelta(minutes=3)),
        ("where?", 1, NOON + timedelta(minutes=1)),
    ]


def test_unanswered_tells_language_and_respects_the_limit(log):
    log.record(asked("Hva?", language=None))
    log.record(asked("Was?", minutes=1))
    assert log.unanswered(1) == [UnansweredQuestion("Was?", "de", 1, NOON + timedelta(minutes=1))]
    assert log.unanswered(0) == []


def test_greetings_and_answers_are_not_unanswered(log):
    log.record(asked("Hallo", kind="greeting"))
    log.record(asked("Wie viel?", kind="found"))
    assert log.unanswered(5) == []


def test_feedback_is_kept_with_its_reason_and_the_last_word_counts(log):
    number = log.record(asked("Was?", kind="found"))
    assert log.feedback(number, True) is True
    assert log.feedback(number, False, "outdated") is True
    (question,) = log.recent(1)
    assert (question.helpful, question.feedback_reason) == (False, "outdated")


def test_feedback_on_a_forgotten_question_is_false(log):
    assert log.feedback(99, True) is False


def test_forget_deletes_what_was_asked_before(log):
    log.record(asked("old", minutes=-1))
    log.record(asked("at noon", minutes=0))
    assert log.forget(NOON) == 1
    assert [question.question for question in log.recent(5)] == ["at noon"]


def test_times_of_other_zones_are_the_same_moments(log):
    tokyo = timezone(timedelta(hours=9))
    log.record(LoggedQuestion("x", "ja", "c", "found", asked_at=NOON.astimezone(tokyo)))
    assert log.recent(1)[0].asked_at == NOON
    assert log.forget(NOON) == 0
    assert log.forget(NOON + timedelta(microseconds=1)) == 1


def test_counts_sum_up_the_log(log):
    log.record(asked("a", kind="found"))
    log.feedback(log.record(asked("b", kind="found", language="es")), True)
    log.feedback(log.record(asked("c", kind="not_found")), False)
    log.record(asked("hi", kind="greeting", language=None))
    assert log.counts() == QuestionCounts(4, 2, 1, 1, 1, {"de": 2, "es": 1})


def test_counts_of_an_empty_log_are_zero(log):
    assert log.counts() == QuestionCounts(0, 0, 0, 0, 0, {})


def test_half_surrogates_from_a_browser_are_stored(log):
    log.record(asked("a\ud83d"))
    assert log.recent(1)[0].question == "a?"


def test_questions_outlive_the_document_that_answered_them(tmp_path):
    with KnowledgeBase(tmp_path / "k.db") as knowledge_base:
        log = QuestionLog(knowledge_base)
        log.record(LoggedQuestion("x", "en", "c", "found", "a", "gone.md", 5))
        knowledge_base.remove_document("gone.md")
        assert log.recent(1)[0].document == "gone.md"


def test_a_question_of_the_conversation_is_noted_as_taken_to_a_person(log):
    number = log.record(LoggedQuestion("x", "en", "c1", "not_found"))
    assert log.ask_person(number, "c1")
    assert log.recent(1)[0].asked_person is True


def test_nobody_marks_a_question_of_another_conversation(log):
    number = log.record(LoggedQuestion("x", "en", "c1", "not_found"))
    assert not log.ask_person(number, "c2")
    assert log.recent(1)[0].asked_person is False
