"""The desk in real Chromium: what an operator does in a day, by mouse, by keyboard and on a phone."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

PASSWORD = "four random words here"
"""As in `desk_samples`, which is not in reach of these tests alone."""

PATIENCE_MS = 60_000
ARTICLE = b"# Batteries\n\n## Life\n\nA battery lasts 14 months.\n\n## Kind\n\nIt needs 2 cells."


@pytest.fixture
def operator(browser, desk_app):
    """Opens logged-in pages: `operator(width=390)`. Fails the test when the page reports an error."""
    contexts, problems = [], []

    def open_page(width=1280, dark=False, where="gaps"):
        phone = width < 500
        context = browser.new_context(
            viewport={"width": width, "height": 844},
            color_scheme="dark" if dark else "light",
            is_mobile=phone,
            has_touch=phone,
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: message.type == "error" and problems.append(message.text))
        page.goto(f"{desk_app}desk/login")
        page.fill("#password", PASSWORD)
        page.press("#password", "Enter")
        page.wait_for_url("**/gaps")
        if where != "gaps":
            page.goto(f"{desk_app}desk/{where}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


def overflow(page):
    # Not against innerWidth: a phone zooms out until a page that is too wide fits.
    return page.evaluate("document.documentElement.scrollWidth") - page.viewport_size["width"]


def test_the_gaps_are_grouped_across_languages(operator):
    page = operator()
    first = page.locator(".dk-gap").first
    expect(first.locator(".dk-count b")).to_have_text("4")
    expect(first.locator(".dk-chip")).to_have_count(4)


def test_questions_that_hold_script_do_nothing(operator):
    page = operator()
    page.wait_for_load_state("networkidle")
    for index in range(page.locator(".dk-gap h2 a").count()):
        page.locator(".dk-gap h2 a").nth(index).click()
        page.wait_for_selector("#heading")
        page.go_back()
    assert page.evaluate("window.attacked") is None


def test_writing_an_answer_shows_at_once_whom_it_helps(operator):
    page = operator()
    page.get_by_role("link", name="How much does shipping cost?").click()
    expect(page.locator("#heading")).to_have_value("How much does shipping cost?")
    page.locator("#text").press_sequentially("The cost of shipping is 4 euros.")
    expect(page.locator(".dk-meter")).to_contain_text("4 of 4 questions")
    expect(page.locator('[data-result="answered"]')).to_have_count(4)
    expect(page.locator("#text")).to_be_focused()


def test_an_unticked_question_stays_unticked_while_the_draft_is_checked(operator):
    page = operator()
    page.get_by_role("link", name="How much does shipping cost?").click()
    page.locator("[name=question]").last.uncheck()
    page.fill("#text", "The cost of shipping is 4 euros.")
    expect(page.locator(".dk-meter")).to_contain_text("3 of 3 questions")
    expect(page.locator("[name=question]").last).not_to_be_checked()


def test_an_upload_is_looked_at_before_it_is_stored(operator):
    page = operator(where="documents")
    page.set_input_files(
        "#files",
        [
            {"name": "batteries.md", "mimeType": "text/markdown", "buffer": ARTICLE},
            {"name": "picture.png", "mimeType": "image/png", "buffer": b"\x89PNG"},
        ],
    )
    page.get_by_role("button", name="Look at it first").click()
    page.wait_for_url("**/preview**")
    expect(page.locator(".dk-passage")).to_have_count(2)
    expect(page.locator(".dk-refused")).to_contain_text("picture.png")
    page.get_by_role("button", name="Discard").click()
    page.wait_for_url("**/documents")
    expect(page.get_by_text("batteries.md")).to_have_count(0)


def test_dropped_files_are_uploaded(operator):
    page = operator(where="documents")
    transfer = page.evaluate_handle(
        """() => {
          const transfer = new DataTransfer();
          transfer.items.add(new File(["# Dropped\\n\\nText."], "dropped.md", { type: "text/markdown" }));
          return transfer;
        }"""
    )
    page.dispatch_event(".dk-drop", "drop", {"dataTransfer": transfer})
    page.wait_for_url("**/preview**")
    expect(page.get_by_role("heading", name="Dropped")).to_be_visible()


def test_files_beyond_the_limit_are_refused_before_they_are_sent(operator):
    page = operator(where="documents")
    page.evaluate("document.querySelector('.dk-drop').dataset.maxBytes = 10")
    page.set_input_files("#files", [{"name": "a.md", "mimeType": "text/markdown", "buffer": ARTICLE}])
    expect(page.locator(".dk-drop [role=alert]")).to_contain_text("are the limit")
    page.get_by_role("button", name="Look at it first").click()
    assert page.url.endswith("/documents")


def test_accepting_replacing_and_deleting_a_document(operator):
    page = operator(where="documents")
    page.set_input_files("#files", [{"name": "batteries.md", "mimeType": "text/markdown", "buffer": ARTICLE}])
    page.get_by_role("button", name="Look at it first").click()
    page.get_by_role("button", name="Accept and index").click()
    page.wait_for_url("**/documents")
    page.get_by_role("link", name="Batteries").click()
    page.get_by_text("Replace", exact=True).click()
    page.set_input_files(
        "#replacement", [{"name": "new.md", "mimeType": "text/markdown", "buffer": b"# Cells\n\nTwo."}]
    )
    page.get_by_role("button", name="Look at it first").click()
    expect(page.locator(".dk-previews")).to_contain_text("replaces 2 passages")
    page.get_by_role("button", name="Accept and index").click()
    page.get_by_role("link", name="Cells").click()
    page.get_by_text("Delete", exact=True).click()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_role("status").get_by_text("Deleted batteries.md.")).to_be_visible()


def test_re_indexing_tells_when_it_is_done(operator):
    page = operator(where="documents")
    page.get_by_role("button", name="Re-index").click()
    expect(page.locator("#job")).to_contain_text("passages encoded anew.")


def test_a_question_is_tried_in_several_languages_side_by_side(operator):
    page = operator(where="try")
    page.fill("#lines", "en: How long is the warranty?\nes: ¿Qué garantía tiene la lámpara?\nja: ランプの保証")
    page.get_by_role("button", name="Ask all").click()
    expect(page.locator("#try-results h2")).to_have_text("2 of 2 wordings agree with the reference")
    expect(page.locator("#try-results mark")).to_have_text(["2 years"] * 3)


def test_a_row_of_a_parity_file_is_picked(operator):
    page = operator(where="try")
    lines = (
        '{"id": 1, "question": "First?", "language": "en"}\n{"id": 2, "question": "Second?", "language": "en"}\n'
        '{"id": 2, "question": "Zweite?", "language": "de"}\n'
    )
    page.set_input_files(
        "#parity-files", [{"name": "p.jsonl", "mimeType": "application/json", "buffer": lines.encode()}]
    )
    page.select_option("#pick", label="Second? (2)")
    assert page.input_value("#lines").splitlines() == lines.splitlines()[1:]


def test_numbers_are_drawn(operator):
    page = operator(where="numbers")
    expect(page.get_by_role("img", name="Questions by day")).to_be_visible()
    expect(page.get_by_role("img", name="Questions by language")).to_be_visible()


@pytest.mark.parametrize("where", ["gaps", "documents", "document?id=lamp.md", "numbers", "try", "data"])
@pytest.mark.parametrize("dark", [False, True])
def test_nothing_sticks_out_on_a_phone(operator, where, dark):
    assert overflow(operator(width=390, where=where, dark=dark)) <= 0


def box(locator):
    return locator.evaluate("node => { const { left, right } = node.getBoundingClientRect(); return { left, right } }")


def test_on_a_phone_a_chart_stays_in_its_card_and_shows_the_latest_days(operator):
    page = operator(width=390, where="numbers")
    chart, frame = page.get_by_role("img", name="Questions by day"), page.locator(".dk-scroll").first
    card = page.locator(".dk-card", has=chart)
    assert box(frame)["right"] <= box(card)["right"]
    assert box(chart)["right"] <= box(frame)["right"] + 1


def test_on_a_phone_a_count_is_never_broken(operator):
    page = operator(width=390, where="numbers")
    page.evaluate(
        """() => { document.querySelector(".dk-columns").innerHTML = "<ol class=dk-ranking><li>" +
        "<a href=x>" + "Very long title of an article ".repeat(9) + "</a> <b>11</b></li></ol>"; }"""
    )
    lines = "node => { const all = new Range(); all.selectNodeContents(node); return all.getClientRects().length }"
    assert page.locator(".dk-ranking b").evaluate(lines) == 1


@pytest.mark.parametrize("width", [320, 390])
def test_on_a_phone_every_tab_is_in_sight(operator, width):
    page = operator(width=width, where="data")
    for link in page.get_by_role("navigation", name="Desk").get_by_role("link").all():
        assert box(link)["right"] <= width


def test_a_gap_is_written_by_keyboard_alone(operator):
    page = operator()
    page.locator("body").press("Tab")
    expect(page.locator(".dk-skip")).to_be_focused()
    page.get_by_role("link", name="How much does shipping cost?").focus()
    page.keyboard.press("Enter")
    page.locator("#heading").focus()
    page.keyboard.press("Tab")
    page.keyboard.type("The cost of shipping is 4 euros.")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Publish")).to_be_focused()
    expect(page.locator(".dk-meter")).to_contain_text("4 of 4 questions")


def test_only_what_the_draft_answers_is_ticked(operator):
    page = operator()
    page.get_by_role("link", name="How much does shipping cost?").click()
    page.fill("#heading", "Passwords")
    page.fill("#text", "Write to help@example.org.")
    expect(page.locator(".dk-meter")).to_contain_text("0 of 4 questions")
    expect(page.locator("[name=question]:checked")).to_have_count(0)
    page.locator("[name=question]").last.check()
    page.fill("#text", "The cost of shipping is 4 euros.")
    expect(page.locator(".dk-meter")).to_contain_text("4 of 4 questions")
    expect(page.locator("[name=question]:checked")).to_have_count(4)


def test_a_draft_outlives_the_session_and_leaving_the_page(operator):
    page = operator()
    page.get_by_role("link", name="How much does shipping cost?").click()
    page.get_by_label("Article").check()
    page.fill("#text", "The cost of shipping is 4 euros.")
    page.get_by_role("link", name="All gaps").click()
    page.get_by_role("link", name="How much does shipping cost?").click()
    expect(page.locator("#kept")).to_be_visible()
    expect(page.locator("#text")).to_have_value("The cost of shipping is 4 euros.")
    expect(page.get_by_label("Article")).to_be_checked()
    page.context.clear_cookies()
    page.route("**/publish-answer", lambda route: route.fulfill(response=route.fetch(), status=200))  # no console error
    page.get_by_role("button", name="Publish").click()
    page.get_by_role("link", name="Log in").click()
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.get_by_role("link", name="How much does shipping cost?").click()
    expect(page.locator("#text")).to_have_value("The cost of shipping is 4 euros.")
    expect(page.locator(".dk-meter")).to_contain_text("4 of 4 questions")
    page.get_by_role("button", name="Start over").click()
    expect(page.locator("#text")).to_have_value("")
    expect(page.locator(".dk-meter")).to_have_count(0)
    expect(page.get_by_label("Article")).not_to_be_checked()
    page.reload()
    expect(page.locator("#text")).to_have_value("")


def test_a_kept_draft_is_found_when_another_question_names_the_gap(operator):
    page = operator()
    page.get_by_role("link", name="How much does shipping cost?").click()
    page.fill("#text", "The cost of shipping is 4 euros.")
    key = page.evaluate("Object.keys(localStorage).find((name) => name.startsWith('anytongue-desk-draft-'))")
    other = page.locator("[name=question]").last.get_attribute("value")
    page.evaluate(
        "([key, other]) => { localStorage.setItem(other, localStorage.getItem(key)); localStorage.removeItem(key); }",
        [key, f"anytongue-desk-draft-{other}"],
    )
    page.reload()
    expect(page.locator("#text")).to_have_value("The cost of shipping is 4 euros.")
    assert page.evaluate("Object.keys(localStorage).filter((name) => name.includes('-draft-'))") == [key]


def test_publishing_closes_the_gap_and_says_whom_it_helps(operator):
    page = operator()
    page.get_by_role("link", name="How much does shipping cost?").click()
    page.fill("#text", "The cost of shipping is 4 euros.")
    page.get_by_role("button", name="Publish").click()
    expect(page.locator(".dk-notice")).to_contain_text("It answers 4 of 4 questions, fully in 4 of 4 languages.")
    expect(page.locator(".dk-answered")).to_contain_text("How much does shipping cost?")
    expect(page.locator(".dk-gap").get_by_text("How much does shipping cost?")).to_have_count(0)


def test_logging_out_closes_the_desk(operator, desk_app):
    page = operator()
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login")
    page.goto(f"{desk_app}desk/gaps")
    page.wait_for_url("**/login")


@pytest.mark.parametrize("where", ["gaps", "documents", "document?id=lamp.md", "numbers", "try", "data"])
def test_axe_finds_nothing_wrong(operator, where):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(operator(where=where))
    assert [violation["id"] for violation in found.response["violations"]] == []


@pytest.mark.parametrize("width", [1280, 390])
def test_a_more_careful_choice_is_kept_and_shown(operator, width):
    page = operator(where="caution", width=width)
    careful = page.get_by_role("radio", name="Careful")
    expect(page.get_by_role("radio", name="Default")).to_be_checked()
    careful.check()
    page.get_by_role("button", name="Use this").click()
    expect(page.locator(".dk-notice")).to_contain_text("at least 80% sure")
    page.reload()
    expect(careful).to_be_checked()
    assert overflow(page) <= 0
    page.get_by_role("radio", name="Default").check()
    page.get_by_role("button", name="Use this").click()
    expect(page.get_by_role("radio", name="Default")).to_be_checked()
