"""Nearest passages by shared rare words (BM25): where hard wrong passages and fitting passages come from."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

WORD = re.compile(r"\w+")
K1 = 1.2  # BM25's usual saturation of repeated words
B = 0.75  # BM25's usual share of length normalisation
MAX_DOCUMENT_SHARE = 0.1  # a word in more passages than this says nothing about any of them and costs the most


class WordIndex:
    """An inverted index over texts, held in memory."""

    def __init__(self, texts: Sequence[str]) -> None:
        counts = [Counter(WORD.findall(text.lower())) for text in texts]
        lengths = np.array([max(1, sum(count.values())) for count in counts], dtype=np.float64)
        self._norm = K1 * (1 - B + B * lengths / max(1.0, lengths.sum() / max(1, len(texts))))  # (texts,)
        postings: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for number, count in enumerate(counts):
            for word, times in count.items():
                postings[word].append((number, times))
        limit = max(2, int(MAX_DOCUMENT_SHARE * len(texts)))
        self._postings: dict[str, tuple[NDArray[np.int64], NDArray[np.float64]]] = {}
        for word, entries in postings.items():
            if len(entries) > limit:
                continue
            ids = np.array([number for number, _ in entries])
            times_ = np.array([times for _, times in entries], dtype=np.float64)
            rarity = np.log(1 + (len(texts) - len(entries) + 0.5) / (len(entries) + 0.5))
            self._postings[word] = (ids, rarity * times_ * (K1 + 1) / (times_ + self._norm[ids]))

    def nearest(self, text: str, count: int) -> list[int]:
        """Numbers of the texts that share most with this one, best first; fewer where nothing more is shared."""
        hits = [self._postings[word] for word in set(WORD.findall(text.lower())) if word in self._postings]
        if not hits:
            return []
        ids = np.concatenate([numbers for numbers, _ in hits])
        unique, where = np.unique(ids, return_inverse=True)
        scores = np.bincount(where, weights=np.concatenate([weights for _, weights in hits]))
        best = np.lexsort((unique, -scores))[:count]  # equal scores in a fixed order, so that a seed decides all
        return [int(number) for number in unique[best]]
