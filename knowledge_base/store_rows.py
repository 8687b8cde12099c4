"""Documents and passages as rows of the database and back. Knows the columns, not the connection."""

import json
from dataclasses import dataclass
from typing import Any

from knowledge_base.documents import Document, Heading, Passage

DOCUMENT_COLUMNS = "id, title, text, kind, headings, question, url, tags, translated_titles, updated"

INFO_SQL = """
    SELECT d.id, d.title, d.kind, d.question, d.url, d.tags, d.translated_titles, d.updated, d.file, length(d.text),
           (SELECT count(*) FROM passages AS p WHERE p.document = d.id)
    FROM documents AS d ORDER BY d.id
"""

PASSAGE_SQL = """
    SELECT p.id, p.document, d.title, p.heading_path, p.start, p."end", p.text, d.url
    FROM passages AS p JOIN documents AS d ON d.id = p.document
"""


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """What a list of documents shows: everything but the text."""

    id: str
    title: str
    kind: str
    question: str | None
    url: str | None
    tags: tuple[str, ...]
    translated_titles: dict[str, str]
    updated: str | None
    file: str | None
    """Absolute path of the file it came from, where there is one."""
    chars: int
    passages: int


def document_row(document: Document) -> tuple[object, ...]:
    """Values for DOCUMENT_COLUMNS."""
    return (
        document.id,
        document.title,
        document.text,
        document.kind,
        _json([[h.start, h.end, h.level, h.text] for h in document.headings]),
        document.question,
        document.url,
        _json(document.tags),
        _json(document.translated_titles),
        document.updated,
    )


def row_document(row: tuple[Any, ...]) -> Document:
    """A document from DOCUMENT_COLUMNS."""
    return Document(
        id=row[0],
        title=row[1],
        text=row[2],
        kind=row[3],
        headings=tuple(Heading(*heading) for heading in json.loads(row[4])),
        question=row[5],
        url=row[6],
        tags=tuple(json.loads(row[7])),
        translated_titles=json.loads(row[8]),
        updated=row[9],
    )


def row_info(row: tuple[Any, ...]) -> DocumentInfo:
    """A line of the document list from INFO_SQL."""
    return DocumentInfo(
        id=row[0],
        title=row[1],
        kind=row[2],
        question=row[3],
        url=row[4],
        tags=tuple(json.loads(row[5])),
        translated_titles=json.loads(row[6]),
        updated=row[7],
        file=row[8],
        chars=row[9],
        passages=row[10],
    )


def row_passage(row: tuple[Any, ...]) -> Passage:
    """A passage from PASSAGE_SQL."""
    return Passage(row[0], row[1], row[2], tuple(json.loads(row[3])), row[4], row[5], row[6], row[7])


def path_json(heading_path: tuple[str, ...]) -> str:
    """How a heading path is stored."""
    return _json(heading_path)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
