"""A quantized checkpoint is kept and loaded again without quantizing; a bad copy never stops a start."""

import json
import logging
import os
import shutil

import numpy as np
import pytest
import torch
from tiny_checkpoints import save_checkpoint
from tiny_xlm_roberta import save_xlm_roberta

from retrieval import model_loading, quantized_copies
from retrieval.encoder import pad
from retrieval.pretrained import CheckpointNotFound
from retrieval.quantized_copies import MANIFEST_FILE, copies_folder, delete_copies, existing_copies
from retrieval.transformer import load_encoder_network, load_reader_network
from ui import cli, doctor

BATCH = pad([[0, 6, 7, 8, 2, 2, 10, 11, 12, 13, 2], [0, 9, 2, 2, 14, 15, 2]], pad_id=1)


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole") / "tiny-reader"
    save_xlm_roberta(folder, "XLMRobertaForQuestionAnswering")
    return folder


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    """An empty place for copies."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "home" / "hub"))
    return tmp_path / "home" / "anytongue"


@pytest.fixture
def quantizing(monkeypatch):
    """How often a whole checkpoint is read."""
    times = []
    load = model_loading._load_whole
    monkeypatch.setattr(model_loading, "_load_whole", lambda loading: times.append(1) or load(loading))
    return times


def scores(folder, quantization="int8", **settings):
    return np.stack(load_reader_network(folder, quantization, **settings).span_scores(BATCH))


def only_copy(home):
    (copy,) = home.iterdir()
    return copy


@pytest.mark.parametrize(
    ("quantization", "int8_words"), [("int8", True), ("int8", False), ("nf4", True), ("nf4", False), ("none", True)]
)
def test_a_copy_computes_the_same_bits_and_nothing_is_quantized_again(reader, quantizing, quantization, int8_words):
    first = scores(reader, quantization, int8_words=int8_words)
    again = scores(reader, quantization, int8_words=int8_words)
    np.testing.assert_array_equal(first, again)
    assert len(quantizing) == 1


def test_an_encoder_is_kept_too(tmp_path, quantizing):
    save_checkpoint(tmp_path / "plain", "BertModel")
    rows = pad([[2, 6, 7, 8, 3]], pad_id=0)
    first, again = (load_encoder_network(tmp_path / "plain", "int8").hidden(rows) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert len(quantizing) == 1


@pytest.mark.parametrize("quantization", ["int8", "nf4"])
def test_a_checkpoint_without_a_pooler_gives_its_body(reader, quantizing, quantization):
    exact = load_encoder_network(reader, "none").hidden(BATCH)
    first, again = (load_encoder_network(reader, quantization).hidden(BATCH) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert len(quantizing) == 2  # for "none" and for the first copy
    assert np.corrcoef(first.ravel(), exact.ravel())[0, 1] > 0.9


def test_a_body_taken_from_a_reader_is_kept_beside_the_reader(reader, home):
    load_encoder_network(reader, "int8")
    load_reader_network(reader, "int8")
    assert len(list(home.iterdir())) == 2


def test_the_fingerprint_is_that_of_the_checkpoint(reader):
    first, again = (load_reader_network(reader, "int8").fingerprint for _ in range(2))
    assert first == again


def test_float_weights_are_not_copied(reader, home):
    scores(reader, "none")
    assert not home.exists()


def test_word_rows_are_kept_as_int8_alone(reader, home):
    scores(reader, "nf4")
    config = json.loads((only_copy(home) / "config.json").read_text())
    assert config["vocab_size"] == 2  # up to the padding: what stands in for the words


def test_a_copy_is_a_third_of_the_checkpoint_or_less(reader, home):
    scores(reader, "int8")
    assert existing_copies()[0].size < (reader / "model.safetensors").stat().st_size / 2.5


def test_another_checkpoint_in_the_same_folder_gets_its_own_copy(reader, home, tmp_path):
    folder = tmp_path / "changed"
    shutil.copytree(reader, folder)
    before = scores(folder)
    save_xlm_roberta(folder, "XLMRobertaForQuestionAnswering").qa_outputs.weight.data.mul_(2)
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4] + np.float32(9).tobytes())
    assert len(list(home.iterdir())) == 1
    after = scores(folder)
    assert len(list(home.iterdir())) == 2
    assert not np.array_equal(before, after)


# What is wrong with a copy


@pytest.mark.parametrize("name", ["layers.safetensors", "rest.safetensors", "words.safetensors", MANIFEST_FILE])
@pytest.mark.parametrize("damage", ["truncated", "flipped", "gone"])
def test_a_damaged_copy_is_made_again_and_said(reader, home, quantizing, caplog, name, damage):
    first = scores(reader)
    path = only_copy(home) / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x40
    path.write_bytes(content[:-9] if damage == "truncated" else content)
    if damage == "gone":
        path.unlink()
    with caplog.at_level(logging.WARNING):
        np.testing.assert_array_equal(scores(reader), first)
    assert "is damaged" in caplog.text
    assert "made again" in caplog.text
    scores(reader)
    assert len(quantizing) == 2  # the first time and after the damage, not the third time


def test_a_copy_by_another_version_is_refused_plainly_and_made_again(reader, home, quantizing, caplog):
    scores(reader)
    path = only_copy(home) / MANIFEST_FILE
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps({**manifest, "made_by": {**manifest["made_by"], "bitsandbytes": "0.1"}}))
    with caplog.at_level(logging.WARNING):
        scores(reader)
    assert "was made in format 2 by torch" in caplog.text
    assert "bitsandbytes 0.1; this is format 2 with" in caplog.text
    assert len(quantizing) == 2


def test_a_copy_in_another_format_is_refused_plainly(reader, home, monkeypatch, caplog):
    scores(reader)
    monkeypatch.setattr(quantized_copies, "COPY_FORMAT", 3)
    scores(reader)
    assert "was made in format 2" in caplog.text
    assert "this is format 3" in caplog.text


def test_when_memory_runs_out_a_good_copy_is_kept(reader, home, monkeypatch):
    scores(reader)

    def full(loading, folder):
        raise MemoryError

    monkeypatch.setattr(model_loading, "_load_copy", full)
    with pytest.raises(MemoryError):
        scores(reader)
    assert only_copy(home).is_dir()


def test_a_full_disk_costs_only_the_copy(reader, home, monkeypatch, caplog):
    def full(*arguments, **settings):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("safetensors.torch.save_file", full)
    assert np.isfinite(scores(reader)).all()
    assert "No quantized copy of" in caplog.text
    assert "No space left on device" in caplog.text
    assert list(home.iterdir()) == []


def test_a_copy_named_as_a_checkpoint_is_refused(reader, home):
    scores(reader, "nf4")
    with pytest.raises(CheckpointNotFound, match=r"is a quantized copy .* name the checkpoint it was made of"):
        load_reader_network(only_copy(home), "nf4")


# Showing and clearing


def test_the_doctor_shows_what_lies_there(reader, home):
    scores(reader)
    found = doctor.copies()
    assert (found["folder"], found["bytes"]) == (str(home), existing_copies()[0].size)
    assert found["names"][0].startswith("tiny-reader-AutoModelForQuestionAnswering-int8-int8-float32-cpu-")


def test_the_command_deletes_them(reader, home, capsys):
    scores(reader)
    assert cli.run(["clear-copies"]) == 0
    assert "1 quantized copy deleted" in capsys.readouterr().out
    assert existing_copies() == []


def test_there_may_be_nothing_to_delete(capsys):
    assert delete_copies() == []
    cli.run(["clear-copies"])
    assert "There are no quantized copies" in capsys.readouterr().out


def test_they_lie_beside_the_hubs_cache(home):
    assert copies_folder() == home
    assert os.path.dirname(home) == os.path.dirname(home.parent / "hub")


def test_an_interrupted_write_leaves_nothing_that_looks_whole(reader, home, monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(quantized_copies, "_write_manifest", interrupted)
    with pytest.raises(KeyboardInterrupt):
        scores(reader)
    assert list(home.iterdir()) == []


def test_int8_rows_come_back_with_the_type_they_had(reader, home):
    from safetensors.torch import load_file

    scores(reader)
    words = load_file(only_copy(home) / "words.safetensors")
    assert {name: tensor.dtype for name, tensor in words.items()} == {".rows": torch.int8, ".scale": torch.float16}
