"""Checkpoints of Hugging Face: a local folder or a hub id, run by transformers. Part of the seam.

Weights come from safetensors alone: a pickle can run code when it is read.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retrieval.checkpoint_files import missing_part, tokenizer_files
from retrieval.fetching import PickleCheckpoint, fetch
from retrieval.hub import is_hub_id
from retrieval.model_loading import CLASSIFIER, Loading, load_model
from retrieval.packaged import (
    CONFIG_FILE,
    BrokenCheckpoint,
    CheckpointError,
    CheckpointFileMissing,
    hash_files,
    read_config,
)
from retrieval.quantization import NumberTypes, choose_number_types, current_device
from retrieval.quantized_copies import is_copy
from retrieval.tokenizer import FastTokenizer, without_limits

if TYPE_CHECKING:
    from torch import Tensor

DEFAULT_MAX_TOKENS = 512

WHOLE_HASH_BYTES = 64 << 20  # up to here the whole content is hashed: some 50 ms
SAMPLES = 64
SAMPLE_BYTES = 64 << 10


class CheckpointNotFound(CheckpointError):
    """Neither a folder nor a hub id."""


class NoRelevanceHead(CheckpointError):
    """The checkpoint is no reranker."""


@dataclass(frozen=True, slots=True)
class CheckpointSource:
    """A checkpoint's folder, and the id and commit it came from when it is the hub's."""

    folder: Path
    hub_id: str | None = None
    commit: str | None = None


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model ready to run."""

    forward: Callable[["Tensor", "Tensor", "Tensor"], "Tensor"]
    tokenizer: FastTokenizer
    fingerprint: str
    number_type: str
    """`NumberTypes.label`"""
    dim: int
    device: str


def resolve_checkpoint(checkpoint: str | Path) -> CheckpointSource:
    """The folder a checkpoint lies in; a hub id is downloaded unless it is cached."""
    folder = Path(checkpoint)
    if folder.is_dir():
        return CheckpointSource(folder)
    name = str(checkpoint)
    if isinstance(checkpoint, Path) or not is_hub_id(name):
        raise not_found(name)
    folder = fetch(name)
    return CheckpointSource(folder, name, commit=folder.name)


def not_found(checkpoint: str) -> CheckpointNotFound:
    """What to raise for a name that stands for no checkpoint."""
    return CheckpointNotFound(
        f"{checkpoint} is neither a folder nor a hub id: name a folder with {CONFIG_FILE}, or an id such as "
        "'intfloat/multilingual-e5-base'."
    )


def load_pretrained_encoder(source: CheckpointSource, quantization: str, int8_words: bool | None = None) -> LoadedModel:
    """A body run by transformers. `int8_words`: word rows as int8; None = where anything else is quantized."""
    numbers = number_types_of(source, quantization)
    model = _load_model("AutoModel", source, numbers, int8_words)

    def forward(ids: "Tensor", mask: "Tensor", segments: "Tensor") -> "Tensor":
        state: Tensor = model(input_ids=ids, attention_mask=mask, **_segments(model, segments)).last_hidden_state
        return state

    return _loaded(model, forward, source, numbers)


def load_pretrained_reader(source: CheckpointSource, quantization: str, int8_words: bool | None = None) -> LoadedModel:
    """A body with a span head run by transformers; `int8_words` as above."""
    import torch

    numbers = number_types_of(source, quantization)
    model = _load_model("AutoModelForQuestionAnswering", source, numbers, int8_words)

    def forward(ids: "Tensor", mask: "Tensor", segments: "Tensor") -> "Tensor":
        output = model(input_ids=ids, attention_mask=mask, **_segments(model, segments))
        return torch.stack([output.start_logits, output.end_logits], dim=-1)

    return _loaded(model, forward, source, numbers)


def load_pretrained_reranker(source: CheckpointSource, quantization: str) -> LoadedModel:
    """A body with one score for question and passage, run by transformers. Raises NoRelevanceHead."""
    config = read_config(source.folder)
    labels = len(config.get("id2label") or {0: "", 1: ""})  # transformers writes the labels unless there are two
    if labels != 1:
        raise NoRelevanceHead(
            f"{source.hub_id or source.folder} is no reranker: it tells {labels} classes apart, one score is needed. "
            "Use one such as BAAI/bge-reranker-v2-m3."
        )
    numbers = number_types_of(source, quantization)
    model = _load_model(CLASSIFIER, source, numbers, None)

    def forward(ids: "Tensor", mask: "Tensor", segments: "Tensor") -> "Tensor":
        logits: Tensor = model(input_ids=ids, attention_mask=mask, **_segments(model, segments)).logits  # (n, 1)
        return logits[:, None]

    return _loaded(model, forward, source, numbers)


def fingerprint_of(source: CheckpointSource, weights: str) -> str:
    """What the vectors of this checkpoint are stored under; `weights` is the number type they run in.

    The hub's commit names its content. A folder's files are hashed; large weight files by header, size and
    samples, since reading gigabytes would double the start of the program. Vectors of float and int8 weights may
    stand in one index (cosine 0.995), those of nf4 lie too far off.
    """
    return f"{_content_hash(source)}:nf4" if weights == "nf4" else _content_hash(source)


def _content_hash(source: CheckpointSource) -> str:
    if source.commit is not None:
        return hashlib.sha256(f"{source.hub_id}@{source.commit}".encode()).hexdigest()
    names = [CONFIG_FILE, "tokenizer.json"]
    small = [path for name in names if (path := source.folder / name).is_file()]
    digest = hashlib.sha256(hash_files(small).encode())
    for path in sorted(source.folder.glob("*.safetensors")):
        digest.update(_sampled_hash(path).encode())
    return digest.hexdigest()


def _sampled_hash(path: Path) -> str:
    size = path.stat().st_size
    if size <= WHOLE_HASH_BYTES:
        return hash_files([path])
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as stream:
        for sample in range(SAMPLES):
            stream.seek(sample * (size - SAMPLE_BYTES) // (SAMPLES - 1))
            digest.update(stream.read(SAMPLE_BYTES))
    return digest.hexdigest()


def number_types_of(source: CheckpointSource, quantization: str) -> NumberTypes:
    """The number types in which a checkpoint runs here when that quantization is asked for."""
    model_type = str(read_config(source.folder).get("model_type"))
    return choose_number_types(quantization, current_device(), model_type)


def _load_model(auto_class: str, source: CheckpointSource, numbers: NumberTypes, int8_words: bool | None) -> Any:
    import transformers

    _check_files(source.folder)
    logging: Any = transformers.utils.logging  # untyped in transformers
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    words = numbers.weights != "none" if int8_words is None else int8_words
    loading = Loading(source.folder, auto_class, numbers, words, current_device().kind)
    return load_model(loading, loading.key(source.hub_id or str(source.folder), _content_hash(source))).eval()


def _check_files(folder: Path) -> None:
    if is_copy(folder):
        raise CheckpointNotFound(
            f"{folder} is a quantized copy that this program keeps for itself: name the checkpoint it was made of."
        )
    pickles = any(folder.glob("*.bin")) or any(folder.glob("*.pt"))
    if pickles and not any(folder.glob("*.safetensors")):
        raise PickleCheckpoint(
            f"{folder} holds its weights as pickle, which can run code when read: convert it to safetensors "
            "(save_pretrained does) or use another checkpoint."
        )
    missing = missing_part(folder)
    if missing is not None:
        raise CheckpointFileMissing(f"{folder} holds no {missing}: name the folder of a whole checkpoint.")


def _segments(model: Any, segments: "Tensor") -> dict[str, "Tensor"]:
    return {"token_type_ids": segments} if getattr(model.config, "type_vocab_size", 0) > 1 else {}


def _loaded(
    model: Any,
    forward: Callable[["Tensor", "Tensor", "Tensor"], "Tensor"],
    source: CheckpointSource,
    numbers: NumberTypes,
) -> LoadedModel:
    return LoadedModel(
        forward,
        _tokenizer(source.folder, model.config),
        fingerprint_of(source, numbers.weights),
        numbers.label,
        int(model.config.hidden_size),
        current_device().kind,
    )


def _tokenizer(folder: Path, config: Any) -> FastTokenizer:
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except Exception as error:  # kinds of JSON, of the Rust library and of transformers
        names = ", ".join(path.name for path in tokenizer_files(folder))
        raise BrokenCheckpoint(
            f"{folder} has a tokenizer that cannot be read ({error!r}): restore {names} and tokenizer_config.json."
        ) from error
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise CheckpointFileMissing(f"{folder} has no fast tokenizer, so offsets are unknown: add a tokenizer.json.")
    positions = int(getattr(config, "max_position_embeddings", DEFAULT_MAX_TOKENS))
    if config.model_type in {"xlm-roberta", "roberta", "camembert"}:
        positions -= int(config.pad_token_id) + 1  # their positions start behind the padding's
    return FastTokenizer(
        without_limits(backend),
        max_tokens=min(positions, int(tokenizer.model_max_length)),
        pad_id=int(tokenizer.pad_token_id or 0),
        uses_segments=getattr(config, "type_vocab_size", 0) > 1,
    )
