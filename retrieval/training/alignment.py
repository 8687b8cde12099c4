"""First rows for new pieces: IBM Model 1 says which English pieces a piece stands for (Brown et al. 1993).

Pure numpy; knows nothing of networks.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ROUNDS = 6  # more only sharpen what is already decided
MIN_PROBABILITY = 0.03  # below, an English piece is noise of the sentences that a piece occurs in
NOTHING = 0  # number of the empty word: English pieces that nothing in the other text stands for
MAX_CELLS = 24_000_000  # of all piece pairs together: memory, about 1 GB

IntVector = NDArray[np.int64]
FloatVector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Translations:
    """Which English piece translates which piece how often: three parallel columns, sorted by piece."""

    piece: IntVector
    english: IntVector
    probability: FloatVector
    """t(english | piece)"""

    def by_piece(self) -> Iterator[tuple[int, slice]]:
        """Each piece once, with where in the columns its translations stand."""
        pieces, begins = np.unique(self.piece, return_index=True)
        ends = np.append(begins[1:], len(self.piece))
        for piece, begin, end in zip(pieces, begins, ends, strict=True):
            yield int(piece), slice(int(begin), int(end))


@dataclass(frozen=True, slots=True)
class NumberedTexts:
    """Texts as word numbers, ready to align."""

    rows: list[list[int]]
    names: list[str]
    """Words by number; 0 is nobody's."""


def number_words(texts: Iterable[Sequence[str]]) -> NumberedTexts:
    """Number words in the order in which they first occur."""
    numbers: dict[str, int] = {}
    rows = [[numbers.setdefault(word, len(numbers) + 1) for word in words] for words in texts]
    return NumberedTexts(rows, ["", *numbers])


def align(pieces: Sequence[Sequence[int]], english: Sequence[Sequence[int]], rounds: int = ROUNDS) -> Translations:
    """Expectation maximisation over text pairs, given as piece numbers (0 is reserved)."""
    piece, word, group = _cells(pieces, english)
    span = int(word.max()) + 1
    keys, cell = np.unique(piece * span + word, return_inverse=True)
    left, right = keys // span, keys % span
    probability = np.full(len(keys), 1.0)
    for _ in range(rounds):
        weight = probability[cell]
        weight /= np.bincount(group, weights=weight)[group]  # an English piece is shared out over its text's pieces
        counts = np.bincount(cell, weights=weight, minlength=len(keys))
        probability = counts / np.bincount(left, weights=counts)[left]
    kept = (probability > MIN_PROBABILITY) & (left != NOTHING)
    return Translations(left[kept], right[kept], probability[kept])


def average_rows(translations: Translations, english_rows: NDArray[np.float32]) -> dict[int, NDArray[np.float32]]:
    """For each aligned piece the mean of its English rows, weighted by probability."""
    rows: dict[int, NDArray[np.float32]] = {}
    for piece, places in translations.by_piece():
        weights = translations.probability[places]
        mean = weights @ english_rows[translations.english[places]] / weights.sum()
        rows[piece] = mean.astype(np.float32)
    return rows


def _cells(pieces: Sequence[Sequence[int]], english: Sequence[Sequence[int]]) -> tuple[IntVector, IntVector, IntVector]:
    """Every (piece, English piece) of every pair, and a number for the English position it belongs to."""
    left, right, groups = [], [], []
    position = total = 0
    for ours, theirs in zip(pieces, english, strict=True):
        if not ours or not theirs or total > MAX_CELLS:
            continue
        with_nothing = np.array([NOTHING, *ours], dtype=np.int64)
        left.append(np.tile(with_nothing, len(theirs)))
        right.append(np.repeat(np.array(theirs, dtype=np.int64), len(with_nothing)))
        groups.append(np.repeat(np.arange(position, position + len(theirs)), len(with_nothing)))
        position += len(theirs)
        total += len(left[-1])
    return np.concatenate(left), np.concatenate(right), np.concatenate(groups)
