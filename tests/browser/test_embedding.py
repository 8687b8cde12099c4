"""The chat inside a page of another site: the widget that `embed.js` draws, the bare frame, and who is refused."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
SCRIPT, FRAME = re.findall(r"```html\n(.*?)```", README, re.DOTALL)

QUESTION = "¿Cuánto tiempo tiene de garantía una lámpara?"


class Widget:
    """The widget on a page of the shop, as somebody there sees it."""

    def __init__(self, visitor):
        self.visitor = visitor
        self.page = visitor.page
        self.chat = visitor.page.frame_locator("iframe")

    def open(self):
        self.page.click(".launcher")
        self.chat.locator(".at-ready").wait_for()
        return self

    def ask(self, question):
        self.chat.locator("#at-input").fill(question)
        self.chat.locator("#at-input").press("Enter")
        self.chat.locator(".at-card").wait_for()
        return self

    def press(self, key):
        self.page.keyboard.press(key)

    def is_open(self):
        return self.page.is_visible("dialog")

    def focus(self):
        """Class of what has the focus in the widget; "frame" once it is in the chat."""
        return self.page.evaluate(
            """() => { const node = document.querySelector("anytongue-chat").shadowRoot.activeElement;
                return node && (node.tagName === "IFRAME" ? "frame" : node.className); }"""
        )


@pytest.fixture
def show(embedded_app, shop, visit):
    """Open a page of the shop with the README's snippet in it: `show(language="ar", width=390)`."""

    def open_page(body="", attributes="", page=None, **person):
        snippet = here(SCRIPT, embedded_app).replace(" async", f" async {attributes}")
        return Widget(visit(shop.show(body + snippet, **(page or {})), ready=".launcher", **person))

    return open_page


def here(snippet, address):
    """A snippet of the README for the server under test."""
    return snippet.replace("https://help.example.com/", address)


# ---------------------------------------------------------------- asking on another site


def test_a_question_on_another_site_is_answered_with_the_marked_words(show):
    widget = show().open().ask(QUESTION)
    assert widget.chat.locator(".at-card mark").inner_text() == "2 years"
    assert "La respuesta es" in widget.chat.locator(".at-sentence").inner_text()


def test_nothing_but_the_script_is_loaded_until_somebody_wants_the_chat(show, embedded_app):
    asked = []
    widget = show()
    widget.page.on("request", lambda request: asked.append(request.url))
    widget.page.reload()
    widget.page.wait_for_selector(".launcher")
    assert [url for url in asked if url.startswith(embedded_app)] == [f"{embedded_app}embed.js"]


def test_closing_and_opening_again_keeps_the_conversation(show):
    widget = show().open().ask(QUESTION)
    widget.page.click(".launcher")
    assert not widget.is_open()
    assert widget.open().chat.locator(".at-bubble").inner_text() == QUESTION


def test_a_frame_without_the_widget_works_too(embedded_app, shop, visit):
    widget = Widget(visit(shop.show(here(FRAME, embedded_app)), ready="iframe"))
    widget.ask(QUESTION)
    assert widget.chat.locator(".at-card mark").inner_text() == "2 years"


def test_a_frame_leaves_the_focus_to_the_page_around_it(embedded_app, shop, visit):
    visitor = visit(shop.show(f"<input id=mine autofocus>{here(FRAME, embedded_app)}"), ready="iframe")
    visitor.page.frame_locator("iframe").locator(".at-ready").wait_for()
    assert visitor.page.evaluate("document.activeElement.id") == "mine"


def test_a_page_that_includes_the_script_twice_has_one_button(show, embedded_app):
    widget = show(here(SCRIPT, embedded_app))
    widget.page.wait_for_load_state("networkidle")
    assert widget.page.locator("anytongue-chat").count() == 1


# ---------------------------------------------------------------- languages and looks


def test_the_widget_and_the_chat_speak_the_language_of_the_page(show):
    widget = show(page={"language": "ja-JP"}).open()
    assert widget.page.get_attribute(".launcher", "aria-label") == "ヘルプセンター"
    assert widget.chat.locator("h1").inner_text() == "ヘルプセンター"


def test_the_attribute_of_the_script_wins_over_the_page(show):
    widget = show(attributes='data-language="de"', page={"language": "ja"}).open()
    assert widget.chat.locator("h1").inner_text() == "Hilfe-Center"


def test_a_page_in_a_language_that_is_not_served_leaves_it_to_the_browser(show):
    widget = show(page={"language": "fi"}, locale="es-ES").open()
    assert widget.chat.locator("h1").inner_text() == "Centro de ayuda"


def test_on_a_right_to_left_page_the_button_is_on_the_left(show):
    widget = show(page={"language": "ar", "direction": "rtl"}).open()
    assert widget.page.locator(".launcher").bounding_box()["x"] < 100
    assert widget.page.locator("dialog").bounding_box()["x"] < 100
    assert widget.chat.locator("html").get_attribute("dir") == "rtl"


def test_the_theme_of_the_page_wins_over_that_of_the_system(show):
    widget = show(attributes='data-theme="dark"').open()
    colour = widget.chat.locator(".at-page").evaluate("node => getComputedStyle(node).backgroundColor")
    assert colour == "rgb(18, 22, 23)"


def test_on_a_phone_the_panel_covers_the_screen_and_closes(show):
    widget = show(width=390, height=844).open().ask(QUESTION)
    box = widget.page.locator("dialog").bounding_box()
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 390, 844)
    assert widget.page.evaluate("document.documentElement.scrollWidth") == 390
    widget.page.click(".close")
    assert not widget.is_open()


def test_styles_of_the_page_do_not_reach_the_widget(show):
    widget = show(
        page={"head": "<style>* { display: none !important } html, body { display: block !important }</style>"}
    )
    assert widget.open().is_open()


def test_a_page_with_a_strict_policy_can_show_it(show, embedded_app):
    site = embedded_app.rstrip("/")
    widget = show(page={"policy": f"default-src 'none'; script-src {site}; frame-src {site}"}).open().ask(QUESTION)
    assert widget.page.locator(".launcher").evaluate("node => getComputedStyle(node).position") == "fixed"


# ---------------------------------------------------------------- keyboard and screen reader


def test_everything_works_from_the_keyboard(show):
    widget = show()
    widget.press("Tab")
    assert widget.focus() == "launcher"
    widget.press("Enter")
    widget.chat.locator("#at-input:focus").wait_for()
    widget.page.keyboard.type(QUESTION)
    widget.press("Enter")
    widget.chat.locator(".at-card").wait_for()
    widget.press("Escape")
    widget.page.wait_for_selector("dialog", state="hidden")
    assert widget.focus() == "launcher"


def test_escape_closes_the_article_first_and_then_the_chat(show):
    widget = show().open().ask(QUESTION)
    widget.chat.locator(".at-links [data-do=article]").click()
    widget.chat.locator(".at-article").wait_for()
    widget.press("Escape")
    widget.chat.locator(".at-article").wait_for(state="hidden")
    assert widget.is_open()
    widget.press("Escape")
    widget.page.wait_for_selector("dialog", state="hidden")
    assert widget.focus() == "launcher"


def test_escape_on_the_close_button_closes_too(show):
    widget = show().open()
    widget.page.focus(".close")
    widget.press("Escape")
    assert not widget.is_open()


def test_the_button_tells_whether_the_chat_is_open(show):
    widget = show()
    assert widget.page.get_attribute(".launcher", "aria-expanded") == "false"
    assert widget.open().page.get_attribute(".launcher", "aria-expanded") == "true"


@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_serious_on_the_page_and_in_the_frame(show, width):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    widget = show(width=width, page={"language": "ar", "direction": "rtl"}).open().ask(QUESTION)
    widget.page.wait_for_timeout(400)  # it fades in
    _, chat = widget.page.frames
    for part in (widget.page, chat):
        found = axe.run(part).response["violations"]
        assert [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in {"serious", "critical"}] == []


# ---------------------------------------------------------------- who is refused


def is_refused(visitor):
    """Whether the browser shows its own error page in the frame; forgets that it said so on the console."""
    visitor.page.frames[1].wait_for_url(lambda url: url.startswith("chrome-error:"))
    told, visitor.problems[:] = list(visitor.problems), []
    return any("frame-ancestors" in words for words in told)


def test_a_site_that_is_not_named_is_refused(embedded_app, shop, visit):
    visitor = visit(shop.show(here(FRAME, embedded_app), origin=shop.other_origin), ready="iframe")
    assert is_refused(visitor)


def test_without_a_setting_no_other_site_is_allowed(scripted_app, shop, visit):
    assert is_refused(visit(shop.show(here(FRAME, scripted_app)), ready="iframe"))


@pytest.mark.parametrize("path", ["desk/login", "desk/gaps", "desk"])
def test_the_desk_is_refused_even_to_a_site_that_may_show_the_chat(embedded_app, shop, visit, path):
    assert is_refused(visit(shop.show(f'<iframe src="{embedded_app}{path}"></iframe>'), ready="iframe"))


def test_where_it_is_refused_the_widget_offers_a_link_and_tells_what_to_set(embedded_app, shop, visit):
    widget = Widget(visit(shop.show(here(SCRIPT, embedded_app), origin=shop.other_origin), ready=".launcher"))
    widget.page.click(".launcher")
    link = widget.page.locator("dialog a")
    link.wait_for()
    assert link.get_attribute("href").startswith(embedded_app)
    assert not widget.page.is_visible("iframe")
    told, widget.visitor.problems[:] = list(widget.visitor.problems), []
    assert f"ANYTONGUE_EMBED_ORIGINS={shop.other_origin}" in told[-1]


def test_how_good_it_is_opens_beside_the_conversation(show):
    widget = show().open().ask(QUESTION)
    assert widget.chat.locator(".at-quality").get_attribute("target") == "_blank"
