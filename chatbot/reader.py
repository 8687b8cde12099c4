"""The extractive reader: question + passages -> spans, whatever the language of the question.

Knows nothing of retrieval scores or thresholds: it says what it read, the pipeline decides.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from chatbot.answer import Span
from chatbot.spans import ScoredSpan, best_spans, merge_overlapping, to_whole_words
from chatbot.windows import Window, WindowLimits, cut_windows, pad_windows
from knowledge_base.documents import Passage
from knowledge_base.plain_text import line_starts
from retrieval.dictionary import Dictionary, with_gloss
from retrieval.encoder import batches_by_length
from retrieval.model_types import IntArray, ReaderNetwork, Tokens

BATCH_TOKENS = 4096
"""Tokens of one padded batch, padding included: large enough to fill two cores, small enough for a laptop."""

CACHED_TEXTS = 4096
"""Passage texts whose tokens are remembered: the same passages are read again and again."""


class Reader:
    """Reads passages with one network. Safe to share between threads if the network is."""

    def __init__(
        self,
        network: ReaderNetwork,
        limits: WindowLimits | None = None,
        *,
        read_lead: bool = True,
        dictionary: Dictionary | None = None,
    ) -> None:
        """`read_lead`: let the reader see title and headings before the text (never as an answer).

        `dictionary`: for a network that was trained to read questions beside their English gloss.
        """
        self._network = network
        self._dictionary = dictionary
        limits = limits or WindowLimits()
        self._limits = WindowLimits(min(limits.max_tokens, network.tokenizer.max_tokens), limits.stride_tokens)
        self._read_lead = read_lead
        self._tokens = lru_cache(maxsize=CACHED_TEXTS)(self._tokenize)
        self._borders = lru_cache(maxsize=CACHED_TEXTS)(_borders)

    @property
    def fingerprint(self) -> str:
        """The checkpoint the spans come from, and the dictionary its questions are glossed with."""
        glossed = f"+{self._dictionary.fingerprint}" if self._dictionary else ""
        return self._network.fingerprint + glossed

    @property
    def number_type(self) -> str:
        """What the network computes with."""
        return self._network.number_type

    def wording(self, question: str, language: str | None) -> str:
        """The question as this reader is to read it: beside its gloss where it reads one."""
        return with_gloss(question, language, self._dictionary) if self._dictionary else question

    def read(self, question: str, passages: Sequence[Passage]) -> list[Span]:
        """The non-overlapping spans of all passages, best margin first."""
        return sorted(
            (span for spans in self.read_batch([(question, p) for p in passages]) for span in spans),
            key=lambda span: -span.margin,
        )

    def read_batch(self, pairs: Sequence[tuple[str, Passage]]) -> list[list[Span]]:
        """For each (question, passage) its spans, best margin first; windows of all pairs share batches."""
        windows: list[Window] = []
        owners: list[int] = []
        for index, (question, passage) in enumerate(pairs):
            lead = self._tokens(passage.lead + "." if self._read_lead and passage.lead else "")
            cut = cut_windows(
                self._tokens(question),
                [(lead, self._tokens(passage.text))],
                self._network.tokenizer.template,
                self._limits,
            )
            windows.extend(cut)
            owners.extend([index] * len(cut))
        found: list[list[ScoredSpan]] = [[] for _ in pairs]
        for rows in batches_by_length([len(window.ids) for window in windows], BATCH_TOKENS):
            batch = pad_windows([windows[row] for row in rows], self._network.tokenizer.pad_id)
            starts, ends = self._network.span_scores(batch)
            for line, row in enumerate(rows):
                window, (_, passage) = windows[row], pairs[owners[row]]
                found[owners[row]] += best_spans(
                    starts[line], ends[line], window.first, window.offsets, self._borders(passage.text)
                )
        return [_spans(passage, spans) for (_, passage), spans in zip(pairs, found, strict=True)]

    def _tokenize(self, text: str) -> Tokens:
        if not text:
            return Tokens(np.zeros(0, dtype=np.int64), np.zeros((0, 2), dtype=np.int64))
        return self._network.tokenizer.tokenize([text])[0]


def _borders(text: str) -> IntArray:
    """Where list items, table rows and paragraphs begin: words of two of them never are one answer."""
    return np.array(line_starts(text), dtype=np.int64)


def _spans(passage: Passage, found: list[ScoredSpan]) -> list[Span]:
    widened = []
    for span in found:
        start, end = to_whole_words(passage.text, span.start, span.end)
        if start < end:
            widened.append(ScoredSpan(start, end, span.score, span.no_answer_score))
    return [Span(passage, s.start, s.end, s.score, s.no_answer_score) for s in merge_overlapping(widened)]
