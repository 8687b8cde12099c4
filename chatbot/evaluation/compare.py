"""Two runs -> what changed beyond noise, language by language. Pure.

Where both runs kept their outcomes and asked the same questions, the differences are paired by question, which finds
changes several times smaller than looking at two intervals does.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import hypot

from chatbot.evaluation.bootstrap import CONFIDENCE_PERCENT, Interval, difference_interval
from chatbot.evaluation.outcomes import Outcome
from chatbot.evaluation.results import GAP_END_TO_END_F1, GAP_F1, RIGHT_OF_ANSWERED, SCORES, Results
from chatbot.evaluation.scoring import question_scores

COMPARE_PERCENT = 99.0
"""Wider than the printed intervals: a dozen languages are looked at together, and at 95 % one score in twenty would
seem to change between two equal runs."""

_Z = {95.0: 1.960, 99.0: 2.576}
"""Half widths of normal intervals in standard errors, for runs that kept no outcomes."""

LONG_HASH = re.compile(r"([0-9a-f]{12})[0-9a-f]+")

Outcomes = Mapping[str, Sequence[Outcome]]


@dataclass(frozen=True, slots=True)
class Change:
    """One score of one language in two runs; `difference` is second minus first."""

    language: str
    score: str
    first: float
    second: float
    difference: Interval
    paired: bool

    @property
    def beyond_noise(self) -> bool:
        """The interval of the difference leaves out zero."""
        return self.difference.excludes_zero


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything both runs have, what they were made with, and why they may not be comparable."""

    changes: tuple[Change, ...]
    warnings: tuple[str, ...]
    differences: tuple[str, ...] = ()
    """Checkpoints, calibration and number types that are not the same in both."""

    @property
    def beyond_noise(self) -> tuple[Change, ...]:
        """The changes that chance does not explain."""
        return tuple(change for change in self.changes if change.beyond_noise)


def compare(
    first: Results, second: Results, first_outcomes: Outcomes | None = None, second_outcomes: Outcomes | None = None
) -> Comparison:
    """Every score that both runs have. Transfer gaps are left out: they follow from the scores."""
    before, after = first_outcomes or {}, second_outcomes or {}
    changes = []
    for code in first.languages:
        if code not in second.languages:
            continue
        one, other = first.languages[code].scores, second.languages[code].scores
        for name in SCORES:
            if name in one and name in other and name not in (GAP_F1, GAP_END_TO_END_F1):
                paired = _paired(before.get(code, ()), after.get(code, ()), name)
                difference = paired or _unpaired(one[name], other[name])
                changes.append(Change(code, name, one[name].value, other[name].value, difference, paired is not None))
    return Comparison(tuple(changes), tuple(_warnings(first, second)), tuple(_differences(first, second)))


def describe(comparison: Comparison) -> str:
    """The comparison in plain words, one line per change."""
    lines = [f"warning: {warning}" for warning in comparison.warnings]
    lines += [f"different {difference}" for difference in comparison.differences]
    found = comparison.beyond_noise
    languages = dict.fromkeys(change.language for change in comparison.changes)
    for code in languages:
        mine = [change for change in found if change.language == code]
        lines.append(f"{code}: {'no change beyond noise' if not mine else ''}".rstrip())
        lines += [
            f"  {c.score}: {c.first:.1f} -> {c.second:.1f} ({c.difference.value:+.1f}, "
            f"{COMPARE_PERCENT:.0f} % interval {c.difference.low:+.1f} to {c.difference.high:+.1f})"
            for c in mine
        ]
    if not languages:
        lines.append("The two runs have no language in common.")
    return "\n".join(lines)


def _paired(first: Sequence[Outcome], second: Sequence[Outcome], name: str) -> Interval | None:
    if name == RIGHT_OF_ANSWERED:
        return None  # each run answers questions of its own choice; on the shared ones alone the mean would be another
    if not first or {outcome.id for outcome in first} != {outcome.id for outcome in second}:
        return None
    clusters = {outcome.id: outcome.cluster for outcome in first}
    return difference_interval(question_scores(second, name), question_scores(first, name), clusters, COMPARE_PERCENT)


def _unpaired(first: Interval, second: Interval) -> Interval:
    error = hypot(first.high - first.low, second.high - second.low) / (2 * _Z[CONFIDENCE_PERCENT])
    difference = second.value - first.value
    return Interval(difference, difference - _Z[COMPARE_PERCENT] * error, difference + _Z[COMPARE_PERCENT] * error)


def _warnings(first: Results, second: Results) -> list[str]:
    found = []
    one, other = first.run.get("data", {}), second.run.get("data", {})
    if one.get("hash") != other.get("hash"):
        found.append(f"the runs used different data ({one.get('name')} and {other.get('name')})")
    apart = sorted(first.languages.keys() ^ second.languages.keys())
    if apart:
        found.append(f"only one of the runs has {', '.join(apart)}")
    return found


def _differences(first: Results, second: Results) -> list[str]:
    found = []
    for group, prefix in (("checkpoints", ""), ("number_types", "number type of the ")):
        one, other = first.run.get(group, {}), second.run.get(group, {})
        for part in dict.fromkeys([*one, *other]):
            if one.get(part) != other.get(part):
                found.append(f"{prefix}{part}: {_short(one, part)} -> {_short(other, part)}")
    return found


def _short(stated: Mapping[str, str | None], part: str) -> str:
    """Hashes cut as Git cuts them; a checkpoint's hash may be followed by its dictionary's or its pooling."""
    if part not in stated:
        return "not stated"
    return LONG_HASH.sub(r"\1", stated[part] or "none")
