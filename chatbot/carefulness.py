"""How careful the bot is: the confidence from which on it answers, and what other choices would cost.

Three may say it: the start of the program, else the operators at their desk, else the calibration.
"""

import math

from chatbot.calibration import Calibration, TradeOff
from knowledge_base.choices import Choices
from knowledge_base.store import KnowledgeBase

THRESHOLD = "threshold"
"""Name of the choice in the knowledge base."""

OFFERED_TARGETS = (0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.6, 0.5)
"""Shares of right answers that are offered, from careful to eager."""


class BadThreshold(Exception):
    """Not a confidence."""


class Carefulness:
    """The threshold in use. Safe to share between threads."""

    def __init__(self, knowledge_base: KnowledgeBase, fixed: float | None = None) -> None:
        """`fixed`: set at the start of the program; nobody can choose then."""
        self._choices = Choices(knowledge_base)
        self.fixed = fixed

    @property
    def threshold(self) -> float | None:
        """Answer only when at least this sure, 0..1; None = what calibration found."""
        if self.fixed is not None:
            return self.fixed
        chosen = self._choices.get(THRESHOLD)
        return float(chosen) if chosen is not None else None

    def choose(self, threshold: float | None) -> None:
        """Keep an operator's choice, for every question from now on; None goes back to what calibration found.

        Raises BadThreshold.
        """
        if threshold is None:
            self._choices.forget(THRESHOLD)
        elif math.isfinite(threshold) and 0 <= threshold <= 1:
            self._choices.keep(THRESHOLD, repr(threshold))
        else:
            raise BadThreshold(f"{threshold} is no confidence: give a number from 0 to 1.")


def offers(calibration: Calibration) -> list[TradeOff]:
    """What an operator can choose between, careful first: the measured cost of each; empty while nothing is fitted."""
    points = [calibration.cost_at(calibration.for_target(target).threshold) for target in OFFERED_TARGETS]
    distinct = {point.threshold: point for point in points if point is not None}
    return sorted(distinct.values(), key=lambda point: -point.threshold)
