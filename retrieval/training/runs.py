"""What every training run shares: device, seed, budget and learning rate, batches by token count, checkpoints.

Knows nothing of what is trained.
"""

import argparse
import contextlib
import os
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

CHECKPOINT = "checkpoint.pt"
WARMUP_SHARE = 0.04  # a warm-started body needs little; without any, Adam's first steps are too long
LENGTH_NOISE_TOKENS = 6  # batches of near lengths, not always of the same neighbours


def pick_device() -> torch.device:
    """The GPU when there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def autocast(device: torch.device) -> contextlib.AbstractContextManager[Any]:
    """bf16 on a GPU and on processors that multiply it (twice the speed there); else full precision.

    Elsewhere half precision is emulated and many times slower.
    """
    if device.type == "cuda" or torch.cpu._is_avx512_bf16_supported():
        return torch.autocast(device.type, dtype=torch.bfloat16)
    return contextlib.nullcontext()


def seed_everything(seed: int) -> None:
    """Make initial weights and dropout repeatable."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - libraries draw from the global generator
    torch.manual_seed(seed)


@dataclass(frozen=True, slots=True)
class Budget:
    """How long a run lasts: a number of trained tokens, cut short when the minutes are over.

    Without minutes the run depends on data and seed alone.
    """

    tokens: int
    minutes: float | None = None

    def progress(self, tokens: int, seconds: float) -> float:
        """0 at the start, 1 at the end."""
        share = tokens / self.tokens
        if self.minutes is not None:
            share = max(share, seconds / (60 * self.minutes))
        return min(1.0, share)


def add_run_arguments(parser: argparse.ArgumentParser, tokens: int, batch_tokens: int) -> None:
    """The options that every training run has; `tokens` and `batch_tokens` are the defaults."""
    parser.add_argument("--out", type=Path, required=True, help="folder of this run; an unfinished run there goes on")
    parser.add_argument("--tokens", type=int, default=tokens, help=f"tokens to train on ({tokens:,})")
    parser.add_argument("--minutes", type=float, help="end the run after this time even if fewer tokens were seen")
    parser.add_argument("--batch-tokens", type=int, default=batch_tokens, help="tokens of a padded batch")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, help="CPU threads (all)")
    add_written_argument(parser)


def add_written_argument(parser: argparse.ArgumentParser) -> None:
    """`--written`, for whatever reads questions or parallel text."""
    parser.add_argument(
        "--written", type=Path, metavar="FOLDER", help="the project's own questions too (retrieval/training/written)"
    )


def share(text: str) -> float:
    """An option from 0 to below 1: of a run that keeps room for translations, or what they taught is forgotten."""
    number = float(text)
    if not 0 <= number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a share from 0 to below 1")
    return number


def prepare_run(arguments: argparse.Namespace) -> Budget:
    """Set threads and seed as `add_run_arguments` were given, and say how long the run lasts."""
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    seed_everything(arguments.seed)
    return Budget(arguments.tokens, arguments.minutes)


def rate_factor(progress: float) -> float:
    """Short linear warm-up, then linear decay to zero."""
    if progress < WARMUP_SHARE:
        return max(0.02, progress / WARMUP_SHARE)
    return max(0.0, (1 - progress) / (1 - WARMUP_SHARE))


def batches_by_length(lengths: Sequence[int], tokens: int, generator: np.random.Generator) -> list[list[int]]:
    """Group row numbers so that a padded batch holds at most `tokens`; batches in random order."""
    keys = np.asarray(lengths) + generator.uniform(0, LENGTH_NOISE_TOKENS, len(lengths))
    batches: list[list[int]] = []
    longest = 0
    for number in np.argsort(keys, kind="stable"):
        longest = max(longest, lengths[number])
        if not batches or (len(batches[-1]) + 1) * longest > tokens:
            batches.append([])
            longest = lengths[number]
        batches[-1].append(int(number))
    return [batches[number] for number in generator.permutation(len(batches))]


def pad(rows: Sequence[Sequence[int]], fill: int) -> NDArray[np.int64]:
    """Rows of unequal length -> (n, longest)."""
    padded = np.full((len(rows), max(len(row) for row in rows)), fill, dtype=np.int64)
    for number, row in enumerate(rows):
        padded[number, : len(row)] = row
    return padded


def save_checkpoint(folder: Path, state: dict[str, Any]) -> None:
    """Write whole or not at all: a run stopped while saving keeps its previous checkpoint."""
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / (CHECKPOINT + ".new")
    torch.save(state, unfinished)
    os.replace(unfinished, folder / CHECKPOINT)


def load_checkpoint(folder: Path) -> dict[str, Any] | None:
    """What the last `save_checkpoint` wrote, or None."""
    path = folder / CHECKPOINT
    if not path.is_file():
        return None
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return state


class Clock:
    """Seconds trained, over all resumed parts of a run."""

    def __init__(self, seconds_before: float = 0.0) -> None:
        self._started = time.monotonic() - seconds_before

    @property
    def seconds(self) -> float:
        """Seconds so far."""
        return time.monotonic() - self._started


def epochs(seed: int) -> Iterator[tuple[int, np.random.Generator]]:
    """Epoch numbers, each with its own generator: an epoch can be made again without the ones before it."""
    epoch = 0
    while True:
        yield epoch, np.random.default_rng((seed, epoch))
        epoch += 1
