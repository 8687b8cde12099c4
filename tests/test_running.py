"""Memory that runs out in the middle: halves of the batch, one warning, and the same numbers."""

import logging
from collections.abc import Callable

import numpy as np
import pytest
import torch

from retrieval.encoder import pad
from retrieval.joining import JoinedRun
from retrieval.quantization import Device
from retrieval.running import DeviceRun, TextDoesNotFit
from retrieval.transformer import run_on
from ui import asking

ROWS = pad([[1, 2, 3], [4, 5], [6], [7, 8], [9]], pad_id=0)


class SmallDevice:
    """Doubles the ids; has no room for more than some rows at once."""

    def __init__(
        self, room: int, error: Callable[[], Exception] = lambda: torch.OutOfMemoryError("CUDA out of memory.")
    ):
        self.room = room
        self.error = error
        self.tried: list[int] = []

    def __call__(self, ids: torch.Tensor, mask: torch.Tensor, segments: torch.Tensor) -> torch.Tensor:
        self.tried.append(len(ids))
        if len(ids) > self.room:
            raise self.error()
        return (ids * 2)[..., None]


def test_a_batch_that_fits_runs_whole():
    device = SmallDevice(5)
    DeviceRun(device, "cpu")(ROWS)
    assert device.tried == [5]


@pytest.mark.parametrize("room", [1, 2, 4])
def test_halves_give_the_same_numbers_in_the_same_order(room):
    assert np.array_equal(DeviceRun(SmallDevice(room), "cpu")(ROWS)[..., 0], ROWS.ids * 2)


def test_the_next_batch_is_halved_before_it_fails():
    device = SmallDevice(2)
    run = DeviceRun(device, "cpu")
    run(ROWS)
    device.tried.clear()
    run(ROWS)
    assert max(device.tried) == 2


def test_a_processor_that_runs_out_of_memory_counts_too():
    device = SmallDevice(3, lambda: RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate"))
    assert len(DeviceRun(device, "cpu")(ROWS)) == 5


@pytest.mark.parametrize(
    "error",
    [
        torch.AcceleratorError("CUDA error: out of memory"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
        RuntimeError("HIP out of memory. Tried to allocate 20 MiB."),
    ],
)
def test_memory_that_the_driver_or_a_library_misses_counts_too(error):
    assert len(DeviceRun(SmallDevice(3, lambda: error), "cpu")(ROWS)) == 5


def test_it_is_said_once(caplog):
    run = DeviceRun(SmallDevice(1), "cpu")
    with caplog.at_level(logging.WARNING):
        run(ROWS)
        run(ROWS)
    assert [record.getMessage() for record in caplog.records] == [
        "Memory ran out on cpu over 5 texts of 3 tokens at once: going on with smaller batches, more slowly."
    ]


def test_one_text_that_does_not_fit_says_what_to_do():
    with pytest.raises(TextDoesNotFit, match=r"over one text of 3 tokens: free some, or run smaller models"):
        DeviceRun(SmallDevice(0), "cpu")(ROWS)


def test_other_errors_are_not_taken_for_missing_memory():
    device = SmallDevice(2, lambda: RuntimeError("a shape is wrong"))
    with pytest.raises(RuntimeError, match="a shape is wrong"):
        DeviceRun(device, "cpu")(ROWS)
    assert device.tried == [5]


@pytest.mark.parametrize(("device", "kind"), [("cuda", JoinedRun), ("cpu", DeviceRun)])
def test_batches_of_simultaneous_users_are_joined_on_a_gpu_alone(device, kind):
    assert type(run_on(device, SmallDevice(9), pad_id=0)) is kind


@pytest.mark.parametrize(("device", "lent", "expected"), [("cpu", False, 4), ("cuda", False, 64), ("cuda", True, 4)])
def test_more_questions_are_taken_at_once_where_they_become_one_batch(monkeypatch, device, lent, expected):
    monkeypatch.setattr(asking, "current_device", lambda: Device(device))
    monkeypatch.setattr(asking, "on_zero_gpu", lambda: lent)
    assert asking.questions_at_once() == expected


def test_joined_batches_are_halved_too_where_memory_runs_out():
    run = JoinedRun(DeviceRun(SmallDevice(2), "cpu"), pad_id=0)
    assert np.array_equal(run(ROWS)[..., 0], ROWS.ids * 2)
