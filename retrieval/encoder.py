"""Texts -> unit vectors: prefixes, batches, pooling.

Knows nothing of torch: the network behind it may be a fake.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal, get_args

import numpy as np

from retrieval.dictionary import Dictionary, with_gloss
from retrieval.model_types import EncoderNetwork, FloatArray, IntArray, TokenBatch, Tokenizer
from retrieval.packaged import CheckpointError

Pooling = Literal["mean", "cls"]
Progress = Callable[[int, int], None]
"""Called with (done, total)."""

BATCH_TOKENS = 2048
"""Padded tokens in one batch: larger ones gain nothing on a processor, and a question waits for a batch to end."""


class UnknownPooling(CheckpointError):
    """The pooling asked for does not exist."""


class Encoder:
    """A network with the conventions it was trained with. Threads may share it."""

    def __init__(
        self,
        network: EncoderNetwork,
        question_prefix: str = "",
        passage_prefix: str = "",
        pooling: str = "mean",
        dictionary: Dictionary | None = None,
    ) -> None:
        """`dictionary`: for a network that finds more when a question stands beside its English gloss."""
        if pooling not in get_args(Pooling):
            raise UnknownPooling(
                f"pooling {pooling!r} is unknown: choose one of {', '.join(get_args(Pooling))}, or, where the "
                "checkpoint itself asks for it, another encoder."
            )
        self.network = network
        self.question_prefix = question_prefix
        self.passage_prefix = passage_prefix
        self.pooling = pooling
        self._dictionary = dictionary

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self.network.dim

    @property
    def fingerprint(self) -> str:
        """The key under which passage vectors are stored; the question's prefix changes none of them."""
        return f"{self.network.fingerprint}|{self.pooling}|{self.passage_prefix}"

    @property
    def number_type(self) -> str:
        """What the network computes with."""
        return self.network.number_type

    def encode_questions(self, texts: Sequence[str], languages: Sequence[str | None] | None = None) -> FloatArray:
        """Unit vectors (n, dim) of questions. `languages` (n,), ISO 639-1: where known they can be glossed."""
        if self._dictionary and languages is not None:
            known = zip(texts, languages, strict=True)
            texts = [with_gloss(text, language, self._dictionary) for text, language in known]
        return self._encode([self.question_prefix + text for text in texts], None)

    def encode_passages(self, texts: Sequence[str], on_progress: Progress | None = None) -> FloatArray:
        """Unit vectors (n, dim) of passages; what exceeds the network's longest input is cut off."""
        return self._encode([self.passage_prefix + text for text in texts], on_progress)

    def _encode(self, texts: Sequence[str], on_progress: Progress | None) -> FloatArray:
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        rows = [tokens.ids for tokens in self.network.tokenizer.tokenize(texts)]
        done = 0
        for places, batch in text_batches(self.network.tokenizer, rows, BATCH_TOKENS):
            vectors[places] = unit_length(pool(self.network.hidden(batch), batch.mask, self.pooling))
            done += len(places)
            if on_progress is not None:
                on_progress(done, len(texts))
        return vectors


def text_batches(
    tokenizer: Tokenizer, rows: Sequence[IntArray], batch_tokens: int
) -> Iterator[tuple[list[int], TokenBatch]]:
    """Token ids of whole texts -> padded batches between special tokens, with the places of their texts.

    What exceeds the longest input is cut off; the same lengths give the same batches.
    """
    template = tokenizer.template
    room = tokenizer.max_tokens - len(template.start) - len(template.end)
    whole = [[*template.start, *row[:room].tolist(), *template.end] for row in rows]
    for places in batches_by_length([len(row) for row in whole], batch_tokens):
        yield places, pad([whole[place] for place in places], tokenizer.pad_id)


def batches_by_length(lengths: Sequence[int], batch_tokens: int) -> Iterator[list[int]]:
    """Places grouped so that no batch exceeds `batch_tokens` with padding; longest first.

    Longest first, so that memory runs out at once if it does, and the progress shown is slower than the end.
    """
    order = sorted(range(len(lengths)), key=lambda place: (-lengths[place], place))
    start = 0
    while start < len(order):
        longest = max(lengths[order[start]], 1)
        size = max(batch_tokens // longest, 1)
        yield order[start : start + size]
        start += size


def pad(rows: Sequence[Sequence[int]], pad_id: int) -> TokenBatch:
    """Token rows side by side, all in segment 0."""
    length = max(len(row) for row in rows)
    ids = np.full((len(rows), length), pad_id, dtype=np.int64)
    mask = np.zeros((len(rows), length), dtype=np.int64)
    for place, row in enumerate(rows):
        ids[place, : len(row)] = row
        mask[place, : len(row)] = 1
    return TokenBatch(ids, mask, np.zeros_like(ids))


def pool(hidden: FloatArray, mask: np.ndarray, pooling: str) -> FloatArray:
    """One vector (n, dim) per row of hidden states (n, length, dim): the first token's, or the mean of real tokens."""
    if pooling == "cls":
        first: FloatArray = hidden[:, 0]
        return first
    weights = mask.astype(np.float32)  # (n, length)
    total: FloatArray = np.einsum("nld,nl->nd", hidden, weights)
    mean: FloatArray = total / np.maximum(weights.sum(axis=1, keepdims=True), 1.0)
    return mean


def unit_length(vectors: FloatArray) -> FloatArray:
    """Rows scaled to length 1; a zero row stays zero, and a row that is not finite becomes zero."""
    finite = np.nan_to_num(vectors, nan=0.0, posinf=0.0, neginf=0.0)
    lengths = np.linalg.norm(finite, axis=1, keepdims=True)
    scaled: FloatArray = (finite / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)
    return scaled
