"""One conversation without end: what the server holds of it stops growing. `benchmarks/long_session.py` measures it."""

import tracemalloc

import pytest
from desk_samples import make_chatbot

from chatbot.conversation import MAX_TURNS
from chatbot.question_keeping import QuestionKeeper
from knowledge_base.questions import QuestionLog
from knowledge_base.store import KnowledgeBase
from ui.chat import ask

QUESTIONS = ("How long is the warranty of a lamp?", "Was kostet der Versand?", "送料はいくら", "And for that one?")
WARM_UP, MORE = 2 * MAX_TURNS, 4 * MAX_TURNS
ALLOWED_BYTES = 100 * 1024
"""A session that kept all it heard would grow by a megabyte."""


@pytest.fixture
def chatbot(tmp_path):
    with KnowledgeBase(tmp_path / "kb.db") as knowledge_base:
        yield make_chatbot(knowledge_base, QuestionKeeper(QuestionLog(knowledge_base)))


def forget_batches(chatbot):
    """The stand-ins for the networks note every batch they see; the real ones do not."""
    chatbot.pipeline.retriever.encoder.fake_network.batches.clear()
    chatbot.pipeline.reader._network.batches.clear()


def test_a_conversation_holds_no_more_after_many_messages(chatbot):
    session = None
    tracemalloc.start()
    try:
        for number in range(WARM_UP):
            session, _ = ask(chatbot, {"message": QUESTIONS[number % len(QUESTIONS)]}, session)
        forget_batches(chatbot)
        held = tracemalloc.get_traced_memory()[0]
        for number in range(MORE):
            session, sent = ask(chatbot, {"message": QUESTIONS[number % len(QUESTIONS)]}, session)
        forget_batches(chatbot)
        grown = tracemalloc.get_traced_memory()[0] - held
    finally:
        tracemalloc.stop()
    assert grown < ALLOWED_BYTES
    assert len(session.conversation.turns) == MAX_TURNS
    assert sent["type"] == "reply"


def test_what_is_remembered_holds_no_passages_that_were_only_retrieved(chatbot):
    session, _ = ask(chatbot, {"message": QUESTIONS[0]}, None)
    assert session.conversation.turns[0].answer.passages == ()
    assert len(session.last_reply.answer.passages) > 1
