"""Documents and the passages cut from them. Every passage knows where in its document it stands.

Knows nothing of models, languages or SQL.
"""

import hashlib
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading inside a document: its characters [start, end), its level (1 = top) and its text."""

    start: int
    end: int
    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Document:
    """One source text. `text` is plain text without markup; all offsets are characters of it."""

    id: str
    """Path relative to the ingested folder, or the id the source gave (FAQ row, SQuAD paragraph)."""
    title: str
    text: str
    kind: str = "text"
    """markdown | text | html | pdf | docx | faq | squad"""
    headings: tuple[Heading, ...] = ()
    question: str | None = None
    """The question of a FAQ entry; `text` is then its answer and stays one passage."""
    url: str | None = None
    tags: tuple[str, ...] = ()
    translated_titles: dict[str, str] = field(default_factory=dict)
    """Language code -> the title (or suggested question) in that language, where the source gives one."""
    updated: str | None = None
    """When the source says it was last changed, as written there (a date in most sources)."""

    @property
    def content_hash(self) -> str:
        """SHA-256 over everything that ends up in the index; equal hash means nothing to do."""
        parts = (
            self.title,
            self.text,
            self.kind,
            repr([(h.start, h.end, h.level, h.text) for h in self.headings]),
            self.question or "",
            self.url or "",
            "\n".join(self.tags),
            repr(sorted(self.translated_titles.items())),
            self.updated or "",
        )
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Passage:
    """A cut of a document: `text == document.text[start:end]`."""

    id: int
    """Row id in the knowledge base; 0 before it is stored."""
    document: str
    """Id of the document it was cut from."""
    title: str
    heading_path: tuple[str, ...]
    """Headings above the passage, outermost first, without the title; for a FAQ entry, its question."""
    start: int
    end: int
    text: str
    url: str | None = None

    @property
    def lead(self) -> str:
        """Title and headings as one line: indexed and read before the text, never part of an answer."""
        parts = [self.title, *(h for h in self.heading_path if h != self.title)]
        return " > ".join(part for part in parts if part)

    @property
    def indexed_text(self) -> str:
        """What the encoder and the keyword index see."""
        return f"{self.lead}\n{self.text}" if self.lead else self.text
