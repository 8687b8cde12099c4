import argparse
import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from training_world import write_checkpoint, write_data, write_english_qa

from chatbot.training import reader, transfer
from retrieval.training import dictionary, encoder, prepare
from retrieval.training.checkpoints import load_encoder
from retrieval.training.english_qa import TrainingDataError
from retrieval.training.vocabulary import english_pieces

WORDS = "embeddings.word_embeddings.weight"


def options(module, *words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)
    return parser.parse_args([*words, "--threads", "1"] if module is not prepare else list(words))


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Path:
    """Data, then each training once, in the order in which the packaged models are made."""
    folder = tmp_path_factory.mktemp("world")
    data = str(write_data(folder / "data"))
    write_checkpoint(folder / "english")
    write_checkpoint(folder / "english-reader", reader=True)

    def out(name: str) -> tuple[str, ...]:
        return ("--data", data, "--out", str(folder / name))

    prepare.run(options(prepare, *out("start"), "--start", str(folder / "english"), "--pieces", "de=150,nl=150"))
    small = ("--tokens", "20000", "--batch-tokens", "512")
    encoder.run(options(encoder, *out("encoder"), *small, "--start", str(folder / "start"), "--body-rate", "1e-3"))
    from_english = ("--start", str(folder / "english-reader"), "--learning-rate", "3e-3", "--window", "64")
    reader.run(options(reader, *out("reader"), "--tokens", "40000", "--batch-tokens", "512", *from_english))
    carry = ("--start", str(folder / "reader" / "model"), "--encoder", str(folder / "encoder" / "model"))
    dictionary.run(argparse.Namespace(data=folder / "data", out=folder / "dictionary", written=None))
    glossed = ("--dictionary", str(folder / "dictionary"))
    transfer.run(options(transfer, *out("transfer"), *small, *carry, *glossed, "--window", "64"))
    body_alone = ("--start", str(folder / "encoder" / "model"), "--row-rate", "0", "--body-rate", "1e-3")
    encoder.run(options(encoder, *out("glossed"), *small, *glossed, *body_alone))
    asked = ("--asked-share", "0.7")
    encoder.run(options(encoder, *out("asked"), "--tokens", "80000", *small[2:], *glossed, *body_alone, *asked))
    return folder


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


def losses(folder: Path) -> list[float]:
    return torch.load(folder / "checkpoint.pt", weights_only=True)["losses"]


def test_new_pieces_stand_behind_the_english_ones(world):
    before = json.loads((world / "english" / "tokenizer.json").read_text())["model"]["vocab"]
    after = json.loads((world / "start" / "tokenizer.json").read_text())["model"]["vocab"]
    assert {piece: after[piece] for piece in before} == before
    assert "haus" in after


def test_new_piece_starts_as_what_it_translates(world):
    vocabulary = json.loads((world / "start" / "tokenizer.json").read_text())["model"]["vocab"]
    rows = torch.nn.functional.normalize(weights(world / "start")[WORDS], dim=1)
    english = rows[[vocabulary[word] for word in ("house", "door", "table", "lamp", "chair")]]
    assert int((english @ rows[vocabulary["haus"]]).argmax()) == 0


def closeness(folder: Path, translation: str, english: str) -> float:
    model, tokenizer_file = load_encoder(folder)
    texts = encoder.TextRows(tokenizer_file, english_pieces(model.config), [])
    rows = texts.rows([translation], 32) + texts.rows([english], 32)
    with torch.no_grad():
        vectors = encoder.embed(model.eval(), rows, texts.pad_id)
    return float(vectors[0] @ vectors[1])


def test_encoder_tells_the_translation_from_another_text_better_than_before(world):
    asked, own, other = "welche farbe hat haus nummer 3 ?", "what colour is the house number 3 ?", "the lamp is red"

    def margin(folder: Path) -> float:
        return closeness(folder, asked, own) - closeness(folder, asked, other)

    assert margin(world / "encoder" / "model") > margin(world / "start") + 0.02


def test_encoder_training_leaves_english_rows_alone(world):
    before, after = weights(world / "start")[WORDS], weights(world / "encoder" / "model")[WORDS]
    english = len(json.loads((world / "english" / "tokenizer.json").read_text())["model"]["vocab"])
    assert torch.equal(before[:english], after[:english])
    assert not torch.equal(before, after)


def test_reader_learns(world):
    trained = losses(world / "reader")
    assert sum(trained[-5:]) < 0.8 * sum(trained[:5])


def test_reader_training_leaves_every_row_alone(world):
    name = f"bert.{WORDS}"
    assert torch.equal(weights(world / "english-reader")[name], weights(world / "reader" / "model")[name])


def test_transfer_learns(world):
    trained = losses(world / "transfer")
    assert len(trained) > 10


def test_glossed_encoder_keeps_its_rows_and_moves_its_body(world):
    before, after = (weights(world / run / "model") for run in ("encoder", "glossed"))
    assert torch.equal(before[WORDS], after[WORDS])
    assert any(not torch.equal(before[name], after[name]) for name in before if "layer" in name)


def test_transferred_reader_uses_the_rows_of_the_encoder(world):
    assert torch.equal(
        weights(world / "transfer" / "model")[f"bert.{WORDS}"], weights(world / "encoder" / "model")[WORDS]
    )


def test_scores_are_written_beside_the_model(world):
    assert list(json.loads((world / "reader" / "scores.json").read_text())) == ["support"]


def test_agreement_is_measured_before_and_after(world):
    assert list(json.loads((world / "transfer" / "agreement.json").read_text())) == ["before", "after"]


def test_questions_move_towards_the_passages_that_answer_them(world):
    asked, own, other = "what colour is the house number 3 ?", "the house number 3 is red", "the house number 8 is red"

    def margin(folder: Path) -> float:
        return closeness(folder, asked, own) - closeness(folder, asked, other)

    assert margin(world / "asked" / "model") > margin(world / "glossed" / "model")


def test_share_of_asked_questions_needs_some(world, tmp_path):
    data = tmp_path / "data"
    shutil.copytree(world / "data", data)
    write_english_qa(data, "policyqa")
    with pytest.raises(TrainingDataError, match="no question with a passage"):
        encoder.run(
            options(
                encoder,
                "--data",
                str(data),
                "--out",
                str(tmp_path / "out"),
                "--start",
                str(world / "start"),
                "--asked-share",
                "0.5",
            )
        )
