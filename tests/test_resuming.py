"""A conversation that the server forgot goes on with what the browser kept, and only with what is true of it."""

import pytest
from desk_samples import make_chatbot

from chatbot.chatbot import ReplyKind
from chatbot.hand_over import Contact
from chatbot.messages import MAX_MESSAGE_CHARS
from chatbot.question_keeping import QuestionKeeper
from knowledge_base.questions import QuestionLog
from knowledge_base.store import KnowledgeBase
from ui.chat import ask, ask_person
from ui.resuming import MAX_PAST_TURNS, resumed

ID = "0123456789abcdef" * 2
LAMP = "How long is the warranty of a lamp?"
NOTHING = "cost of a battery"


@pytest.fixture
def chatbot(tmp_path):
    with KnowledgeBase(tmp_path / "kb.db") as knowledge_base:
        chatbot = make_chatbot(knowledge_base, QuestionKeeper(QuestionLog(knowledge_base)))
        chatbot.contact = Contact("help@example.org")
        yield chatbot


def log_of(chatbot):
    return QuestionLog(chatbot.knowledge_base).recent(9)


def kept(chatbot, question=LAMP):
    """What the browser holds after one question."""
    _, sent = ask(chatbot, {"message": question, "conversation": ID}, None)
    return {"question": question, **sent["turn"]}


# ---------------------------------------------------------------- going on


def test_the_page_names_its_conversation(chatbot):
    session, _ = ask(chatbot, {"message": LAMP, "conversation": ID}, None)
    assert (session.conversation.id, log_of(chatbot)[0].conversation) == (ID, ID)


@pytest.mark.parametrize("wrong", [None, "", 5, "x" * 32, ID + "0", ID.upper(), "' OR 1=1 --"])
def test_a_name_that_no_page_makes_is_replaced(chatbot, wrong):
    session, _ = ask(chatbot, {"message": LAMP, "conversation": wrong}, None)
    assert session.conversation.id not in {wrong, ""}


def test_another_conversation_on_the_same_page_remembers_nothing(chatbot):
    session, _ = ask(chatbot, {"message": LAMP, "conversation": ID}, None)
    after, _ = ask(chatbot, {"message": LAMP, "conversation": ID[::-1]}, session)
    assert (after.conversation.id, len(after.conversation.turns)) == (ID[::-1], 1)


def test_what_was_quoted_before_can_be_leaned_on_again(chatbot):
    conversation = resumed(chatbot, {"conversation": ID, "past": [kept(chatbot)], "spoken": "de"})
    past = conversation.last_answered()
    assert (past.questions, past.citation.text, past.citation.passage.document) == ((LAMP,), "2 years", "lamp.md")
    assert (conversation.id, conversation.language) == (ID, "de")


def test_a_follow_up_keeps_the_question_it_followed(chatbot):
    record = {**kept(chatbot), "question": "And a year?", "earlier": ["first", "second", "third"]}
    assert resumed(chatbot, {"past": [record]}).last_answered().questions == ("first", "And a year?")


def test_a_server_that_remembers_hears_no_other_past(chatbot):
    session, _ = ask(chatbot, {"message": LAMP, "conversation": ID}, None)
    after, _ = ask(chatbot, {"message": LAMP, "conversation": ID, "past": [kept(chatbot)] * 5}, session)
    assert len(after.conversation.turns) == 2


# ---------------------------------------------------------------- what a browser could make up


@pytest.mark.parametrize(
    "change",
    [
        {"passage": 999},
        {"passage": -1},
        {"passage": True},
        {"start": 5, "end": 5},
        {"start": 0, "end": 10_000},
        {"start": "x"},
        {"kind": "not_found"},
        {"kind": "<script>"},
    ],
)
def test_words_that_do_not_stand_there_are_not_quoted(chatbot, change):
    record = {**kept(chatbot), **change}
    if change == {"start": "x"}:
        record["end"] = 0
    conversation = resumed(chatbot, {"past": [record]})
    assert conversation.last_answered() is None
    assert conversation.turns[0].kind is ReplyKind.NOT_FOUND


@pytest.mark.parametrize("past", [None, "x", {"a": 1}, [None, 5, "x", {}, {"question": 7}, {"question": ""}]])
def test_a_past_that_is_none_is_left_out(chatbot, past):
    assert resumed(chatbot, {"past": past}).turns == []


def test_a_made_up_past_is_bounded(chatbot):
    endless = {**kept(chatbot), "question": "x" * 50_000, "earlier": ["y" * 50_000, 5] * 50}
    turns = resumed(chatbot, {"past": [endless] * 1000}).turns
    assert len(turns) == MAX_PAST_TURNS
    assert len(turns[0].message) == MAX_MESSAGE_CHARS
    assert [len(words) for words in turns[0].answer.completed_by] == [MAX_MESSAGE_CHARS] * 2


def test_a_knowledge_base_that_fails_costs_the_past_and_not_the_answer(chatbot, monkeypatch):
    record = kept(chatbot)
    monkeypatch.setattr(chatbot, "quotation", lambda *place: 1 / 0)
    _, sent = ask(chatbot, {"message": LAMP, "conversation": ID, "past": [record]}, None)
    assert "2 years" in sent["spoken"]


# ---------------------------------------------------------------- the way to a person


def test_an_answer_that_is_not_found_shows_the_way_to_a_person(chatbot):
    session, _ = ask(chatbot, {"message": LAMP, "conversation": ID}, None)
    _, sent = ask(chatbot, {"message": NOTHING, "conversation": ID}, session)
    assert '<div class="at-person"><p>' in sent["html"]
    assert "2%20years" in sent["html"]


def test_a_sure_answer_hides_it_until_a_thumb_goes_down(chatbot):
    chatbot.pipeline.calibration = _always(chatbot, 0.95)
    _, sent = ask(chatbot, {"message": LAMP}, None)
    assert '<div class="at-person" hidden>' in sent["html"]


def test_an_answer_that_calls_itself_unsure_shows_it(chatbot):
    chatbot.pipeline.calibration = _always(chatbot, 0.3)
    _, sent = ask(chatbot, {"message": LAMP}, None)
    assert '<div class="at-person"><p>' in sent["html"]


def test_without_a_contact_nothing_is_shown(chatbot):
    chatbot.contact = None
    _, sent = ask(chatbot, {"message": NOTHING}, None)
    assert "at-person" not in sent["html"]


def test_a_greeting_shows_no_way_to_a_person(chatbot):
    assert "at-person" not in ask(chatbot, {"message": "hello"}, None)[1]["html"]


def test_choosing_it_marks_the_question_for_the_desk(chatbot):
    record = kept(chatbot, NOTHING)
    ask_person(chatbot, {"conversation": ID, "logged": record["logged"]})
    assert [question.asked_person for question in log_of(chatbot)] == [True]


@pytest.mark.parametrize("data", [{}, {"conversation": ID[::-1]}, {"conversation": ID, "logged": "x"}])
def test_no_question_of_somebody_else_is_marked(chatbot, data):
    record = kept(chatbot, NOTHING)
    ask_person(chatbot, {"logged": record["logged"], **data})
    assert [question.asked_person for question in log_of(chatbot)] == [False]


def test_with_the_log_off_choosing_it_does_nothing(chatbot):
    silent = type(chatbot)(chatbot.pipeline, chatbot.knowledge_base, contact=chatbot.contact)
    _, sent = ask(silent, {"message": NOTHING, "conversation": ID}, None)
    assert sent["turn"]["logged"] is None
    ask_person(silent, {"conversation": ID, "logged": 1})
    assert log_of(silent) == []


def _always(chatbot, confidence):
    """The same calibration, always as sure."""

    class Always(type(chatbot.pipeline.calibration)):
        def confidence(self, features, language=None):
            return confidence

    return Always.default()
