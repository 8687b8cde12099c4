"""HTML, alone and inside Markdown: tables whose cells stretch, what no reader of the page sees, list numbers."""

import pytest

from knowledge_base.loaders import load_documents
from knowledge_base.loaders_tables import MOST_REPEATED_CHARS


def text_of(tmp_path, content, name="a.html"):
    path = tmp_path / name
    path.write_text(content)
    (document,) = load_documents(path)
    return document.text


def test_a_cell_over_two_rows_belongs_to_both(tmp_path):
    table = (
        "<table><tr><th>Plan<th>Term<th>Price<tr><td rowspan=2>Basic<td>Month<td>5<tr><td>Year<td>50"
        "<tr><td>Pro<td>Month<td>9</table>"
    )
    assert text_of(tmp_path, table) == (
        "Plan: Basic; Term: Month; Price: 5\nPlan: Basic; Term: Year; Price: 50\nPlan: Pro; Term: Month; Price: 9"
    )


def test_a_cell_down_to_the_end_of_the_table_belongs_to_all_rows(tmp_path):
    table = "<table><tr><th>A<th>B<tr><td rowspan=0>x<td>1<tr><td>2<tr><td>3</table>"
    assert text_of(tmp_path, table) == "A: x; B: 1\nA: x; B: 2\nA: x; B: 3"


def test_a_cell_over_two_columns_is_said_under_both(tmp_path):
    table = "<table><tr><th>Shop<th>Sat<th>Sun<th>Phone<tr><td>Rome<td colspan=2>closed<td>12</table>"
    assert text_of(tmp_path, table) == "Shop: Rome; Sat: closed; Sun: closed; Phone: 12"


def test_a_header_over_two_columns_is_completed_by_the_row_below(tmp_path):
    table = "<table><tr><th rowspan=2>Plan<th colspan=2>Price<tr><th>Month<th>Year<tr><td>Basic<td>5<td>50</table>"
    assert text_of(tmp_path, table) == "Plan: Basic; Price Month: 5; Price Year: 50"


def test_a_table_of_headers_alone_is_read(tmp_path):
    table = "<table><tr><th colspan=2>Fees<tr><th>Domestic<th>5 euros</table>"
    assert text_of(tmp_path, table) == "Fees\nDomestic; 5 euros"


def test_cells_over_many_rows_do_not_pile_up(tmp_path):
    table = f"<table>{'<tr><td rowspan=0>some text' * 1000}</table>"
    assert len(text_of(tmp_path, table)) < 1000 * 2 * MOST_REPEATED_CHARS


def test_a_title_across_the_table_is_no_value_of_its_columns(tmp_path):
    table = "<table><tr><th>Zone<th>Price<tr><td colspan=2>Europe<tr><td>EU<td>5</table>"
    assert text_of(tmp_path, table) == "Europe\nZone: EU; Price: 5"


@pytest.mark.parametrize("span", ["-1", "x", "", "999999999", "999999"])
def test_a_senseless_span_is_harmless(tmp_path, span):
    table = f"<table><tr><th>A<th>B<tr><td>1<td colspan='{span}'>2</table>"
    assert text_of(tmp_path, table) == "A: 1; B: 2"


def test_a_long_text_over_many_rows_is_said_once(tmp_path):
    table = f"<table><tr><th>A<th>B<tr><td rowspan=3>{'x' * 300}<td>1<tr><td>2<tr><td>3</table>"
    assert text_of(tmp_path, table) == f"A: {'x' * 300}; B: 1\nB: 2\nB: 3"


@pytest.mark.parametrize(
    "attribute",
    ['style="display:none"', 'style="color: red; DISPLAY : none !important"', 'style="visibility: hidden"', "hidden"],
)
def test_hidden_elements_are_not_read(tmp_path, attribute):
    assert text_of(tmp_path, f"<p>Shown.<div {attribute}>Secret.</div><p>Also.") == "Shown.\n\nAlso."
    assert text_of(tmp_path, f"<table><tr><th>A<th>B<tr><td>1<td>2<i {attribute}>Secret</i></table>") == "A: 1; B: 2"
    assert text_of(tmp_path, f"<table><tr><th>A<th>B<tr><td>1<td>2<tr {attribute}><td>3</table>") == "A: 1; B: 2"
    assert text_of(tmp_path, f"<table><tr><th>A<th>B<tr><td>1<td>2<tbody {attribute}><tr><td>3</table>") == "A: 1; B: 2"
    assert text_of(tmp_path, f"Shown <span {attribute}>secret</span>words.", "a.md") == "Shown words."


def test_elements_that_only_look_alike_are_read(tmp_path):
    assert text_of(tmp_path, '<p style="display:block; overflow:hidden">Shown.') == "Shown."


def test_buttons_in_table_cells_are_not_read(tmp_path):
    table = "<table><tr><th>A<th>B<tr><td>1<td>2<button>Copy</button></table>"
    assert text_of(tmp_path, table) == "A: 1; B: 2"


def test_scripts_inside_a_markdown_paragraph_are_not_read(tmp_path):
    assert text_of(tmp_path, "Write to <script>a = '1' < 2</script>us, <b>now</b>.", "a.md") == "Write to us, now."


@pytest.mark.parametrize("control", ["button", "textarea"])
def test_a_key_inside_a_markdown_sentence_is_read(tmp_path, control):
    text = f"Press the <{control}>Save</{control}> key, not <{control} hidden>Quit</{control}>that."
    assert text_of(tmp_path, text, "a.md") == "Press the Save key, not that."


def test_words_after_a_tag_without_end_stay(tmp_path):
    assert text_of(tmp_path, "Put a <script> tag *there*.", "a.md").endswith(" tag there.")


def test_ordered_lists_start_where_they_say(tmp_path):
    items = "<ol start=4><li>Dry it.<li>Close it.<li value=9>Wait.<li>Done.</ol><ol><li>New.</ol>"
    assert text_of(tmp_path, items) == "4. Dry it.\n5. Close it.\n9. Wait.\n10. Done.\n1. New."
