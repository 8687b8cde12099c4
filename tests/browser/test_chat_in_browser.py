"""The chat page over scripted answers: what a person sees, presses and hears."""

import pytest

pytestmark = pytest.mark.browser


# ---------------------------------------------------------------- a question and its reply


def test_the_question_and_a_sign_of_work_appear_before_the_reply(scripted_app, visit):
    visitor = visit(scripted_app, locale="es")
    visitor.send("slow ¿Cuánto tiempo tengo para devolver un producto?")
    assert visitor.page.inner_text(".at-user .at-bubble").startswith("slow ¿Cuánto tiempo")
    assert visitor.page.inner_text(".at-waiting") == "Buscando en las páginas de ayuda…"
    assert visitor.page.is_visible(".at-stop")
    visit(scripted_app).ask("release it")


def test_the_reply_marks_the_span_in_its_passage(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.ask("How long can I return a product?")
    assert visitor.page.inner_text(".at-card blockquote mark") == "30 days"
    assert "within 30 days of delivery" in visitor.page.inner_text(".at-card blockquote")


def test_the_input_is_empty_and_focused_after_sending(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.ask("How long can I return a product?")
    assert visitor.page.input_value("#at-input") == ""
    assert visitor.page.evaluate("document.activeElement.id") == "at-input"


def test_shift_enter_begins_a_line_and_sends_nothing(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.page.fill("#at-input", "one")
    visitor.page.press("#at-input", "Shift+Enter")
    visitor.page.type("#at-input", "two")
    assert visitor.page.input_value("#at-input") == "one\ntwo"
    assert visitor.page.locator(".at-user").count() == 0


def test_enter_that_ends_a_composed_word_sends_nothing(scripted_app, visit):
    visitor = visit(scripted_app, locale="ja")
    visitor.page.fill("#at-input", "へんぴん")
    visitor.page.evaluate(
        """document.getElementById("at-input").dispatchEvent(
            new KeyboardEvent("keydown", { key: "Enter", isComposing: true, bubbles: true, cancelable: true }))"""
    )
    assert visitor.page.locator(".at-user").count() == 0


def test_an_empty_message_is_not_sent_but_hinted_at(scripted_app, visit):
    visitor = visit(scripted_app, locale="es")
    visitor.send("   ")
    assert visitor.page.inner_text(".at-hint") == "Escriba primero una pregunta, por favor."
    assert visitor.page.locator(".at-user").count() == 0


def test_an_example_is_asked_with_one_click(scripted_app, visit):
    visitor = visit(scripted_app, locale="es")
    visitor.page.click(".at-chip >> text=¿Cómo cancelo?")
    visitor.page.wait_for_selector(".at-card")
    assert visitor.page.inner_text(".at-user .at-bubble") == "¿Cómo cancelo?"
    assert not visitor.page.is_visible(".at-welcome")


def test_the_page_scrolls_to_the_last_question(scripted_app, visit):
    visitor = visit(scripted_app, height=500)
    for number in range(3):
        visitor.ask(f"How long can I return product number {number}?")
    visitor.page.wait_for_timeout(600)  # smooth scrolling
    top = visitor.page.locator(".at-user").last.bounding_box()["y"]
    assert 0 < top < 250


def test_stop_ends_the_wait_and_the_late_reply_never_appears(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.send("slow question about returning a product")
    visitor.page.click(".at-stop")
    assert "Stopped." in visitor.last().inner_text()
    visitor.ask("release it")
    visitor.page.wait_for_timeout(1500)
    assert visitor.page.locator(".at-card").count() == 1


def test_a_stopped_question_can_be_followed_by_another(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.send("slow question about returning a product")
    visitor.page.click(".at-stop")
    visitor.ask("How long can I return a product?")
    assert visitor.page.inner_text(".at-card blockquote mark") == "30 days"


def test_asking_again_repeats_the_question(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.ask("How long can I return a product?")
    visitor.page.click("[data-do=retry]")
    visitor.page.wait_for_selector(".at-waiting", state="detached")
    assert visitor.page.locator(".at-bubble").all_inner_texts() == ["How long can I return a product?"] * 2


def test_editing_puts_the_question_back_into_the_input(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.ask("How long can I return a product?")
    visitor.page.click("[data-do=edit]")
    assert visitor.page.input_value("#at-input") == "How long can I return a product?"


def test_copying_takes_the_sentence(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.ask("How long can I return a product?")
    visitor.page.click("[data-do=copy]")
    assert "“30 days”" in visitor.page.evaluate("navigator.clipboard.readText()")


def test_a_new_conversation_is_empty_and_offers_examples(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.ask("How long can I return a product?")
    visitor.page.click(".at-new")
    assert visitor.page.locator(".at-message").count() == 0
    assert visitor.page.is_visible(".at-welcome")


def test_a_thumb_up_is_thanked_for(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.ask("How long can I return a product?")
    visitor.page.click("[data-do=helpful]")
    assert visitor.page.inner_text(".at-thanks") == "Thank you for your feedback!"
    assert visitor.page.get_attribute("[data-do=helpful]", "aria-pressed") == "true"


def test_a_thumb_down_asks_what_was_missing(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.ask("How long can I return a product?")
    visitor.page.click("[data-do=unhelpful]")
    visitor.page.fill(".at-reason input", "the price")
    visitor.page.press(".at-reason input", "Enter")
    assert visitor.page.inner_text(".at-thanks") == "Thank you for your feedback!"
    assert not visitor.page.is_visible(".at-reason")


def test_a_reload_keeps_the_conversation_to_read(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.ask("How long can I return <b>a</b> product?")
    visitor.page.reload()
    visitor.page.wait_for_selector(".at-ready")
    assert visitor.page.inner_text(".at-bubble") == "How long can I return <b>a</b> product?"
    assert visitor.page.inner_text(".at-card blockquote mark") == "30 days"


def test_a_new_conversation_is_not_undone_by_a_reload(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.ask("How long can I return a product?")
    visitor.page.click(".at-new")
    visitor.page.reload()
    visitor.page.wait_for_selector(".at-ready")
    visitor.problems.clear()  # gradio logs the request that the reload cut off
    assert visitor.page.locator(".at-message").count() == 0


def test_a_lost_connection_is_told_in_the_language_of_the_page(scripted_app, visit):
    visitor = visit(scripted_app, locale="de")
    visitor.page.context.set_offline(True)
    message = visitor.ask("Wie lange kann ich ein Produkt zurückgeben?")
    visitor.page.context.set_offline(False)
    visitor.problems.clear()  # the browser logs every failed request
    assert message.inner_text().startswith("Die Verbindung ist abgebrochen.")


def wait_for_queue(visitor, size):
    """Until so many questions wait on the server."""
    visitor.page.wait_for_function(
        "size => fetch('/gradio_api/queue/status').then((found) => found.json()).then((q) => q.queue_size === size)",
        arg=size,
        polling=200,
    )


def test_a_crowd_is_told_to_wait_in_the_language_of_the_page(crowded_app, visit):
    first, second, third = (visit(crowded_app, locale="de") for _ in range(3))
    first.send("slow question about returning a product")
    second.send("slow question about returning a product")
    wait_for_queue(third, 1)
    message = third.ask("Wie lange kann ich ein Produkt zurückgeben?")
    third.problems.clear()  # the browser logs the request that was refused
    assert message.inner_text().startswith("Im Moment gibt es sehr viele Anfragen.")
    assert third.page.is_visible("[data-do=retry]")


# ---------------------------------------------------------------- replies without an answer


def test_not_found_offers_articles_to_read(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.ask("Is there nothing about this?")
    visitor.page.click(".at-nearest button")
    visitor.page.wait_for_selector(".at-article")
    assert visitor.page.is_visible(".at-panel")


def test_the_closest_words_are_called_unsure(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.ask("What comes closest to this?")
    assert visitor.page.inner_text(".at-confidence") == "Confidence: not sure"


def test_a_failure_is_told_and_can_be_tried_again(scripted_app, visit):
    visitor = visit(scripted_app, locale="de")
    message = visitor.ask("boom, wie lange dauert das denn?")
    assert message.inner_text().startswith("Bei uns ist etwas schiefgegangen.")
    assert visitor.page.is_visible("[data-do=retry]")


def test_a_greeting_is_greeted(scripted_app, visit):
    visitor = visit(scripted_app)
    assert visitor.ask("hello").inner_text() == "Hello! What would you like to know?"


def test_a_book_is_too_long(scripted_app, visit):
    visitor = visit(scripted_app)
    assert visitor.ask("word " * 100_000).inner_text().startswith("Your message is too long.")


# ---------------------------------------------------------------- the whole article


def test_the_article_opens_at_the_marked_span(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.ask("How long can I return a product?")
    visitor.page.click(".at-links [data-do=article]")
    visitor.page.wait_for_selector(".at-article mark")
    assert visitor.page.inner_text(".at-article mark") == "30 days"
    box = visitor.page.locator(".at-article mark").bounding_box()
    assert 0 < box["y"] < 800


def test_escape_closes_the_article_and_returns_to_its_button(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.ask("How long can I return a product?")
    visitor.page.click(".at-links [data-do=article]")
    visitor.page.wait_for_selector(".at-article")
    visitor.page.keyboard.press("Escape")
    assert not visitor.page.is_visible(".at-panel")
    assert visitor.page.evaluate("document.activeElement.dataset.do") == "article"
