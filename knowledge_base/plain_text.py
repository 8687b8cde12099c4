"""Building the plain text of a document piece by piece, with headings at exact offsets, for all loaders."""

import re
from collections.abc import Sequence

from knowledge_base.documents import Heading

_SPACES = re.compile(r"[ \t\n\r\f\v]+")
_BULLET = re.compile(r"\s*(?:[-*+•‣◦▪–—·]\s|\(?\d{1,3}[.)]\s|\(?[a-zA-Z][.)]\s)")
_SENTENCE_END = re.compile(r"[.!?:;…][\"'”’)\]]*$")

MIN_WRAPPED_LINE_CHARS = 40
"""Text is wrapped at 60 to 80 characters; a line shorter than this ends because its author ended it."""


class TextBuilder:
    """Collects lines and blocks. Blocks are parted by an empty line, list items and table rows by a line end."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._headings: list[Heading] = []

    @property
    def text(self) -> str:
        """Everything so far."""
        return "".join(self._parts)

    @property
    def headings(self) -> tuple[Heading, ...]:
        """The headings so far, in order."""
        return tuple(self._headings)

    def block(self, text: str) -> None:
        """A paragraph."""
        self._add(text.strip(), "\n\n")

    def line(self, text: str) -> None:
        """A list item or table row: on a line of its own, close to the one before."""
        self._add(text.strip(), "\n")

    def heading(self, level: int, text: str) -> None:
        """A heading: one line, remembered with its offsets."""
        text = one_line(text)
        if text:
            self._add(text, "\n\n")
            self._headings.append(Heading(self._length - len(text), self._length, level, text))

    def _add(self, text: str, gap: str) -> None:
        if not text:
            return
        if self._length:
            self._parts.append(gap)
            self._length += len(gap)
        self._parts.append(text)
        self._length += len(text)


def one_line(text: str) -> str:
    """White space runs, line ends too, become one space; a no-break space stays as it is written."""
    return _SPACES.sub(" ", text).strip(" ")


def table_row(header: Sequence[str], cells: Sequence[str]) -> str:
    """`Header: cell; Header: cell`: a row that makes sense alone. Empty cells are left out."""
    parts = []
    for column, cell in enumerate(cells):
        name = one_line(header[column]).rstrip(":") if column < len(header) else ""
        value = one_line(cell)
        if value:
            parts.append(f"{name}: {value}" if name and name != value else value)
    return "; ".join(parts)


def line_starts(text: str) -> list[int]:
    """Where the lines of a passage begin, but for those that go on with a sentence.

    What kind of document it came from is not known here: only a wrapped line that goes on in lower case counts as one.
    """
    starts = []
    position = 0
    previous = ""
    for line in text.split("\n"):
        if not goes_on(previous, line):
            starts.append(position)
        position += len(line) + 1
        previous = line
    return starts


def goes_on(line: str, following: str) -> bool:
    """Whether a sentence surely goes on past a line end: the line is full, and the next begins in lower case."""
    return is_wrap(line, following) and following.lstrip()[:1].islower()


def is_wrap(line: str, following: str) -> bool:
    """Whether a line end stands inside a sentence, only because the page was full."""
    line = line.rstrip()
    return (
        len(line) >= MIN_WRAPPED_LINE_CHARS
        and bool(following.strip())
        and not _SENTENCE_END.search(line)
        and not _BULLET.match(following)
    )
