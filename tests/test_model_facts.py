"""What is known of checkpoints that are not listed: from their names and from what lies beside their weights."""

import json

import pytest
from tiny_checkpoints import save_checkpoint

from chatbot.assemble import build_encoder
from chatbot.settings import Settings
from retrieval.encoder import UnknownPooling
from retrieval.profiles import encoder_facts, reader_facts

COMMIT = "0123456789abcdef0123456789abcdef01234567"

# Encoders


@pytest.mark.parametrize(
    ("settings", "pooling"),
    [
        ({"pooling_mode_mean_sqrt_len_tokens": True}, "mean"),
        ({"pooling_mode_lasttoken": True, "pooling_mode_mean_tokens": False}, "lasttoken"),
        ({"pooling_mode_cls_token": True, "pooling_mode_max_tokens": True}, "cls+max_tokens"),
        ({"pooling_mode": "cls"}, "cls"),
        ({"pooling_mode": ["cls", "mean"], "include_prompt": True}, "cls+mean"),
    ],
)
def test_pooling_is_what_the_folder_of_an_unlisted_encoder_says(tmp_path, settings, pooling):
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text(json.dumps(settings))
    assert encoder_facts(str(tmp_path)).pooling == pooling


@pytest.mark.parametrize(("written", "expected"), [("128", 128), ("null", None)])
def test_an_unlisted_encoder_says_how_long_its_input_may_be(tmp_path, written, expected):
    (tmp_path / "sentence_bert_config.json").write_text(f'{{"max_seq_length": {written}}}')
    assert encoder_facts(str(tmp_path)).max_tokens == expected


def test_an_encoder_that_pools_otherwise_is_refused(tmp_path):
    save_checkpoint(tmp_path / "last", "BertModel")
    (tmp_path / "last" / "1_Pooling").mkdir()
    (tmp_path / "last" / "1_Pooling" / "config.json").write_text('{"pooling_mode_lasttoken": true}')
    with pytest.raises(UnknownPooling, match=r"'lasttoken' is unknown: choose one of mean, cls, or, .* another"):
        build_encoder(Settings(models=f"{tmp_path / 'last'},packaged"))


def test_an_encoder_takes_no_more_than_its_folder_says(tmp_path):
    save_checkpoint(tmp_path / "short", "BertModel")
    (tmp_path / "short" / "sentence_bert_config.json").write_text('{"max_seq_length": 16}')
    assert build_encoder(Settings(models=f"{tmp_path / 'short'},packaged")).network.tokenizer.max_tokens == 16


# Readers


@pytest.mark.parametrize(
    "name",
    [
        "illuin/camembert-base-fquad",
        "etalab-ia/camembert-base-squadFR-fquad-piaf",
        "KETI-AIR/klue-korquad",
        "AlexKay/xlm-roberta-large-qa-multilingual-finedtuned-ru",
        "somebody/xlm-roberta-base_squad.es",
        "somebody/bert-base-multilingual-cased-finetuned-dutch-squad2",
    ],
)
def test_a_reader_whose_name_tells_of_another_language_is_warned_of(name):
    assert reader_facts(name).english_only is False


@pytest.mark.parametrize(
    "name",
    [
        "somebody/bert-base-multilingual-finetuned-squad",
        "/models/de/no-answer-reader",
        "me/distilbert-squad-pt",
        "x/roberta-squad2-it",
    ],
)
def test_a_name_that_tells_of_no_other_language_accuses_nobody(name):
    assert reader_facts(name).english_only is None


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ("language: fr", False),
        ("language: [multilingual, de]\ndatasets: [squad_v2, deepset/germanquad]", False),
        ("language: multilingual\ndatasets: [rajpurkar/squad_v2]", True),
        ("language: en", True),
        ("language: [en, de]", None),
        ("datasets: my-own", None),
        ("language: [", None),
    ],
)
def test_the_model_card_tells_what_a_reader_was_trained_on(tmp_path, metadata, expected):
    (tmp_path / "README.md").write_text(f"---\n{metadata}\n---\n# A reader\n")
    assert reader_facts(str(tmp_path)).english_only is expected


def test_the_card_of_an_id_is_read_where_the_cache_has_it(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    snapshot = tmp_path / "models--me--reader" / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text("{}")
    (snapshot / "README.md").write_text("---\ndatasets: squad\n---\n")
    (tmp_path / "models--me--reader" / "refs").mkdir()
    (tmp_path / "models--me--reader" / "refs" / "main").write_text(COMMIT)
    assert reader_facts("me/reader").english_only is True
