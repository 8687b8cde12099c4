"""PDF -> a document: text page by page, lines joined into paragraphs, words split at line ends joined again."""

import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence

import pypdf
from pypdf.errors import DependencyError

from knowledge_base.documents import Document
from knowledge_base.loaders_errors import BrokenFile, EncryptedFile, LoadError, NoText
from knowledge_base.loaders_read import FileSource, LoadedFile, normalise
from knowledge_base.plain_text import TextBuilder, goes_on, is_wrap, one_line

END_MARK_WITHIN_BYTES = 2048
"""The end mark must stand in the last 1,024 bytes; some programs append a little more."""

MIN_PAGES_FOR_RUNNING_LINES = 3
"""A line that opens or closes most pages is a header or footer; with two pages it may be chance."""

_SPLIT_WORD = re.compile(r"([^\W\d_]+)[-\u2010\u00ad]\n[ \t]*([a-zß-öø-ÿ][^\W\d_]*)")
_PAGE_NUMBER = re.compile(r"(?<!\d)\d{1,5}(?!\d)")
_FILE_NAME = re.compile(r"\.(docx?|pdf|indd|pages|odt|html?|tex|dvi|xlsx?|pptx?)\s*$|^untitled|^microsoft word", re.I)


_Reading = tuple[str, int | None]
"""What an edge line shares with those of other pages: itself, or its text around a number that counts the pages, and
what that number is ahead of the page. Prices and measures differ too, but do not count."""


def load_pdf(data: bytes, source: FileSource) -> LoadedFile:
    """One PDF as one document."""
    if b"%PDF-" not in data[:1024]:
        raise BrokenFile(source.path, "is not a PDF file, whatever its name says")
    if b"%%EOF" not in data[-END_MARK_WITHIN_BYTES:]:
        raise BrokenFile(source.path, "ends too early (an unfinished download?); get the whole PDF")
    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        _unlock(reader, source)
        pages = [normalise(page.extract_text()) for page in reader.pages]
        title = one_line(normalise((reader.metadata.title if reader.metadata else None) or ""))
        outline = _outline(reader)
    except LoadError:
        raise
    except Exception as error:  # a damaged PDF makes the parser fail in any way
        reason = one_line(str(error)) or type(error).__name__
        raise BrokenFile(source.path, f"is not a whole PDF file (truncated or damaged?): {reason[:120]}") from error
    builder = TextBuilder()
    _write(join_pages(pages), outline, builder)
    if not builder.text:
        raise NoText(source.path, "holds no text (a scan?); run text recognition over it first")
    document = Document(
        id=source.id,
        title=title if title and not _FILE_NAME.search(title) else source.spoken_name,
        text=builder.text,
        kind="pdf",
        headings=builder.headings,
    )
    return LoadedFile((document,))


def join_pages(pages: Sequence[str]) -> str:
    """One text of all pages: running headers and footers gone, split words whole, sentences across pages joined."""
    text = ""
    for page in _without_running_lines([page.strip() for page in pages]):
        if not page:
            continue
        gap = "\n" if goes_on(text.rpartition("\n")[2], page) else "\n\n"
        text = f"{text}{gap}{page}" if text else page
    return mend_split_words(text)


def mend_split_words(text: str) -> str:
    """`refund-` + line end + `able` is one word, unless the text itself writes it with the hyphen elsewhere."""
    lowered = text.lower()

    def mend(match: re.Match[str]) -> str:
        first, second = match.groups()
        hyphenated = f"{first}-{second}"
        return hyphenated if hyphenated.lower() in lowered else first + second

    return _SPLIT_WORD.sub(mend, text)


def _unlock(reader: pypdf.PdfReader, source: FileSource) -> None:
    if not reader.is_encrypted:
        return
    reason = "is protected by a password; save a copy without one"
    try:
        # Many files only forbid printing: their password for reading is empty.
        if not reader.decrypt(""):
            raise EncryptedFile(source.path, reason)
    except DependencyError as error:
        raise EncryptedFile(source.path, reason) from error


def _without_running_lines(pages: Sequence[str]) -> list[str]:
    cut = [page.split("\n") for page in pages]
    if len(cut) < MIN_PAGES_FOR_RUNNING_LINES:
        return list(pages)
    running = {edge: _running(cut, edge) for edge in (0, -1)}
    return [_stripped(lines, number, running) for number, lines in enumerate(cut)]


def _running(cut: Sequence[Sequence[str]], edge: int) -> set[_Reading]:
    seen = Counter(reading for number, lines in enumerate(cut) for reading in _readings(lines[edge], number))
    return {reading for reading, count in seen.items() if count > len(cut) / 2}


def _stripped(lines: Sequence[str], number: int, running: Mapping[int, set[_Reading]]) -> str:
    """The page without its running lines; where nothing else stands on it, it keeps those that are no page number."""
    kept, words = list(lines), list(lines)
    for edge, readings in running.items():
        found = _readings(lines[edge], number) & readings
        if found:
            kept[edge] = ""
        if any(offset is not None for _, offset in found):
            words[edge] = ""
    return "\n".join(kept).strip() or "\n".join(words).strip()


def _readings(line: str, number: int) -> set[_Reading]:
    line = one_line(line)
    if not line:
        return set()
    counting = {
        (f"{line[: digits.start()]}#{line[digits.end() :]}", int(digits.group()) - number)
        for digits in _PAGE_NUMBER.finditer(line)
    }
    return {(line, None), *counting}


def _outline(reader: pypdf.PdfReader) -> list[tuple[int, str]]:
    """(level, title) of the bookmarks in order; they tell which lines are headings."""
    entries: list[tuple[int, str]] = []

    def collect(items: Sequence[object], level: int) -> None:
        for item in items:
            if isinstance(item, list):
                collect(item, level + 1)
            elif getattr(item, "title", None):
                entries.append((min(level, 6), one_line(normalise(str(item.title)))))  # type: ignore[attr-defined]

    collect(reader.outline, 1)
    return entries


def _write(text: str, outline: Sequence[tuple[int, str]], builder: TextBuilder) -> None:
    waiting = list(outline)
    paragraph = previous = ""
    write = builder.block
    for line in text.split("\n"):
        heading = _heading_index(line, waiting)
        if paragraph and heading is None and is_wrap(previous, line):
            paragraph += " " + line.strip()
        else:
            write(paragraph)
            write = builder.line if previous.strip() and paragraph else builder.block
            paragraph = line.strip()
        if heading is not None:
            builder.heading(waiting[heading][0], line)
            del waiting[: heading + 1]
            paragraph = ""
        previous = line
    write(paragraph)


def _heading_index(line: str, waiting: Sequence[tuple[int, str]]) -> int | None:
    wanted = one_line(line).casefold()
    if not wanted:
        return None
    return next((index for index, (_, title) in enumerate(waiting) if title.casefold() == wanted), None)
