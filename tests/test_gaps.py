from datetime import UTC, datetime

import numpy as np

from chatbot.gaps import ALIKE, find_gaps, group_alike, threshold_for
from knowledge_base.question_reports import OpenQuestion


def unit(*rows):
    vectors = np.array(rows, dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def question(text, language="en", ids=(1,), day=1):
    return OpenQuestion(ids, text, language, 0, datetime(2026, 1, day, tzinfo=UTC), None, None)


def test_no_questions_make_no_groups():
    assert group_alike(np.zeros((0, 3), dtype=np.float32)) == []


def test_one_question_is_a_group():
    assert group_alike(unit([1, 0])) == [[0]]


def test_alike_vectors_are_one_group_and_the_rest_another():
    assert group_alike(unit([1, 0], [0, 1], [1, 0.1], [0.1, 1], [1, 0.2]), 0.8) == [[0, 2, 4], [1, 3]]


def test_unlike_vectors_stay_alone():
    assert group_alike(unit([1, 0, 0], [0, 1, 0], [0, 0, 1]), 0.5) == [[0], [1], [2]]


def test_the_average_decides_and_not_the_nearest_member():
    # 0 and 2 are far apart: a chain over 1 must not join them.
    rows = unit([1, 0], [1, 1], [0, 1])
    assert [len(group) for group in group_alike(rows, 0.6)] == [2, 1]


def test_the_same_clusters_as_merging_the_nearest_pair_again_and_again():
    rng = np.random.default_rng(3)
    vectors = unit(*rng.normal(size=(60, 6)))
    assert group_alike(vectors, 0.35) == _slowly(vectors, 0.35)


def _slowly(vectors, threshold):
    groups = [[row] for row in range(len(vectors))]
    alike = vectors @ vectors.T
    while True:
        pairs = [(alike[np.ix_(groups[a], groups[b])].mean(), a, b) for a in range(len(groups)) for b in range(a)]
        best = max(pairs, default=(0.0, 0, 0))
        if best[0] < threshold:
            return sorted((sorted(group) for group in groups), key=lambda rows: (-len(rows), rows))
        _, a, b = best
        groups[b] += groups.pop(a)


def test_every_question_is_in_exactly_one_group():
    rng = np.random.default_rng(1)
    groups = group_alike(unit(*rng.normal(size=(80, 4))), 0.5)
    assert sorted(row for group in groups for row in group) == list(range(80))


def test_the_most_asked_gap_comes_first():
    questions = [question("a"), question("b", ids=(2, 3, 4))]
    assert [gap.times for gap in find_gaps(questions, unit([1, 0], [0, 1]), 0.5)] == [3, 1]


def test_of_equals_the_latest_comes_first():
    questions = [question("old", day=1), question("new", day=2)]
    assert find_gaps(questions, unit([1, 0], [0, 1]), 0.5)[0].example.question == "new"


def test_the_example_is_english_where_there_is_one():
    questions = [question("Wo?", "de"), question("Where?", "en", (2,)), question("¿Dónde?", "es", (3,))]
    assert find_gaps(questions, unit([1, 0], [1, 0.3], [1, 0]), 0.5)[0].example.question == "Where?"


def test_an_english_question_at_the_edge_of_a_gap_does_not_name_it():
    questions = [question("Wo?", "de"), question("Où ?", "fr", (2,)), question("When?", "en", (3,))]
    assert find_gaps(questions, unit([1, 0], [1, 0.1], [1, 2]), 0.4)[0].example.question == "Où ?"


def test_languages_are_counted_by_times_asked():
    questions = [question("Wo?", "de"), question("Where?", "en", (2, 3))]
    assert find_gaps(questions, unit([1, 0], [1, 0]), 0.5)[0].languages == {"en": 2, "de": 1}


def test_few_passages_say_nothing_about_the_threshold():
    assert threshold_for(unit([1, 0]), unit([1, 0])) == ALIKE


def test_an_encoder_with_squeezed_cosines_gets_a_higher_threshold():
    rng = np.random.default_rng(2)
    squeezed = unit(*(rng.normal(size=(40, 8)) + 5))
    assert threshold_for(squeezed, squeezed) > 0.9
