"""Which files make up a checkpoint of Hugging Face, what a folder lacks of them, and whether its weights are whole."""

import json
import math
from pathlib import Path
from typing import Any

from safetensors import safe_open

from retrieval.packaged import CONFIG_FILE, TOKENIZER_FILE, WEIGHTS_FILE, BrokenCheckpoint

INDEX_FILE = WEIGHTS_FILE + ".index.json"
"""Names the parts of weights that do not lie in one file."""
VOCABULARY_FILES = (TOKENIZER_FILE, "vocab.txt", "vocab.json", "*.model")
"""Any of them holds the pieces of a tokenizer; without one transformers makes a tokenizer that knows no word."""


def missing_part(folder: Path) -> str | None:
    """What a whole checkpoint has and this folder lacks; None when it is whole."""
    if not (folder / CONFIG_FILE).is_file():
        return CONFIG_FILE
    weights = weight_files(folder)
    if not weights:
        return f"*.safetensors weights ({WEIGHTS_FILE}, or {INDEX_FILE} with its parts)"
    absent = [path.name for path in weights if not path.is_file()]
    if absent:
        return ", ".join(absent)
    return None if tokenizer_files(folder) else f"vocabulary of a tokenizer ({TOKENIZER_FILE})"


def weight_files(folder: Path) -> list[Path]:
    """The files that transformers reads weights from, whether they are there or not; none when it would find none."""
    if (folder / WEIGHTS_FILE).is_file():
        return [folder / WEIGHTS_FILE]
    index = folder / INDEX_FILE
    if not index.is_file():
        return []
    try:
        parts = json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()
        return [folder / name for name in sorted(set(parts))]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BrokenCheckpoint(f"{index} is no list of weight files ({error!r}): restore the file.") from error


def tokenizer_files(folder: Path) -> list[Path]:
    """The files there that a vocabulary can be read from."""
    return [path for pattern in VOCABULARY_FILES for path in sorted(folder.glob(pattern)) if path.is_file()]


def check_numbers(folder: Path) -> None:
    """Raise BrokenCheckpoint when a weight is no finite number: a file can be damaged behind a header that is whole."""
    for path in weight_files(folder):
        with safe_open(path, framework="pt") as stored:
            for name in stored.keys():  # noqa: SIM118 (not a dict)
                if not _is_finite(stored.get_tensor(name)):
                    raise BrokenCheckpoint(
                        f"{path} is damaged: {name} holds numbers that are not finite; restore the file."
                    )


def _is_finite(tensor: Any) -> bool:
    """Of a tensor of torch."""
    if not tensor.is_floating_point() or not tensor.numel():
        return True
    if tensor.itemsize == 1:
        tensor = tensor.float()  # of float8 torch has no aminmax
    # Smallest and largest in one pass, NaN if any is: 0.1 s for a gigabyte, where isfinite takes 2 s.
    return all(map(math.isfinite, tensor.aminmax()))
