"""The application as shipped: questions in three languages on the sample help centre."""

import pytest

pytestmark = pytest.mark.browser


def test_a_spanish_question_gets_the_marked_english_words(sample_app, visit):
    visitor = visit(sample_app, locale="es")
    visitor.ask("¿Cuánto cuesta el envío exprés?")
    assert visitor.page.inner_text(".at-card blockquote mark") == "22.90 euros"
    assert visitor.page.locator(".at-bot").get_attribute("lang") == "es"
