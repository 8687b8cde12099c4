"""Checkpoints that lack a file, or hold one that is damaged, are refused with its name before they answer anything."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_checkpoints import VOCABULARY, save_checkpoint

from retrieval import hub
from retrieval.checkpoint_files import missing_part
from retrieval.packaged import BrokenCheckpoint, CheckpointFileMissing
from retrieval.transformer import load_encoder_network

INDEX = "model.safetensors.index.json"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(name="made", scope="module")
def _made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoint") / "whole"
    save_checkpoint(folder, "BertModel")
    return folder


@pytest.fixture
def folder(made, tmp_path):
    """A copy to damage."""
    shutil.copytree(made, tmp_path / "checkpoint")
    return tmp_path / "checkpoint"


@pytest.fixture
def in_cache(folder, tmp_path, monkeypatch):
    """The same as the snapshot of me/model in the hub's cache."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    home = tmp_path / "hub" / "models--me--model"
    (home / "refs").mkdir(parents=True)
    (home / "refs" / "main").write_text(COMMIT)
    (home / "snapshots").mkdir()
    folder.rename(home / "snapshots" / COMMIT)
    return home / "snapshots" / COMMIT


def split_weights(folder):
    """The weights in two files with an index, as large checkpoints are published."""
    tensors = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    names = sorted(tensors)
    parts = {"model-00001-of-00002.safetensors": names[:5], "model-00002-of-00002.safetensors": names[5:]}
    for part, held in parts.items():
        save_file({name: tensors[name] for name in held}, folder / part, metadata={"format": "pt"})
    weight_map = {name: part for part, held in parts.items() for name in held}
    (folder / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))


def spoil(folder, name, numbers):
    """Write other numbers into a weight, behind a header that stays as it was."""
    weights = folder / "model.safetensors"
    tensors = load_file(weights)
    tensors[name] = tensors[name].clone()
    tensors[name].view(-1)[: len(numbers)] = torch.tensor(numbers)
    save_file(tensors, weights, metadata={"format": "pt"})


# Tokenizers


def test_a_checkpoint_without_tokenizer_files_is_refused(folder):
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer_config.json").unlink()
    with pytest.raises(CheckpointFileMissing, match=r"holds no vocabulary of a tokenizer \(tokenizer\.json\)"):
        load_encoder_network(folder, "none")


def test_a_tokenizer_config_without_its_tokenizer_is_refused_alike(folder):
    (folder / "tokenizer.json").unlink()
    with pytest.raises(CheckpointFileMissing, match=r"holds no vocabulary of a tokenizer"):
        load_encoder_network(folder, "none")


def test_a_list_of_pieces_is_a_tokenizer_too(folder):
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "BertTokenizer"}))
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n")
    assert load_encoder_network(folder, "none").tokenizer.tokenize(["the lamp"])[0].ids.tolist() == [6, 7]


@pytest.mark.parametrize("content", ["{", "{}"])
def test_a_broken_tokenizer_is_named(folder, content):
    (folder / "tokenizer.json").write_text(content)
    with pytest.raises(BrokenCheckpoint, match=r"checkpoint has a tokenizer that cannot be read .*restore tokenizer\."):
        load_encoder_network(folder, "none")


# Weights


def test_weights_in_parts_are_whole(folder):
    split_weights(folder)
    assert missing_part(folder) is None
    assert load_encoder_network(folder, "none").dim == 64


def test_a_missing_part_of_the_weights_is_named(folder):
    split_weights(folder)
    (folder / "model-00002-of-00002.safetensors").unlink()
    with pytest.raises(CheckpointFileMissing, match=r"holds no model-00002-of-00002\.safetensors: name the folder"):
        load_encoder_network(folder, "none")


def test_parts_without_an_index_are_no_weights(folder):
    split_weights(folder)
    (folder / INDEX).unlink()
    with pytest.raises(CheckpointFileMissing, match=r"holds no \*\.safetensors weights"):
        load_encoder_network(folder, "none")


def test_a_broken_index_is_named(folder):
    split_weights(folder)
    (folder / INDEX).write_text("[]")
    with pytest.raises(BrokenCheckpoint, match=r"index\.json is no list of weight files .*restore the file"):
        load_encoder_network(folder, "none")


@pytest.mark.parametrize("quantization", ["none", "int8", "nf4"])
def test_weights_that_are_not_numbers_are_refused(folder, quantization):
    spoil(folder, "encoder.layer.1.output.dense.weight", [float("nan")] * 9)
    with pytest.raises(BrokenCheckpoint, match=r"model\.safetensors is damaged: encoder\.layer\.1\.output\.dense\.wei"):
        load_encoder_network(folder, quantization)


def test_weights_that_are_infinite_are_refused(folder):
    spoil(folder, "encoder.layer.0.output.LayerNorm.bias", [float("-inf")])
    with pytest.raises(BrokenCheckpoint, match="not finite"):
        load_encoder_network(folder, "none")


def store_as_float8(folder, name):
    weights = folder / "model.safetensors"
    tensors = load_file(weights)
    save_file({**tensors, name: tensors[name].to(torch.float8_e4m3fn)}, weights, metadata={"format": "pt"})


def test_float8_weights_are_checked_like_others(folder):
    name = "encoder.layer.1.output.dense.weight"
    store_as_float8(folder, name)
    assert load_encoder_network(folder, "none").dim == 64
    spoil(folder, name, [float("nan")])
    with pytest.raises(BrokenCheckpoint, match=f"{name} holds numbers that are not finite"):
        load_encoder_network(folder, "none")


# In the hub's cache


def test_a_whole_checkpoint_counts_as_cached(in_cache):
    assert hub.cached("me/model")


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_checkpoint_that_lacks_a_file_does_not_count_as_cached(in_cache, name):
    (in_cache / name).unlink()
    assert not hub.cached("me/model")


def test_a_checkpoint_that_lacks_a_part_of_its_weights_does_not_count_as_cached(in_cache):
    split_weights(in_cache)
    assert hub.cached("me/model")
    (in_cache / "model-00001-of-00002.safetensors").unlink()
    assert not hub.cached("me/model")


def test_a_checkpoint_with_a_broken_index_does_not_count_as_cached(in_cache):
    split_weights(in_cache)
    (in_cache / INDEX).write_text("{")
    assert not hub.cached("me/model")


@pytest.mark.parametrize("name", ["../reader", "/no/such/folder", "a b/c"])
def test_what_is_no_id_is_not_cached(name):
    assert not hub.cached(name)
