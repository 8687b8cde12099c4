"""The chat page over scripted answers, for everybody: languages and directions, safety, keyboard, ears and eyes."""

import pytest

from chatbot.language import LANGUAGES

pytestmark = pytest.mark.browser


# ---------------------------------------------------------------- languages and directions


def test_the_page_speaks_the_language_of_the_browser(scripted_app, visit):
    visitor = visit(scripted_app, locale="ja-JP")
    assert visitor.page.inner_text("h1") == "ヘルプセンター"
    assert visitor.page.evaluate("document.documentElement.lang") == "ja"


def test_a_browser_in_a_language_that_is_not_served_gets_english(scripted_app, visit):
    assert visit(scripted_app, locale="fi-FI").page.inner_text("h1") == "Help centre"


def test_the_page_follows_the_language_of_the_conversation(scripted_app, visit):
    visitor = visit(scripted_app, locale="en-GB")
    visitor.ask("¿Cuánto tiempo tengo para devolver un producto?")
    assert visitor.page.evaluate("document.documentElement.lang") == "es"
    assert visitor.page.get_attribute("#at-input", "placeholder") == "Escriba su pregunta…"


def test_arabic_mirrors_the_page(scripted_app, visit):
    visitor = visit(scripted_app, locale="ar")
    brand, selector = (visitor.page.locator(name).bounding_box() for name in (".at-brand", ".at-language"))
    assert brand["x"] > selector["x"]
    assert visitor.page.evaluate("document.documentElement.dir") == "rtl"


def test_an_english_quote_in_an_arabic_reply_runs_from_left_to_right(scripted_app, visit):
    visitor = visit(scripted_app, locale="ar")
    visitor.ask("كم يومًا لدي لإرجاع المنتج الذي اشتريته؟")
    assert visitor.style(".at-bot", "direction") == "rtl"
    assert visitor.style(".at-sentence", "direction") == "rtl"
    assert visitor.style(".at-answer", "direction") == "ltr"
    assert visitor.style(".at-card blockquote", "direction") == "ltr"
    assert visitor.style(".at-bubble", "unicodeBidi") == "plaintext"


def test_a_spanish_question_on_an_arabic_page_starts_on_its_own_left(scripted_app, visit):
    visitor = visit(scripted_app, locale="ar")
    visitor.ask("¿Cuánto tiempo tengo para devolver un producto?")
    assert visitor.style(".at-user .at-bubble", "direction") == "ltr"


def test_the_selector_overrides_and_sticks(scripted_app, visit):
    visitor = visit(scripted_app, locale="es")
    visitor.page.select_option(".at-header .at-select", "de")
    assert visitor.page.inner_text("h1") == "Hilfe-Center"
    visitor.page.reload()
    visitor.page.wait_for_selector(".at-ready")
    assert visitor.page.inner_text("h1") == "Hilfe-Center"


def test_a_chosen_language_words_the_replies_to_questions_in_another(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.page.select_option(".at-header .at-select", "de")
    visitor.ask("¿Cuánto tiempo tengo para devolver un producto?")
    assert visitor.page.inner_text(".at-sentence").startswith("Die Antwort lautet: „30 days“")


def test_not_my_language_rewords_the_last_reply(scripted_app, visit):
    visitor = visit(scripted_app, locale="es")
    visitor.ask("¿Cuánto tiempo tengo para devolver un producto?")
    visitor.page.click("[data-do=relanguage]")
    visitor.page.select_option(".at-relanguage", "ar")
    visitor.page.wait_for_selector(".at-bot[lang=ar]")
    assert visitor.page.inner_text(".at-answer") == "30 days"
    assert visitor.page.input_value(".at-header .at-select") == "ar"
    assert visitor.page.locator(".at-bot").count() == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_language_makes_a_phone_scroll_sideways(scripted_app, visit, language):
    visitor = visit(scripted_app, locale=language, width=390, height=844)
    visitor.ask("How long can I return a product?")
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert visitor.page.evaluate("document.querySelector('.at-main').scrollWidth") <= 390


# ---------------------------------------------------------------- safety


def test_script_in_a_question_an_article_a_title_and_a_file_name_stays_text(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.ask("<img src=x onerror=\"window.attacked='question'\"><script>window.attacked=1</script> How long?")
    visitor.page.click(".at-others summary")
    visitor.page.click(".at-links [data-do=article]")
    visitor.page.wait_for_selector(".at-article mark")
    assert visitor.page.evaluate("window.attacked") is None
    assert visitor.page.inner_text(".at-bubble").startswith("<img src=x")
    assert visitor.page.inner_text(".at-article h2").startswith("Return an item <img")


def test_only_the_own_server_is_asked_for_anything(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.ask("How long can I return a product?")
    assert visitor.hosts == {scripted_app.split("/")[2]}


def test_two_people_never_see_each_others_conversation(scripted_app, visit):
    first, second = visit(scripted_app, locale="es"), visit(scripted_app, locale="ja")
    first.send("¿Cuánto tiempo tengo para devolver un producto?")
    second.send("返品は何日以内にできますか？")
    for visitor in (first, second):
        visitor.page.wait_for_selector(".at-card")
    assert first.page.locator(".at-bubble").all_inner_texts() == ["¿Cuánto tiempo tengo para devolver un producto?"]
    assert "La respuesta es" in first.page.inner_text(".at-sentence")
    assert "答えは" in second.page.inner_text(".at-sentence")


def test_a_slow_question_does_not_hold_up_another_person(scripted_app, visit):
    first, second = visit(scripted_app), visit(scripted_app)
    first.send("slow question about returning a product")
    second.ask("How long can I return a product?")
    assert first.page.is_visible(".at-waiting")
    second.ask("release it")
    first.page.wait_for_selector(".at-card")


# ---------------------------------------------------------------- keyboard, screen reader, eyes


def test_everything_works_from_the_keyboard(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.page.keyboard.type("How long can I return a product?")
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_selector(".at-card")
    for _ in range(20):
        visitor.page.keyboard.press("Shift+Tab")
        if visitor.page.evaluate("document.activeElement.dataset.do") == "article":
            break
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_selector(".at-article")
    assert visitor.page.evaluate("document.activeElement.id") == "at-panel-title"


def test_the_focus_is_visible(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.page.keyboard.press("Tab")
    assert visitor.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_a_screen_reader_hears_the_reply_in_its_language(scripted_app, visit):
    visitor = visit(scripted_app, locale="es")
    visitor.ask("¿Cuánto tiempo tengo para devolver un producto?")
    status = visitor.page.locator(".at-status")
    assert (status.get_attribute("aria-live"), status.get_attribute("lang")) == ("polite", "es")
    assert "La respuesta es: «30 days»" in status.inner_text()


def test_every_control_has_a_name(scripted_app, visit):
    visitor = visit(scripted_app, locale="es")
    visitor.ask("¿Cuánto tiempo tengo para devolver un producto?")
    names = visitor.page.locator(".at-page button, .at-page a").evaluate_all(
        "nodes => nodes.map(node => (node.getAttribute('aria-label') || node.textContent).trim())"
    )
    assert all(names)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_axe_finds_nothing_serious(scripted_app, visit, language, dark):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    visitor = visit(scripted_app, locale=language, dark=dark)
    visitor.ask("What comes closest to this?")  # with the way to a person
    visitor.page.click(".at-others summary")
    visitor.page.wait_for_timeout(400)  # colours fade in
    found = axe.run(visitor.page).response["violations"]
    serious = [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in {"serious", "critical"}]
    assert serious == []


def test_dark_mode_follows_the_system(scripted_app, visit):
    visitor = visit(scripted_app, dark=True)
    assert visitor.style(".at-page", "backgroundColor") == "rgb(18, 22, 23)"


def test_light_mode_follows_the_system(scripted_app, visit):
    visitor = visit(scripted_app)
    assert visitor.style(".at-page", "backgroundColor") == "rgb(246, 247, 246)"


@pytest.mark.parametrize("width", [360, 320])
def test_the_name_stays_in_one_piece_on_a_narrow_screen(scripted_app, visit, width):
    visitor = visit(scripted_app, width=width, height=640)
    visitor.ask("How long can I return a product?")
    name = visitor.page.locator(".at-brand span")
    assert name.evaluate("node => node.getClientRects().length === 1 && node.offsetHeight < 40")
    assert visitor.page.evaluate("document.querySelector('.at-header-row').scrollWidth") <= width


def test_enlarged_four_times_half_of_the_screen_is_the_conversations(scripted_app, visit):
    visitor = visit(scripted_app, width=320, height=256)
    visitor.ask("How long can I return a product?")
    assert visitor.page.locator(".at-main").bounding_box()["height"] >= 128


def test_a_page_opened_in_a_language_that_is_a_word_of_the_script_works(scripted_app, visit):
    visitor = visit(f"{scripted_app}?language=constructor", locale="de")
    assert visitor.page.get_attribute("html", "lang") == "de"


def test_the_focus_stays_with_a_reply_that_was_reworded(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.ask("How long can I return a product?")
    visitor.page.click("[data-do=relanguage]")
    visitor.page.select_option(".at-relanguage", "ja")
    visitor.page.wait_for_selector(".at-bot[lang=ja]")
    assert visitor.page.evaluate("document.activeElement.dataset.do") == "relanguage"


def test_a_question_is_marked_with_its_own_language(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.page.select_option(".at-header .at-select", "el")
    visitor.ask("¿Cuánto tiempo tengo para devolver un producto?")
    assert visitor.page.get_attribute(".at-bubble", "lang") == "es"


def test_titles_of_articles_stand_on_one_side_however_long_they_are(scripted_app, visit):
    visitor = visit(scripted_app, width=390, height=844)
    visitor.page.select_option(".at-header .at-select", "ur")
    visitor.ask("quick nothing?")
    side = "nodes => nodes.map((node) => { const range = document.createRange(); range.selectNodeContents(node);"
    lefts = visitor.page.locator(".at-nearest button").evaluate_all(
        side + " return Math.round(range.getBoundingClientRect().left); })"
    )
    assert len(lefts) > 1
    assert len(set(lefts)) == 1
