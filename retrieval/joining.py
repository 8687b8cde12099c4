"""Questions of simultaneous users in one batch: who finds the network busy waits, and all who wait go together.

No window of time is waited for: alone, a batch runs at once in its own thread; while one runs, which takes a few
milliseconds on a GPU, the next one gathers. No thread of its own either, so there is nothing to close or to lose.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.model_types import FloatArray, TokenBatch

Run = Callable[[TokenBatch], FloatArray]
"""Token rows (n, length) -> numbers (n, length, k)."""

MOST_TOKENS = 16_384
"""Padded tokens of one joined batch: 48 windows of the reader; more keeps the first of them waiting for the last."""


@dataclass(slots=True)
class _Ticket:
    """One caller's batch and what came of it."""

    batch: TokenBatch
    output: FloatArray | None = None
    error: BaseException | None = None

    @property
    def done(self) -> bool:
        return self.output is not None or self.error is not None


class JoinedRun:
    """Runs batches one at a time; those that many threads bring meanwhile become one."""

    def __init__(self, run: Run, pad_id: int, most_tokens: int = MOST_TOKENS) -> None:
        self._run = run
        self._pad_id = pad_id
        self._most_tokens = most_tokens
        self._waiting: deque[_Ticket] = deque()
        self._busy = False
        self._changed = threading.Condition()

    def __call__(self, batch: TokenBatch) -> FloatArray:
        """What `run` gives for this batch; raises what `run` raises for it, and nothing that others caused."""
        ticket = _Ticket(batch)
        with self._changed:
            self._waiting.append(ticket)
        while taken := self._wait(ticket):
            try:
                self._run_together(taken)
            finally:
                with self._changed:
                    self._busy = False
                    self._changed.notify_all()
        if ticket.error is not None:
            raise ticket.error
        assert ticket.output is not None
        return ticket.output

    def _wait(self, ticket: _Ticket) -> list[_Ticket]:
        """Wait until the ticket is done (nothing is left to do), or the network is free: the tickets to run now."""
        with self._changed:
            self._changed.wait_for(lambda: ticket.done or not self._busy)
            if ticket.done:
                return []
            self._busy = True
            return self._take()

    def _take(self) -> list[_Ticket]:
        """The first that wait, as many as fit together, but one at least."""
        taken = [self._waiting.popleft()]
        rows, longest = taken[0].batch.ids.shape
        while self._waiting:
            more, length = self._waiting[0].batch.ids.shape
            rows, longest = rows + more, max(longest, length)
            if rows * longest > self._most_tokens:
                break
            taken.append(self._waiting.popleft())
        return taken

    def _run_together(self, tickets: Sequence[_Ticket]) -> None:
        """Fill in the outputs, or the errors."""
        try:
            joined = join([ticket.batch for ticket in tickets], self._pad_id)
            outputs = split(self._run(joined), [ticket.batch for ticket in tickets])
        except BaseException as error:
            if len(tickets) > 1 and isinstance(error, Exception):
                for ticket in tickets:  # whose batch it was shows when each runs alone
                    self._run_together([ticket])
                return
            for ticket in tickets:
                ticket.error = error
            return
        for ticket, output in zip(tickets, outputs, strict=True):
            ticket.output = output


def join(batches: Sequence[TokenBatch], pad_id: int) -> TokenBatch:
    """The rows of all batches below each other, padded to the longest; a single batch as it is."""
    if len(batches) == 1:
        return batches[0]
    longest = max(batch.ids.shape[1] for batch in batches)

    def rows(parts: list[np.ndarray], filler: int) -> np.ndarray:
        widened = [np.pad(p, ((0, 0), (0, longest - p.shape[1])), constant_values=filler) for p in parts]
        return np.concatenate(widened)

    return TokenBatch(
        rows([batch.ids for batch in batches], pad_id),
        rows([batch.mask for batch in batches], 0),
        rows([batch.segments for batch in batches], 0),
    )


def split(output: FloatArray, batches: Sequence[TokenBatch]) -> list[FloatArray]:
    """Each batch's own part (n, length, k) of the joined output."""
    ends = np.cumsum([len(batch.ids) for batch in batches])
    parts = np.split(output, ends[:-1])
    return [part[:, : batch.ids.shape[1]] for part, batch in zip(parts, batches, strict=True)]
