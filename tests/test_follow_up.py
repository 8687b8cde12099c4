"""Follow-up questions: what tells them apart, how they are completed, and what a conversation does with them."""

import numpy as np
import pytest
from fakes import FakeEncoder, FakeReaderNetwork

from chatbot.answer import Answer, Citation
from chatbot.calibration import Calibration
from chatbot.chatbot import Chatbot
from chatbot.conversation import Conversation, Turn
from chatbot.follow_up import EMPTY_QUESTIONS, SMALL_TALK, Landmarks, PastTurn, Signs, repeats, signs, text_width
from chatbot.pipeline import QAPipeline
from chatbot.reader import Reader
from knowledge_base.chunking import cut_passages
from knowledge_base.documents import Document, Passage
from knowledge_base.store import KnowledgeBase
from retrieval.indexer import index
from retrieval.retriever import Retriever

NORWAY = Passage(7, "norway.md", "Delivery", ("Norway",), 0, 30, "Norway 15 euros, in 4 days.")
SHIPPING = Citation(NORWAY, 7, 15)
ARTICLES = {
    "warranty.md": "The warranty of a lamp is 2 years. The warranty of a battery is 6 months.",
    "returns.md": "You may return an item within 30 days of delivery.",
    "account.md": "The password of your account is valid for 90 days.",
    "shop.md": "Our shop is in a garden with a pond.",
    "plants.md": "Ferns like shade and soft water.",
    "team.md": "Nine people work with us.",
    "history.md": "We began in a shed by the sea.",
}


@pytest.fixture
def chatbot(tmp_path):
    encoder = FakeEncoder()
    with KnowledgeBase(tmp_path / "kb.db") as knowledge_base:
        for name, text in ARTICLES.items():
            document = Document(name, "Warranty" if name == "warranty.md" else "Other", text)
            knowledge_base.add_document(document, cut_passages(document))
        index(knowledge_base, encoder)
        pipeline = QAPipeline(Retriever(knowledge_base, encoder), Reader(FakeReaderNetwork()), Calibration.default())
        yield Chatbot(pipeline, knowledge_base, threshold=0.1)


def test_a_short_question_near_the_old_article_is_a_follow_up():
    assert Signs(topic_share=0.6, emptiness=0.6, small_talk=0.2, width=15).logit() > 0


def test_a_long_question_nearer_to_another_article_stands_alone():
    assert Signs(topic_share=0.1, emptiness=0.6, small_talk=0.2, width=40).logit() < 0


def test_a_question_without_content_is_likelier_a_follow_up_than_one_with():
    empty, full = Signs(0.3, 0.9, 0.2, width=25), Signs(0.3, 0.1, 0.2, width=25)
    assert empty.logit() > full.logit()


def test_small_talk_is_less_likely_a_follow_up():
    assert Signs(0.3, 0.5, small_talk=0.9, width=15).logit() < Signs(0.3, 0.5, small_talk=0.1, width=15).logit()


def test_a_long_question_about_the_old_article_stands_alone():
    assert Signs(topic_share=1.0, emptiness=0.1, small_talk=0.0, width=60).logit() < 0


def test_signs_compare_the_old_article_with_the_nearest_one():
    assert signs("And for Norway?", (0.5, 0.1), topic_score=2.0, best_score=4.0).topic_share == 0.5


def test_an_article_that_is_gone_has_no_share():
    assert signs("And?", (0.5, 0.1), float("-inf"), 4.0).topic_share == 0.0


@pytest.fixture
def landmarks():
    """Two empty questions whose cosine is 0.8, and small talk at right angles to both."""
    empty = np.array([[1.0, 0.0, 0.0], [0.8, 0.6, 0.0]], np.float32)
    return Landmarks(empty, np.array([[0.0, 0.0, 1.0]], np.float32))


def test_an_empty_question_is_as_like_its_kind_as_its_nearest_other(landmarks):
    assert landmarks.likeness(np.array([0.8, 0.0, 0.6], np.float32)) == pytest.approx((1.0, 0.75))


def test_likeness_does_not_depend_on_the_scale_of_an_encoder(landmarks):
    # A dimension that all texts share, as in encoders whose cosines lie between 0.7 and 1.
    def squeezed(vectors):
        return np.hstack([vectors * np.sqrt(0.3), np.full((*vectors.shape[:-1], 1), np.sqrt(0.7))]).astype(np.float32)

    question = np.array([[0.6, 0.0, 0.8]], np.float32)
    narrow = Landmarks(squeezed(landmarks.empty), squeezed(landmarks.small_talk))
    assert narrow.likeness(squeezed(question)[0]) == pytest.approx(landmarks.likeness(question[0]), abs=1e-5)


def test_a_japanese_character_is_as_wide_as_two_letters():
    assert (text_width("年払い"), text_width("abc")) == (6, 3)


def test_for_reading_the_earlier_question_comes_first():
    past = PastTurn(("How much is shipping to Switzerland?",), (SHIPPING,))
    assert past.complete_for_reading("And for Norway?") == "How much is shipping to Switzerland? And for Norway?"


def test_for_search_title_and_headings_come_first():
    past = PastTurn(("How much?",), (SHIPPING,))
    assert past.complete_for_search("When?") == "Delivery > Norway. How much? When?"


def test_of_a_long_earlier_question_the_end_is_kept_from_a_word_on():
    past = PastTurn(("I moved " + "and moved " * 30 + "so what does it cost?",), (SHIPPING,))
    completed = past.complete_for_reading("And when?")
    assert completed.startswith(("and ", "moved "))
    assert completed.endswith("so what does it cost? And when?")
    assert text_width(completed) <= 130


def test_the_same_place_quoted_again_is_a_repetition():
    assert repeats(Citation(NORWAY, 7, 9), SHIPPING)


def test_another_place_of_the_same_passage_is_no_repetition():
    assert not repeats(Citation(NORWAY, 20, 26), SHIPPING)


def test_a_conversation_without_answers_has_nothing_to_lean_on():
    talk = Conversation(turns=[Turn("hello", "en", "greeting", None)])
    assert talk.last_answered() is None


def test_a_question_that_was_not_answered_is_passed_over():
    answered = Turn("Shipping to Norway?", "en", "found", Answer("Shipping to Norway?", SHIPPING, 0.9, ()))
    missed = Turn("And to Mars?", "en", "not_found", Answer("And to Mars?", None, 0.1, ()))
    assert Conversation(turns=[answered, missed]).last_answered() == PastTurn(("Shipping to Norway?",), (SHIPPING,))


def test_of_a_chain_of_follow_ups_the_first_and_the_last_question_are_kept():
    answer = Answer("And express?", SHIPPING, 0.9, (), completed_by=("Shipping to Rome?", "And Norway?"))
    talk = Conversation(turns=[Turn("And express?", "en", "found", answer)])
    assert talk.last_answered().questions == ("Shipping to Rome?", "And express?")


def test_a_follow_up_is_answered_from_the_conversation(chatbot):
    talk = Conversation()
    chatbot.reply("How long is the warranty of a lamp?", talk)
    assert chatbot.reply("A battery?", talk).answer.text == "6 months"


def test_a_follow_up_tells_how_it_was_understood(chatbot):
    talk = Conversation()
    chatbot.reply("How long is the warranty of a lamp?", talk)
    reply = chatbot.reply("A battery?", talk)
    assert reply.understood_as == "How long is the warranty of a lamp? A battery?"


def test_a_follow_up_in_another_language_than_the_articles_is_completed_too(chatbot):
    talk = Conversation()
    chatbot.reply("¿Cuánto tiempo dura la garantía de una lámpara?", talk)
    assert chatbot.reply("¿Y batería?", talk).understood_as.startswith("¿Cuánto tiempo dura la garantía")


def test_a_new_topic_is_not_bent_by_the_conversation(chatbot):
    talk = Conversation()
    chatbot.reply("How long is the warranty of a lamp?", talk)
    reply = chatbot.reply("How many days is the password of my account valid?", talk)
    assert (reply.answer.text, reply.understood_as) == ("90 days", None)


def test_what_was_quoted_already_is_no_answer_to_a_follow_up(chatbot):
    talk = Conversation()
    first = chatbot.reply("How long is the warranty of a lamp?", talk)
    reply = chatbot.reply("A lamp?", talk)
    assert first.answer.text == "2 years"
    assert reply.answer.text != "2 years"


def test_in_a_chain_nothing_that_was_quoted_comes_again(chatbot):
    talk = Conversation()
    chatbot.reply("How long is the warranty of a lamp?", talk)
    chatbot.reply("A battery?", talk)
    assert [said.text for said in talk.last_answered().said] == ["2 years", "6 months"]


def test_a_passage_that_only_repeats_does_not_end_the_reading(chatbot):
    pipeline = chatbot.pipeline
    question = "How long is the warranty of a lamp?"
    found = pipeline.retriever.retrieve(question)
    first = pipeline.read_best_first(question, found)[0]
    fresh = pipeline.read_best_first(question, found, said=(first.citation,))
    assert fresh
    assert not any(repeats(candidate.citation, first.citation) for candidate in fresh)


def test_a_first_question_is_never_a_follow_up(chatbot):
    assert chatbot.reply("A battery?", Conversation()).understood_as is None


def test_a_first_question_costs_one_encoding(chatbot):
    encoder = chatbot.pipeline.retriever.encoder
    before = encoder.texts_encoded
    chatbot.reply("A battery?", Conversation())
    assert encoder.texts_encoded == before + 1


def test_a_later_question_that_stands_alone_is_encoded_once(chatbot):
    talk = Conversation()
    chatbot.reply("How long is the warranty of a lamp?", talk)
    chatbot.reply("How many days is the password of my account valid?", talk)
    batches = chatbot.pipeline.retriever.encoder.fake_network.batches
    assert [len(batch.ids) for batch in batches[-2:]] == [1, len(EMPTY_QUESTIONS + SMALL_TALK)]


def test_questions_without_content_are_encoded_once_for_all(chatbot):
    talk = Conversation()
    for message in ("How long is the warranty of a lamp?", "A battery?", "A lamp?"):
        chatbot.reply(message, talk)
    batches = chatbot.pipeline.retriever.encoder.fake_network.batches
    assert [len(batch.ids) for batch in batches].count(len(EMPTY_QUESTIONS + SMALL_TALK)) == 1


def test_a_follow_up_to_an_article_that_was_removed_still_gets_a_reply(chatbot):
    talk = Conversation()
    chatbot.reply("How long is the warranty of a lamp?", talk)
    chatbot.knowledge_base.remove_document("warranty.md")
    assert chatbot.reply("A battery?", talk).answer is not None


def test_a_follow_up_after_all_articles_went_is_told_so(chatbot):
    talk = Conversation()
    chatbot.reply("How long is the warranty of a lamp?", talk)
    for name in ARTICLES:
        chatbot.knowledge_base.remove_document(name)
    assert chatbot.reply("A battery?", talk).kind == "knowledge_base_empty"
