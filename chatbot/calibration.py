"""When to answer and when to say "not found": span and retrieval scores -> probability that the answer is right.

A logistic curve on stored coefficients, plain numpy. Knows nothing of how the coefficients were fitted
(`chatbot/evaluation/fitting.py` does that) and never decides what is retrieved or read.
"""

import json
import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FORMAT_VERSION = 2
"""Changes when the stored features change their meaning; an older file is refused, never reinterpreted."""

DEFAULT_THRESHOLD = 0.5
"""Until something is fitted: answer when an answer is likelier right than wrong."""

DEFAULT_HOPED_MARGIN = 2.0
"""Until something is fitted: about half of the right spans have a smaller margin."""

DEFAULT_HOPED_WORDS = 2
"""Until something is fitted: most answers to customers are a number with its unit, or a name."""

MAX_LANGUAGE_SHIFT = 1.0
"""Logits. The language may move the confidence mildly (0.50 -> 0.73 at most) but never decide alone."""

MAX_DEVIATION = 6.0
"""Standard deviations. A score far outside what was seen at fitting time must not outweigh all the others."""

FITTED_FEATURES = (
    "margin",
    "similarity",
    "similarity_margin",
    "keyword_score",
    "retrieval_rank",
    "span_words",
)
"""What new fits go by; a stored calibration names its own."""

ON_LOG_SCALE = ("keyword_score", "retrieval_rank", "span_words")
"""Long-tailed: the step from 0 to 1 says more than that from 10 to 11."""

logger = logging.getLogger(__name__)


class CalibrationError(Exception):
    """The stored calibration cannot be used."""


class UnreadableCalibration(CalibrationError):
    """The file is missing, not JSON, or lacks what a calibration needs."""


class OtherCalibrationVersion(CalibrationError):
    """The file was written by another version of the program."""


class OtherCheckpoints(CalibrationError):
    """The file belongs to another encoder or reader; its numbers mean nothing here."""


@dataclass(frozen=True, slots=True)
class SpanFeatures:
    """What is known about the best span of one question."""

    margin: float = 0.0
    """Reader: how far it puts the span before no answer, in nats."""
    similarity: float = 0.0
    """Encoder: cosine of question and passage."""
    similarity_margin: float = 0.0
    """Cosine of this passage minus the next best other passage; negative when another one is nearer."""
    keyword_score: float = 0.0
    """BM25 of the passage, 0 when keyword search did not find it."""
    retrieval_rank: int = 0
    """Place of the passage among the retrieved, 0 = best."""
    span_words: int = 0
    """Length of the span: long ones are right less often."""

    def values(self, names: Sequence[str] = FITTED_FEATURES) -> NDArray[np.float64]:
        """The named features in their order, (len(names),); long-tailed ones on a log scale."""
        values = ((name, float(getattr(self, name))) for name in names)
        return np.array([math.log1p(max(0.0, value)) if name in ON_LOG_SCALE else value for name, value in values])


@dataclass(frozen=True, slots=True)
class TradeOff:
    """What one threshold costs, counted on questions that were not used for fitting."""

    threshold: float
    answered: float
    """Share of all questions that get an answer, 0..1."""
    right: float
    """Share of the answers given that are right, 0..1."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Coefficients of the logistic curve, the threshold, and the checkpoints they belong to."""

    features: tuple[str, ...]
    """What the coefficients below belong to, in their order."""
    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float
    threshold: float
    hoped_margin: float = DEFAULT_HOPED_MARGIN
    hoped_span_words: int = DEFAULT_HOPED_WORDS
    """What a right span in a passage not read yet may look like: decides whether reading on can pay."""
    language_shifts: Mapping[str, float] = field(default_factory=dict)
    """Language code -> logits added; a language that is not there gets 0."""
    encoder_fingerprint: str | None = None
    """None: belongs to no checkpoint in particular (the hand-set default)."""
    reader_fingerprint: str | None = None
    target: float | None = None
    """Share of right answers the threshold was chosen for."""
    trade_offs: tuple[TradeOff, ...] = ()
    """From eager (low threshold) to careful (high)."""
    fitted: Mapping[str, Any] = field(default_factory=dict)
    """For people: date, commit, rows and sources of the fit."""

    @classmethod
    def default(cls) -> "Calibration":
        """Hand-set until fitted: a span two logits ahead of "no answer" in the nearest passage is a coin toss."""
        return cls(
            features=("margin", "similarity", "similarity_margin", "retrieval_rank"),
            means=(2.0, 0.5, 0.05, 0.0),
            scales=(4.0, 0.2, 0.1, 1.0),
            weights=(1.6, 0.5, 0.2, -0.3),
            bias=0.0,
            threshold=DEFAULT_THRESHOLD,
        )

    @classmethod
    def load(cls, path: Path, encoder_fingerprint: str, reader_fingerprint: str) -> "Calibration":
        """Read a stored calibration. Raises CalibrationError when it cannot be used with these checkpoints."""
        calibration = _from_json(_read(path), path)
        found = (calibration.encoder_fingerprint, calibration.reader_fingerprint)
        if found != (encoder_fingerprint, reader_fingerprint):
            raise OtherCheckpoints(
                f"{path} was fitted for encoder {found[0]} and reader {found[1]}, but encoder {encoder_fingerprint} "
                f"and reader {reader_fingerprint} are in use. Fit one to these with "
                "`python main.py calibrate QUESTIONS --out FILE`, then name it with --calibration FILE."
            )
        return calibration

    @classmethod
    def load_or_default(cls, path: Path, encoder_fingerprint: str, reader_fingerprint: str) -> "Calibration":
        """`load`, but with a warning and the hand-set default where the stored one cannot be used."""
        try:
            return cls.load(path, encoder_fingerprint, reader_fingerprint)
        except CalibrationError as error:
            logger.warning("Confidence is a rough guess: %s", error)
            return cls.default()

    def save(self, path: Path) -> None:
        """Write the calibration as JSON, whole or not at all."""
        record = {"version": FORMAT_VERSION, **asdict(self)}
        partial = path.with_name(path.name + ".partial")
        partial.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        partial.replace(path)

    def confidence(self, features: SpanFeatures, language: str | None = None) -> float:
        """Probability that the span is the right answer, 0..1; 0 when a score is not a number."""
        values = features.values(self.features)  # (k,)
        if not np.isfinite(values).all():
            return 0.0
        deviations = (values - np.asarray(self.means)) / np.asarray(self.scales)  # (k,)
        logit = self.bias + float(np.clip(deviations, -MAX_DEVIATION, MAX_DEVIATION) @ np.asarray(self.weights))
        return _logistic(logit + self._shift(language))

    def hope(self, unread: SpanFeatures) -> SpanFeatures:
        """The features of a passage not read yet, were a good answer in it."""
        return replace(unread, margin=self.hoped_margin, span_words=self.hoped_span_words)

    def for_target(self, right: float) -> "Calibration":
        """The same curve with the threshold that answers most while `right` of the answers are right.

        Where no threshold reaches it, the one that comes nearest.
        """
        if not self.trade_offs:
            return replace(self, target=right)
        good_enough = [point for point in self.trade_offs if point.right >= right]
        if good_enough:
            chosen = max(good_enough, key=lambda point: (point.answered, -point.threshold))
        else:
            chosen = max(self.trade_offs, key=lambda point: (point.right, point.answered))
        return replace(self, threshold=chosen.threshold, target=right)

    def cost_at(self, threshold: float) -> TradeOff | None:
        """What the nearest measured threshold answered and got right; None while nothing was fitted."""
        return min(self.trade_offs, key=lambda point: abs(point.threshold - threshold), default=None)

    def _shift(self, language: str | None) -> float:
        shift = self.language_shifts.get(language or "", 0.0)
        return max(-MAX_LANGUAGE_SHIFT, min(MAX_LANGUAGE_SHIFT, shift))


def _logistic(logit: float) -> float:
    if logit < 0:  # exp() of a large positive number overflows
        return math.exp(logit) / (1 + math.exp(logit))
    return 1 / (1 + math.exp(-logit))


def _read(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnreadableCalibration(
            f"No calibration can be read at {path}: {error.strerror or error}. "
            f"Make one with: python main.py calibrate QUESTIONS --out {path}"
        ) from error
    except ValueError as error:
        raise UnreadableCalibration(f"{path} is not JSON ({error}). Run `python main.py calibrate` again.") from error
    if not isinstance(record, dict):
        raise UnreadableCalibration(f"{path} holds no calibration. Run `python main.py calibrate` again.")
    version = record.pop("version", None)
    if version != FORMAT_VERSION:
        raise OtherCalibrationVersion(
            f"{path} has calibration format {version}, this program reads {FORMAT_VERSION}. "
            "Run `python main.py calibrate` again."
        )
    return record


def _from_json(record: dict[str, Any], path: Path) -> Calibration:
    try:
        features = tuple(record["features"])
        unknown = [name for name in features if name not in FITTED_FEATURES]
        if unknown:
            raise ValueError(f"features {', '.join(map(str, unknown))}, which this program does not know")
        return Calibration(
            features=features,
            means=_numbers("means", record["means"], len(features)),
            scales=tuple(_positive("scales", scale) for scale in _numbers("scales", record["scales"], len(features))),
            weights=_numbers("weights", record["weights"], len(features)),
            bias=_number("bias", record["bias"]),
            threshold=_share("threshold", record["threshold"]),
            hoped_margin=_number("hoped_margin", record["hoped_margin"]),
            hoped_span_words=int(_number("hoped_span_words", record["hoped_span_words"])),
            language_shifts={code: _number(f"shift of {code}", x) for code, x in record["language_shifts"].items()},
            encoder_fingerprint=record["encoder_fingerprint"],
            reader_fingerprint=record["reader_fingerprint"],
            target=None if record["target"] is None else _share("target", record["target"]),
            trade_offs=tuple(
                TradeOff(**{name: _share(f"trade-off's {name}", share) for name, share in point.items()})
                for point in record["trade_offs"]
            ),
            fitted=record["fitted"],
        )
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise UnreadableCalibration(
            f"{path} lacks or misstates {error}. Run `python main.py calibrate` again."
        ) from error


def _numbers(name: str, row: Sequence[float], wanted: int) -> tuple[float, ...]:
    if len(row) != wanted:
        raise ValueError(f"{name}: {len(row)} coefficients where {wanted} are wanted")
    return tuple(_number(name, number) for number in row)


def _number(name: str, found: float) -> float:
    if not math.isfinite(found):  # JSON as Python reads it knows NaN and Infinity
        raise ValueError(f"{name}: {found} where a finite number is wanted")
    return float(found)


def _positive(name: str, found: float) -> float:
    if found <= 0:
        raise ValueError(f"{name}: {found} where a number above 0 is wanted")
    return found


def _share(name: str, found: float) -> float:
    if not 0 <= found <= 1:
        raise ValueError(f"{name}: {found} where a number from 0 to 1 is wanted")
    return float(found)
