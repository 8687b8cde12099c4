from datetime import UTC, datetime, timedelta

import pytest
from desk_samples import make_chatbot

from chatbot.conversation import Conversation
from chatbot.question_keeping import CLEAN_EVERY, QuestionKeeper, without_identity
from knowledge_base.questions import LoggedQuestion, QuestionLog
from knowledge_base.store import KnowledgeBase
from knowledge_base.store_errors import KnowledgeBaseError


@pytest.fixture
def knowledge_base(tmp_path):
    with KnowledgeBase(tmp_path / "k.db") as knowledge_base:
        yield knowledge_base


@pytest.fixture
def log(knowledge_base):
    return QuestionLog(knowledge_base)


@pytest.fixture
def chatbot(knowledge_base, log):
    return make_chatbot(knowledge_base, QuestionKeeper(log))


def test_a_question_is_kept_with_its_answer_and_where_it_stands(chatbot, log):
    conversation = Conversation()
    chatbot.reply("¿Cuánto tiempo dura la garantía de la lámpara?", conversation)
    kept = log.recent(1)[0]
    assert (kept.language, kept.kind, kept.answer, kept.document) == ("es", "found", "2 years", "lamp.md")
    assert kept.conversation == conversation.id
    assert kept.took_ms > 0


def test_an_unanswered_question_is_kept_as_a_gap(chatbot, log):
    chatbot.carefulness.choose(1.0)
    chatbot.reply("How long is the warranty of a lamp?", Conversation())
    assert [question.question for question in log.unanswered(9)] == ["How long is the warranty of a lamp?"]


@pytest.mark.parametrize("message", ["hello", "muchas gracias", "", "😀", "x" * 50_000])
def test_what_is_no_question_is_not_kept(chatbot, log, message):
    assert chatbot.reply(message, Conversation()).logged_id is None
    assert log.recent(9) == []


def test_feedback_reaches_the_kept_question(chatbot, log):
    reply = chatbot.reply("How long is the warranty of a lamp?", Conversation())
    assert chatbot.feedback(reply, False, "call me at jo@example.org")
    assert (log.recent(1)[0].helpful, log.recent(1)[0].feedback_reason) == (False, "call me at [mail]")


def test_with_the_switch_off_nothing_is_kept(knowledge_base, log):
    chatbot = make_chatbot(knowledge_base)
    reply = chatbot.reply("How long is the warranty of a lamp?", Conversation())
    assert not chatbot.feedback(reply, True)
    assert log.recent(9) == []


def test_a_log_that_cannot_be_written_does_not_spoil_the_reply(chatbot, monkeypatch, caplog):
    def refuse(self, question):
        raise KnowledgeBaseError("the disk is full")

    monkeypatch.setattr(QuestionLog, "record", refuse)
    assert chatbot.reply("How long is the warranty of a lamp?", Conversation()).answer.text == "2 years"
    assert "the disk is full" in caplog.text


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("I am jo.doe+x@mail.example.org, where is it?", "I am [mail], where is it?"),
        ("call +49 170 1234567 please", "call [number] please"),
        ("order 4711-2288-91", "order [number]"),
        ("card 4111 1111 1111 1111", "card [number]"),
        ("It costs 14.90 euros for 2 years since 2024", "It costs 14.90 euros for 2 years since 2024"),
        ("error P-54 of the Breeze 300", "error P-54 of the Breeze 300"),
    ],
)
def test_what_names_a_person_is_not_kept(written, kept):
    assert without_identity(written) == kept


def old_question(log, days):
    log.record(LoggedQuestion("old", "en", "c", "found", asked_at=datetime.now(UTC) - timedelta(days=days)))


def test_old_questions_are_forgotten(log):
    old_question(log, 31)
    old_question(log, 29)
    assert QuestionKeeper(log, 30).forget_old() == 1


def test_without_a_limit_nothing_is_forgotten(log):
    old_question(log, 10_000)
    assert QuestionKeeper(log, 0).forget_old() == 0


def test_a_running_app_forgets_again_and_again_but_not_with_every_question(log):
    keeper, now = QuestionKeeper(log, 30), datetime.now(UTC)
    keeper.forget_old(now)
    old_question(log, 31)
    assert keeper.forget_old(now + CLEAN_EVERY / 2) == 0
    assert keeper.forget_old(now + CLEAN_EVERY) == 1
