"""Replies and articles as HTML: what is marked, which direction it has, and that nothing gets through unescaped."""

from dataclasses import replace

from chatbot.answer import Answer, Citation
from chatbot.chatbot import Reply, ReplyKind
from knowledge_base.documents import Document, Heading, Passage
from retrieval.retriever import RetrievedPassage
from ui.answer_view import error_html, marked_excerpt, quoted_sentence, reply_html, safe_url, source_path
from ui.article_view import article_html, missing_article_html
from ui.excerpt import Excerpt, excerpt

PASSAGE = Passage(
    id=7,
    document="returns/return-an-item.md",
    title="Return an item",
    heading_path=("How long you have",),
    start=100,
    end=163,
    text="You can return any product within 30 days of delivery. Keep it.",
)
CITATION = Citation(PASSAGE, 34, 41)
OTHER = Passage(8, "refunds.md", "Refunds", (), 0, 28, "We refund within 5 days, <b>")


def reply(text="The answer is: “30 days” (from our article “Return an item”).", language="en", **changes):
    found = tuple(RetrievedPassage(passage, 1.0, 0.5, 0.0) for passage in (PASSAGE, OTHER))
    answer = Answer("How long?", CITATION, 0.9, found)
    return replace(Reply(text, ReplyKind.FOUND, language, True, answer, language), **changes)


def not_found(**changes):
    found = tuple(RetrievedPassage(passage, 1.0, 0.5, 0.0) for passage in (PASSAGE, OTHER))
    answer = Answer("How long?", None, 0.1, found, **changes)
    return Reply("I found nothing.", ReplyKind.NOT_FOUND, "en", True, answer, "en")


# ---------------------------------------------------------------- the sentence


def test_the_quoted_words_are_english_and_left_to_right_inside_the_sentence():
    html = quoted_sentence("الإجابة هي: «30 days».", [("30 days", "at-answer")])
    assert html == 'الإجابة هي: «<bdi class="at-answer" lang="en" dir="ltr">30 days</bdi>».'


def test_answer_and_title_are_both_set_off_whatever_their_order():
    html = quoted_sentence("記事「Refunds」：「5 days」", [("5 days", "a"), ("Refunds", "t")])
    assert html == (
        '記事「<bdi class="t" lang="en" dir="ltr">Refunds</bdi>」：「<bdi class="a" lang="en" dir="ltr">5 days</bdi>」'
    )


def test_an_answer_that_is_also_a_word_of_the_title_is_not_looked_for_inside_the_title():
    html = quoted_sentence("記事「Refunds today」：「Refunds」", [("Refunds", "a"), ("Refunds today", "t")])
    assert html.endswith('：「<bdi class="a" lang="en" dir="ltr">Refunds</bdi>」')


def test_an_answer_that_is_also_a_word_of_the_sentence_is_found_where_it_is_quoted():
    assert quoted_sentence("The answer: “The”.", [("The", "a")]) == (
        'The answer: “<bdi class="a" lang="en" dir="ltr">The</bdi>”.'
    )


def test_words_that_the_sentence_does_not_hold_leave_it_as_it_is():
    assert quoted_sentence("Nothing & no one", [("30 days", "a")]) == "Nothing &amp; no one"


def test_a_french_quotation_is_found_behind_its_no_break_space():
    assert quoted_sentence("La réponse : «\u00a0La\u00a0».", [("La", "a")]).startswith("La réponse : «\u00a0<")


def test_html_in_a_quote_is_escaped():
    assert "&lt;img src=x&gt;" in quoted_sentence("It is “<img src=x>”.", [("<img src=x>", "a")])


# ---------------------------------------------------------------- the card


def test_the_span_is_marked_in_its_passage():
    assert "within <mark>30 days</mark> of delivery." in reply_html(reply())


def test_the_passage_is_english_and_left_to_right_in_an_arabic_reply():
    html = reply_html(reply(language="ar"))
    assert html.startswith('<article class="at-message at-bot" lang="ar" dir="rtl"')
    assert '<blockquote class="at-passage" lang="en" dir="ltr">' in html


def test_a_german_reply_runs_from_left_to_right():
    assert reply_html(reply(language="de")).startswith('<article class="at-message at-bot" lang="de" dir="ltr"')


def test_the_source_names_title_and_headings():
    assert source_path(PASSAGE) == (
        '<span class="at-path" lang="en" dir="ltr"><bdi class="at-title">Return an item</bdi>'
        '<span aria-hidden="true"> › </span><bdi>How long you have</bdi></span>'
    )


def test_a_heading_that_repeats_the_title_is_left_out():
    assert "›" not in source_path(replace(PASSAGE, heading_path=("Return an item",)))


def test_confidence_is_a_word_not_a_number():
    html = reply_html(reply())
    assert 'data-level="sure">Confidence: sure</span>' in html
    assert "0.9" not in html


def test_a_less_certain_answer_says_so():
    answer = reply().answer
    assert 'data-level="fairly_sure"' in reply_html(reply(answer=replace(answer, confidence=0.6)))


def test_the_closest_words_are_never_called_sure():
    answer = replace(reply().answer, citation=None, closest=CITATION)
    html = reply_html(reply(kind=ReplyKind.CLOSEST, answer=answer))
    assert 'data-level="not_sure"' in html
    assert "<mark>30 days</mark>" in html


def test_the_article_button_carries_the_characters_of_the_document():
    html = reply_html(reply())
    assert 'data-document="returns/return-an-item.md" data-start="134" data-end="141"' in html


def test_other_passages_are_folded_away_and_do_not_repeat_the_cited_one():
    html = reply_html(reply())
    folded = html[html.index("<details") : html.index("</details>")]
    assert "Other passages" in folded
    assert "We refund within 5 days" in folded
    assert "Return an item" not in folded


def test_a_link_to_the_web_appears_only_for_web_addresses():
    answer = replace(reply().answer, citation=replace(CITATION, passage=replace(PASSAGE, url="javascript:alert(1)")))
    assert "javascript:" not in reply_html(reply(answer=answer))


def test_a_web_address_is_safe():
    assert safe_url("https://example.org/a") == "https://example.org/a"


def test_a_script_address_is_not_safe():
    assert safe_url(" javascript:alert(1)") is None


def test_copying_takes_the_sentence():
    assert 'data-copy="The answer is: “30 days” (from our article “Return an item”)."' in reply_html(reply())


def test_quotes_in_the_copied_sentence_do_not_end_the_attribute():
    assert 'data-copy="&quot;&gt;&lt;script&gt;"' in reply_html(reply(text='"><script>'))


def test_a_reply_whose_question_is_kept_can_be_judged():
    html = reply_html(reply(logged_id=3))
    assert 'data-do="helpful" aria-label="Yes"' in html
    assert "What was missing? (optional)" in html


def test_a_reply_whose_question_is_not_kept_cannot_be_judged():
    assert 'data-do="helpful"' not in reply_html(reply())


# ---------------------------------------------------------------- what is said about the language


def test_the_language_it_understood_is_named_in_itself():
    assert "<span>I understood: Español</span>" in reply_html(reply(detected_language="es"))


def test_an_unsure_language_is_said_to_be_kept():
    assert "I am not sure which language this is" in reply_html(reply(language_certain=False))


def test_a_language_that_is_not_served_is_named():
    assert "I cannot reply in this language yet (Suomi)" in reply_html(reply(detected_language="fi"))


def test_a_follow_up_says_what_it_was_taken_to_ask():
    html = reply_html(reply(understood_as="How much? <And for Norway>?"))
    assert '<p class="at-followed">Understood as: <bdi>How much? &lt;And for Norway&gt;?</bdi></p>' in html


def test_a_greeting_has_no_card_and_no_language_row():
    html = reply_html(Reply("Hello!", ReplyKind.GREETING, "en", True))
    assert html.endswith('<p class="at-sentence">Hello!</p></article>')


# ---------------------------------------------------------------- no answer


def test_not_found_offers_the_nearest_articles():
    html = reply_html(not_found())
    assert "These articles come closest:" in html
    assert '<button type="button" class="at-plain" data-do="article" data-document="refunds.md"' in html


def test_not_found_marks_nothing():
    assert "<mark>" not in reply_html(not_found())


def test_not_found_names_each_article_once():
    reply_twice = not_found()
    twice = replace(reply_twice.answer, passages=reply_twice.answer.passages * 2)
    assert reply_html(replace(reply_twice, answer=twice)).count('data-document="refunds.md"') == 1


def test_an_error_offers_to_try_again_in_the_language_of_the_page():
    html = error_html("es")
    assert 'lang="es"' in html
    assert 'data-do="retry">Intentar de nuevo</button>' in html


# ---------------------------------------------------------------- escaping


def test_script_in_a_passage_is_escaped():
    passage = replace(PASSAGE, text="<script>alert(1)</script> 30 days")
    answer = replace(reply().answer, citation=Citation(passage, 26, 33))
    html = reply_html(reply(answer=answer))
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; <mark>30 days</mark>" in html


def test_script_in_the_title_is_escaped():
    assert "<script" not in source_path(replace(PASSAGE, title="<script>alert(1)</script>"))


def test_script_in_a_heading_is_escaped():
    assert "<script" not in source_path(replace(PASSAGE, heading_path=("<script>alert(1)</script>",)))


def test_a_file_name_cannot_break_out_of_its_attribute():
    passage = replace(PASSAGE, document='"><img src=x onerror=alert(1)>.md')
    html = reply_html(reply(answer=replace(reply().answer, citation=replace(CITATION, passage=passage))))
    assert "<img" not in html
    assert 'data-document="&quot;&gt;&lt;img' in html


# ---------------------------------------------------------------- excerpts


def test_a_short_passage_is_shown_whole():
    assert excerpt("One. Two.", 5, 8, 100) == Excerpt("One. ", "Two", ".", starts_late=False, ends_early=False)


def test_a_long_passage_is_cut_at_sentences_around_the_span():
    text = "First sentence here. The answer is 30 days. Third sentence. Fourth sentence is far away."
    assert excerpt(text, 35, 42, 40) == Excerpt(
        "The answer is ", "30 days", ". Third sentence.", starts_late=True, ends_early=True
    )


def test_an_endless_sentence_is_cut_between_words():
    assert excerpt("word " * 40 + "30 days" + " word" * 40, 200, 207, 40) == Excerpt(
        "word word word ", "30 days", " word word word", starts_late=True, ends_early=True
    )


def test_a_span_outside_of_the_text_is_brought_inside():
    assert excerpt("Short.", 50, 60, 100).marked == ""


def test_an_empty_passage_has_an_empty_excerpt():
    assert excerpt("", 0, 0, 100) == Excerpt("", "", "", starts_late=False, ends_early=False)


def test_dots_show_where_the_passage_goes_on():
    part = Excerpt("within ", "30 days", " of delivery.", starts_late=True, ends_early=True)
    assert marked_excerpt(part) == "… within <mark>30 days</mark> of delivery. …"


# ---------------------------------------------------------------- whole articles

TEXT = "Intro here.\n\nDeadline\n\nYou have 30 days.\nNo more.\n\nEnd <b>."
DOCUMENT = Document("a.md", "Returns <i>", TEXT, headings=(Heading(13, 21, 2, "Deadline"),))


def test_an_article_has_its_headings_paragraphs_and_mark():
    assert article_html(DOCUMENT, (32, 39), "de") == (
        '<article class="at-article" lang="en" dir="ltr">'
        '<h2 id="at-panel-title" tabindex="-1">Returns &lt;i&gt;</h2>'
        "<p>Intro here.</p><h3>Deadline</h3>"
        "<p>You have <mark>30 days</mark>.\nNo more.</p><p>End &lt;b&gt;.</p></article>"
    )


def test_a_span_over_two_paragraphs_is_marked_in_both():
    html = article_html(DOCUMENT, (41, 57), "en")
    assert "<mark>No more.</mark></p><p><mark>End &lt;b</mark>&gt;.</p>" in html


def test_an_article_without_a_span_has_no_mark():
    assert "<mark>" not in article_html(DOCUMENT, (0, 0), "en")


def test_the_question_of_a_faq_entry_is_its_heading():
    html = article_html(replace(DOCUMENT, question="How long <b>?"), (0, 0), "en")
    assert '<h2 id="at-panel-title" tabindex="-1">How long &lt;b&gt;?</h2>' in html


def test_a_missing_article_is_said_in_the_language_of_the_page():
    assert 'lang="ar" dir="auto"' in missing_article_html("ar")
