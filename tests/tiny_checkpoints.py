"""Tiny real checkpoints for tests: a 2-layer BERT of width 64 with a vocabulary of one page, made in-process."""

from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer, normalizers
from tokenizers.models import WordPiece
from tokenizers.normalizers import NFKC, BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing

from retrieval.packaged import write_packaged

WORDS = (
    "[PAD] [UNK] [CLS] [SEP] a b the lamp return refund ship ##ping cost ##s 14 days fi ##nance café caf ##e 한국 "
    "ab 返 品 . ? iv 1 ##⁄ ##2"
)
VOCABULARY = {word: number for number, word in enumerate(WORDS.split())}
WIDTH = 64
"""bitsandbytes cuts rows into blocks of 64 numbers; on processors with bfloat16 it takes no shorter ones."""
POSITIONS = 64


def tiny_tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(WordPiece(VOCABULARY, unk_token="[UNK]", max_input_chars_per_word=400))
    tokenizer.normalizer = normalizers.Sequence([NFKC(), BertNormalizer(strip_accents=False)])
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return tokenizer


def tiny_config() -> Any:
    from transformers import BertConfig

    return BertConfig(
        vocab_size=len(VOCABULARY),
        hidden_size=WIDTH,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=128,
        max_position_embeddings=POSITIONS,
        pad_token_id=0,
        # Ten times the usual: weights of 0.02 would make every output nearly the same.
        initializer_range=0.2,
    )


def save_checkpoint(folder: Path, model_class: str, config: Any = None) -> Any:
    """A plain Hugging Face folder with random weights, a BERT unless another config is given; returns the model."""
    import torch
    import transformers

    torch.manual_seed(7)
    model = getattr(transformers, model_class)(config or tiny_config()).eval()
    model.save_pretrained(folder)
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tiny_tokenizer(),
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_max_length=POSITIONS,
    )
    fast.save_pretrained(folder)
    return model


def save_packaged_pair(folder: Path) -> tuple[Path, Path, Any, Any]:
    """Packaged encoder and reader folders that share word embeddings, and the models they were made of."""
    import torch

    encoder_model = save_checkpoint(folder / "plain_encoder", "BertModel")
    reader_model = save_checkpoint(folder / "plain_reader", "BertForQuestionAnswering")
    with torch.no_grad():
        words = encoder_model.get_input_embeddings().weight
        reader_model.get_input_embeddings().weight.copy_(words)
    encoder, reader = folder / "encoder", folder / "reader"
    tokenizer_file = folder / "plain_encoder" / "tokenizer.json"
    config = {**encoder_model.config.to_dict(), "model_type": "bert"}
    write_packaged(encoder, arrays(encoder_model), config, tokenizer_file)
    write_packaged(reader, arrays(reader_model), config, shared_with=encoder)
    return encoder, reader, encoder_model, reader_model


def arrays(model: Any) -> dict[str, np.ndarray]:
    """A model's weights in numpy."""
    return {name: tensor.detach().numpy() for name, tensor in model.state_dict().items() if "position_ids" not in name}
