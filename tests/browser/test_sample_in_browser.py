"""The application as shipped: questions in three languages on the sample help centre.

Whether answers are right is what the evaluation measures; here it is that they are found, marked and readable.
"""

import pytest

pytestmark = pytest.mark.browser


def is_english(words):
    """Enough to tell a quote of the help centre from a question or a phrase in Spanish, Japanese or Arabic."""
    return bool(words.strip()) and words.isascii()


def test_a_spanish_question_gets_the_marked_english_words(sample_app, visit):
    visitor = visit(sample_app, locale="es")
    visitor.ask("¿Cuántos años es válida una tarjeta regalo comprada en Europa?")
    assert is_english(visitor.page.inner_text(".at-card blockquote mark"))
    assert visitor.style(".at-sentence", "direction") == "ltr"


def test_a_japanese_question_gets_the_marked_english_words(sample_app, visit):
    visitor = visit(sample_app, locale="ja")
    visitor.ask("ヨーロッパで買ったギフトカードの有効期限はどれくらいですか？")
    assert is_english(visitor.page.inner_text(".at-card blockquote mark"))
    assert visitor.page.locator(".at-bot").get_attribute("lang") == "ja"


def test_an_arabic_question_gets_the_marked_english_words_from_left_to_right(sample_app, visit):
    visitor = visit(sample_app, locale="ar", width=390, height=844)
    visitor.ask("اشتريت بطاقة هدايا في أوروبا، متى تنتهي صلاحيتها؟")
    assert is_english(visitor.page.inner_text(".at-card blockquote mark"))
    assert visitor.style(".at-sentence", "direction") == "rtl"
    assert visitor.style(".at-card blockquote", "direction") == "ltr"


def test_the_marked_words_stand_in_the_whole_article(sample_app, visit):
    visitor = visit(sample_app, locale="ja")
    visitor.ask("ヨーロッパで買ったギフトカードの有効期限はどれくらいですか？")
    words = visitor.page.inner_text(".at-card blockquote mark")
    visitor.page.click(".at-links [data-do=article]")
    visitor.page.wait_for_selector(".at-article mark")
    assert visitor.page.inner_text(".at-article mark") == words


def test_suggestions_come_from_the_help_centre_in_the_language_of_the_reader(sample_app, visit):
    visitor = visit(sample_app, locale="de")
    assert visitor.page.locator(".at-chip[lang=de]").count() == 2
    assert visitor.page.locator(".at-chip").count() == 6
