"""Packaged checkpoint -> plain Hugging Face folder that `AutoModel` and `AutoTokenizer` load with nothing of ours."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from retrieval.packaged import (
    CONFIG_FILE,
    FORMAT_KEY,
    SHARED_KEY,
    TOKENIZER_FILE,
    WEIGHTS_FILE,
    CheckpointError,
    dequantize_tensors,
    read_packaged,
)

READER_HEAD = "qa_outputs."
READER_PREFIX = "bert."
TOKENIZER_CONFIG: dict[str, Any] = {
    "tokenizer_class": "PreTrainedTokenizerFast",
    "cls_token": "[CLS]",
    "mask_token": "[MASK]",
    "pad_token": "[PAD]",
    "sep_token": "[SEP]",
    "unk_token": "[UNK]",
    "model_input_names": ["input_ids", "token_type_ids", "attention_mask"],
}


class ExportError(CheckpointError):
    """The checkpoint cannot be written into that folder."""


def is_free(folder: Path) -> bool:
    """Whether a checkpoint may be written there: nothing yet, or an empty folder."""
    return not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))


def export(packaged_folder: Path, out_folder: Path, *, half: bool = False) -> None:
    """Write config, tokenizer and float weights; `half` stores float16, at half the size. Raises ExportError."""
    if not is_free(out_folder):
        raise ExportError(f"{out_folder} exists and is not empty: name a new folder.")
    checkpoint = read_packaged(packaged_folder)
    tensors = dequantize_tensors(checkpoint.tensors)
    is_reader = any(name.startswith(READER_HEAD) for name in tensors)
    kind = np.float16 if half else np.float32
    named = {_plain_name(name, is_reader): array.astype(kind) for name, array in tensors.items()}
    config = {key: value for key, value in checkpoint.config.items() if key not in (FORMAT_KEY, SHARED_KEY)}
    config["architectures"] = ["BertForQuestionAnswering" if is_reader else "BertModel"]
    config["dtype"] = "float16" if half else "float32"
    out_folder.mkdir(parents=True, exist_ok=True)
    _write_json(out_folder / CONFIG_FILE, config)
    settings = {**TOKENIZER_CONFIG, "model_max_length": config["max_position_embeddings"]}
    _write_json(out_folder / "tokenizer_config.json", settings)
    shutil.copyfile(checkpoint.tokenizer_file, out_folder / TOKENIZER_FILE)
    save_file(named, out_folder / WEIGHTS_FILE, metadata={"format": "pt"})


def _plain_name(name: str, is_reader: bool) -> str:
    """The reader's body carries the prefix that `BertForQuestionAnswering` expects; the packaged names have none."""
    return READER_PREFIX + name if is_reader and not name.startswith(READER_HEAD) else name


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")
