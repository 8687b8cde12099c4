"""The head of a reader or a reranker is whole and stays float, whatever its architecture calls its parts."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_checkpoints import POSITIONS, VOCABULARY, WIDTH, save_checkpoint

from retrieval import pretrained
from retrieval.encoder import pad
from retrieval.model_loading import MissingWeights, head_layers
from retrieval.transformer import load_encoder_network, load_reader_network, load_reranker_network

BATCH = pad([[2, 6, 7, 8, 3, 10, 11, 3], [2, 9, 3, 14, 15, 3]], pad_id=0)
COMMON = {
    "vocab_size": len(VOCABULARY),
    "pad_token_id": 0,
    "initializer_range": 0.2,
    "max_position_embeddings": POSITIONS,
}
SIZE = {"hidden_size": WIDTH, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 128}
CONFIGS = {
    "Bert": SIZE,
    "DebertaV2": {**SIZE, "pooler_hidden_size": WIDTH, "relative_attention": True, "pos_att_type": ["p2c", "c2p"]},
    "DistilBert": {"dim": WIDTH, "n_layers": 2, "n_heads": 4, "hidden_dim": 128},
    "ModernBert": {**SIZE, "bos_token_id": 2, "cls_token_id": 2, "eos_token_id": 3, "sep_token_id": 3},
}
RERANKER_HEADS = {
    "Bert": ["bert.pooler.dense", "classifier"],
    "DebertaV2": ["pooler.dense", "classifier"],
    "DistilBert": ["pre_classifier", "classifier"],
    "ModernBert": ["head.dense", "classifier"],
}
READER_HEADS = {
    "Bert": ["qa_outputs"],
    "DebertaV2": ["qa_outputs"],
    "DistilBert": ["qa_outputs"],
    "ModernBert": ["head.dense", "classifier"],
}


@pytest.fixture
def loaded(monkeypatch):
    """The models that were loaded, in order."""
    models = []
    load = pretrained.load_model
    monkeypatch.setattr(pretrained, "load_model", lambda *arguments: models.append(load(*arguments)) or models[-1])
    return models


def save(folder, architecture, head, labels=2):
    import transformers

    config = getattr(transformers, f"{architecture}Config")(**COMMON, **CONFIGS[architecture], num_labels=labels)
    return save_checkpoint(folder, f"{architecture}{head}", config)


def linear_kinds(model, paths):
    return {type(model.get_submodule(path)) for path in paths}


@pytest.mark.parametrize("quantization", ["int8", "nf4"])
@pytest.mark.parametrize("architecture", CONFIGS)
def test_the_head_of_a_reranker_stays_float(tmp_path, loaded, architecture, quantization):
    save(tmp_path, architecture, "ForSequenceClassification", labels=1)
    first, again = (load_reranker_network(tmp_path, quantization).relevance(BATCH) for _ in range(2))
    np.testing.assert_allclose(first, again, atol=1e-5)  # made of the checkpoint, then of its quantized copy
    assert [head_layers(model) for model in loaded] == [RERANKER_HEADS[architecture]] * 2
    for model in loaded:
        assert linear_kinds(model, RERANKER_HEADS[architecture]) == {torch.nn.Linear}


@pytest.mark.parametrize("quantization", ["int8", "nf4"])
@pytest.mark.parametrize("architecture", CONFIGS)
def test_the_head_of_a_reader_stays_float(tmp_path, loaded, architecture, quantization):
    save(tmp_path, architecture, "ForQuestionAnswering")
    load_reader_network(tmp_path, quantization)
    assert linear_kinds(loaded[0], READER_HEADS[architecture]) == {torch.nn.Linear}


@pytest.mark.parametrize("architecture", CONFIGS)
def test_a_reranker_gives_what_transformers_gives(tmp_path, architecture):
    model = save(tmp_path, architecture, "ForSequenceClassification", labels=1)
    with torch.inference_mode():
        expected = model(torch.from_numpy(BATCH.ids), attention_mask=torch.from_numpy(BATCH.mask)).logits[:, 0]
    found = load_reranker_network(tmp_path, "none").relevance(BATCH)
    np.testing.assert_allclose(found, expected.numpy(), atol=1e-4)


def test_a_reranker_without_the_pooler_below_its_head_is_refused(tmp_path):
    save(tmp_path, "Bert", "ForSequenceClassification", labels=1)
    weights = load_file(tmp_path / "model.safetensors")
    rest = {name: tensor for name, tensor in weights.items() if "pooler" not in name}
    save_file(rest, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(MissingWeights, match=r"lacks 2 weights \(bert\.pooler\.dense\.bias"):
        load_reranker_network(tmp_path, "none")


def test_an_encoder_needs_no_pooler(tmp_path):
    save(tmp_path, "Bert", "ForQuestionAnswering")
    assert load_encoder_network(tmp_path, "none").dim == WIDTH


def test_a_reranker_without_a_head_of_another_name_is_refused(tmp_path):
    save(tmp_path, "DistilBert", "Model")
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "id2label": {"0": "score"}, "label2id": {"score": 0}}))
    with pytest.raises(MissingWeights, match=r"has no relevance head \(classifier\.bias, .*pre_classifier\.weight\)"):
        load_reranker_network(tmp_path, "none")
