"""DOCX -> a document: paragraphs, list items and table rows in order; heading styles become headings."""

import io
import re
import zipfile
from collections.abc import Iterator

import docx
from docx.document import Document as WordDocument
from docx.table import Table, _Cell, _Row
from docx.text.paragraph import Paragraph

from knowledge_base.documents import Document
from knowledge_base.loaders_errors import BrokenFile, EncryptedFile, HugeFile, NoText
from knowledge_base.loaders_office_xml import ListNumbers, has_properties, unwrap
from knowledge_base.loaders_read import FileSource, LoadedFile, normalise
from knowledge_base.plain_text import TextBuilder, one_line, table_row

MAX_UNPACKED_BYTES = 400 * 1024 * 1024
"""A DOCX is a ZIP: a small one can unpack to more than the memory holds."""

_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_HEADING_STYLE = re.compile(r"heading (\d)", re.IGNORECASE)


def load_docx(data: bytes, source: FileSource) -> LoadedFile:
    """One Word file as one document."""
    word = _open(data, source)
    builder = TextBuilder()
    try:
        unwrap(word)
        title = _write(word, builder)
        properties = word.core_properties if has_properties(word) else None
        title = one_line(normalise((properties and properties.title) or "")) or title
        updated = properties and properties.modified
    except Exception as error:  # the XML inside can be damaged in any way, and any error comes out
        raise _broken(source, error) from error
    if not builder.text:
        raise NoText(source.path, "holds no text (pictures of text cannot be read)")
    top = next((heading.text for heading in builder.headings if heading.level == 1), "")
    document = Document(
        id=source.id,
        title=title or top or source.spoken_name,
        text=builder.text,
        kind="docx",
        headings=builder.headings,
        updated=updated.date().isoformat() if updated else None,
    )
    return LoadedFile((document,))


def _open(data: bytes, source: FileSource) -> WordDocument:
    if data.startswith(_OLD_OFFICE):
        raise EncryptedFile(
            source.path, "is protected by a password or in the old .doc format; save it as .docx without one"
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
            if unpacked > MAX_UNPACKED_BYTES:
                raise HugeFile(source.path, f"unpacks to {unpacked // 1024 // 1024} MB; that is no help text")
        return docx.Document(io.BytesIO(data))
    except HugeFile:
        raise
    except Exception as error:  # ZIP, XML and package errors of three libraries
        raise _broken(source, error) from error


def _broken(source: FileSource, error: Exception) -> BrokenFile:
    reason = one_line(str(error)) or type(error).__name__
    return BrokenFile(source.path, f"is not a whole DOCX file (truncated or damaged?): {reason[:120]}")


def _write(word: WordDocument, builder: TextBuilder) -> str:
    """Write all of it; returns the text of the Title style, if there is one."""
    title = ""
    numbers = ListNumbers(word)
    for item in word.iter_inner_content():
        if isinstance(item, Table):
            write = builder.block
            for line in _rows(item):
                write(line)
                write = builder.line
            continue
        text = normalise(item.text).strip()
        style = _style_name(item)
        level = _HEADING_STYLE.match(style)
        if level:
            builder.heading(int(level.group(1)), text)
        elif style.lower() == "title" and text and not title:
            title = one_line(text)
            builder.heading(1, text)
        elif _is_list_item(item, style):
            builder.line(numbers.next(item) + text if text else "")
        else:
            builder.block(text)
    return title


def _style_name(paragraph: Paragraph) -> str:
    style = paragraph.style
    while style is not None:
        if _HEADING_STYLE.match(style.name or "") or (style.name or "").lower() == "title":
            return style.name or ""
        style = getattr(style, "base_style", None)
    return (paragraph.style.name or "") if paragraph.style is not None else ""


def _is_list_item(paragraph: Paragraph, style: str) -> bool:
    properties = paragraph._p.pPr
    return style.lower().startswith("list") or (properties is not None and properties.numPr is not None)


def _rows(table: Table) -> Iterator[str]:
    rows = [_cells(row) for row in table.rows]
    if len(rows) == 1 or (rows and len(rows[0]) < 2):
        yield from (table_row((), row) for row in rows)
        return
    yield from (table_row(rows[0], row) for row in rows[1:])


def _cells(row: _Row) -> list[str]:
    texts = []
    seen = None
    for cell in row.cells:
        # A merged cell is handed out once for each column it covers.
        texts.append("" if cell._tc is seen else _cell_text(cell))
        seen = cell._tc
    return texts


def _cell_text(cell: _Cell) -> str:
    parts = []
    for item in cell.iter_inner_content():
        parts.append("; ".join(_rows(item)) if isinstance(item, Table) else item.text)
    return one_line(normalise(" ".join(parts)))
