"""What the chat page does with what comes from the browser, without a browser and without gradio."""

from dataclasses import replace

from chatbot.answer import Answer, Citation
from chatbot.chatbot import Reply, ReplyKind
from chatbot.language import LANGUAGES
from chatbot.phrases import PhraseKey, phrase
from knowledge_base.documents import Document, Passage
from retrieval.retriever import RetrievedPassage
from ui.chat import ask, change_language, example_questions, give_feedback, show_article
from ui.page_view import PAGE_KEYS, page_html, page_texts

PASSAGE = Passage(1, "returns.md", "Returns", (), 0, 24, "You have 30 days for it.")


class ScriptedChatbot:
    """Says "30 days" to everything, in the language that was chosen or else in Spanish; keeps what it was asked."""

    contact = None

    def __init__(self):
        self.asked = []
        self.judged = []

    def feedback(self, reply, helpful, reason=None):
        self.judged.append((reply.answer.question, helpful, reason))
        return True

    def reply(self, message, conversation):
        self.asked.append((message, conversation.chosen_language, conversation.browser_language, conversation.id))
        if message == "boom":
            raise RuntimeError("secret path /etc/anytongue")
        language = conversation.chosen_language or "es"
        conversation.language = "es"
        found = (RetrievedPassage(PASSAGE, 1.0, 0.5, 0.0),)
        answer = Answer(message, Citation(PASSAGE, 9, 16), 0.9, found)
        text = phrase(PhraseKey.FOUND_SURE, language, answer="30 days", title="Returns")
        return Reply(text, ReplyKind.FOUND, language, True, answer, "es")

    def article(self, document_id):
        if document_id == "broken.md":
            raise OSError("disk")
        return Document("returns.md", "Returns", PASSAGE.text) if document_id == "returns.md" else None


# ---------------------------------------------------------------- asking


def test_an_answer_goes_back_under_the_id_of_its_question():
    _, sent = ask(ScriptedChatbot(), {"id": "3", "message": "¿Cuánto tiempo?"}, None)
    assert (sent["type"], sent["id"], sent["language"], sent["page_language"]) == ("reply", "3", "es", "es")
    assert "<mark>30 days</mark>" in sent["html"]


def test_a_screen_reader_hears_the_sentence_only():
    _, sent = ask(ScriptedChatbot(), {"message": "¿Cuánto?"}, None)
    assert sent["spoken"] == "La respuesta es: «30 days» (de nuestro artículo «Returns»)."


def test_a_question_is_said_to_be_in_its_own_language_and_not_in_that_of_the_reply():
    _, sent = ask(ScriptedChatbot(), {"message": "¿Cuánto?", "chosen": "el"}, None)
    assert (sent["language"], sent["question_language"]) == ("el", "es")


def test_the_first_question_begins_a_conversation():
    session, _ = ask(ScriptedChatbot(), {"message": "¿Cuánto?"}, None)
    assert session.conversation.language == "es"


def test_the_second_question_stays_in_the_conversation():
    chatbot = ScriptedChatbot()
    session, _ = ask(chatbot, {"message": "one"}, None)
    ask(chatbot, {"message": "two"}, session)
    assert chatbot.asked[0][3] == chatbot.asked[1][3]


def test_two_pages_never_share_a_conversation():
    chatbot = ScriptedChatbot()
    ask(chatbot, {"message": "one"}, None)
    ask(chatbot, {"message": "two"}, None)
    assert chatbot.asked[0][3] != chatbot.asked[1][3]


def test_the_chosen_language_and_that_of_the_browser_reach_the_chatbot():
    chatbot = ScriptedChatbot()
    ask(chatbot, {"message": "one", "chosen": "de", "browser": "ja"}, None)
    assert chatbot.asked[0][1:3] == ("de", "ja")


def test_a_language_that_is_not_served_is_ignored():
    chatbot = ScriptedChatbot()
    ask(chatbot, {"message": "one", "chosen": "xx", "browser": ["de"]}, None)
    assert chatbot.asked[0][1:3] == (None, None)


def test_a_message_that_is_no_text_reads_as_empty():
    chatbot = ScriptedChatbot()
    ask(chatbot, {"message": {"evil": 1}}, None)
    assert chatbot.asked[0][0] == ""


def test_a_pasted_book_is_cut_but_still_too_long_for_the_chatbot():
    chatbot = ScriptedChatbot()
    ask(chatbot, {"message": "x" * 50_000}, None)
    assert len(chatbot.asked[0][0]) == 20_000


def test_a_failure_is_told_in_the_language_of_the_page_without_its_details():
    _, sent = ask(ScriptedChatbot(), {"id": "1", "message": "boom", "browser": "de"}, None)
    assert phrase(PhraseKey.ERROR, "de") in sent["html"]
    assert "secret" not in str(sent)


def test_a_failure_keeps_the_conversation():
    chatbot = ScriptedChatbot()
    session, _ = ask(chatbot, {"message": "one"}, None)
    after, _ = ask(chatbot, {"message": "boom"}, session)
    assert after is session


# ---------------------------------------------------------------- another language


def test_choosing_a_language_rewords_the_last_reply_without_asking_again():
    chatbot = ScriptedChatbot()
    session, _ = ask(chatbot, {"message": "¿Cuánto?"}, None)
    session, sent = change_language(ScriptedChatbot(), {"id": "1", "chosen": "de"}, session)
    assert sent["type"] == "reworded"
    assert 'lang="de" dir="ltr"' in sent["html"]
    assert "Die Antwort lautet" in sent["spoken"]
    assert len(chatbot.asked) == 1


def test_after_a_failure_another_language_does_not_bring_back_the_reply_before_it():
    session, _ = ask(ScriptedChatbot(), {"message": "one"}, None)
    session, _ = ask(ScriptedChatbot(), {"message": "boom"}, session)
    assert change_language(ScriptedChatbot(), {"id": "1", "chosen": "de"}, session)[1]["type"] == "nothing"


def test_a_reworded_reply_still_names_the_language_it_understood():
    session, _ = ask(ScriptedChatbot(), {"message": "¿Cuánto?"}, None)
    _, sent = change_language(ScriptedChatbot(), {"chosen": "de"}, session)
    assert "Español" in sent["html"]


def test_going_back_to_automatic_rewords_in_the_language_of_the_question():
    session, _ = ask(ScriptedChatbot(), {"message": "¿Cuánto?", "chosen": "de"}, None)
    _, sent = change_language(ScriptedChatbot(), {"chosen": ""}, session)
    assert sent["language"] == "es"


def test_going_back_to_automatic_keeps_the_language_of_the_conversation_when_that_of_the_question_is_a_guess():
    session, _ = ask(ScriptedChatbot(), {"message": "A na Uswisi?", "chosen": "el"}, None)
    session.conversation.language = "ja"
    session.last_reply = replace(session.last_reply, detected_language="pt", language_certain=False)
    _, sent = change_language(ScriptedChatbot(), {"chosen": ""}, session)
    assert (sent["language"], sent["page_language"]) == ("ja", "ja")


def test_choosing_a_language_before_any_question_changes_nothing_on_the_page():
    _, sent = change_language(ScriptedChatbot(), {"id": "0", "chosen": "de"}, None)
    assert sent == {"type": "nothing", "id": "0"}


# ---------------------------------------------------------------- feedback


def test_a_thumb_judges_the_last_reply():
    chatbot = ScriptedChatbot()
    session, _ = ask(chatbot, {"message": "one"}, None)
    session, _ = ask(chatbot, {"message": "two"}, session)
    give_feedback(chatbot, {"helpful": True, "reason": ""}, session)
    assert chatbot.judged == [("two", True, None)]


def test_a_reason_is_kept_without_white_space_and_not_without_end():
    chatbot = ScriptedChatbot()
    session, _ = ask(chatbot, {"message": "one"}, None)
    give_feedback(chatbot, {"helpful": False, "reason": "  " + "x" * 900}, session)
    assert chatbot.judged == [("one", False, "x" * 500)]


def test_a_thumb_before_any_reply_judges_nothing():
    chatbot = ScriptedChatbot()
    give_feedback(chatbot, {"helpful": True}, None)
    assert chatbot.judged == []


def test_what_was_not_kept_is_told():
    session, _ = ask(ScriptedChatbot(), {"message": "one"}, None)
    chatbot = ScriptedChatbot()
    assert give_feedback(chatbot, {"id": "7", "helpful": True}, session) == {"type": "judged", "id": "7", "kept": True}
    assert give_feedback(chatbot, {"helpful": True}, None)["kept"] is False


# ---------------------------------------------------------------- articles


def test_an_article_comes_with_its_span_marked():
    data = {"id": "9", "document": "returns.md", "start": "9", "end": "16", "language": "de"}
    sent = show_article(ScriptedChatbot(), data)
    assert (sent["type"], sent["id"]) == ("article", "9")
    assert "You have <mark>30 days</mark> for it." in sent["html"]


def test_an_article_that_is_gone_is_told():
    sent = show_article(ScriptedChatbot(), {"document": "gone.md", "language": "es"})
    assert phrase(PhraseKey.ERROR, "es") in sent["html"]


def test_an_article_that_cannot_be_read_is_told():
    assert phrase(PhraseKey.ERROR, "en") in show_article(ScriptedChatbot(), {"document": "broken.md"})["html"]


def test_offsets_that_are_no_numbers_mark_nothing():
    data = {"document": "returns.md", "start": "-5", "end": "1e3"}
    assert "<mark>" not in show_article(ScriptedChatbot(), data)["html"]


# ---------------------------------------------------------------- suggestions

TITLED = Document("a.md", "Cancel an order", "Text", translated_titles={"de": "Wie storniere ich?", "fr": "Annuler"})


def test_translated_titles_that_ask_are_suggested():
    assert example_questions([TITLED]) == {"de": ["Wie storniere ich?"]}


def test_an_english_title_that_asks_is_suggested():
    assert example_questions([Document("b.md", "Can I cancel?", "Text")]) == {"en": ["Can I cancel?"]}


def test_the_question_of_a_faq_entry_is_suggested():
    assert example_questions([Document("c", "FAQ", "Yes.", question="Is it?")]) == {"en": ["Is it?"]}


def test_short_questions_are_suggested_first():
    long = replace(TITLED, id="b", translated_titles={"de": "Wie storniere ich meine ganze Bestellung?"})
    assert example_questions([long, TITLED])["de"][0] == "Wie storniere ich?"


def test_two_languages_suggest_different_documents():
    first = replace(TITLED, translated_titles={"de": "Wie?", "fr": "Comment ?"})
    second = replace(TITLED, id="b", translated_titles={"de": "Was denn nun?", "fr": "Quoi donc alors ?"})
    third = replace(TITLED, id="c", translated_titles={"de": "Warum nur, warum?", "fr": "Pourquoi, pourquoi ?"})
    assert example_questions([first, second, third])["fr"][0] == "Pourquoi, pourquoi ?"


def test_no_language_gets_more_than_two_suggestions():
    many = [replace(TITLED, id=str(n), translated_titles={"ja": f"質問{n}？"}) for n in range(9)]
    assert example_questions(many) == {"ja": ["質問0？", "質問1？"]}


# ---------------------------------------------------------------- the empty page


def test_every_language_has_every_text_of_the_page():
    texts = page_texts({})
    assert tuple(texts) == LANGUAGES
    assert all(all(texts[code]["texts"][key.value] for key in PAGE_KEYS) for code in LANGUAGES)


def test_arabic_turns_the_page_around():
    assert page_texts({})["ar"]["rtl"] is True


def test_suggestions_go_to_the_browser_under_their_language():
    assert page_texts({"ja": ["質問？"]})["ja"]["examples"] == ["質問？"]


def test_the_selector_offers_automatic_and_every_language_by_its_own_name():
    html = page_html()
    assert html.count("<option ") == 1 + len(LANGUAGES)
    assert '<option value="ar" lang="ar">العربية</option>' in html


def test_everything_the_page_says_is_sent_to_the_browser():
    html = page_html()
    said = {part.split('"')[0] for mark in ("data-text=", "data-label=") for part in html.split(f'{mark}"')[1:]}
    assert said <= {key.value for key in PAGE_KEYS}
