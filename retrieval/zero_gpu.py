"""A ZeroGPU Space lends its GPU for seconds at a time, to a process forked from this one. Part of the seam.

What goes there is one pass of a network, numbers in and numbers out. So nothing is lost in the fork: knowledge base,
conversations, question log and every cache stay in this process. One function for all networks, so that they share one
forked process. Networks are placed before the page is served; until then `spaces` lets them compute on the
processor, which is how the passages of a new knowledge base are encoded at the start.
"""

import os
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from retrieval.joining import Run
from retrieval.model_types import FloatArray, TokenBatch

GPU_SECONDS = 10
"""Asked for at each pass. It takes tens of milliseconds, the first one some seconds more because the weights are moved;
60, which is the default, would keep visitors with little left of their daily share away."""

SAID_YES = frozenset({"1", "t", "true"})

_passes: list[Run] = []
"""What a number given to `_pass` stands for; the forked process finds it as it was at the fork."""


class _State:
    lending = False


def on_zero_gpu(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether this is a ZeroGPU Space."""
    return environment.get("SPACES_ZERO_GPU", "").lower() in SAID_YES and find_spec("spaces") is not None


def prepare() -> None:
    """On a ZeroGPU Space `spaces` must stand in for CUDA before torch looks for a GPU."""
    if on_zero_gpu():
        import_module("spaces")


def start_lending() -> None:
    """From now on passes run on the lent GPU: call it when all networks are loaded, before the page is served."""
    _State.lending = True


def lent(run: Run) -> Run:
    """The same pass, on the lent GPU once that is lent."""
    _passes.append(run)
    number = len(_passes) - 1
    spaces: Any = import_module("spaces")  # not a dependency: only such a Space has it
    on_gpu: Callable[[int, TokenBatch], FloatArray] = spaces.GPU(duration=GPU_SECONDS)(_pass)

    def run_there(batch: TokenBatch) -> FloatArray:
        return on_gpu(number, batch) if _State.lending else run(batch)

    return run_there


def _pass(number: int, batch: TokenBatch) -> FloatArray:
    return _passes[number](batch)
