"""Markdown, text and HTML files become documents; ids, kinds and encodings."""

import subprocess
import sys
from pathlib import Path

import pytest

from knowledge_base.documents import Heading
from knowledge_base.loaders import find_files, load_documents, search_files
from knowledge_base.loaders_errors import UnknownKind

ROOT = Path(__file__).parent.parent


def load(tmp_path, name, content):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (document,) = load_documents(path, tmp_path)
    return document


def test_front_matter_gives_title_url_tags_date_and_translated_titles(tmp_path):
    document = load(
        tmp_path,
        "a.md",
        '---\ntitle: "Returns: how"\nurl: https://example.com/r\ntags: [returns, money]\nupdated: 2026-01-02\n'
        "titles: {de: Rückgabe, no: Retur}\n---\nSend it back.\n",
    )
    assert document.title == "Returns: how"
    assert document.url == "https://example.com/r"
    assert document.tags == ("returns", "money")
    assert document.updated == "2026-01-02"
    assert document.translated_titles == {"de": "Rückgabe", "no": "Retur"}
    assert document.text == "Send it back."


def test_text_between_two_rules_is_not_front_matter(tmp_path):
    assert load(tmp_path, "a.md", "---\nOpening hours\n---\nMonday.\n").text == "Opening hours\n\nMonday."


def test_title_without_front_matter_is_the_top_heading(tmp_path):
    assert load(tmp_path, "a.md", "# Refunds\n\nFive days.\n").title == "Refunds"


def test_title_without_any_heading_is_the_spoken_file_name(tmp_path):
    assert load(tmp_path, "return-policy_2026.md", "Five days.\n").title == "Return policy 2026"


def test_markdown_markup_is_unwrapped(tmp_path):
    text = load(
        tmp_path, "a.md", "You have **30 days** to [return *it*](http://x.com), code `AX-200` ~~old~~ ok.\n"
    ).text
    assert text == "You have 30 days to return it, code AX-200 old ok."


def test_markdown_entities_and_escapes_are_characters(tmp_path):
    assert load(tmp_path, "a.md", r"AT&amp;T &lt;3 \*stars\* &euro;5").text == "AT&T <3 *stars* €5"


def test_soft_line_break_is_a_space_and_hard_break_a_line_end(tmp_path):
    assert load(tmp_path, "a.md", "One\ntwo\\\nthree\n").text == "One two\nthree"


def test_list_items_stand_on_their_own_lines_and_keep_their_numbers(tmp_path):
    text = load(tmp_path, "a.md", "You need:\n\n- a passport\n- a card\n\nThen:\n\n3. Open it.\n4. Close it.\n").text
    assert text == "You need:\na passport\na card\n\nThen:\n3. Open it.\n4. Close it."


def test_nested_list_items_follow_their_parent(tmp_path):
    assert load(tmp_path, "a.md", "1. Choose:\n   - red\n   - blue\n2. Pay\n").text == "1. Choose:\nred\nblue\n2. Pay"


def test_table_rows_repeat_their_headers_and_skip_empty_cells(tmp_path):
    text = load(
        tmp_path, "a.md", "Prices:\n\n| Plan | Price | Note |\n|---|--:|---|\n| Basic | $4.99 | |\n| Pro | $9 | new |\n"
    ).text
    assert text == "Prices:\n\nPlan: Basic; Price: $4.99\nPlan: Pro; Price: $9; Note: new"


def test_headings_are_recorded_with_offsets_in_the_plain_text(tmp_path):
    document = load(tmp_path, "a.md", "# The *top*\n\nText.\n\n### Deep `x`\n\nMore.\n")
    assert document.text == "The top\n\nText.\n\nDeep x\n\nMore."
    assert document.headings == (Heading(0, 7, 1, "The top"), Heading(16, 22, 3, "Deep x"))


def test_code_blocks_keep_their_lines(tmp_path):
    assert load(tmp_path, "a.md", "```sh\nrun it\n  now\n```\n").text == "run it\n  now"


def test_html_tags_in_markdown_go_but_words_in_angle_brackets_stay(tmp_path):
    assert (
        load(tmp_path, "a.md", "Type <your name> in <b>bold</b> <!-- no -->now.").text
        == "Type <your name> in bold now."
    )


def test_html_block_in_markdown_gives_its_text(tmp_path):
    text = load(tmp_path, "a.md", "<div><p>Inside</p><script>alert(1)</script></div>\n\nAfter.\n").text
    assert text == "Inside\n\nAfter."


def test_plain_text_is_kept_as_written_but_for_line_ends(tmp_path):
    document = load(tmp_path, "a.txt", "Ｆｕｌｌ width ﬁne  <b>\r\nnext\rlast <script>x</script>")
    assert document.text == "Ｆｕｌｌ width ﬁne  <b>\nnext\nlast <script>x</script>"
    assert document.kind == "text"


def test_utf8_with_byte_order_mark_is_read_without_it(tmp_path):
    assert load(tmp_path, "a.txt", b"\xef\xbb\xbfcaf\xc3\xa9").text == "café"


def test_utf16_with_byte_order_mark_is_read(tmp_path):
    assert load(tmp_path, "a.txt", "café".encode("utf-16")).text == "café"


def test_windows_1252_is_the_fallback(tmp_path):
    assert load(tmp_path, "a.txt", b"It\x92s \x805 in the caf\xe9").text == "It’s €5 in the café"


def test_one_damaged_byte_does_not_spoil_a_utf8_file(tmp_path):
    assert load(tmp_path, "a.txt", "é ü ñ ".encode() + b"\xff ok").text == "é ü ñ \ufffd ok"


def test_html_gives_what_a_reader_reads(tmp_path):
    document = load(
        tmp_path,
        "a.html",
        "<!doctype html><html><head><title>Shipping - Acme</title><meta name=keywords content='post, speed'>"
        "<link rel=canonical href=https://example.com/s><style>p{}</style></head><body><nav>Menu</nav>"
        "<h1>Shipping</h1><p>We  ship\n<b>fast</b>.<br>Very.</p><script>alert(1)</script>"
        "<p hidden>secret</p><footer>Imprint</footer></body></html>",
    )
    assert document.text == "Shipping\n\nWe ship fast.\nVery."
    assert document.headings == (Heading(0, 8, 1, "Shipping"),)
    assert document.title == "Shipping"
    assert document.url == "https://example.com/s"
    assert document.tags == ("post", "speed")
    assert document.kind == "html"


def test_html_lists_and_tables_are_lines(tmp_path):
    text = load(
        tmp_path,
        "a.html",
        "<ol><li>one<li>two<ul><li>sub</ul></ol>"
        "<table><tr><th>Zone<th>Price<tr><td>EU<td>5 &euro;<tr><td>US<td>9</table>",
    ).text
    assert text == "1. one\n2. two\nsub\n\nZone: EU; Price: 5 €\nZone: US; Price: 9"


def test_html_main_part_wins_over_the_rest(tmp_path):
    assert load(tmp_path, "a.html", "<div>Ad</div><main><p>Text</p></main><aside>More</aside>").text == "Text"


def test_html_layout_tables_are_read_as_blocks(tmp_path):
    assert (
        load(tmp_path, "a.html", "<table><tr><td><h2>Fees</h2><p>None.</p></td></tr></table>").text == "Fees\n\nNone."
    )


def test_html_preformatted_text_keeps_its_lines(tmp_path):
    assert load(tmp_path, "a.html", "<pre>a\n  b</pre>").text == "a\n  b"


def test_html_declared_encoding_is_used(tmp_path):
    markup = "<meta charset=iso-8859-2><p>żółty</p>".encode("iso-8859-2")
    assert load(tmp_path, "a.html", markup).text == "żółty"


def test_xhtml_prolog_is_no_text(tmp_path):
    assert load(tmp_path, "a.xhtml", '<?xml version="1.0"?><html><body><p>Hi.</p></body></html>').text == "Hi."


def test_html_nested_deeper_than_the_stack_is_read(tmp_path):
    assert load(tmp_path, "a.html", "<div>" * 3000 + "deep" + "</div>" * 3000).text == "deep"


def test_text_without_a_tag_under_an_html_name_is_text(tmp_path):
    assert load(tmp_path, "a.html", "prices.txt").text == "prices.txt"


def test_id_is_the_path_relative_to_the_root(tmp_path):
    assert load(tmp_path, "billing/fees.md", "None.").id == "billing/fees.md"


def test_id_without_a_root_is_the_file_name(tmp_path):
    path = tmp_path / "fees.md"
    path.write_text("None.")
    assert next(load_documents(path)).id == "fees.md"


def test_endings_may_be_in_capitals(tmp_path):
    assert load(tmp_path, "A.MD", "**Hi**").text == "Hi"


def test_unknown_kind_lists_the_known_ones(tmp_path):
    with pytest.raises(UnknownKind, match=r"has the ending '\.xlsx'; what can be read: Markdown .*SQuAD \(\.json\)"):
        load(tmp_path, "a.xlsx", "x")


def test_find_files_is_ordered_skips_hidden_ones_and_names_each_once(tmp_path):
    for name in ("b.md", "a.md", "sub/c.md", ".hidden.md", ".git/x.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    found = find_files([tmp_path, tmp_path / "a.md"])
    assert found == [tmp_path / "a.md", tmp_path / "b.md", tmp_path / "sub" / "c.md"]


@pytest.fixture
def linked_folders(tmp_path):
    for name in ("docs/a.md", "docs/sub/b.md", "other/c.md", "other/deep/d.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    return tmp_path / "docs", tmp_path / "other"


def test_linked_folders_are_searched_once_and_without_end(linked_folders):
    docs, other = linked_folders
    (docs / "again").symlink_to(docs / "sub")
    (docs / "first").symlink_to(other / "deep")
    (docs / "linked").symlink_to(other)
    (other / "back").symlink_to(other)
    found, problems = search_files([docs])
    names = [path.relative_to(docs).as_posix() for path, _ in found]
    assert (names, problems) == (["a.md", "first/d.md", "linked/c.md", "sub/b.md"], [])


def test_a_link_to_the_folder_around_is_named_and_not_followed(linked_folders):
    docs, _ = linked_folders
    (docs / "sub" / "up").symlink_to(docs.parent)
    found, (problem,) = search_files([docs])
    assert [path.name for path, _ in found] == ["a.md", "b.md"]
    assert problem.path == docs / "sub" / "up"
    assert "a link to a folder that holds the searched one" in problem.reason


def test_a_file_name_with_control_characters_gives_a_readable_id(tmp_path):
    path = tmp_path / "a\nb\x1b[31m\u202ec.md"
    path.write_text("Text.")
    (document,) = load_documents(path)
    assert document.id == "a\ufffdb\ufffd[31m\ufffdc.md"


def test_words_in_angle_brackets_on_a_line_of_their_own_stay(tmp_path):
    assert load(tmp_path, "a.md", "Type:\n\n<your name>\n\nDone.").text == "Type:\n\n<your name>\n\nDone."


def test_no_parser_is_imported_before_its_first_file():
    code = (
        "import sys, knowledge_base.ingest; print({'bs4', 'docx', 'lxml', 'markdown_it', 'pypdf'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
