"""The training loop of both models: batches in, checkpoints out. Knows nothing of data and losses."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from tqdm import tqdm

from retrieval.training.runs import Budget, Clock, autocast, epochs, load_checkpoint, rate_factor, save_checkpoint

MAX_GRADIENT_NORM = 1.0
WEIGHT_DECAY = 0.01
LOSS_MEMORY = 0.98  # smoothing of the loss shown, about the last 50 steps


class Batch(Protocol):
    """Rows that go through the network together."""

    @property
    def token_count(self) -> int:
        """Tokens trained on, padding included: what the budget counts."""
        ...


class Stage(Protocol):
    """What is trained: epochs of batches and a loss over one batch."""

    def batches(self, generator: np.random.Generator) -> Sequence[Any]:
        """The batches of one epoch; the generator alone decides which."""
        ...

    def loss(self, batch: Any) -> torch.Tensor:
        """The number to make smaller."""
        ...

    def after_step(self) -> None:
        """Called when the weights have moved."""
        ...

    def state(self) -> dict[str, torch.Tensor]:
        """What the stage itself remembers from step to step."""
        ...

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """Go on from what `state` gave."""
        ...


class StatelessStage:
    """A stage that only looks at the batch at hand."""

    def after_step(self) -> None:
        """Nothing to do."""

    def state(self) -> dict[str, torch.Tensor]:
        """Nothing."""
        return {}

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """Nothing to restore."""


@dataclass(frozen=True, slots=True)
class Rate:
    """An optimizer, its highest learning rate, and the share of the run after which it rests."""

    optimizer: torch.optim.Optimizer
    peak: float
    until: float = 1.0

    def set(self, progress: float) -> None:
        """Follow the schedule."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.peak * rate_factor(min(1.0, progress / self.until))


@dataclass(frozen=True, slots=True)
class LoopSettings:
    """Where, how long and from which seed."""

    folder: Path
    budget: Budget
    seed: int
    save_every_seconds: float = 240.0


@dataclass(slots=True)
class _Run:
    """Everything that a checkpoint remembers."""

    parameters: dict[str, torch.nn.Parameter]
    rates: Sequence[Rate]
    stage: Stage
    epoch: int = 0
    batch: int = 0
    tokens: int = 0
    clock: Clock = field(default_factory=Clock)
    losses: list[float] = field(default_factory=list)
    saved_at: float = 0.0  # seconds of the run; an epoch may be shorter than the time between two checkpoints
    shown: float = 0.0  # the smoothed loss

    def save(self, folder: Path) -> None:
        state = {
            "parameters": {name: parameter.detach() for name, parameter in self.parameters.items()},
            "optimizers": [rate.optimizer.state_dict() for rate in self.rates],
            "position": [self.epoch, self.batch, self.tokens],
            "losses": self.losses,
            "seconds": self.clock.seconds,
            "random": torch.get_rng_state(),
            "stage": self.stage.state(),
        }
        save_checkpoint(folder, state)
        self.saved_at = self.clock.seconds

    def resume(self, folder: Path) -> None:
        state = load_checkpoint(folder)
        if state is None:
            return
        with torch.no_grad():
            for name, parameter in self.parameters.items():
                parameter.copy_(state["parameters"][name])
        for rate, saved in zip(self.rates, state["optimizers"], strict=True):
            rate.optimizer.load_state_dict(saved)
        torch.set_rng_state(state["random"])
        self.stage.restore(state["stage"])
        self.epoch, self.batch, self.tokens = state["position"]
        self.losses, self.clock = list(state["losses"]), Clock(state["seconds"])
        self.saved_at = state["seconds"]


def adamw(parameters: Sequence[torch.nn.Parameter], peak: float) -> Rate:
    """AdamW over all of the run."""
    return Rate(torch.optim.AdamW(parameters, lr=peak, weight_decay=WEIGHT_DECAY, fused=True), peak)


def train_loop(model: torch.nn.Module, stage: Stage, rates: Sequence[Rate], settings: LoopSettings) -> list[float]:
    """Train until the budget is spent, going on from the folder's checkpoint; returns the loss of every step."""
    run = _Run({name: p for name, p in model.named_parameters() if p.requires_grad}, rates, stage)
    run.resume(settings.folder)
    budget = settings.budget
    with tqdm(total=budget.tokens, initial=run.tokens, unit="tok", unit_scale=True, mininterval=5) as bar:
        for epoch, generator in epochs(settings.seed):
            if epoch < run.epoch:
                continue
            _train_epoch(model, (run, settings, bar), stage.batches(generator))
            if budget.progress(run.tokens, run.clock.seconds) >= 1:
                break
            run.epoch, run.batch = epoch + 1, 0
    run.save(settings.folder)
    return run.losses


def _train_epoch(model: torch.nn.Module, context: tuple[_Run, LoopSettings, Any], batches: Sequence[Batch]) -> None:
    run, settings, bar = context
    while run.batch < len(batches):
        progress = settings.budget.progress(run.tokens, run.clock.seconds)
        if progress >= 1:
            return
        batch = batches[run.batch]
        loss = _step(model, run, batch, progress)
        run.batch += 1
        run.tokens += batch.token_count
        run.losses.append(loss)
        run.shown = LOSS_MEMORY * run.shown + (1 - LOSS_MEMORY) * loss if run.shown else loss
        bar.set_postfix(loss=f"{run.shown:.3f}", step=len(run.losses), refresh=False)
        bar.update(batch.token_count)
        if run.clock.seconds - run.saved_at > settings.save_every_seconds:
            run.save(settings.folder)


def _step(model: torch.nn.Module, run: _Run, batch: Batch, progress: float) -> float:
    model.train()
    with autocast(next(model.parameters()).device):
        loss = run.stage.loss(batch)
    loss.backward()  # type: ignore[no-untyped-call]
    dense = [p for p in model.parameters() if p.grad is not None and not p.grad.is_sparse]
    torch.nn.utils.clip_grad_norm_(dense, MAX_GRADIENT_NORM)
    for rate in run.rates:
        rate.set(progress)
        rate.optimizer.step()
        rate.optimizer.zero_grad()
    run.stage.after_step()
    return float(loss.detach())
