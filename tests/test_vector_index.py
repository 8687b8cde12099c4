"""The vector index finds exactly the nearest, and ties always fall the same way."""

import numpy as np
import pytest

from retrieval.vector_index import VectorIndex


def index_of(*rows: tuple[int, tuple[float, float]]) -> VectorIndex:
    return VectorIndex(np.array([number for number, _ in rows]), np.array([v for _, v in rows], np.float32))


QUESTION = np.array([1.0, 0.0], np.float32)


def test_the_nearest_comes_first() -> None:
    index = index_of((7, (0.0, 1.0)), (8, (1.0, 0.0)), (9, (0.6, 0.8)))
    assert index.search(QUESTION, 2) == [(8, 1.0), (9, pytest.approx(0.6))]


def test_equal_scores_come_by_id() -> None:
    assert [i for i, _ in index_of((3, (1, 0)), (1, (1, 0)), (2, (1, 0))).search(QUESTION, 3)] == [1, 2, 3]


def test_a_tie_at_the_cut_falls_to_the_smaller_id() -> None:
    index = index_of((5, (0.5, 0)), (9, (1, 0)), (2, (0.5, 0)), (4, (0.5, 0)))
    assert [i for i, _ in index.search(QUESTION, 2)] == [9, 2]


def test_asking_for_more_than_there_is_gives_all() -> None:
    assert len(index_of((1, (1, 0)), (2, (0, 1))).search(QUESTION, 10)) == 2


def test_asking_for_none_gives_none() -> None:
    assert index_of((1, (1, 0))).search(QUESTION, 0) == []


def test_an_empty_index_finds_nothing() -> None:
    assert VectorIndex(np.zeros(0, np.int64), np.zeros((0, 0), np.float32)).search(QUESTION, 5) == []


def test_equal_passages_tie_wherever_they_lie_in_memory() -> None:
    row = np.random.default_rng(3).normal(size=384).astype(np.float32)
    index = VectorIndex(np.arange(101), np.tile(row, (101, 1)))
    assert [i for i, _ in index.search(row / np.linalg.norm(row), 3)] == [0, 1, 2]


def test_the_best_of_many_equal_those_of_a_full_sort() -> None:
    vectors = np.random.default_rng(0).normal(size=(1000, 2)).astype(np.float32)
    index = VectorIndex(np.arange(1000), vectors)
    full = np.argsort(-np.round(vectors[:, 0], 6), kind="stable")[:10].tolist()
    assert [i for i, _ in index.search(QUESTION, 10)] == full


def test_ids_without_vectors_are_refused() -> None:
    with pytest.raises(ValueError, match="2 ids for 1 vectors"):
        VectorIndex(np.array([1, 2]), np.zeros((1, 2), np.float32))
