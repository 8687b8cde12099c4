from pathlib import Path

import pytest
import torch
from training_world import write_checkpoint
from transformers import AutoModel, AutoModelForQuestionAnswering, AutoTokenizer

from chatbot.training.package import RowsDiffer, package
from retrieval.export import ExportError, export
from retrieval.training.checkpoints import load_encoder, load_reader

WORDS = "embeddings.word_embeddings.weight"


@pytest.fixture(scope="module")
def packaged(tmp_path_factory) -> Path:
    """An encoder and a reader over the same rows, packaged into `encoder/` and `reader/`."""
    folder = tmp_path_factory.mktemp("packaged")
    encoder = write_checkpoint(folder / "plain-encoder")
    reader = write_checkpoint(folder / "plain-reader", reader=True)
    model, _ = load_reader(reader)
    model.bert.embeddings.word_embeddings = load_encoder(encoder)[0].embeddings.word_embeddings
    model.save_pretrained(reader)
    package(encoder, reader, folder / "encoder", folder / "reader")
    return folder


def test_packaged_reader_comes_back_with_its_head(packaged):
    before, after = load_reader(packaged / "plain-reader")[0], load_reader(packaged / "reader")[0]
    assert torch.allclose(before.qa_outputs.weight, after.qa_outputs.weight, atol=1e-3)


def test_reader_takes_its_rows_from_the_encoder(packaged):
    rows = load_reader(packaged / "reader")[0].bert.embeddings.word_embeddings.weight
    assert torch.equal(rows, load_encoder(packaged / "encoder")[0].embeddings.word_embeddings.weight)


def test_reader_over_other_rows_is_refused(packaged, tmp_path):
    other = write_checkpoint(tmp_path / "other", reader=True)
    model, _ = load_reader(other)
    torch.nn.init.zeros_(model.bert.embeddings.word_embeddings.weight)
    model.save_pretrained(other)
    with pytest.raises(RowsDiffer, match="train the reader's transfer"):
        package(packaged / "plain-encoder", other, tmp_path / "a", tmp_path / "b")


def test_exported_encoder_gives_the_packaged_vectors(packaged, tmp_path):
    export(packaged / "encoder", tmp_path)
    ids = AutoTokenizer.from_pretrained(tmp_path)("What colour is the house?", return_tensors="pt")
    ours = load_encoder(packaged / "encoder")[0].eval()
    with torch.no_grad():
        theirs = AutoModel.from_pretrained(tmp_path, add_pooling_layer=False)(**ids).last_hidden_state
        assert torch.allclose(theirs, ours(**ids).last_hidden_state, atol=1e-5)


def test_exported_reader_gives_the_packaged_scores(packaged, tmp_path):
    export(packaged / "reader", tmp_path)
    ids = AutoTokenizer.from_pretrained(tmp_path)("What is red?", "The door is red.", return_tensors="pt")
    ours = load_reader(packaged / "reader")[0].eval()
    with torch.no_grad():
        theirs = AutoModelForQuestionAnswering.from_pretrained(tmp_path)(**ids).start_logits
        assert torch.allclose(theirs, ours(**ids).start_logits, atol=1e-5)


def test_exported_tokenizer_marks_question_and_passage(packaged, tmp_path):
    export(packaged / "reader", tmp_path)
    ids = AutoTokenizer.from_pretrained(tmp_path)("red", "door")
    assert ids["token_type_ids"] == [0, 0, 0, 1, 1]


def test_exported_folder_names_nothing_of_ours(packaged, tmp_path):
    export(packaged / "reader", tmp_path)
    assert "anytongue" not in (tmp_path / "config.json").read_text()


def test_nothing_is_exported_over_what_is_there(packaged, tmp_path):
    (tmp_path / "config.json").write_text("mine")
    with pytest.raises(ExportError, match="exists and is not empty: name a new folder"):
        export(packaged / "reader", tmp_path)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]


def test_half_export_is_half_the_size(packaged, tmp_path):
    export(packaged / "encoder", tmp_path / "whole")
    export(packaged / "encoder", tmp_path / "half", half=True)
    sizes = [(tmp_path / kind / "model.safetensors").stat().st_size for kind in ("whole", "half")]
    assert sizes[1] < 0.6 * sizes[0]
