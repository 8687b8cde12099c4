"""Questions that got no answer -> gaps: groups that ask for the same thing, whatever their language.

Pure numpy on the vectors of an encoder that puts "Wo ist mein Paket?" beside "Where is my parcel?".
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge_base.question_reports import OpenQuestion

FloatArray = NDArray[np.float32]

ALIKE = 0.45
"""Average cosine from which questions count as one gap. With the packaged encoder, on 13 questions in 23 languages
beside their gloss: at 0.45 pairs are found with precision 0.85 and recall 0.94, the best of 0.3 to 0.6."""

ALIKE_DEVIATIONS = 2.7
"""The same, in standard deviations above the usual cosine of a question and some passage; there it is 0.115 + 2.7 *
0.126."""

ALIKE_RANGE = (0.3, 0.95)
"""Beyond these everything, or nothing but the same words, would be one gap."""

MIN_BACKGROUND = 20
"""Fewer passages say nothing about what is usual."""


CENTRAL_SHARE = 0.8
"""An English question names its gap unless it lies this far from the middle, where it asks for something else."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Questions that ask for the same thing."""

    questions: tuple[OpenQuestion, ...]
    """The most asked first."""
    example: OpenQuestion
    """The one that says best what the group is about: English if one is central, else the most central."""

    @property
    def times(self) -> int:
        """How often any of them was asked."""
        return sum(question.times for question in self.questions)

    @property
    def ids(self) -> tuple[int, ...]:
        """Rows of the log, of all questions."""
        return tuple(sorted(number for question in self.questions for number in question.ids))

    @property
    def languages(self) -> dict[str, int]:
        """Language code -> times asked, most first; "" where it was not recognised."""
        counts: dict[str, int] = {}
        for question in self.questions:
            counts[question.language or ""] = counts.get(question.language or "", 0) + question.times
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def find_gaps(questions: Sequence[OpenQuestion], vectors: FloatArray, threshold: float = ALIKE) -> list[Gap]:
    """Groups of questions with their unit vectors (n, dim), the most asked group first, then the latest."""
    gaps = [_gap([questions[row] for row in rows], vectors[rows]) for rows in group_alike(vectors, threshold)]
    return sorted(gaps, key=lambda gap: (-gap.times, -max(q.last_asked_at.timestamp() for q in gap.questions)))


def group_alike(vectors: FloatArray, threshold: float = ALIKE) -> list[list[int]]:
    """Average-link clusters of unit vectors (n, dim): lists of row numbers, every row in exactly one.

    Merges the most similar clusters until no pair's average cosine reaches the threshold. By nearest-neighbour chains,
    which give the same clusters in n^2 instead of n^3 steps (Murtagh 1983).
    """
    if not len(vectors):
        return []
    alike = (vectors @ vectors.T).astype(np.float64)  # (n, n)
    np.fill_diagonal(alike, -np.inf)
    members = [[row] for row in range(len(vectors))]
    active = np.ones(len(vectors), dtype=bool)
    finished: list[list[int]] = []
    chain: list[int] = []
    while active.any():
        if not chain:
            chain = [int(np.argmax(active))]
        last = chain[-1]
        nearest = int(np.argmax(alike[last]))
        if alike[last, nearest] < threshold:
            # Averages never rise above what they are made of: this cluster can meet no other any more.
            finished.append(members[last])
            _retire(alike, active, last)
            chain = []
        elif len(chain) > 1 and alike[last, chain[-2]] >= alike[last, nearest]:
            _merge(alike, active, members, (last, chain[-2]))
            chain = chain[:-2]
        else:
            chain.append(nearest)
    return sorted((sorted(rows) for rows in finished), key=lambda rows: (-len(rows), rows))


def threshold_for(questions: FloatArray, passages: FloatArray) -> float:
    """From where on cosines mean "the same" with this encoder: far above those of questions (n, dim) and any passages.

    Most passages have nothing to do with a question, so they show what is usual. Some encoders squeeze all cosines into
    0.7 to 1, where a constant would put every question into one group.
    """
    if not len(questions) or len(passages) < MIN_BACKGROUND:
        return ALIKE
    usual = questions @ passages.T  # (n, m)
    return float(np.clip(usual.mean() + ALIKE_DEVIATIONS * usual.std(), *ALIKE_RANGE))


def _merge(
    alike: NDArray[np.float64], active: NDArray[np.bool_], members: list[list[int]], pair: tuple[int, int]
) -> None:
    kept, gone = pair
    sizes = len(members[kept]), len(members[gone])
    average = (alike[kept] * sizes[0] + alike[gone] * sizes[1]) / sum(sizes)  # (n,)
    alike[kept], alike[:, kept] = average, average
    alike[kept, kept] = -np.inf
    members[kept] = members[kept] + members[gone]
    _retire(alike, active, gone)


def _retire(alike: NDArray[np.float64], active: NDArray[np.bool_], row: int) -> None:
    active[row] = False
    alike[row], alike[:, row] = -np.inf, -np.inf


def _gap(questions: list[OpenQuestion], vectors: FloatArray) -> Gap:
    centre = vectors.mean(axis=0)  # (dim,)
    closeness = vectors @ centre
    order = sorted(range(len(questions)), key=lambda row: (-questions[row].times, -closeness[row]))
    wanted = CENTRAL_SHARE * float(closeness.max())
    english = [row for row in range(len(questions)) if questions[row].language == "en" and closeness[row] >= wanted]
    example = max(english or range(len(questions)), key=lambda row: float(closeness[row]))
    return Gap(tuple(questions[row] for row in order), questions[example])
