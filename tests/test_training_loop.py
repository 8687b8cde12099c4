from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from retrieval.training.loop import LoopSettings, StatelessStage, adamw, train_loop
from retrieval.training.runs import Budget, batches_by_length, load_checkpoint, pad, rate_factor


@dataclass(frozen=True)
class Points:
    inputs: torch.Tensor
    token_count: int = 10


class Line(StatelessStage):
    """Fits y = 3x with one weight; stops dead before step `dies_at`."""

    def __init__(self, model: torch.nn.Linear, dies_at: int | None = None) -> None:
        self._model, self._dies_at, self._steps = model, dies_at, 0

    def batches(self, generator: np.random.Generator) -> Sequence[Points]:
        return [Points(torch.from_numpy(generator.normal(size=(4, 1)).astype(np.float32))) for _ in range(5)]

    def loss(self, batch: Points) -> torch.Tensor:
        if self._steps == self._dies_at:
            raise KeyboardInterrupt
        self._steps += 1
        return ((self._model(batch.inputs) - 3 * batch.inputs) ** 2).mean()


def fit(folder: Path, dies_at: int | None = None) -> tuple[float, list[float]]:
    model = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.zeros_(model.weight)
    settings = LoopSettings(folder, Budget(120), seed=3, save_every_seconds=-1.0)
    losses = train_loop(model, Line(model, dies_at), [adamw(list(model.parameters()), 0.1)], settings)
    return model.weight.item(), losses


def test_training_ends_when_the_tokens_are_spent(tmp_path):
    assert len(fit(tmp_path)[1]) == 12


def test_training_makes_the_loss_smaller(tmp_path):
    _, losses = fit(tmp_path)
    assert sum(losses[-4:]) < sum(losses[:4])


def test_interrupted_run_ends_with_the_same_weights_as_an_uninterrupted_one(tmp_path):
    whole = fit(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        fit(tmp_path / "cut", dies_at=7)
    assert fit(tmp_path / "cut") == whole


def test_run_of_short_epochs_is_saved_on_its_way(tmp_path, monkeypatch):
    passed = iter(range(10_000))
    monkeypatch.setattr("retrieval.training.runs.time.monotonic", lambda: float(next(passed)))
    model = torch.nn.Linear(1, 1, bias=False)
    settings = LoopSettings(tmp_path, Budget(1_000), seed=3, save_every_seconds=40.0)  # an epoch takes some 15
    with pytest.raises(KeyboardInterrupt):
        train_loop(model, Line(model, dies_at=60), [adamw(list(model.parameters()), 0.1)], settings)
    assert load_checkpoint(tmp_path)["position"][0] > 0


def test_finished_run_is_not_trained_again(tmp_path):
    first = fit(tmp_path)
    assert fit(tmp_path) == first


def test_same_seed_gives_the_same_weights(tmp_path):
    assert fit(tmp_path / "one") == fit(tmp_path / "two")


def test_no_checkpoint_is_none(tmp_path):
    assert load_checkpoint(tmp_path) is None


def test_batches_hold_no_more_than_their_tokens():
    lengths = [5, 30, 12, 7, 30, 9, 11, 28]
    batches = batches_by_length(lengths, 60, np.random.default_rng(0))
    assert max(len(batch) * max(lengths[n] for n in batch) for batch in batches) <= 60


def test_batches_hold_every_row_once():
    batches = batches_by_length([5, 30, 12, 7, 30, 9, 11, 28], 60, np.random.default_rng(0))
    assert sorted(number for batch in batches for number in batch) == [0, 1, 2, 3, 4, 5, 6, 7]


def test_row_longer_than_a_batch_stands_alone():
    assert sorted(map(len, batches_by_length([100, 3, 3], 50, np.random.default_rng(0)))) == [1, 2]


def test_short_rows_are_padded_at_the_end():
    assert pad([[1, 2, 3], [4]], 0).tolist() == [[1, 2, 3], [4, 0, 0]]


def test_learning_rate_rises_then_falls_to_zero():
    assert [round(rate_factor(p), 3) for p in (0.0, 0.02, 0.04, 0.52, 1.0)] == [0.02, 0.5, 1.0, 0.5, 0.0]


def test_minutes_end_a_run_before_its_tokens():
    assert Budget(tokens=1000, minutes=2).progress(tokens=10, seconds=120) == 1.0


def test_without_minutes_time_does_not_count():
    assert Budget(tokens=1000).progress(tokens=500, seconds=9999) == 0.5
