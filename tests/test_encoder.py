"""Texts become unit vectors; order, batches and padding leave no trace in them."""

import lzma
from pathlib import Path

import numpy as np
import pytest
from fakes import CONCEPTS, FakeEncoder, FakeEncoderNetwork

from retrieval.dictionary import Dictionary
from retrieval.encoder import Encoder, UnknownPooling, batches_by_length, pad, pool, unit_length


def test_vectors_have_unit_length() -> None:
    vector = FakeEncoder().encode_questions(["How do I return a lamp?"])[0]
    assert np.linalg.norm(vector) == pytest.approx(1.0)


def test_a_question_in_another_language_is_nearest_to_the_passage_of_its_meaning() -> None:
    encoder = FakeEncoder()
    passages = encoder.encode_passages(["Reset your password.", "Shipping costs 14.90 dollars."])
    assert (passages @ encoder.encode_questions(["¿Cuánto cuesta el envío?"])[0]).argmax() == 1


def test_no_texts_give_an_empty_array_of_the_right_width() -> None:
    assert FakeEncoder().encode_questions([]).shape == (0, len(CONCEPTS))


def test_vectors_come_in_the_order_of_the_texts() -> None:
    encoder = FakeEncoder()
    texts = ["lamp", "the battery of a lamp that you want to return", "refund"]
    together, alone = encoder.encode_passages(texts), [encoder.encode_passages([text])[0] for text in texts]
    np.testing.assert_array_equal(together, alone)


def test_a_text_without_known_words_has_a_zero_vector() -> None:
    assert not FakeEncoder().encode_questions(["zzz"]).any()


def test_an_empty_text_does_not_crash() -> None:
    assert FakeEncoder().encode_questions([""]).shape == (1, len(CONCEPTS))


def test_questions_and_passages_get_their_own_prefix() -> None:
    encoder = Encoder(FakeEncoderNetwork(), question_prefix="refund ", passage_prefix="lamp ")
    question, passage = encoder.encode_questions(["x"])[0], encoder.encode_passages(["x"])[0]
    assert (int(question.argmax()), int(passage.argmax())) == (1, 6)


def test_a_question_of_a_known_language_stands_beside_its_gloss(tmp_path: Path) -> None:
    (tmp_path / "sw.tsv.xz").write_bytes(lzma.compress(b"taa\tlamp 90\n"))
    encoder = Encoder(FakeEncoderNetwork(), dictionary=Dictionary(tmp_path))
    assert int(encoder.encode_questions(["taa"], ["sw"])[0].argmax()) == 6
    assert not encoder.encode_questions(["taa"], [None]).any()
    assert not encoder.encode_questions(["taa"]).any()


def test_a_long_text_is_cut_at_the_longest_input_and_keeps_its_end_token() -> None:
    network = FakeEncoderNetwork(max_tokens=6)
    Encoder(network).encode_passages(["lamp " * 50])
    assert network.batches[0].ids.tolist() == [[1, 106, 106, 106, 106, 2]]


def test_progress_ends_with_everything_done() -> None:
    seen: list[tuple[int, int]] = []
    FakeEncoder().encode_passages(["lamp", "refund"], lambda done, total: seen.append((done, total)))
    assert seen == [(2, 2)]


def test_another_passage_prefix_is_another_fingerprint() -> None:
    network = FakeEncoderNetwork()
    assert Encoder(network).fingerprint != Encoder(network, passage_prefix="passage: ").fingerprint


def test_the_question_prefix_leaves_stored_vectors_valid() -> None:
    network = FakeEncoderNetwork()
    assert Encoder(network).fingerprint == Encoder(network, question_prefix="query: ").fingerprint


def test_another_pooling_is_another_fingerprint() -> None:
    network = FakeEncoderNetwork()
    assert Encoder(network).fingerprint != Encoder(network, pooling="cls").fingerprint


def test_unknown_pooling_names_the_known() -> None:
    with pytest.raises(UnknownPooling, match="'max' is unknown: choose one of mean, cls"):
        Encoder(FakeEncoderNetwork(), pooling="max")


def test_batches_hold_the_longest_first() -> None:
    assert list(batches_by_length([2, 5, 4], batch_tokens=10)) == [[1, 2], [0]]


def test_a_text_longer_than_a_batch_gets_its_own() -> None:
    assert list(batches_by_length([30, 2], batch_tokens=10)) == [[0], [1]]


def test_padding_is_masked() -> None:
    batch = pad([[1, 2, 3], [4]], pad_id=9)
    assert (batch.ids.tolist(), batch.mask.tolist()) == ([[1, 2, 3], [4, 9, 9]], [[1, 1, 1], [1, 0, 0]])


def test_mean_pooling_leaves_padding_out() -> None:
    hidden = np.array([[[2.0], [4.0], [99.0]]], np.float32)
    assert pool(hidden, np.array([[1, 1, 0]]), "mean").tolist() == [[3.0]]


def test_cls_pooling_takes_the_first_token() -> None:
    assert pool(np.array([[[2.0], [4.0]]], np.float32), np.array([[1, 1]]), "cls").tolist() == [[2.0]]


def test_a_row_that_is_not_finite_becomes_zero() -> None:
    assert unit_length(np.array([[np.nan, np.inf]], np.float32)).tolist() == [[0.0, 0.0]]
