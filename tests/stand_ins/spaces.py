"""Stands in for the `spaces` package of a ZeroGPU Space: `GPU` runs a function in a process forked at its first call.

As there, arguments and results are pickled, what the forked process changes stays in it, it is kept for later calls,
async functions are refused, and an error comes back without its type.
"""

import inspect
import multiprocessing
import os
from dataclasses import dataclass

_fork = multiprocessing.get_context("fork")
_decorated = {}


class GpuError(Exception):
    """All that is left of an error in the forked process."""


@dataclass(frozen=True)
class Call:
    """One function run on the GPU."""

    duration: float
    process: int


calls: list[Call] = []
"""Those made so far."""


def GPU(task=None, *, duration=60):
    if task is None:
        return lambda function: GPU(function, duration=duration)
    if inspect.iscoroutinefunction(task):
        raise NotImplementedError
    return _decorated.setdefault(task, _Lent(task, duration))


class _Lent:
    def __init__(self, task, duration):
        self.task = task
        self.duration = duration
        self.process = None

    def __call__(self, *arguments):
        if self.process is None:
            self.arguments, self.results = _fork.SimpleQueue(), _fork.SimpleQueue()
            self.process = _fork.Process(target=self._work, daemon=True)
            self.process.start()
        self.arguments.put(arguments)
        result, error = self.results.get()
        calls.append(Call(self.duration, self.process.pid))
        if error is not None:
            raise GpuError(error)
        return result

    def _work(self):
        os.environ["IN_THE_FORK"] = "1"
        while True:
            try:
                answer = (self.task(*self.arguments.get()), None)
            except Exception as error:
                answer = (None, type(error).__name__)
            self.results.put(answer)
