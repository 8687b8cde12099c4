"""The packaged checkpoint format, version 1: read and written with numpy and safetensors alone.

A folder holds `config.json`, `tokenizer.json` and `model.safetensors`. A matrix is stored as int8 `NAME`
(rows, cols) with float16 `NAME.scale` (rows,): row i = NAME[i] * scale[i]. Everything else is float16.
A folder whose config names `anytongue_shared` takes its tokenizer and word embeddings from that folder.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

FORMAT_VERSION = 1
FORMAT_KEY = "anytongue_format"
SHARED_KEY = "anytongue_shared"
WORD_EMBEDDINGS = "embeddings.word_embeddings.weight"
WEIGHTS_FILE = "model.safetensors"
TOKENIZER_FILE = "tokenizer.json"
CONFIG_FILE = "config.json"
SCALE_SUFFIX = ".scale"

INT8_MAX = 127  # symmetric: -128 stays unused, so that a row and its negative quantize alike
READABLE_BY_ALL = 0o644  # safetensors writes for the owner only, which an installed service cannot read

Array = NDArray[Any]


class CheckpointError(Exception):
    """A checkpoint cannot be used; the message says which, why and what to do."""


class CheckpointFileMissing(CheckpointError):
    """A file that makes up the checkpoint is not there."""


class BrokenCheckpoint(CheckpointError):
    """A file of the checkpoint is there but cannot be read."""


class NewerCheckpointFormat(CheckpointError):
    """The folder was written by a newer version of this program."""


@dataclass(frozen=True, slots=True)
class PackagedCheckpoint:
    """The contents of a packaged folder, shared parts included, with names free of the `bert.` prefix."""

    config: dict[str, Any]
    tensors: dict[str, Array]
    tokenizer_file: Path
    fingerprint: str


def is_packaged(folder: Path) -> bool:
    """Whether the folder is written in our format rather than as a plain Hugging Face folder."""
    config_file = folder / CONFIG_FILE
    return config_file.is_file() and FORMAT_KEY in read_config(folder)


def read_config(folder: Path) -> dict[str, Any]:
    """The folder's config.json."""
    path = folder / CONFIG_FILE
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CheckpointFileMissing(
            f"{folder} holds no {CONFIG_FILE}: name the folder of a whole checkpoint."
        ) from None
    except (OSError, ValueError) as error:
        raise BrokenCheckpoint(f"{path} is not readable JSON ({error}): restore the file.") from error
    if not isinstance(config, dict):
        raise BrokenCheckpoint(f"{path} holds {type(config).__name__}, an object was expected: restore the file.")
    return config


def read_packaged(folder: Path) -> PackagedCheckpoint:
    """Read a packaged folder and what it shares with another one."""
    config = read_config(folder)
    version = config.get(FORMAT_KEY)
    if version != FORMAT_VERSION:
        raise NewerCheckpointFormat(
            f"{folder} is written in checkpoint format {version}, this program reads {FORMAT_VERSION}: "
            "update the program."
        )
    files = [folder / CONFIG_FILE, folder / WEIGHTS_FILE]
    tensors = _without_prefix(_read_tensors(folder / WEIGHTS_FILE))
    home = folder
    if SHARED_KEY in config:
        home = (folder / config[SHARED_KEY]).resolve()
        shared = _read_tensors(home / WEIGHTS_FILE, only=WORD_EMBEDDINGS)
        tensors.update(_without_prefix(shared))
        files.append(home / WEIGHTS_FILE)
    tokenizer_file = home / TOKENIZER_FILE
    files.append(tokenizer_file)
    return PackagedCheckpoint(config, tensors, tokenizer_file, hash_files(files))


def write_packaged(
    folder: Path,
    tensors: Mapping[str, Array],
    config: Mapping[str, Any],
    tokenizer_file: Path | None = None,
    shared_with: Path | None = None,
) -> None:
    """Write a packaged folder from float (or already int8 + `.scale`) arrays with Hugging Face names.

    With `shared_with` (the encoder's folder) the word embeddings and the tokenizer are left out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    settings = {**config, FORMAT_KEY: FORMAT_VERSION}
    if shared_with is not None:
        settings[SHARED_KEY] = Path(os.path.relpath(shared_with, folder)).as_posix()
        tensors = {name: array for name, array in tensors.items() if WORD_EMBEDDINGS not in name}
    elif tokenizer_file is None:
        raise ValueError("write_packaged: a folder that shares nothing needs a tokenizer file.")
    elif tokenizer_file.resolve() != (folder / TOKENIZER_FILE).resolve():
        shutil.copyfile(tokenizer_file, folder / TOKENIZER_FILE)
    (folder / CONFIG_FILE).write_text(json.dumps(settings, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    # A name beside the final one, then a rename: an interrupted write leaves the old weights whole.
    unfinished = folder / (WEIGHTS_FILE + ".part")
    save_file(quantize_tensors(tensors), unfinished, metadata={FORMAT_KEY: str(FORMAT_VERSION)})
    unfinished.chmod(READABLE_BY_ALL)
    unfinished.replace(folder / WEIGHTS_FILE)


def quantize_tensors(tensors: Mapping[str, Array]) -> dict[str, Array]:
    """Every float matrix as int8 rows with scales, every other tensor as float16."""
    stored: dict[str, Array] = {}
    for name, array in tensors.items():
        if array.dtype == np.int8 or name.endswith(SCALE_SUFFIX):
            stored[name] = np.ascontiguousarray(array)
        elif array.ndim == 2:
            stored[name], stored[name + SCALE_SUFFIX] = quantize_rows(array)
        else:
            stored[name] = np.ascontiguousarray(array, dtype=np.float16)
    return stored


def quantize_rows(matrix: Array) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    """int8 rows (n, d) and their float16 scales (n,)."""
    matrix = np.asarray(matrix, dtype=np.float32)
    largest = np.abs(matrix).max(axis=1)  # (n,)
    # Rounded to float16 before use, so that the rows fit the scale that is stored, not the one computed.
    scale = np.maximum(largest / INT8_MAX, np.finfo(np.float16).smallest_subnormal).astype(np.float16)
    rows = np.rint(matrix / scale.astype(np.float32)[:, None])
    return np.clip(rows, -INT8_MAX, INT8_MAX).astype(np.int8), scale


def dequantize_rows(rows: NDArray[np.int8], scale: NDArray[np.float16]) -> NDArray[np.float32]:
    """The float32 matrix (n, d) that int8 rows and scales stand for."""
    return rows.astype(np.float32) * scale.astype(np.float32)[:, None]


def dequantize_tensors(tensors: Mapping[str, Array]) -> dict[str, NDArray[np.float32]]:
    """All tensors as float32, scales folded in: what a plain Hugging Face checkpoint holds."""
    plain: dict[str, NDArray[np.float32]] = {}
    for name, array in tensors.items():
        if name.endswith(SCALE_SUFFIX):
            continue
        if array.dtype == np.int8:
            plain[name] = dequantize_rows(array, tensors[name + SCALE_SUFFIX])
        else:
            plain[name] = array.astype(np.float32)
    return plain


def hash_files(paths: list[Path]) -> str:
    """SHA-256 over the content of files, in order.

    Whole content, not a sample: 45 MB take some 30 ms where the processor has SHA instructions, and two
    trainings of one shape differ only inside.
    """
    digest = hashlib.sha256()
    for path in paths:
        try:
            with path.open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
        except OSError as error:
            raise CheckpointFileMissing(f"{path} cannot be read ({error.strerror}): restore the file.") from error
    return digest.hexdigest()


def _read_tensors(path: Path, only: str | None = None) -> dict[str, Array]:
    """All tensors of a file, or those whose name contains `only`."""
    if not path.is_file():
        raise CheckpointFileMissing(f"{path} is missing: restore the file or name another checkpoint.")
    try:
        with safe_open(path, framework="numpy") as stored:
            names = [name for name in stored.keys() if only is None or only in name]  # noqa: SIM118 (not a dict)
            return {name: stored.get_tensor(name) for name in names}
    except (SafetensorError, OSError, ValueError) as error:
        raise BrokenCheckpoint(
            f"{path} is not a whole safetensors file ({error}): it was cut short or damaged; restore it."
        ) from error


def _without_prefix(tensors: dict[str, Array]) -> dict[str, Array]:
    return {name.removeprefix("bert."): array for name, array in tensors.items()}
