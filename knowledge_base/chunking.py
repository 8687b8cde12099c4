"""Documents -> passages: along headings and sentences, of a size that a reader pays for gladly.

Pure: text and numbers only. Headings never stand in a passage; they are its heading path.
"""

import re
from collections.abc import Sequence

from knowledge_base.documents import Document, Heading, Passage
from knowledge_base.sentences import Border, Sentence, split_sentences

CUTTER_VERSION = 1
"""Raise it when the same document would be cut differently: the next ingestion cuts everything anew."""

MAX_WORDS = 120
"""About 160 tokens: short enough to read several in 150 ms, long enough for a condition and its exception."""

CHARS_PER_WORD = 8
"""English has 6 with the space; codes, links and scripts without spaces count by their length instead."""

SHORT_WORDS = 20
"""A passage under this says little alone; a cut that leaves one is avoided when another cut is as good."""

WRAPPED_KINDS = frozenset({"text"})
"""Kinds whose line ends may stand inside a sentence; other loaders have already joined such lines."""

# What a cut costs; one passage costs PASSAGE_COST, so that fewer passages win when the cuts are alike.
PASSAGE_COST = 1.0
SHORT_COST = 0.8
CUT_COST = {Border.PARAGRAPH: 0.0, Border.LINE: 0.3, Border.SPACE: 0.6}
CUT_AFTER_COLON_COST = 1.5
"""A list belongs to the words that introduce it."""

_WORD = re.compile(r"\S+")


def cut_passages(document: Document) -> list[Passage]:
    """Passages of a document in order, with id 0. A FAQ entry and a SQuAD paragraph are one passage each."""
    if document.kind == "squad":
        # Whole and untouched, white space too: data sets count characters from its first one.
        return [_passage(document, 0, len(document.text), ())]
    if document.question is not None:
        start, end = _trim(document.text, 0, len(document.text))
        return [_passage(document, start, end, (document.question,))] if start < end else []
    passages = []
    for start, end, path in _sections(document):
        sentences = split_sentences(document.text, start, end, document.kind in WRAPPED_KINDS)
        for first, last in _spans(document.text, sentences):
            passages.append(_passage(document, first, last, path))
    return passages


def word_size(text: str) -> int:
    """How many words a text counts as: its words, or its length where words are long or not parted."""
    return max(len(text.split()), -(-len(text) // CHARS_PER_WORD))


def _passage(document: Document, start: int, end: int, path: tuple[str, ...]) -> Passage:
    return Passage(0, document.id, document.title, path, start, end, document.text[start:end], document.url)


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())


def _sections(document: Document) -> list[tuple[int, int, tuple[str, ...]]]:
    """(start, end, heading path) of the text between the headings."""
    headings = sorted(document.headings, key=lambda heading: heading.start)
    sections = []
    above: list[Heading] = []
    position = 0
    for heading in headings:
        sections.append((position, heading.start, _path(above, document.title)))
        above = [*(h for h in above if h.level < heading.level), heading]
        position = heading.end
    sections.append((position, len(document.text), _path(above, document.title)))
    return [section for section in sections if document.text[section[0] : section[1]].strip()]


def _path(above: Sequence[Heading], title: str) -> tuple[str, ...]:
    return tuple(heading.text for heading in above if heading.text != title)


def _spans(text: str, sentences: Sequence[Sentence]) -> list[tuple[int, int]]:
    """Characters of each passage: the cheapest way to cut between sentences."""
    pieces = [piece for sentence in sentences for piece in _fitting(text, sentence)]
    if not pieces:
        return []
    sizes = [word_size(text[piece.start : piece.end]) for piece in pieces]
    best: list[tuple[float, int]] = [(0.0, 0)]  # best[n]: cost of the first n pieces, where their last passage starts
    for stop in range(1, len(pieces) + 1):
        best.append(_cheapest(text, pieces, sizes, best, stop))
    spans = []
    stop = len(pieces)
    while stop:
        first = best[stop][1]
        spans.append((pieces[first].start, pieces[stop - 1].end))
        stop = first
    return spans[::-1]


def _cheapest(
    text: str, pieces: Sequence[Sentence], sizes: Sequence[int], best: Sequence[tuple[float, int]], stop: int
) -> tuple[float, int]:
    """(cost, first piece) of the best passage that ends before piece `stop`."""
    found = (float("inf"), stop - 1)
    words = 0
    for first in range(stop - 1, -1, -1):
        words += sizes[first]
        if words > MAX_WORDS and first < stop - 1:
            break
        cost = best[first][0] + PASSAGE_COST + (SHORT_COST if words < SHORT_WORDS else 0.0)
        if first:
            cost += _cut_cost(text, pieces[first - 1], pieces[first])
        if cost < found[0]:
            found = (cost, first)
    return found


def _cut_cost(text: str, before: Sentence, after: Sentence) -> float:
    introduces = text[before.start : before.end].endswith(":")
    return CUT_COST[after.border] + (CUT_AFTER_COLON_COST if introduces else 0.0)


def _fitting(text: str, sentence: Sentence) -> list[Sentence]:
    """The sentence, or its parts between words when it alone is longer than a passage may be."""
    if word_size(text[sentence.start : sentence.end]) <= MAX_WORDS:
        return [sentence]
    parts: list[Sentence] = []
    start = end = sentence.start
    words = 0
    for word_start, word_end in _short_words(text, sentence.start, sentence.end):
        words += 1
        if end > start and max(words, -(-(word_end - start) // CHARS_PER_WORD)) > MAX_WORDS:
            parts.append(Sentence(start, end, sentence.border if not parts else Border.SPACE))
            start, words = word_start, 1
        end = word_end
    parts.append(Sentence(start, end, sentence.border if not parts else Border.SPACE))
    return parts


def _short_words(text: str, start: int, end: int) -> list[tuple[int, int]]:
    longest = MAX_WORDS * CHARS_PER_WORD
    return [
        (position, min(position + longest, word.end()))
        for word in _WORD.finditer(text, start, end)
        for position in range(word.start(), word.end(), longest)
    ]
