"""Loading a transformers model in the number types chosen, from the checkpoint or from its quantized copy.

Part of the seam. On a processor int8 is our own: every layer as rows, scales and bias in one safetensors file. nf4, and
int8 on a GPU, are bitsandbytes': its `save_pretrained` layout. Word rows in int8 are a file beside either.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retrieval.checkpoint_files import check_numbers
from retrieval.packaged import READABLE_BY_ALL, CheckpointError
from retrieval.quantization import (
    NumberTypes,
    bitsandbytes_config,
    int8_layers,
    int8_words,
    set_int8_layers,
    set_int8_words,
)
from retrieval.quantized_copies import CopyKey, keep_copy, use_copy

if TYPE_CHECKING:
    from torch import Tensor

CLASSIFIER = "AutoModelForSequenceClassification"
HEADLESS = {
    "AutoModelForQuestionAnswering": (
        "question answering head",
        "use a checkpoint fine-tuned for extractive question answering",
    ),
    CLASSIFIER: ("relevance head", "use a reranker such as BAAI/bge-reranker-v2-m3"),
}
POOLER = "pooler"  # on top of a body; of what is loaded here, only the heads of classifiers read it
POSITIONS = "position_ids"  # counted, not learnt
LAYERS_FILE = "layers.safetensors"
REST_FILE = "rest.safetensors"
WORDS_FILE = "words.safetensors"


class MissingWeights(CheckpointError):
    """The checkpoint lacks weights that would be filled at random."""


@dataclass(frozen=True, slots=True)
class Loading:
    """What is loaded, and as what."""

    folder: Path
    """Of the checkpoint."""
    auto_class: str
    """AutoModel | AutoModelForQuestionAnswering | AutoModelForSequenceClassification"""
    numbers: NumberTypes
    words: bool
    """The word embedding as int8 rows."""
    device: str
    """cpu | cuda"""

    @property
    def own_layers(self) -> bool:
        """Whether int8 layers are ours: on a processor they are three times as fast as bitsandbytes'."""
        return self.numbers.weights == "int8" and self.device == "cpu"

    @property
    def by_bitsandbytes(self) -> bool:
        """Whether bitsandbytes holds the layers."""
        return self.numbers.weights != "none" and not self.own_layers

    @property
    def reads_pooler(self) -> bool:
        """Whether a pooler is part of what computes."""
        return self.auto_class == CLASSIFIER

    @property
    def dtype(self) -> Any:
        """Torch's type of computing."""
        import torch

        return getattr(torch, self.numbers.compute)

    def key(self, checkpoint: str, content: str) -> CopyKey:
        """What a copy of it is filed under."""
        types = (self.numbers.weights, "int8" if self.words else "none", self.numbers.compute)
        return CopyKey(checkpoint, content, self.auto_class, "-".join(types), self.device)


def load_model(loading: Loading, key: CopyKey) -> Any:
    """The model; where it is quantized, from a copy under `key` that is made the first time. Raises CheckpointError."""
    if loading.numbers.weights == "none" and not loading.words:
        return _load_whole(loading)
    model = use_copy(key, lambda folder: _load_copy(loading, folder))
    if model is not None:
        return model
    model = _load_whole(loading)
    layers = int8_layers(model, keep=head_layers(model)) if loading.own_layers else {}
    words = int8_words(model) if loading.words else {}
    set_int8_layers(model, layers)
    if words:
        set_int8_words(model, words, loading.dtype)
    keep_copy(key, lambda folder: _write_copy(loading, model, layers, words, folder))
    if words:
        _let_go_of_the_file(model)
    return model


def _let_go_of_the_file(model: Any) -> None:
    """Copy the small weights that stayed float: views of the checkpoint's mapping, they keep all of it in memory."""
    for weight in model.parameters():
        if weight.is_floating_point():
            weight.data = weight.data.clone()


def _load_whole(loading: Loading) -> Any:
    import transformers

    try:
        model, report = getattr(transformers, loading.auto_class).from_pretrained(
            loading.folder,
            use_safetensors=True,
            local_files_only=True,
            dtype=loading.dtype,
            output_loading_info=True,
            **_placement(loading),
        )
    except Exception as error:  # safetensors, transformers and tokenizers raise some twenty kinds
        raise CheckpointError(f"{loading.folder} could not be loaded ({error}): restore or replace it.") from error
    _check_nothing_is_random(loading, model, report["missing_keys"])
    check_numbers(loading.folder)
    _drop_pooler(loading, model)
    if not loading.by_bitsandbytes:
        model.to(loading.device)
    return model


def _drop_pooler(loading: Loading, model: Any) -> None:
    if not loading.reads_pooler and getattr(model, POOLER, None) is not None:
        setattr(model, POOLER, None)


def _check_nothing_is_random(loading: Loading, model: Any, missing: Iterable[str]) -> None:
    folder = loading.folder
    harmless = (POSITIONS,) if loading.reads_pooler else (POSITIONS, POOLER + ".")
    random = sorted(key for key in missing if not any(part in key for part in harmless))
    if loading.auto_class in HEADLESS and any(not _in_body(model, key) for key in random):
        head, advice = HEADLESS[loading.auto_class]
        raise MissingWeights(f"{folder} has no {head} ({', '.join(random)}): {advice}.")
    if random:
        raise MissingWeights(f"{folder} lacks {len(random)} weights ({random[0]} ...): use a whole checkpoint.")


def head_layers(model: Any) -> list[str]:
    """Paths of the Linear layers that are never quantized: all outside the body, and poolers, on which heads stand."""
    from torch import nn

    linear = [path for path, module in model.named_modules() if isinstance(module, nn.Linear)]
    return [path for path in linear if POOLER in path.split(".") or not _in_body(model, path)]


def _in_body(model: Any, path: str) -> bool:
    return model.base_model is model or path.startswith(model.base_model_prefix + ".")


def _placement(loading: Loading) -> dict[str, Any]:
    if not loading.by_bitsandbytes:
        return {}
    # Among them a pooler that the checkpoint lacks: it would be filled at random, which fails for quantized types.
    configuration = bitsandbytes_config(loading.numbers, keep=head_layers(_without_weights(loading)))
    return {"quantization_config": configuration, "device_map": loading.device}


def _without_weights(loading: Loading) -> Any:
    """The model of which only the buffers are real."""
    import transformers
    from accelerate import init_empty_weights  # type: ignore[import-untyped]

    config = transformers.AutoConfig.from_pretrained(loading.folder, local_files_only=True)
    with init_empty_weights(include_buffers=False):
        return getattr(transformers, loading.auto_class).from_config(config, dtype=loading.dtype)


def _write_copy(
    loading: Loading, model: Any, layers: dict[str, "Tensor"], words: dict[str, "Tensor"], folder: Path
) -> None:
    from safetensors.torch import save_file

    if words:
        save_file(words, folder / WORDS_FILE)
    if loading.by_bitsandbytes:
        _save_by_transformers(model, folder, without_words=bool(words))
    else:
        save_file(layers, folder / LAYERS_FILE)
        rest = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
        save_file(rest, folder / REST_FILE)
    for path in folder.iterdir():
        path.chmod(READABLE_BY_ALL)


def _save_by_transformers(model: Any, folder: Path, *, without_words: bool) -> None:
    """With int8 words a few rows stand in for the whole embedding, which is the larger part of the file."""
    if not without_words:
        model.save_pretrained(folder)
        return
    from torch import nn

    words, size = model.get_input_embeddings(), model.config.vocab_size
    rows = (model.config.pad_token_id or 0) + 1
    stand_in = nn.Embedding(rows, model.config.hidden_size, dtype=model.dtype, device=model.device)
    try:
        model.set_input_embeddings(stand_in)
        model.config.vocab_size = rows
        model.save_pretrained(folder)
    finally:
        model.set_input_embeddings(words)
        model.config.vocab_size = size


def _load_copy(loading: Loading, folder: Path) -> Any:
    from safetensors.torch import load_file

    model = _load_bitsandbytes(loading, folder) if loading.by_bitsandbytes else _load_own(loading, folder)
    _drop_pooler(loading, model)
    if loading.words:
        set_int8_words(model, load_file(folder / WORDS_FILE, device=loading.device), loading.dtype)
    return model if loading.by_bitsandbytes else model.to(loading.device)


def _load_bitsandbytes(loading: Loading, folder: Path) -> Any:
    import transformers

    automatic = getattr(transformers, loading.auto_class)
    return automatic.from_pretrained(
        folder, use_safetensors=True, local_files_only=True, dtype=loading.dtype, device_map=loading.device
    )


def _load_own(loading: Loading, folder: Path) -> Any:
    """The model without a float matrix ever being made: the copy fills it."""
    from safetensors.torch import load_file

    model = _without_weights(loading)
    _drop_pooler(loading, model)
    set_int8_layers(model, load_file(folder / LAYERS_FILE))
    model.load_state_dict(load_file(folder / REST_FILE), assign=True, strict=False)
    words = model.get_input_embeddings().weight if loading.words else None
    empty = [name for name, weight in model.named_parameters() if weight.is_meta and weight is not words]
    if empty:
        raise CheckpointError(f"The quantized copy {folder} lacks {len(empty)} weights ({empty[0]} ...).")
    return model
