"""How far a mean could move by chance: bootstrap over documents. Pure numpy, seeded.

Questions about one document share its difficulty, so whole documents are drawn, not single questions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000
"""The interval ends then move by less than a tenth of the interval's width between seeds."""

SEED = 20250101
"""Fixed, so that the same results always print the same intervals."""

CONFIDENCE_PERCENT = 95.0
"""The usual interval; a difference outside it is called real."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A value and the ends of its bootstrap interval."""

    value: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Beyond noise: the whole interval lies on one side of zero."""
        return self.low > 0 or self.high < 0


def mean_interval(
    scores: Sequence[float], clusters: Sequence[str], percent: float = CONFIDENCE_PERCENT
) -> Interval | None:
    """Interval of the mean of `scores`; `clusters` names each score's document. None without scores."""
    if not scores:
        return None
    values = np.asarray(scores, dtype=float)
    return _interval(float(values.mean()), resampled_means(values, clusters), percent)


def difference_interval(
    first: Mapping[str, float],
    second: Mapping[str, float],
    clusters: Mapping[str, str],
    percent: float = CONFIDENCE_PERCENT,
) -> Interval | None:
    """Interval of the mean of first - second over the questions both have, paired by id. None without any."""
    shared = sorted(first.keys() & second.keys())
    return mean_interval([first[i] - second[i] for i in shared], [clusters[i] for i in shared], percent)


def mean_of_means(parts: Sequence[tuple[Sequence[float], Sequence[str]]]) -> Interval | None:
    """Interval of the unweighted mean over languages; documents they share are drawn together."""
    parts = [(scores, clusters) for scores, clusters in parts if len(scores)]
    if not parts:
        return None
    values = [np.asarray(scores, dtype=float) for scores, _ in parts]
    draws = [resampled_means(v, clusters) for v, (_, clusters) in zip(values, parts, strict=True)]
    return _interval(float(np.mean([v.mean() for v in values])), np.mean(draws, axis=0))


def resampled_means(values: Numbers, clusters: Sequence[str]) -> Numbers:
    """Means of RESAMPLES draws of clusters with replacement, (RESAMPLES,).

    The same set of clusters always meets the same draws, so results over the same documents stay paired.
    """
    _, place = np.unique(np.asarray(clusters, dtype=str), return_inverse=True)  # (n,)
    sizes = np.bincount(place)  # (c,)
    sums = np.bincount(place, weights=values)  # (c,)
    rng = np.random.default_rng(SEED)
    times_drawn = rng.multinomial(len(sizes), np.full(len(sizes), 1 / len(sizes)), size=RESAMPLES)  # (r, c)
    means: Numbers = (times_drawn @ sums) / (times_drawn @ sizes)
    return means


def _interval(value: float, draws: Numbers, percent: float = CONFIDENCE_PERCENT) -> Interval:
    tail = (100 - percent) / 2
    low, high = np.percentile(draws, [tail, 100 - tail])
    return Interval(value, float(low), float(high))
