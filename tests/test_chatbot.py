import pytest
from fakes import FakeEncoder, FakeReaderNetwork

from chatbot.calibration import Calibration
from chatbot.chatbot import Chatbot, ReplyKind, reword
from chatbot.conversation import MAX_TURNS, Conversation, Turn
from chatbot.messages import MAX_MESSAGE_CHARS
from chatbot.phrases import PhraseKey, phrase
from chatbot.pipeline import QAPipeline
from chatbot.reader import Reader
from knowledge_base.chunking import cut_passages
from knowledge_base.documents import Document
from knowledge_base.store import KnowledgeBase
from retrieval.indexer import index
from retrieval.retriever import Retriever


@pytest.fixture
def chatbot(tmp_path):
    encoder = FakeEncoder()
    with KnowledgeBase(tmp_path / "kb.db") as knowledge_base:
        for name, text in {
            "lamp.md": "The warranty of a lamp is 2 years.",
            "returns.md": "You may return an item within 30 days of delivery.",
        }.items():
            document = Document(name, f"About {name}", text)
            knowledge_base.add_document(document, cut_passages(document))
        index(knowledge_base, encoder)
        pipeline = QAPipeline(Retriever(knowledge_base, encoder), Reader(FakeReaderNetwork()), Calibration.default())
        yield Chatbot(pipeline, knowledge_base, threshold=0.1)


def test_a_spanish_question_gets_a_spanish_sentence_around_the_english_words(chatbot):
    reply = chatbot.reply("¿Cuánto tiempo dura la garantía de la lámpara?", Conversation())
    assert reply.language == "es"
    assert reply.answer.text == "2 years"
    assert "«2 years»" in reply.text or "“2 years”" in reply.text


def test_an_answer_that_is_not_sure_enough_is_not_given(chatbot):
    chatbot.carefulness.fixed = 1.0
    reply = chatbot.reply("How long is the warranty of a lamp?", Conversation())
    assert reply.answer.citation is None
    assert reply.kind in {ReplyKind.CLOSEST, ReplyKind.NOT_FOUND}


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("", ReplyKind.EMPTY),
        (" \n\t ", ReplyKind.EMPTY),
        ("😀😀😀", ReplyKind.NO_WORDS),
        ("123456", ReplyKind.NO_WORDS),
        ("a" * 50_000, ReplyKind.TOO_LONG),
        ("hello", ReplyKind.GREETING),
        ("muchas gracias", ReplyKind.THANKS),
    ],
)
def test_what_is_no_question_is_answered_without_searching(chatbot, message, kind):
    reply = chatbot.reply(message, Conversation())
    assert (reply.kind, reply.answer) == (kind, None)


@pytest.mark.parametrize(
    "message", ['" * NEAR( -', "warranty AND OR NOT (", "<script>alert(1)</script> lamp", "lamp\x00\x1b[31m"]
)
def test_search_syntax_and_markup_in_a_question_are_only_words(chatbot, message):
    assert isinstance(chatbot.reply(message, Conversation()).text, str)


def test_the_limit_is_named_when_a_message_is_too_long(chatbot):
    assert str(MAX_MESSAGE_CHARS) in chatbot.reply("why " * 1000, Conversation()).text


def test_a_question_of_unsure_language_keeps_the_conversations(chatbot):
    conversation = Conversation(language="de")
    assert chatbot.reply("E17", conversation).language == "de"


def test_the_browsers_language_counts_before_anything_was_said(chatbot):
    assert chatbot.reply("E17?", Conversation(browser_language="tr")).language == "tr"


def test_the_chosen_language_overrides_the_detected_one(chatbot):
    reply = chatbot.reply("How long is the warranty of a lamp?", Conversation(chosen_language="ja"))
    assert (reply.language, reply.answer.text) == ("ja", "2 years")


@pytest.fixture
def searched_in(chatbot, monkeypatch):
    """The languages in which the pipeline was asked."""
    languages = []
    answer = chatbot.pipeline.answer

    def noted(question, *, language, **options):
        languages.append(language)
        return answer(question, language=language, **options)

    monkeypatch.setattr(chatbot.pipeline, "answer", noted)
    return languages


def test_a_language_chosen_for_the_reply_does_not_change_that_of_the_search(chatbot, searched_in):
    conversation = Conversation(chosen_language="en")
    reply = chatbot.reply("Wie lange habe ich Garantie auf eine Lampe?", conversation)
    assert (reply.language, reply.detected_language, searched_in) == ("en", "de", ["de"])


def test_after_a_german_question_a_code_is_searched_in_german_whatever_the_replies_are_in(chatbot, searched_in):
    chatbot.reply("E17", Conversation(language="de", chosen_language="ja"))
    assert searched_in == ["de"]


def test_a_question_without_a_language_of_its_own_is_searched_in_the_chosen_one(chatbot, searched_in):
    reply = chatbot.reply("E17", Conversation(chosen_language="ja", browser_language="en"))
    assert (reply.language, searched_in) == ("ja", ["ja"])


def test_the_language_can_change_in_the_middle_of_a_conversation(chatbot):
    conversation = Conversation()
    chatbot.reply("Wie lange habe ich Garantie auf eine Lampe?", conversation)
    assert chatbot.reply("How long is the warranty of a lamp?", conversation).language == "en"


def test_a_greeting_in_one_language_sets_the_conversations_language(chatbot):
    conversation = Conversation()
    chatbot.reply("bonjour", conversation)
    assert conversation.page_language == "fr"


def test_a_reply_can_be_reworded_without_asking_again(chatbot):
    reply = chatbot.reply("How long is the warranty of a lamp?", Conversation())
    again = reword(reply, "de")
    assert (again.language, again.answer) == ("de", reply.answer)
    assert "2 years" in again.text


def test_rewording_keeps_what_the_reply_says(chatbot):
    assert reword(chatbot.reply("", Conversation()), "fr").text == phrase(PhraseKey.EMPTY_MESSAGE, "fr")


def test_an_empty_knowledge_base_is_said_so(tmp_path):
    with KnowledgeBase(tmp_path / "kb.db") as empty:
        pipeline = QAPipeline(Retriever(empty, FakeEncoder()), Reader(FakeReaderNetwork()), Calibration.default())
        assert Chatbot(pipeline, empty).reply("lamp warranty?", Conversation()).kind is ReplyKind.KNOWLEDGE_BASE_EMPTY


def test_the_reply_times_every_stage(chatbot):
    answer = chatbot.reply("How long is the warranty of a lamp?", Conversation()).answer
    assert set(answer.timings_ms) == {"detect", "encode", "search", "read"}


def test_a_conversation_of_ten_thousand_messages_stays_small():
    conversation = Conversation()
    for number in range(10_000):
        conversation.remember(Turn(str(number), "en", "found", None))
    assert [turn.message for turn in conversation.turns] == [str(n) for n in range(10_000 - MAX_TURNS, 10_000)]


def test_two_conversations_have_different_random_ids():
    assert Conversation().id != Conversation().id


def test_the_whole_article_behind_a_citation_can_be_shown(chatbot):
    assert chatbot.article("lamp.md").text == "The warranty of a lamp is 2 years."


def test_a_language_that_is_not_served_is_named_and_answered_in_the_pages(chatbot):
    reply = chatbot.reply(
        "Kuinka pitkä takuu lampulla on, ja mistä päivästä se alkaa?", Conversation(browser_language="de")
    )
    assert (reply.detected_language, reply.language) == ("fi", "de")


def test_a_short_message_after_one_in_an_unserved_language_is_not_taken_for_its_neighbour(chatbot):
    conversation = Conversation()
    chatbot.reply("Скільки коштує доставка до Києва?", conversation)
    assert chatbot.reply("Яка погода завтра?", conversation).language == "en"  # alone it looks Russian
    assert chatbot.reply("Сколько стоит доставка в Москву?", conversation).language == "ru"
    assert conversation.unserved_language is None


def test_an_unserved_language_does_not_become_the_conversations(chatbot):
    conversation = Conversation()
    chatbot.reply("Kuinka pitkä takuu lampulla on, ja mistä päivästä se alkaa?", conversation)
    assert conversation.language is None
