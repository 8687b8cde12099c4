"""The seam between the program and neural networks: load a checkpoint, run token batches, numpy in and out.

A checkpoint is a packaged folder, a plain Hugging Face folder, or a hub id. Knows nothing of questions or passages.
"""

import logging
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tokenizers import Tokenizer as RustTokenizer

from retrieval.bert import Bert, BertBuilder, read_shape
from retrieval.joining import JoinedRun, Run
from retrieval.model_types import (
    EncoderNetwork,
    FloatArray,
    ReaderNetwork,
    RerankerNetwork,
    TokenBatch,
    Tokenizer,
)
from retrieval.packaged import PackagedCheckpoint, is_packaged, read_packaged
from retrieval.pretrained import (
    CheckpointSource,
    LoadedModel,
    load_pretrained_encoder,
    load_pretrained_reader,
    load_pretrained_reranker,
    number_types_of,
    resolve_checkpoint,
)
from retrieval.quantization import (
    NumberTypes,
    UnknownQuantization,
    check_quantization,
    choose_number_types,
    current_device,
)
from retrieval.running import DeviceRun, Forward
from retrieval.tokenizer import FastTokenizer, read_tokenizer
from retrieval.zero_gpu import lent, on_zero_gpu

if TYPE_CHECKING:
    from torch import Tensor

SPAN_HEAD = "qa_outputs"

JOINED_ON = frozenset({"cuda"})
"""Devices on which the batches of simultaneous users become one; tests/benchmarks/results/simultaneous.json."""

PACKAGED_ON_GPU = NumberTypes("none", "float32", "int8 kernels are for processors, and a body of this size is fast")

logger = logging.getLogger(__name__)


class TorchEncoder:
    """An `EncoderNetwork` on torch."""

    def __init__(self, model: LoadedModel) -> None:
        self.tokenizer: Tokenizer = model.tokenizer
        self.fingerprint = model.fingerprint
        self.number_type = model.number_type
        self.dim = model.dim
        self._run = run_on(model.device, model.forward, model.tokenizer.pad_id)

    def hidden(self, batch: TokenBatch) -> FloatArray:
        """Last hidden states, (n, length, dim)."""
        return self._run(batch)


class TorchReranker:
    """A `RerankerNetwork` on torch."""

    def __init__(self, model: LoadedModel) -> None:
        self.tokenizer: Tokenizer = model.tokenizer
        self.fingerprint = model.fingerprint
        self.number_type = model.number_type
        self._run = run_on(model.device, model.forward, model.tokenizer.pad_id)

    def relevance(self, batch: TokenBatch) -> FloatArray:
        """Logits, (n,)."""
        logits = self._run(batch)  # (n, 1, 1)
        return np.ascontiguousarray(logits[:, 0, 0])


class TorchReader:
    """A `ReaderNetwork` on torch."""

    def __init__(self, model: LoadedModel) -> None:
        self.tokenizer: Tokenizer = model.tokenizer
        self.fingerprint = model.fingerprint
        self.number_type = model.number_type
        self._run = run_on(model.device, model.forward, model.tokenizer.pad_id)

    def span_scores(self, batch: TokenBatch) -> tuple[FloatArray, FloatArray]:
        """Start and end logits, each (n, length)."""
        scores = self._run(batch)  # (n, length, 2)
        return np.ascontiguousarray(scores[..., 0]), np.ascontiguousarray(scores[..., 1])


def run_on(device: str, forward: Forward, pad_id: int) -> Run:
    """How batches get through a network there."""
    run = DeviceRun(forward, device)
    if on_zero_gpu():
        return lent(run)  # not joined: each visitor's own share pays
    return JoinedRun(run, pad_id) if device in JOINED_ON else run


def load_encoder_network(
    checkpoint: str | Path, quantization: str = "auto", *, int8_words: bool | None = None
) -> EncoderNetwork:
    """Load an encoder body; raises `CheckpointError` with what to do.

    `int8_words`: the word embedding as int8 rows; None = where anything else is quantized. Packaged ones always are.
    """
    check_quantization(quantization)
    source = resolve_checkpoint(checkpoint)
    if not is_packaged(source.folder):
        _say_number_types(source, quantization)
        return TorchEncoder(load_pretrained_encoder(source, quantization, int8_words))
    packaged = read_packaged(source.folder)
    builder, numbers, device = _builder(packaged, quantization)
    body = builder.body()
    return TorchEncoder(_packaged_model(packaged, body, body.hidden, numbers, device))


def load_reader_network(
    checkpoint: str | Path, quantization: str = "auto", *, int8_words: bool | None = None
) -> ReaderNetwork:
    """Load a body with its span head; a checkpoint without one is refused. `int8_words` as above."""
    check_quantization(quantization)
    source = resolve_checkpoint(checkpoint)
    if not is_packaged(source.folder):
        _say_number_types(source, quantization)
        return TorchReader(load_pretrained_reader(source, quantization, int8_words))
    packaged = read_packaged(source.folder)
    builder, numbers, device = _builder(packaged, quantization)
    body = builder.body()
    # The head is tiny and every error in it moves an answer: always float32.
    weight, bias = builder.matrix(f"{SPAN_HEAD}.weight"), builder.vector(f"{SPAN_HEAD}.bias")

    def forward(ids: "Tensor", mask: "Tensor", segments: "Tensor") -> "Tensor":
        return body.hidden(ids, mask, segments) @ weight.T + bias

    return TorchReader(_packaged_model(packaged, body, forward, numbers, device))


def load_reranker_network(checkpoint: str | Path, quantization: str = "auto") -> RerankerNetwork:
    """Load a cross-encoder with one score; anything else is refused."""
    check_quantization(quantization)
    source = resolve_checkpoint(checkpoint)
    _say_number_types(source, quantization)
    return TorchReranker(load_pretrained_reranker(source, quantization))


def number_types_text(weights: str, compute: str) -> str:
    """Number types for people."""
    return compute if weights == "none" else f"{weights} weights, computing in {compute}"


def _say_number_types(source: CheckpointSource, quantization: str) -> None:
    """Tell what was chosen, or could not be done as asked, and why."""
    numbers = number_types_of(source, quantization)
    if numbers.weights == quantization:
        return
    level = logging.INFO if quantization == "auto" else logging.WARNING
    text = number_types_text(numbers.weights, numbers.compute)
    logger.log(level, "%s runs in %s: %s.", source.hub_id or source.folder, text, numbers.reason)


def _builder(packaged: PackagedCheckpoint, quantization: str) -> tuple[BertBuilder, NumberTypes, str]:
    import torch

    shape = read_shape(packaged.config)
    if quantization == "nf4":
        raise UnknownQuantization("packaged checkpoints are stored as int8, nf4 cannot be made of them: choose auto.")
    device = current_device()
    numbers = choose_number_types(quantization, device) if device.kind == "cpu" else PACKAGED_ON_GPU
    tensors = {name: torch.from_numpy(array).to(device.kind) for name, array in packaged.tensors.items()}
    return BertBuilder(tensors, shape, int8=numbers.weights == "int8"), numbers, device.kind


def _packaged_model(
    packaged: PackagedCheckpoint, body: Bert, forward: Forward, numbers: NumberTypes, device: str
) -> LoadedModel:
    tokenizer = _packaged_tokenizer(packaged)
    return LoadedModel(forward, tokenizer, packaged.fingerprint, numbers.label, body.shape.width, device)


@lru_cache(maxsize=2)
def _read_tokenizer_once(path: Path, size: int, changed_ns: int) -> RustTokenizer:
    # Encoder and reader share a file that takes 0.15 s to read, and a tokenizer never changes once read.
    return read_tokenizer(path)


def _packaged_tokenizer(packaged: PackagedCheckpoint) -> FastTokenizer:
    status = packaged.tokenizer_file.stat()
    return FastTokenizer(
        _read_tokenizer_once(packaged.tokenizer_file.resolve(), status.st_size, status.st_mtime_ns),
        max_tokens=int(packaged.config["max_position_embeddings"]),
        pad_id=int(packaged.config.get("pad_token_id", 0)),
    )
