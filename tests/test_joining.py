"""Batches of simultaneous users become one, and everybody gets what belongs to them; with real threads."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from retrieval.encoder import pad
from retrieval.joining import JoinedRun, join, split
from retrieval.model_types import FloatArray, TokenBatch

PATIENCE_S = 30


class Network:
    """Gives back the ids; can be held up, so that others gather meanwhile."""

    def __init__(self) -> None:
        self.batches: list[TokenBatch] = []
        self.entered = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()
        self.running = 0
        self.most_running = 0

    def __call__(self, batch: TokenBatch) -> FloatArray:
        self.batches.append(batch)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        self.entered.set()
        assert self.go_on.wait(PATIENCE_S)
        self.running -= 1
        if 13 in batch.ids:
            raise ValueError(f"unlucky among {len(batch.ids)}")
        return batch.ids[..., None].astype(np.float32)


@pytest.fixture
def network() -> Network:
    return Network()


def text(*ids: int) -> TokenBatch:
    return pad([ids], pad_id=0)


def run_while_busy(network: Network, joined: JoinedRun, batches: list[TokenBatch]) -> list:
    """Futures of `batches`, all of which came while the network was busy with another one."""
    network.go_on.clear()
    with ThreadPoolExecutor(len(batches) + 1) as people:
        people.submit(joined, text(1))
        assert network.entered.wait(PATIENCE_S)
        futures = []
        for number, batch in enumerate(batches, 1):
            futures.append(people.submit(joined, batch))
            wait_until(lambda number=number: len(joined._waiting) == number)
        network.go_on.set()
    return futures


def wait_until(condition) -> None:
    pause = threading.Event()
    for _ in range(PATIENCE_S * 200):
        if condition():
            return
        pause.wait(0.005)
    raise AssertionError("it never came to that")


def test_alone_a_batch_runs_at_once_and_as_it_is(network):
    batch = text(5, 6)
    assert JoinedRun(network, pad_id=0)(batch)[0, :, 0].tolist() == [5, 6]
    assert network.batches[0] is batch


def test_all_who_wait_run_together(network):
    run_while_busy(network, JoinedRun(network, pad_id=0), [text(5, 6, 7), text(8), text(9, 10)])
    assert [batch.ids.tolist() for batch in network.batches] == [[[1]], [[5, 6, 7], [8, 0, 0], [9, 10, 0]]]


def test_everybody_gets_their_own_rows_in_their_own_length(network):
    mine = [text(5, 6, 7), pad([[8], [9]], pad_id=0), text(10, 11)]
    futures = run_while_busy(network, JoinedRun(network, pad_id=0), mine)
    assert [future.result()[..., 0].tolist() for future in futures] == [[[5, 6, 7]], [[8], [9]], [[10, 11]]]


def test_an_error_reaches_only_who_caused_it(network):
    futures = run_while_busy(network, JoinedRun(network, pad_id=0), [text(5), text(13), text(6)])
    assert [futures[0].result().item(), futures[2].result().item()] == [5, 6]
    with pytest.raises(ValueError, match="unlucky among 1"):
        futures[1].result()


def test_an_error_leaves_the_network_usable(network):
    joined = JoinedRun(network, pad_id=0)
    with pytest.raises(ValueError, match="unlucky"):
        joined(text(13))
    assert joined(text(4)).item() == 4


def test_a_joined_batch_stays_below_its_limit(network):
    long, short = text(*range(20, 26)), text(5)  # six tokens, and one that is padded to as many
    run_while_busy(network, JoinedRun(network, pad_id=0, most_tokens=12), [long, short, short, long])
    assert [batch.ids.shape for batch in network.batches] == [(1, 1), (2, 6), (2, 6)]


def test_a_batch_above_the_limit_still_runs(network):
    assert JoinedRun(network, pad_id=0, most_tokens=2)(text(5, 6, 7)).shape == (1, 3, 1)


def test_many_people_at_once_get_what_each_would_get_alone(network):
    joined = JoinedRun(network, pad_id=0)
    batches = [text(*range(20, 21 + number % 7), 100 + number) for number in range(300)]
    with ThreadPoolExecutor(16) as people:
        found = list(people.map(joined, batches))
    assert [rows[0, :, 0].tolist() for rows in found] == [batch.ids[0].tolist() for batch in batches]
    assert network.most_running == 1


def test_joining_and_splitting_keep_mask_and_segments():
    first = TokenBatch(np.array([[1, 2]]), np.array([[1, 1]]), np.array([[0, 1]]))
    second = TokenBatch(np.array([[3]]), np.array([[1]]), np.array([[1]]))
    both = join([first, second], pad_id=9)
    assert [both.ids.tolist(), both.mask.tolist(), both.segments.tolist()] == [
        [[1, 2], [3, 9]], [[1, 1], [1, 0]], [[0, 1], [1, 0]],
    ]  # fmt: skip
    assert [part.shape for part in split(np.zeros((2, 2, 4), np.float32), [first, second])] == [(1, 2, 4), (1, 1, 4)]
