"""The types that cross the seam between our code and a neural network: token arrays in, numpy out.

Knows nothing of torch; `retrieval/transformer.py` is the real thing, `tests/fakes.py` stands in for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Tokens:
    """One text without special tokens."""

    ids: IntArray  # (k,)
    offsets: IntArray  # (k, 2) characters [start, end) of the original text, whatever the normalisation


@dataclass(frozen=True, slots=True)
class PairTemplate:
    """How a checkpoint wraps a question and a passage: start + question + between + passage + end."""

    start: tuple[int, ...]
    between: tuple[int, ...]
    end: tuple[int, ...]
    passage_segment: int
    """Segment id of passage and end tokens (1 for BERT, 0 where segments are not used)."""


@dataclass(frozen=True, slots=True)
class TokenBatch:
    """Padded token rows, ready for a network."""

    ids: IntArray  # (n, length)
    mask: IntArray  # (n, length) 1 = real token
    segments: IntArray  # (n, length)


class Tokenizer(Protocol):
    """Text -> tokens, safe to call from several threads."""

    template: PairTemplate
    pad_id: int
    max_tokens: int
    """Longest input the network takes, special tokens included."""

    def tokenize(self, texts: Sequence[str]) -> list[Tokens]:
        """Cut each text into tokens, without special tokens and without truncation."""
        ...


class EncoderNetwork(Protocol):
    """A body whose last hidden states are pooled into vectors."""

    tokenizer: Tokenizer
    fingerprint: str
    """Changes when weights, tokenizer or pooling change: the key under which vectors are stored."""
    number_type: str
    """How weights are held and in what is computed, as `NumberTypes.label` puts it."""
    dim: int

    def hidden(self, batch: TokenBatch) -> FloatArray:
        """Last hidden states, (n, length, dim)."""
        ...


class RerankerNetwork(Protocol):
    """A body that says how well a passage answers a question, both read together."""

    tokenizer: Tokenizer
    fingerprint: str
    number_type: str

    def relevance(self, batch: TokenBatch) -> FloatArray:
        """Logits (n,): higher is better, comparable within one question."""
        ...


class ReaderNetwork(Protocol):
    """A body with a span head."""

    tokenizer: Tokenizer
    fingerprint: str
    number_type: str

    def span_scores(self, batch: TokenBatch) -> tuple[FloatArray, FloatArray]:
        """Start and end logits, each (n, length)."""
        ...
