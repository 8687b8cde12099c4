"""PDF and Word files become documents."""

import io
import re
import zipfile

from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from knowledge_base.documents import Heading
from knowledge_base.loaders import load_documents
from knowledge_base.loaders_pdf import join_pages, mend_split_words
from tests.sample_files import docx_bytes, encrypted_pdf_bytes, pdf_bytes


def load(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data)
    (document,) = load_documents(path)
    return document


def test_pdf_lines_are_joined_into_paragraphs(tmp_path):
    data = pdf_bytes(
        [["The warranty of the AX-200 covers two years from", "the day of delivery.", "Batteries: one year."]]
    )
    document = load(tmp_path, "a.pdf", data)
    assert document.text == (
        "The warranty of the AX-200 covers two years from the day of delivery.\nBatteries: one year."
    )
    assert document.kind == "pdf"


def test_pdf_words_split_at_line_ends_are_whole_again(tmp_path):
    data = pdf_bytes([["Please write to our customer service and infor-", "mation desk before Friday."]])
    assert load(tmp_path, "a.pdf", data).text == (
        "Please write to our customer service and information desk before Friday."
    )


def test_a_hyphen_that_the_text_writes_elsewhere_stays():
    assert mend_split_words("a two-\nyear plan; the two-year plan") == "a two-year plan; the two-year plan"


def test_a_hyphen_before_a_number_or_capital_stays():
    assert mend_split_words("AX-\n200 and Coca-\nCola") == "AX-\n200 and Coca-\nCola"


def test_pdf_sentence_goes_on_over_the_page_end(tmp_path):
    data = pdf_bytes([["You can send the product back to our warehouse"], ["within thirty days of delivery."]])
    assert load(tmp_path, "a.pdf", data).text == (
        "You can send the product back to our warehouse within thirty days of delivery."
    )


def test_running_headers_and_page_numbers_are_left_out():
    pages = ["Acme manual\nFirst.\nPage 1", "Acme manual\nSecond.\nPage 2", "Acme manual\nThird.\nPage 3"]
    assert join_pages(pages) == "First.\n\nSecond.\n\nThird."


def test_numbers_that_count_no_pages_are_no_footers(tmp_path):
    pages = [[f"Lamp {name}", f"Price: {price} euros"] for name, price in [("A", 49), ("B", 79), ("C", 19)]]
    assert load(tmp_path, "a.pdf", pdf_bytes(pages)).text == (
        "Lamp A\nPrice: 49 euros\n\nLamp B\nPrice: 79 euros\n\nLamp C\nPrice: 19 euros"
    )


def test_a_page_number_inside_a_running_line_is_known_by_its_counting():
    pages = [f"Acme 2024, page {number} of 9\nText {name}." for number, name in enumerate("abcd", start=3)]
    assert join_pages(pages) == "Text a.\n\nText b.\n\nText c.\n\nText d."


def test_a_page_of_running_lines_only_keeps_its_words():
    pages = ["Acme\nFirst.\n1", "Acme\nSecond.\n2", "Acme\n3", "4"]
    assert join_pages(pages) == "First.\n\nSecond.\n\nAcme"


def test_pdf_title_comes_from_its_metadata(tmp_path):
    assert load(tmp_path, "a.pdf", pdf_bytes([["Text."]], title="User manual")).title == "User manual"


def test_pdf_title_that_is_a_file_name_is_not_used(tmp_path):
    data = pdf_bytes([["Text."]], title="Microsoft Word - draft3.docx")
    assert load(tmp_path, "user-manual.pdf", data).title == "User manual"


def test_pdf_bookmarks_tell_the_headings(tmp_path):
    document = load(
        tmp_path,
        "a.pdf",
        pdf_bytes([["Safety", "Keep it dry.", "Cleaning", "Use water."]], outline=["Safety", "Cleaning"]),
    )
    assert document.text == "Safety\n\nKeep it dry.\n\nCleaning\n\nUse water."
    assert document.headings == (Heading(0, 6, 1, "Safety"), Heading(22, 30, 1, "Cleaning"))


def test_pdf_that_anyone_may_read_is_read(tmp_path):
    assert load(tmp_path, "a.pdf", encrypted_pdf_bytes(["Open text."], "")).text == "Open text."


def test_docx_heading_styles_become_headings(tmp_path):
    def build(word):
        word.add_heading("Refunds", level=1)
        word.add_paragraph("Five days.")
        word.add_heading("By card", level=2)
        word.add_paragraph("Ten days.")

    document = load(tmp_path, "a.docx", docx_bytes(build))
    assert document.text == "Refunds\n\nFive days.\n\nBy card\n\nTen days."
    assert document.headings == (Heading(0, 7, 1, "Refunds"), Heading(21, 28, 2, "By card"))
    assert document.title == "Refunds"
    assert document.kind == "docx"


def test_docx_tables_and_list_items_are_lines_in_their_place(tmp_path):
    def build(word):
        word.add_paragraph("Bring:")
        word.add_paragraph("a passport", style="List Bullet")
        table = word.add_table(rows=3, cols=2)
        for row, texts in zip(table.rows, [("Plan", "Price"), ("Basic", "$4.99"), ("Pro", "$9")], strict=True):
            for cell, text in zip(row.cells, texts, strict=True):
                cell.text = text
        word.add_paragraph("Done.")

    text = load(tmp_path, "a.docx", docx_bytes(build)).text
    assert text == "Bring:\na passport\n\nPlan: Basic; Price: $4.99\nPlan: Pro; Price: $9\n\nDone."


def test_docx_merged_cells_are_said_once(tmp_path):
    def build(word):
        table = word.add_table(rows=2, cols=2)
        table.cell(0, 0).text, table.cell(0, 1).text = "Day", "Hours"
        table.cell(1, 0).merge(table.cell(1, 1)).text = "closed"

    assert load(tmp_path, "a.docx", docx_bytes(build)).text == "Day: closed"


def test_docx_title_comes_from_its_properties(tmp_path):
    def build(word):
        word.core_properties.title = "Warranty terms"
        word.add_paragraph("Two years.")

    assert load(tmp_path, "a.docx", docx_bytes(build)).title == "Warranty terms"


def test_docx_title_style_is_the_title_and_a_heading(tmp_path):
    def build(word):
        word.add_heading("Warranty", level=0)
        word.add_paragraph("Two years.")

    document = load(tmp_path, "a.docx", docx_bytes(build))
    assert document.title == "Warranty"
    assert document.headings == (Heading(0, 8, 1, "Warranty"),)


def xml(content):
    """A piece of a Word file from its XML, the root tag without its name space declaration."""
    name, rest = content.split(">", 1)
    return parse_xml(f"{name} {nsdecls('w')}>{rest}")


def add(word, content):
    word.element.body.insert_element_before(xml(content), "w:sectPr")


def run(text):
    return f"<w:r><w:t>{text}</w:t></w:r>"


def test_docx_tracked_insertions_are_read_and_deletions_are_not(tmp_path):
    def build(word):
        add(
            word,
            "<w:p><w:r><w:t xml:space='preserve'>Refunds take </w:t></w:r>"
            "<w:del w:id='1' w:author='A'><w:r><w:delText>five</w:delText></w:r></w:del>"
            f"<w:ins w:id='2' w:author='A'>{run('ten')}</w:ins><w:moveFrom w:id='3' w:author='A'>{run('old')}"
            f"</w:moveFrom>{run(' days.')}</w:p>",
        )

    assert load(tmp_path, "a.docx", docx_bytes(build)).text == "Refunds take ten days."


def test_docx_content_controls_and_fields_are_read_in_their_place(tmp_path):
    def build(word):
        word.add_paragraph("First.")
        add(
            word,
            "<w:sdt><w:sdtPr><w:tag w:val='x'/></w:sdtPr><w:sdtContent>"
            f"<w:p>{run('Call ')}<w:sdt><w:sdtContent>{run('Ann')}</w:sdtContent></w:sdt>"
            f"<w:fldSimple w:instr='REF p'>{run(' on 12')}</w:fldSimple></w:p></w:sdtContent></w:sdt>",
        )
        add(
            word,
            "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr>"
            f"<w:sdtContent><w:p>{run('Click here')}</w:p></w:sdtContent></w:sdt>",
        )
        word.add_paragraph("Last.")

    assert load(tmp_path, "a.docx", docx_bytes(build)).text == "First.\n\nCall Ann on 12\n\nLast."


def test_docx_table_of_contents_that_word_makes_is_left_out(tmp_path):
    def build(word):
        add(
            word,
            "<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val='Table of Contents'/></w:docPartObj></w:sdtPr>"
            f"<w:sdtContent><w:p>{run('Contents')}</w:p><w:p>"
            f"<w:sdt><w:sdtContent>{run('Refunds 3')}</w:sdtContent></w:sdt></w:p></w:sdtContent></w:sdt>",
        )
        add(
            word,
            "<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val='Cover Pages'/></w:docPartObj></w:sdtPr>"
            f"<w:sdtContent><w:p>{run('Warranty terms')}</w:p></w:sdtContent></w:sdt>",
        )
        word.add_paragraph("Five days.")

    assert load(tmp_path, "a.docx", docx_bytes(build)).text == "Warranty terms\n\nFive days."


def test_docx_table_in_a_cell_is_read(tmp_path):
    def build(word):
        table = word.add_table(rows=2, cols=2)
        table.cell(0, 0).text, table.cell(0, 1).text = "Plan", "Prices"
        table.cell(1, 0).text = "Basic"
        inner = table.cell(1, 1).add_table(rows=3, cols=2)
        for row, texts in zip(inner.rows, [("Term", "Euros"), ("Month", "5"), ("Year", "50")], strict=True):
            row.cells[0].text, row.cells[1].text = texts

    assert load(tmp_path, "a.docx", docx_bytes(build)).text == (
        "Plan: Basic; Prices: Term: Month; Euros: 5; Term: Year; Euros: 50"
    )


def test_docx_lists_keep_their_numbers(tmp_path):
    def build(word):
        for text in ("Unplug it.", "Open the lid."):
            word.add_paragraph(text, style="List Number")
        word.add_paragraph("Tips:")
        word.add_paragraph("Use gloves.", style="List Bullet")

    text = load(tmp_path, "a.docx", docx_bytes(build)).text
    assert text == "1. Unplug it.\n2. Open the lid.\n\nTips:\nUse gloves."


def add_nested_list(word, items, override=""):
    numbering = word.part.numbering_part.element
    numbering.insert(
        0,
        xml(
            "<w:abstractNum w:abstractNumId='90'>"
            "<w:lvl w:ilvl='0'><w:start w:val='3'/><w:numFmt w:val='decimal'/><w:lvlText w:val='%1.'/></w:lvl>"
            "<w:lvl w:ilvl='1'><w:numFmt w:val='lowerRoman'/><w:lvlText w:val='%1.%2)'/></w:lvl></w:abstractNum>"
        ),
    )
    numbering.append(xml(f"<w:num w:numId='90'><w:abstractNumId w:val='90'/>{override}</w:num>"))
    for level, text in items:
        place = f"<w:pPr><w:numPr><w:ilvl w:val='{level}'/><w:numId w:val='90'/></w:numPr></w:pPr>"
        add(word, f"<w:p>{place}{run(text)}</w:p>")


def test_docx_nested_lists_count_anew_under_each_item(tmp_path):
    def build(word):
        add_nested_list(word, [(0, "A"), (1, "B"), (1, "C"), (0, "D"), (1, "E")])

    assert load(tmp_path, "a.docx", docx_bytes(build)).text == "3. A\n3.i) B\n3.ii) C\n4. D\n4.i) E"


def test_docx_nested_lists_start_each_time_where_their_list_says(tmp_path):
    def build(word):
        override = "<w:lvlOverride w:ilvl='1'><w:startOverride w:val='5'/></w:lvlOverride>"
        add_nested_list(word, [(0, "A"), (1, "B"), (1, "C"), (0, "D"), (1, "E")], override)

    assert load(tmp_path, "a.docx", docx_bytes(build)).text == "3. A\n3.v) B\n3.vi) C\n4. D\n4.v) E"


def test_docx_without_properties_has_no_title_and_date_of_its_own(tmp_path):
    packed, out = zipfile.ZipFile(io.BytesIO(docx_bytes(lambda word: word.add_paragraph("Two years.")))), io.BytesIO()
    with zipfile.ZipFile(out, "w") as bare:
        for name in packed.namelist():
            content = packed.read(name)
            if name == "_rels/.rels":
                content = re.sub(rb"<Relationship [^>]*core-properties[^>]*/>", b"", content)
            if name != "docProps/core.xml":
                bare.writestr(name, content)
    document = load(tmp_path, "warranty-terms.docx", out.getvalue())
    assert (document.title, document.updated) == ("Warranty terms", None)
