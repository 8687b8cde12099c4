"""Runs token batches on a device, and goes on with halves when memory runs out. Part of the seam."""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from retrieval.devices import is_out_of_memory, release_memory
from retrieval.model_types import FloatArray, TokenBatch
from retrieval.packaged import CheckpointError

if TYPE_CHECKING:
    from torch import Tensor

Forward = Callable[["Tensor", "Tensor", "Tensor"], "Tensor"]
"""Ids, mask and segments, each (n, length) -> (n, length, k)."""

logger = logging.getLogger(__name__)


class TextDoesNotFit(CheckpointError):
    """Not even one row fits into memory."""


class DeviceRun:
    """A forward pass with numpy in and out. Threads may share it."""

    def __init__(self, forward: Forward, device: str) -> None:
        self._forward = forward
        self._device = device
        self._most_tokens: int | None = None
        """Padded tokens of a batch that are known to be too many, less one; None while memory never ran out."""

    def __call__(self, batch: TokenBatch) -> FloatArray:
        """(n, length, k) for token rows (n, length). Raises TextDoesNotFit."""
        tokens = batch.ids.size
        if len(batch.ids) > 1 and self._most_tokens is not None and tokens > self._most_tokens:
            return self._by_halves(batch)
        try:
            return self._run(batch)
        except Exception as error:  # torch tells of missing memory in several kinds
            if not is_out_of_memory(error):
                raise
            if len(batch.ids) == 1:
                raise TextDoesNotFit(
                    f"Memory ran out on {self._device} over one text of {tokens} tokens: free some, or run smaller "
                    "models; python main.py doctor tells what fits."
                ) from error
        release_memory()  # here, where the error no longer holds on to half a pass
        self._note_limit(*batch.ids.shape)
        return self._by_halves(batch)

    def _by_halves(self, batch: TokenBatch) -> FloatArray:
        middle = len(batch.ids) // 2
        halves = (slice(None, middle), slice(middle, None))
        return np.concatenate(
            [self(TokenBatch(batch.ids[half], batch.mask[half], batch.segments[half])) for half in halves]
        )

    def _note_limit(self, rows: int, length: int) -> None:
        """Later batches are halved before they fail: each failure costs as much as a success."""
        if self._most_tokens is None:
            logger.warning(
                "Memory ran out on %s over %d texts of %d tokens at once: going on with smaller batches, more slowly.",
                self._device,
                rows,
                length,
            )
        self._most_tokens = min(self._most_tokens or rows * length, rows * length - 1)

    def _run(self, batch: TokenBatch) -> FloatArray:
        import torch

        with torch.inference_mode():
            rows = [torch.from_numpy(array).to(self._device) for array in (batch.ids, batch.mask, batch.segments)]
            output: FloatArray = self._forward(*rows).float().cpu().numpy()
            return output
