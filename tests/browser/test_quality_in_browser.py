"""The page "How good is it?" in real Chromium, over the committed results."""

import pytest

pytestmark = pytest.mark.browser


def open_quality(visitor):
    visitor.page.click(".at-quality")
    visitor.page.wait_for_selector(".qu-main")
    return visitor.page


def test_the_chat_page_leads_there_and_back_in_the_readers_language(scripted_app, visit):
    page = open_quality(visit(scripted_app, locale="ar"))
    assert page.evaluate("document.documentElement.dir") == "rtl"
    assert page.inner_text("h1") == "ما مدى جودته؟"
    page.click(".qu-bar a:last-child")
    page.wait_for_selector(".at-ready")


def test_the_language_chosen_by_hand_goes_along(scripted_app, visit):
    visitor = visit(scripted_app)
    visitor.page.select_option(".at-header .at-select", "ja")
    assert open_quality(visitor).inner_text("h1") == "どのくらい正確ですか？"


def test_every_picture_of_the_committed_results_arrives(scripted_app, visit):
    visitor = visit(scripted_app)
    page = open_quality(visitor)
    for picture in page.locator("img").all():
        picture.scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")
    widths = page.locator("img").evaluate_all("nodes => nodes.map(node => node.naturalWidth)")
    assert len(widths) >= 4
    assert min(widths) > 0
    assert visitor.hosts == {scripted_app.split("/")[2]}


@pytest.mark.parametrize("language", ["ar", "de", "el", "ja", "ru", "vi"])
def test_no_table_makes_a_phone_scroll_sideways(scripted_app, visit, language):
    page = open_quality(visit(scripted_app, locale=language, width=390, height=844))
    assert page.locator("table").count() >= 4
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_axe_finds_nothing(scripted_app, visit, language, dark):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = open_quality(visit(scripted_app, locale=language, dark=dark))
    found = axe.run(page).response["violations"]
    assert [(violation["id"], violation["nodes"][0]["html"]) for violation in found] == []


def test_dark_mode_follows_the_system(scripted_app, visit):
    page = open_quality(visit(scripted_app, dark=True))
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 22, 23)"


def test_the_way_back_keeps_the_language(scripted_app, visit):
    visitor = visit(f"{scripted_app}?language=ja")
    page = open_quality(visitor)
    page.click(".qu-bar a:last-child")
    page.wait_for_selector(".at-ready")
    assert page.get_attribute("html", "lang") == "ja"


@pytest.mark.parametrize("width", [390, 360, 320])
def test_no_name_of_a_language_breaks_within_a_word_on_a_phone(scripted_app, visit, width):
    page = open_quality(visit(scripted_app, width=width, height=844))
    broken = page.locator("tbody th > span").evaluate_all(
        "nodes => nodes.filter((node) => node.getClientRects().length > node.textContent.split(' ').length)"
        ".map((node) => node.textContent)"
    )
    assert broken == []
