import argparse
import json
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer
from training_world import write_checkpoint

from chatbot.training import train_reader
from retrieval.training import train_encoder
from retrieval.training.alignment import align, average_rows
from retrieval.training.vocabulary import (
    appended,
    english_tokenizer,
    letter_pieces,
    new_tokenizer,
    ordinary_letters,
    trained_pieces,
    without_rare,
)

HAUS, TUER, ROT = 11, 12, 13
HOUSE, DOOR, RED = 1, 2, 3


@pytest.fixture
def tokenizer_file(tmp_path) -> Path:
    return write_checkpoint(tmp_path / "english") / "tokenizer.json"


def vocabulary_of(path: Path) -> dict[str, int]:
    return json.loads(path.read_text())["model"]["vocab"]


def test_alignment_finds_the_word_that_always_comes_along():
    found = align([[HAUS, ROT], [TUER, ROT], [HAUS, TUER]], [[HOUSE, RED], [DOOR, RED], [HOUSE, DOOR]], rounds=20)
    best = found.english[found.piece == HAUS][found.probability[found.piece == HAUS].argmax()]
    assert best == HOUSE


def test_probabilities_of_a_piece_sum_to_at_most_one():
    found = align([[HAUS, ROT], [TUER, ROT]], [[HOUSE, RED], [DOOR, RED]])
    assert max(found.probability[found.piece == piece].sum() for piece in (HAUS, TUER, ROT)) <= 1.0 + 1e-9


def test_first_row_is_the_weighted_mean_of_english_rows():
    found = align([[HAUS]], [[HOUSE]])
    rows = average_rows(found, np.array([[0, 0], [2, 4], [9, 9]], dtype=np.float32))
    assert rows[HAUS].tolist() == [2.0, 4.0]


def test_letters_cover_the_scripts_of_the_languages():
    letters = set(ordinary_letters())
    assert set("äéøßğışćłñőțảữαώжїёءعپےकळกฮあんアン한글漢汉龍龙") <= letters


def test_han_is_never_a_continuation():
    assert "漢" in letter_pieces()
    assert "##漢" not in letter_pieces()


def test_hangul_is_also_a_continuation():
    assert "##글" in letter_pieces()


def test_extended_tokenizer_knows_every_ordinary_letter(tokenizer_file):
    tokenizer = new_tokenizer(appended(vocabulary_of(tokenizer_file), letter_pieces()), tokenizer_file)
    tokens = tokenizer.encode(" ".join(ordinary_letters()), add_special_tokens=False).tokens
    assert "[UNK]" not in tokens


def test_english_is_cut_as_before(tokenizer_file):
    pieces = trained_pieces(["das haus ist rot", "die tür ist blau"] * 9, 90)
    extended = new_tokenizer(appended(vocabulary_of(tokenizer_file), pieces), tokenizer_file)
    text = "What colour is the house?"
    assert extended.encode(text).ids == Tokenizer.from_file(str(tokenizer_file)).encode(text).ids


def test_accents_are_kept_in_the_extended_vocabulary(tokenizer_file):
    vocabulary = appended(vocabulary_of(tokenizer_file), ["grün"])
    assert new_tokenizer(vocabulary, tokenizer_file).encode("Grün", add_special_tokens=False).tokens == ["grün"]


def test_teacher_drops_accents_as_it_always_did(tokenizer_file):
    english = len(vocabulary_of(tokenizer_file))
    tokenizer = english_tokenizer(tokenizer_file, english)
    assert tokenizer.encode("Réd", add_special_tokens=False).tokens == ["red"]


def test_rare_piece_is_dropped_and_english_is_not():
    vocabulary = {"house": 0, "haus": 1, "tür": 2, "한": 3, "##漢": 4}
    assert without_rare(vocabulary, {"haus": 9, "tür": 1}, english=1) == {"house": 0, "haus": 1, "한": 2}


def test_encoder_training_has_its_stages():
    parser = argparse.ArgumentParser()
    train_encoder.add_arguments(parser)
    assert parser.parse_args(["distil", "--start", "a", "--out", "b"]).body_rate == 1e-4


def test_reader_training_has_its_stages():
    parser = argparse.ArgumentParser()
    train_reader.add_arguments(parser)
    assert parser.parse_args(["english", "--start", "a", "--out", "b"]).learning_rate == 1.5e-4
