"""Small PDF and DOCX files made in memory, for tests of the loaders."""

import io
from collections.abc import Sequence

import docx
from pypdf import PdfReader, PdfWriter

LINE_HEIGHT = 14


def pdf_bytes(pages: Sequence[Sequence[str]], title: str | None = None, outline: Sequence[str] = ()) -> bytes:
    """A PDF with these lines on each page; `outline` titles become bookmarks of page 1."""
    writer = PdfWriter(io.BytesIO(_bare_pdf(pages)))
    if title is not None:
        writer.add_metadata({"/Title": title})
    for name in outline:
        writer.add_outline_item(title=name, page_number=0)
    return _written(writer)


def encrypted_pdf_bytes(lines: Sequence[str], password: str) -> bytes:
    """A PDF that asks for `password` ("" = anyone can read it, but not change it)."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(_bare_pdf([lines]))))
    writer.encrypt(password, "owner", algorithm="RC4-128")
    return _written(writer)


def docx_bytes(build) -> bytes:
    """The DOCX that `build(word_document)` fills."""
    word = docx.Document()
    build(word)
    out = io.BytesIO()
    word.save(out)
    return out.getvalue()


def _written(writer: PdfWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _bare_pdf(pages: Sequence[Sequence[str]]) -> bytes:
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for lines in pages:
        shown = "".join(f"({line}) Tj 0 -{LINE_HEIGHT} Td " for line in lines)
        stream = f"BT /F1 12 Tf 72 760 Td {shown}ET"
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> "
            f"/Contents {len(objects)} 0 R >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    body = "%PDF-1.4\n"
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    return (
        f"{body}xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
        f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF\n"
    ).encode("latin-1")
