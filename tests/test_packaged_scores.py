"""The packaged models are the ones whose scores were written down, and they still reach them."""

import json

import pytest
from packaged_sample import RECORDED, measure_sample, weight_hashes

AGAIN = "if the weights were meant to change, run tests/benchmarks/packaged_models.py to measure them anew"
OTHER_PROCESSORS = 4.0
"""Points: int8 kernels of another processor round differently, which moves a question or two of the 52."""


def test_the_weights_are_those_that_were_measured() -> None:
    assert weight_hashes() == json.loads(RECORDED.read_text(encoding="utf-8"))["hashes"], AGAIN


def test_a_sample_of_the_scores_is_reached_again() -> None:
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))["sample"]
    assert measure_sample() == pytest.approx(recorded, abs=OTHER_PROCESSORS), AGAIN
