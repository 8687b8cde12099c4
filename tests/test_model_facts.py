"""What is known of checkpoints that are not listed: from their names and from what lies beside their weights."""

import json

import pytest
from tiny_checkpoints import save_checkpoint

from chatbot.assemble import build_encoder
from chatbot.settings import Settings
from retrieval.encoder import UnknownPooling
from retrieval.profiles import encoder_facts

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
