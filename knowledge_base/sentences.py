"""Where sentences of English text begin and end, as exact offsets. The splitting itself is `sentencex`."""

import re
import unicodedata
from dataclasses import dataclass
from enum import IntEnum

import sentencex  # type: ignore[import-untyped]

from knowledge_base.plain_text import is_wrap

LANGUAGE = "en"
_EMPTY_LINE = re.compile(r"\n[ \t]*\n\s*")
_NUMBER_ONLY = re.compile(r"\s*(?:[-*•]|\(?(?:\d{1,3}|[a-zA-Z])[.)])\s*")


class _AsciiTwin(dict[int, str]):
    """Character -> one ASCII character of its sort.

    The splitter counts bytes where it should count characters and dies of a no-break space beside an initial; a text
    of equal length in ASCII has the same sentences and spares us that.
    """

    def __missing__(self, code: int) -> str:
        character = chr(code)
        twin = unicodedata.normalize("NFKD", character)[:1]
        if not twin.isascii() or not twin.isprintable():
            twin = _sort_of(character)
        self[code] = twin
        return twin


def _sort_of(character: str) -> str:
    if character.isspace() or not character.isprintable():
        return " "
    if character.isalpha():
        return "X" if character.isupper() else "x"
    return "0" if character.isdecimal() else "-"


_SIGNS = {
    "“": '"',
    "”": '"',
    "„": '"',
    "«": '"',
    "»": '"',
    "‘": "'",
    "’": "'",
    "…": ".",
    "。": ".",
    "？": "?",
    "！": "!",
}
_ASCII_TWIN = _AsciiTwin(
    {ord(sign): twin for sign, twin in _SIGNS.items()} | {code: chr(code) for code in range(32, 127)}
)


class Border(IntEnum):
    """What lies between a sentence and the one before it."""

    SPACE = 0
    LINE = 1
    PARAGRAPH = 2


@dataclass(frozen=True, slots=True)
class Sentence:
    """Characters [start, end) of the text, without white space around."""

    start: int
    end: int
    border: Border


def split_sentences(text: str, start: int, end: int, wrapped: bool) -> list[Sentence]:
    """Sentences of `text[start:end]`. With `wrapped`, line ends inside a sentence do not end it."""
    sentences: list[Sentence] = []
    position = start
    for gap in (*_EMPTY_LINE.finditer(text, start, end), None):
        stop = gap.start() if gap else end
        sentences += _paragraph(text, position, stop, wrapped)
        position = gap.end() if gap else end
    return sentences


def _paragraph(text: str, start: int, end: int, wrapped: bool) -> list[Sentence]:
    sentences: list[Sentence] = []
    border = Border.PARAGRAPH
    for line_start, line_end in _lines(text, start, end, wrapped):
        for piece_start, piece_end in _pieces(text[line_start:line_end]):
            sentences.append(Sentence(line_start + piece_start, line_start + piece_end, border))
            border = Border.SPACE
        border = Border.LINE if sentences else Border.PARAGRAPH
    return sentences


def _lines(text: str, start: int, end: int, wrapped: bool) -> list[tuple[int, int]]:
    lines: list[tuple[int, int]] = []
    position = start
    before = ""
    for line in text[start:end].split("\n"):
        stop = position + len(line)
        if wrapped and lines and is_wrap(before, line):
            lines[-1] = (lines[-1][0], stop)
        else:
            lines.append((position, stop))
        position, before = stop + 1, line
    return lines


def _pieces(line: str) -> list[tuple[int, int]]:
    pieces: list[tuple[int, int]] = []
    position = 0
    held = -1  # start of a bare list number, which belongs to the words after it
    # Line ends become spaces here, too; the length stays, so that offsets are those of the text itself.
    for sentence in sentencex.segment(LANGUAGE, line.translate(_ASCII_TWIN)):
        piece = line[position : position + len(sentence)]
        begin = position + len(piece) - len(piece.lstrip())
        stop = position + len(piece.rstrip())
        position += len(sentence)
        if begin >= stop:
            continue
        if _NUMBER_ONLY.fullmatch(piece) and held < 0:
            held = begin
            continue
        pieces.append((held if held >= 0 else begin, stop))
        held = -1
    if held >= 0:
        pieces.append((held, len(line.rstrip())))
    return pieces
