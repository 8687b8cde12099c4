"""The chat page on a slow network or none: what is stopped, asked and picked in quick succession."""

import pytest

pytestmark = pytest.mark.browser

HOW_LONG = "How long can I return a product?"
LATENCY_MS = 400


def slow_down(visitor, latency_ms=LATENCY_MS):
    network = visitor.page.context.new_cdp_session(visitor.page)
    network.send("Network.enable")
    network.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": latency_ms, "downloadThroughput": -1, "uploadThroughput": -1},
    )
    return network


def test_a_new_conversation_during_an_answer_takes_the_next_question(scripted_app, visit):
    visitor = visit(scripted_app)
    slow_down(visitor)
    visitor.send("slow question about returning a product")
    visitor.page.wait_for_timeout(LATENCY_MS)
    visitor.page.click(".at-new")
    visitor.ask(HOW_LONG)
    assert visitor.page.locator(".at-bubble").all_inner_texts() == [HOW_LONG]
    assert visitor.page.inner_text(".at-card blockquote mark") == "30 days"


@pytest.mark.parametrize("pause_ms", [0, 300, 900])
def test_a_question_soon_after_a_stopped_one_is_answered(scripted_app, visit, pause_ms):
    visitor = visit(scripted_app)
    slow_down(visitor)
    visitor.send("slow question about returning a product")
    visitor.page.wait_for_timeout(LATENCY_MS)
    visitor.page.click(".at-stop")
    visitor.page.wait_for_timeout(pause_ms)
    visitor.ask(HOW_LONG)
    assert visitor.page.locator("[data-notice=error]").count() == 0
    assert visitor.page.inner_text(".at-card blockquote mark") == "30 days"


def test_a_question_that_was_stopped_before_it_left_is_never_asked(scripted_app, visit):
    visitor = visit(scripted_app)
    slow_down(visitor)
    for _ in range(3):
        visitor.send("slow question about returning a product")
        visitor.page.click(".at-stop")
    visitor.ask(HOW_LONG)
    visitor.problems.clear()  # gradio ends a question that it has no id of yet, and logs the refusal
    assert visitor.page.locator("[data-notice=stopped]").count() == 3
    assert visitor.page.inner_text(".at-card blockquote mark") == "30 days"


def test_of_two_quick_picks_of_a_language_the_last_one_words_page_and_reply(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.ask(HOW_LONG)
    slow_down(visitor)
    visitor.page.select_option(".at-header .at-select", "el")
    visitor.page.select_option(".at-header .at-select", "th")
    visitor.page.wait_for_selector(".at-bot[lang=th]")
    visitor.page.wait_for_timeout(3 * LATENCY_MS)
    assert visitor.page.get_attribute(".at-bot", "lang") == "th"
    assert visitor.page.get_attribute("html", "lang") == "th"


# ---------------------------------------------------------------- lost


def reload(visitor):
    visitor.page.reload()
    visitor.page.wait_for_selector(".at-ready")
    visitor.problems.clear()  # the browser logs what the reload cut off


def test_a_half_typed_question_outlives_a_reload(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.page.type("#at-input", "How long can I")
    reload(visitor)
    assert visitor.page.input_value("#at-input") == "How long can I"
    visitor.ask(HOW_LONG)
    reload(visitor)
    assert visitor.page.input_value("#at-input") == ""


def test_a_question_that_was_lost_can_be_asked_again_after_a_reload(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.page.context.set_offline(True)
    visitor.ask(HOW_LONG)
    visitor.page.context.set_offline(False)
    reload(visitor)
    assert visitor.page.inner_text("[data-notice] .at-sentence") == "The connection was lost."
    visitor.page.click("[data-do=retry]")
    visitor.page.wait_for_selector(".at-card")


def test_a_reload_before_the_reply_keeps_the_question(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.send("slow question about returning a product")
    reload(visitor)
    assert visitor.page.inner_text(".at-bubble") == "slow question about returning a product"
    assert visitor.page.is_visible("[data-notice] [data-do=retry]")


# ---------------------------------------------------------------- without a network


def test_a_thumb_that_nobody_keeps_is_not_thanked_for(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.ask(HOW_LONG)
    visitor.page.context.set_offline(True)
    visitor.page.click("[data-do=helpful]")
    visitor.page.wait_for_selector(".at-hint >> text=The connection was lost.")
    visitor.problems.clear()  # the browser logs every failed request
    assert not visitor.page.is_visible(".at-thanks")
    assert visitor.page.get_attribute("[data-do=helpful]", "aria-pressed") == "false"


def test_an_article_that_does_not_come_is_told(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.ask(HOW_LONG)
    visitor.page.context.set_offline(True)
    visitor.page.click(".at-links [data-do=article]")
    visitor.page.wait_for_selector(".at-panel-body >> text=The connection was lost.")
    visitor.problems.clear()  # the browser logs every failed request
