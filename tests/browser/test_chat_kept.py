"""What outlives the page: a conversation that its link reopens, one that goes on to a person, one without end."""

from urllib.parse import parse_qs, urlsplit

import pytest

from chatbot.language import LANGUAGES
from chatbot.phrases import PhraseKey, phrase

pytestmark = pytest.mark.browser

HOW_LONG = "How long can I return a product?"
ATTACK = '<img src=x onerror="window.attacked=1"><script>window.attacked=1</script>" onclick="window.attacked=1" \''


def copied_link(visitor):
    visitor.page.click("[data-do=link]")
    visitor.page.wait_for_function("document.querySelector('.at-hint').textContent !== ''")
    return visitor.page.evaluate("navigator.clipboard.readText()")


def open_in_another_tab(visitor, address):
    """A tab of the same browser; gives a visitor."""
    page = visitor.page.context.new_page()
    page.goto(address)
    page.wait_for_selector(".at-ready")
    return type(visitor)(page)


def kept_in(visitor):
    return visitor.page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('anytongue.linked.'))")


# ---------------------------------------------------------------- the link


def test_the_link_reopens_the_conversation_in_another_tab(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.ask(HOW_LONG)
    visitor.ask("Is there nothing about this?")
    again = open_in_another_tab(visitor, copied_link(visitor))
    assert again.page.locator(".at-bubble").all_inner_texts() == [HOW_LONG, "Is there nothing about this?"]
    assert again.page.inner_text(".at-card blockquote mark") == "30 days"


def test_a_follow_up_after_reopening_leans_on_what_was_answered(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.ask(HOW_LONG)
    again = open_in_another_tab(visitor, copied_link(visitor))
    again.ask("and what does follow from that?")
    assert f"Understood as: {HOW_LONG} and what" in again.page.inner_text(".at-followed")


def test_a_follow_up_after_a_reload_leans_on_what_was_answered(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.ask(HOW_LONG)
    visitor.page.reload()
    visitor.page.wait_for_selector(".at-ready")
    visitor.ask("and what does follow from that?")
    assert f"Understood as: {HOW_LONG} and what" in visitor.page.inner_text(".at-followed")


def test_a_new_conversation_leans_on_nothing(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.ask(HOW_LONG)
    visitor.page.click(".at-new")
    visitor.ask("and what does follow from that?")
    assert visitor.page.locator(".at-followed").count() == 0


def test_what_is_asked_after_reopening_is_kept_too(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.ask(HOW_LONG)
    link = copied_link(visitor)
    open_in_another_tab(visitor, link).ask("And what about lamps?")
    third = open_in_another_tab(visitor, link)
    assert third.page.locator(".at-bubble").all_inner_texts() == [HOW_LONG, "And what about lamps?"]


def test_a_reopened_conversation_keeps_its_language(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.ask("¿Cuánto tiempo tengo para devolver un producto?")
    again = open_in_another_tab(visitor, copied_link(visitor))
    assert again.page.get_attribute("#at-input", "placeholder") == "Escriba su pregunta…"


@pytest.mark.parametrize("language", ["en", "de", "ar", "ja"])
def test_in_another_browser_the_link_says_where_the_conversation_is(scripted_app, visit, language):
    visitor = visit(scripted_app)
    visitor.ask(HOW_LONG)
    other = visit(copied_link(visitor), locale=language)
    assert other.page.inner_text(".at-elsewhere") == phrase(PhraseKey.LINK_ELSEWHERE, language)
    assert other.page.locator(".at-message").count() == 0
    other.ask(HOW_LONG)
    assert not other.page.is_visible(".at-elsewhere")


def test_without_the_link_nothing_outlives_the_tab(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.ask(HOW_LONG)
    assert kept_in(visitor) == []
    assert open_in_another_tab(visitor, scripted_app).page.locator(".at-message").count() == 0


def test_clearing_erases_what_was_kept(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.ask(HOW_LONG)
    link = copied_link(visitor)
    visitor.page.click("[data-do=clear]")
    assert kept_in(visitor) == []
    assert HOW_LONG not in visitor.page.evaluate("JSON.stringify(sessionStorage)")
    assert open_in_another_tab(visitor, link).page.is_visible(".at-elsewhere")


def test_a_conversation_is_forgotten_after_the_days_that_were_named(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.ask(HOW_LONG)
    link = copied_link(visitor)
    visitor.page.evaluate(
        """for (const key of Object.keys(localStorage)) {
            if (!key.startsWith("anytongue.linked.")) continue;
            const kept = JSON.parse(localStorage.getItem(key));
            localStorage.setItem(key, JSON.stringify({ ...kept, at: Date.now() - 30 * 86400000 }));
        }"""
    )
    assert open_in_another_tab(visitor, link).page.is_visible(".at-elsewhere")
    assert kept_in(visitor) == []


def test_only_the_latest_five_conversations_are_kept(scripted_app, visit):
    visitor = visit(scripted_app)
    for number in range(7):
        visitor.ask(f"quick question number {number} about a return?")
        copied_link(visitor)
        visitor.page.click(".at-new")
    assert len(kept_in(visitor)) == 5


def test_what_is_kept_is_bounded_and_its_beginning_goes_first(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.ask("quick first question about a return?")
    visitor.page.evaluate(
        "document.querySelector('.at-log').lastElementChild.append('x'.repeat(290000))"  # a reply without end
    )
    visitor.ask("quick second question about a return?")
    visitor.ask("quick third question about a return?")
    again = open_in_another_tab(visitor, copied_link(visitor))
    assert again.page.locator(".at-bubble").all_inner_texts()[-1].startswith("quick third")
    assert visitor.page.evaluate("JSON.stringify(localStorage).length") < 400_000
    assert again.page.inner_text(".at-older") == phrase(PhraseKey.OLDER_LEFT_OUT, "en")


def test_meddled_storage_does_not_break_the_page(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.page.evaluate("sessionStorage.setItem('anytongue.conversation', '{\"html\": 5}')")
    visitor.page.evaluate(f"localStorage.setItem('anytongue.linked.{'0' * 32}', 'no json')")
    visitor.page.reload()
    visitor.page.wait_for_selector(".at-ready")
    visitor.ask(HOW_LONG)
    assert visitor.page.inner_text(".at-card blockquote mark") == "30 days"


def test_script_in_a_question_stays_text_when_it_is_reopened(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.ask(ATTACK + " nothing?")
    again = open_in_another_tab(visitor, copied_link(visitor))
    assert again.page.inner_text(".at-bubble").startswith("<img src=x onerror")
    again.ask(ATTACK + " and what does follow?")
    for page in (visitor.page, again.page):
        assert page.evaluate("window.attacked") is None


# ---------------------------------------------------------------- to a person


def mail_of(visitor):
    link = visitor.page.locator(".at-bot").last.locator(".at-ask-person").get_attribute("href")
    found = urlsplit(link)
    return found.scheme, found.path, {name: values[0] for name, values in parse_qs(found.query).items()}


@pytest.mark.parametrize("word", ["nothing", "closest"])
def test_a_reply_that_may_not_help_offers_a_person(scripted_app, visit, word):
    visitor = visit(scripted_app, locale="de")
    visitor.ask(f"Wie lange kann ich das {word} zurückgeben?")
    assert visitor.page.is_visible(".at-person")
    assert visitor.page.inner_text(".at-person p") == phrase(PhraseKey.HAND_OVER, "de", contact="help@example.org")
    assert visitor.page.inner_text(".at-ask-person") == "Unser Team fragen"


def test_the_mail_brings_the_conversation_along(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.ask(HOW_LONG)
    visitor.ask("Is there nothing about lamps & <b>light</b>?")
    scheme, address, fields = mail_of(visitor)
    assert (scheme, address, fields["subject"]) == ("mailto", "help@example.org", "Question for the help centre")
    assert fields["body"].startswith(f'{HOW_LONG}\r\n- "30 days" (Return an item <img')
    assert fields["body"].endswith("Is there nothing about lamps & <b>light</b>?\r\n\r\n")


def test_script_in_a_question_does_not_leave_the_link(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.ask(ATTACK + " nothing?")
    _, address, fields = mail_of(visitor)
    assert (address, set(fields), fields["body"].startswith(ATTACK)) == (
        "help@example.org",
        {"subject", "body"},
        True,
    )
    assert visitor.page.locator(".at-ask-person").evaluate("node => node.getAttributeNames().sort()") == [
        "class",
        "data-do",
        "href",
    ]


def test_a_sure_answer_offers_a_person_after_a_thumb_down(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.ask(HOW_LONG)
    assert not visitor.page.is_visible(".at-person")
    visitor.page.click("[data-do=unhelpful]")
    assert visitor.page.is_visible(".at-person")


def test_another_language_words_the_way_to_a_person_too(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.ask("Is there nothing about this?")
    visitor.page.select_option(".at-header .at-select", "ja")
    visitor.page.wait_for_selector(".at-bot[lang=ja]")
    assert visitor.page.inner_text(".at-ask-person") == phrase(PhraseKey.HAND_OVER_BUTTON, "ja")


def test_the_way_to_a_person_fits_on_a_phone_in_every_language(scripted_app, visit):
    visitor = visit(scripted_app, width=390, height=844)
    visitor.ask("quick nothing?")
    for language in LANGUAGES:
        visitor.page.select_option(".at-header .at-select", language)
        visitor.page.wait_for_selector(f".at-bot[lang={language}]")
        assert visitor.page.inner_text(".at-ask-person") == phrase(PhraseKey.HAND_OVER_BUTTON, language)
        assert visitor.page.evaluate("document.querySelector('.at-main').scrollWidth") <= 390


# ---------------------------------------------------------------- without end


def test_of_many_messages_the_page_shows_the_latest_and_says_so(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.ask("quick first question?")
    assert not visitor.page.is_visible(".at-older")
    visitor.page.evaluate(
        """const log = document.querySelector(".at-log");
        const [question, reply] = [...log.children];
        for (let n = 0; n < 150; n++) log.append(question.cloneNode(true), reply.cloneNode(true));"""
    )
    visitor.ask("quick last question?")
    assert visitor.page.locator(".at-message").count() <= 201
    assert visitor.page.locator(".at-bubble").last.inner_text() == "quick last question?"
    assert visitor.page.locator(".at-older").inner_text() == phrase(PhraseKey.OLDER_LEFT_OUT, "en")
    assert visitor.page.evaluate("sessionStorage.getItem('anytongue.conversation').length") < 400_000


# ---------------------------------------------------------------- what was said about a reply


def test_a_reopened_reply_asks_for_no_reason_and_thanks_for_none(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.ask(HOW_LONG)
    visitor.page.click("[data-do=unhelpful]")
    again = open_in_another_tab(visitor, copied_link(visitor))
    assert again.page.locator(".at-card").count() == 1
    assert not again.page.is_visible(".at-reason")
    assert not again.page.is_visible(".at-thanks")


def test_another_language_keeps_the_thumb_and_a_half_written_reason(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.ask(HOW_LONG)
    visitor.page.click("[data-do=unhelpful]")
    visitor.page.fill(".at-reason input", "the pri")
    visitor.page.select_option(".at-header .at-select", "ja")
    visitor.page.wait_for_selector(".at-bot[lang=ja]")
    assert visitor.page.get_attribute("[data-do=unhelpful]", "aria-pressed") == "true"
    assert visitor.page.is_visible(".at-reason")
    assert visitor.page.input_value(".at-reason input") == "the pri"
