"""Networks in and out of training: packaged or plain Hugging Face folders in, plain folders out."""

import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import BertConfig, BertForQuestionAnswering, BertModel

from retrieval.packaged import TOKENIZER_FILE, dequantize_tensors, is_packaged, read_packaged
from retrieval.training import attention
from retrieval.training.runs import pick_device


def load_encoder(folder: Path, dropout: float = 0.0) -> tuple[BertModel, Path]:
    """The body without pooler, and its tokenizer file."""
    config, state, tokenizer_file = _load(folder, dropout)
    model = BertModel(config, add_pooling_layer=False)
    _fill(model, {name.removeprefix("bert."): tensor for name, tensor in state.items()})
    return model, tokenizer_file


def load_reader(folder: Path, dropout: float = 0.0) -> tuple[BertForQuestionAnswering, Path]:
    """Body and span head; a folder without a head (an encoder) gives a new head."""
    config, state, tokenizer_file = _load(folder, dropout)
    model = BertForQuestionAnswering(config)
    named = {
        name if name.startswith(("bert.", "qa_outputs.")) else f"bert.{name}": tensor for name, tensor in state.items()
    }
    _fill(model, named)
    return model, tokenizer_file


def save_plain(folder: Path, model: BertModel | BertForQuestionAnswering, tokenizer_file: Path) -> None:
    """Write a folder that transformers loads: config, float weights, tokenizer."""
    model.save_pretrained(folder)
    if tokenizer_file.resolve() != (folder / TOKENIZER_FILE).resolve():
        shutil.copyfile(tokenizer_file, folder / TOKENIZER_FILE)


def _load(folder: Path, dropout: float) -> tuple[BertConfig, dict[str, torch.Tensor], Path]:
    config = BertConfig.from_pretrained(folder)
    config.hidden_dropout_prob = config.attention_probs_dropout_prob = dropout
    config._attn_implementation = attention.NAME
    if is_packaged(folder):
        packaged = read_packaged(folder)
        arrays = dequantize_tensors(packaged.tensors)
        return config, {name: torch.from_numpy(array) for name, array in arrays.items()}, packaged.tokenizer_file
    return config, load_file(folder / "model.safetensors"), folder / TOKENIZER_FILE


def _fill(model: torch.nn.Module, state: dict[str, torch.Tensor]) -> None:
    result = model.load_state_dict(state, strict=False)
    missing = [name for name in result.missing_keys if not name.startswith("qa_outputs.")]
    if missing:
        raise ValueError(f"the checkpoint lacks {missing[0]} and {len(missing) - 1} more tensors of a BERT body")
    torch.nn.Module.to(model, pick_device())
