"""The part of a passage worth showing around a span: whole sentences, as many as fit. Pure."""

import re
from dataclasses import dataclass
from itertools import pairwise

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Text around a span; `before + marked + after` is a verbatim stretch of the passage."""

    before: str
    marked: str
    after: str
    starts_late: bool
    """True when the passage has text before the excerpt."""
    ends_early: bool


def excerpt(text: str, start: int, end: int, max_chars: int) -> Excerpt:
    """Sentences around characters [start, end), the span's own first; longer than `max_chars` only if the span is."""
    start = max(0, min(start, len(text)))
    end = max(start, min(end, len(text)))
    sentences = _sentences(text)
    first = max((i for i, (begin, _) in enumerate(sentences) if begin <= start), default=0)
    last = min((i for i, (_, finish) in enumerate(sentences) if finish >= end), default=len(sentences) - 1)
    begin, finish = _grow(sentences, first, max(first, last), max_chars)
    if finish - begin > max_chars:
        begin, finish = _cut_to_words(text, (start, end), (begin, finish), max_chars)
    return Excerpt(
        before=text[begin:start].lstrip(),
        marked=text[start:end],
        after=text[end:finish].rstrip(),
        starts_late=bool(text[:begin].strip()),
        ends_early=bool(text[finish:].strip()),
    )


def _sentences(text: str) -> list[tuple[int, int]]:
    """Character ranges that tile the text; the white space between two sentences belongs to the first."""
    cuts = [0, *(match.end() for match in _SENTENCE_END.finditer(text)), len(text)]
    return [(a, b) for a, b in pairwise(cuts) if b > a] or [(0, len(text))]


def _grow(sentences: list[tuple[int, int]], first: int, last: int, max_chars: int) -> tuple[int, int]:
    """Take in neighbours, the following sentence before the preceding one, while all of it fits."""
    grown = True
    while grown:
        grown = False
        if last + 1 < len(sentences) and sentences[last + 1][1] - sentences[first][0] <= max_chars:
            last, grown = last + 1, True
        if first > 0 and sentences[last][1] - sentences[first - 1][0] <= max_chars:
            first, grown = first - 1, True
    return sentences[first][0], sentences[last][1]


def _cut_to_words(text: str, span: tuple[int, int], bounds: tuple[int, int], max_chars: int) -> tuple[int, int]:
    """One endless sentence: keep the span and about as many characters on either side, cut between words."""
    margin = max(0, max_chars - (span[1] - span[0])) // 2
    begin, finish = max(bounds[0], span[0] - margin), min(bounds[1], span[1] + margin)
    if begin > bounds[0]:
        space = text.find(" ", begin, span[0])
        begin = space + 1 if space >= 0 else begin
    if finish < bounds[1]:
        space = text.rfind(" ", span[1], finish)
        finish = space if space >= 0 else finish
    return begin, finish
