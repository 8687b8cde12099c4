"""Which models run: names, data beside each id, and memory by formula."""

import json
import shutil

import pytest
import torch
from fakes import FakeEncoder
from tiny_checkpoints import save_checkpoint

from chatbot import model_choice, reader
from chatbot.assemble import build_encoder, build_reader
from chatbot.settings import Settings
from knowledge_base.chunking import cut_passages
from knowledge_base.documents import Document
from knowledge_base.store import KnowledgeBase
from retrieval import encoder, hub, reranker
from retrieval.indexer import index
from retrieval.memory_need import BATCH_TOKENS, Shape, network_need, peak_need, shape_of_config
from retrieval.packaged import CheckpointError, read_config
from retrieval.profiles import (
    PACKAGED_SHAPE,
    XLM_R_BASE,
    XLM_R_LARGE,
    UnknownProfile,
    choose,
    encoder_facts,
    find_pair,
    reader_facts,
    reader_warning,
    smaller_pairs,
)

BASE_READER = "deepset/xlm-roberta-base-squad2"


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoints")
    save_checkpoint(folder / "my-encoder", "BertModel")
    save_checkpoint(folder / "my-reader", "BertForQuestionAnswering")
    return folder


# Names


def test_base_is_the_small_e5_and_xlm_roberta_base():
    assert find_pair("base").ids == ("intfloat/multilingual-e5-small", BASE_READER)


def test_an_unknown_name_is_refused_with_the_names_there_are():
    with pytest.raises(UnknownProfile, match="no models named 'huge': choose base, large, packaged or auto"):
        find_pair("huge")


def test_a_comma_joins_an_encoder_and_a_reader():
    pair = find_pair("BAAI/bge-m3, /models/my reader")
    assert (pair.encoder, pair.reader) == ("BAAI/bge-m3", "/models/my reader")


def test_a_pair_without_a_reader_is_refused():
    with pytest.raises(UnknownProfile):
        find_pair("BAAI/bge-m3,")


def test_three_checkpoints_are_refused():
    with pytest.raises(UnknownProfile):
        find_pair("a,b,c")


def test_the_command_line_default_is_the_packaged_pair():
    assert find_pair(Settings().models).ids == ()


def test_after_large_comes_base_then_packaged():
    assert [pair.name for pair in smaller_pairs(find_pair("large"))] == ["base", "packaged"]


# What auto picks


def test_auto_without_a_gpu_is_packaged():
    choice = choose("auto", gpu=False, obtainable=True)
    assert (choice.pair.name, choice.reason) == (
        "packaged",
        "there is no CUDA GPU, and the packaged models are made for a processor",
    )


def test_auto_with_a_gpu_and_a_hub_is_large():
    assert choose("auto", gpu=True, obtainable=True).pair.name == "large"


def test_auto_with_a_gpu_and_no_hub_is_packaged():
    choice = choose("auto", gpu=True, obtainable=False)
    assert (choice.pair.name, choice.reason) == (
        "packaged",
        "the large models are not cached and the hub cannot be reached",
    )


def test_a_named_profile_runs_without_a_gpu_too():
    assert choose("base", gpu=False, obtainable=False).pair.name == "base"


def test_the_hub_is_never_asked_when_it_is_forbidden(monkeypatch):
    monkeypatch.setattr(hub, "_answers", lambda endpoint: pytest.fail("asked"))
    assert hub.hub_reachable({"HF_HUB_OFFLINE": "1"}) is False


def test_an_address_where_nobody_listens_is_unreachable():
    assert hub.hub_reachable({"HF_ENDPOINT": "http://127.0.0.1:9"}) is False


def test_a_checkpoint_in_a_folder_needs_no_hub(tmp_path):
    assert hub.obtainable([str(tmp_path)], {"HF_HUB_OFFLINE": "1"}) is True


def test_an_id_that_is_not_cached_needs_the_hub():
    assert hub.obtainable(["nobody/nothing-of-this-name"], {"HF_HUB_OFFLINE": "1"}) is False


# Data beside each id


def test_e5_asks_with_query_and_stores_with_passage():
    facts = encoder_facts("intfloat/multilingual-e5-large")
    assert (facts.question_prefix, facts.passage_prefix, facts.pooling) == ("query: ", "passage: ", "mean")


def test_bge_m3_takes_the_first_token_and_no_prefix():
    facts = encoder_facts("BAAI/bge-m3")
    assert (facts.question_prefix, facts.pooling, facts.dim, facts.licence) == ("", "cls", 1024, "MIT")


def test_a_folder_with_the_name_of_a_known_id_keeps_its_conventions(tmp_path):
    (tmp_path / "multilingual-e5-small").mkdir()
    assert encoder_facts(str(tmp_path / "multilingual-e5-small")).passage_prefix == "passage: "


def test_an_unlisted_encoder_tells_its_conventions_in_its_folder(tmp_path):
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text('{"pooling_mode_cls_token": true}')
    (tmp_path / "config_sentence_transformers.json").write_text(
        json.dumps({"prompts": {"query": "Q: ", "document": "D: "}})
    )
    facts = encoder_facts(str(tmp_path))
    assert (facts.question_prefix, facts.passage_prefix, facts.pooling) == ("Q: ", "D: ", "cls")


def test_an_unlisted_encoder_that_tells_nothing_is_pooled_by_the_mean(tmp_path):
    facts = encoder_facts(str(tmp_path))
    assert (facts.question_prefix, facts.passage_prefix, facts.pooling) == ("", "", "mean")


def test_a_reader_trained_on_english_alone_needs_no_warning():
    assert reader_warning(reader_facts(BASE_READER)) is None


def test_a_reader_trained_on_xquad_is_warned_of():
    warning = reader_warning(reader_facts("somebody/xlm-roberta-base-xquad"))
    assert warning is not None
    assert warning.startswith("somebody/xlm-roberta-base-xquad was trained on other languages than English")


def test_a_reader_of_which_nothing_is_known_is_not_accused_but_told_of():
    facts = reader_facts("somebody/my-reader")
    assert facts.english_only is None
    assert reader_warning(facts).startswith("Whether somebody/my-reader was trained on English alone is unknown")


def test_the_packaged_size_is_that_of_its_config():
    assert shape_of_config(read_config(model_choice.PACKAGED_ENCODER)) == PACKAGED_SHAPE


# Memory


def test_parameters_of_xlm_roberta_base_are_those_of_the_real_network():
    from transformers import XLMRobertaConfig, XLMRobertaModel

    with torch.device("meta"):  # sizes without numbers
        model = XLMRobertaModel(
            XLMRobertaConfig(vocab_size=250_002, max_position_embeddings=514, type_vocab_size=1),
            add_pooling_layer=False,
        )
    real = sum(weights.numel() for weights in model.parameters())
    assert abs(XLM_R_BASE.parameters - real) < 0.0001 * real


def megabytes(shape, weights):
    return round(network_need(shape, weights, "bfloat16", gpu=True).held / 1e6)


def test_xlm_roberta_base_takes_555_megabytes_in_half_precision():
    assert megabytes(XLM_R_BASE, "none") == 555


def test_xlm_roberta_base_takes_278_megabytes_in_int8():
    assert megabytes(XLM_R_BASE, "int8") == 278


def test_xlm_roberta_large_takes_428_megabytes_in_nf4():
    assert megabytes(XLM_R_LARGE, "nf4") == 428


def test_on_a_processor_int8_is_loaded_as_float32_first():
    need = network_need(XLM_R_BASE, "int8", "float32", gpu=False)
    assert need.loading == XLM_R_BASE.parameters * 4 + need.held


def test_packaged_words_stay_int8_when_no_quantization_is_asked():
    need = network_need(PACKAGED_SHAPE, "none", "float32", gpu=False, packaged=True)
    words = 87_186 * (384 + 2)
    assert need.held == words + 4 * (PACKAGED_SHAPE.linear_numbers + PACKAGED_SHAPE.other_numbers)


def test_a_peak_needs_most_while_its_reader_is_loaded():
    encoder = network_need(XLM_R_BASE, "int8", "float32", gpu=False)
    reader = network_need(XLM_R_LARGE, "int8", "float32", gpu=False)
    assert peak_need(encoder, reader) == encoder.held + reader.loading


def test_a_network_that_is_loaded_last_stands_beside_those_that_are_held():
    encoder, reader = (network_need(PACKAGED_SHAPE, "int8", "float32", gpu=False, packaged=True) for _ in range(2))
    reranker = network_need(XLM_R_LARGE, "int8", "float32", gpu=False)
    assert peak_need(encoder, reader, reranker) == encoder.held + reader.held + reranker.loading


def test_the_largest_batch_that_runs_is_counted():
    assert max(encoder.BATCH_TOKENS, reader.BATCH_TOKENS, reranker.BATCH_TOKENS) == BATCH_TOKENS


def test_a_gated_layer_has_one_matrix_more():
    plain = Shape(10, width=4, layers=1, feed_forward=8, positions=0)
    gated = Shape(10, width=4, layers=1, feed_forward=8, positions=0, gated=True)
    assert gated.linear_numbers - plain.linear_numbers == 4 * 8


def test_a_config_that_names_its_parts_otherwise_has_no_known_size():
    assert shape_of_config({"model_type": "t5", "d_model": 512}) is None


# Real checkpoints


def test_a_pair_of_folders_is_loaded(checkpoints):
    settings = Settings(models=f"{checkpoints / 'my-encoder'},{checkpoints / 'my-reader'}")
    assert (build_encoder(settings).dim, build_reader(settings).fingerprint != "") == (64, True)


def test_the_encoder_gets_the_prefixes_beside_its_id(checkpoints):
    folder = checkpoints / "multilingual-e5-base"
    shutil.copytree(checkpoints / "my-encoder", folder)
    encoder = build_encoder(Settings(models=f"{folder},packaged"))
    assert (encoder.question_prefix, encoder.passage_prefix) == ("query: ", "passage: ")


def test_a_reader_without_a_span_head_is_refused(checkpoints):
    with pytest.raises(CheckpointError, match="no question answering head"):
        build_reader(Settings(models=f"packaged,{checkpoints / 'my-encoder'}"))


def test_a_reader_trained_on_a_test_set_is_loaded_with_a_warning(checkpoints, caplog):
    folder = checkpoints / "my-reader-xquad"
    shutil.copytree(checkpoints / "my-reader", folder)
    build_reader(Settings(models=f"packaged,{folder}"))
    assert "was trained on other languages than English" in caplog.text


def test_switching_the_encoder_keeps_the_old_vectors(tmp_path):
    first, second = FakeEncoder("first"), FakeEncoder("second")
    document = Document("a.md", "Returns", "You may return a lamp within 30 days.")
    with KnowledgeBase(tmp_path / "kb.db") as knowledge_base:
        knowledge_base.add_document(document, cut_passages(document))
        index(knowledge_base, first)
        index(knowledge_base, second)
        assert index(knowledge_base, first) == 0
