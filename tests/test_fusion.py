"""Vectors and keywords become one ranking."""

import numpy as np
import pytest

from retrieval.fusion import fuse, standard_scores

IDS = np.array([10, 20, 30, 40])
SIMILARITIES = np.array([0.8, 0.6, 0.4, 0.2], np.float32)  # standard scores 1.34, 0.45, -0.45, -1.34


def ranking(keywords: dict[int, float], top_k: int = 4) -> list[int]:
    return [hit.id for hit in fuse(IDS, SIMILARITIES, keywords, top_k)]


def test_without_keywords_the_vectors_rank() -> None:
    assert ranking({}) == [10, 20, 30, 40]


def test_a_strong_keyword_hit_wins() -> None:
    assert ranking({40: 15.0}) == [40, 10, 20, 30]


def test_a_weak_keyword_hit_of_a_foreign_question_changes_nothing() -> None:
    assert ranking({40: 2.0}) == [10, 20, 30, 40]


def test_keywords_decide_between_near_passages() -> None:
    assert ranking({20: 5.0}) == [20, 10, 30, 40]


def test_a_passage_without_vector_is_found_by_keywords() -> None:
    assert ranking({25: 10.0}, top_k=1) == [25]


def test_a_passage_without_vector_has_no_similarity() -> None:
    assert fuse(IDS, SIMILARITIES, {25: 10.0}, 1)[0].similarity == 0.0


def test_a_hit_carries_both_scores() -> None:
    hit = fuse(IDS, SIMILARITIES, {30: 20.0}, 1)[0]
    assert (hit.id, hit.similarity, hit.keyword_score) == (30, pytest.approx(0.4), 20.0)


def test_the_score_is_standard_deviations_plus_a_fifth_of_bm25() -> None:
    assert fuse(IDS, SIMILARITIES, {10: 1.0}, 1)[0].score == pytest.approx(3 / 5**0.5 + 0.2, abs=1e-5)


def test_nothing_known_gives_nothing() -> None:
    assert fuse(np.zeros(0, np.int64), np.zeros(0, np.float32), {}, 5) == []


def test_keywords_alone_work_before_anything_is_encoded() -> None:
    hits = fuse(np.zeros(0, np.int64), np.zeros(0, np.float32), {3: 1.0, 2: 4.0}, 5)
    assert [hit.id for hit in hits] == [2, 3]


def test_equal_similarities_say_nothing() -> None:
    assert standard_scores(np.full(3, 0.7, np.float32)).tolist() == [0.0, 0.0, 0.0]


def test_an_encoder_with_squeezed_cosines_gives_the_same_standard_scores() -> None:
    squeezed = 0.75 + SIMILARITIES / 10
    np.testing.assert_allclose(standard_scores(squeezed), standard_scores(SIMILARITIES), atol=1e-4)
