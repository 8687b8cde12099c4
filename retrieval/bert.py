"""BERT's forward pass over a packaged checkpoint, in plain torch functions.

Why not transformers' BertModel: importing it takes four seconds more than torch alone, longer than everything
else between starting the program and the first answer. Other architectures go through transformers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from retrieval.packaged import SCALE_SUFFIX, WORD_EMBEDDINGS, BrokenCheckpoint, CheckpointError
from retrieval.quantization import float_linear, int8_embedding, int8_linear

if TYPE_CHECKING:
    from torch import Tensor

Layer = Callable[["Tensor"], "Tensor"]
Attention = Callable[["Tensor", "Tensor", "Tensor"], "Tensor"]


class UnsupportedArchitecture(CheckpointError):
    """A packaged checkpoint must be a plain BERT."""


@dataclass(frozen=True, slots=True)
class BertShape:
    """The sizes of a BERT."""

    layers: int
    heads: int
    width: int
    max_positions: int
    norm_epsilon: float


def read_shape(config: dict[str, Any]) -> BertShape:
    """The sizes in a config.json; anything but a plain BERT is refused."""
    if config.get("model_type") != "bert" or config.get("hidden_act") != "gelu":
        raise UnsupportedArchitecture(
            f"packaged checkpoints are BERT with gelu, this one is {config.get('model_type')} with "
            f"{config.get('hidden_act')}: load it from a plain Hugging Face folder instead."
        )
    try:
        return BertShape(
            layers=int(config["num_hidden_layers"]),
            heads=int(config["num_attention_heads"]),
            width=int(config["hidden_size"]),
            max_positions=int(config["max_position_embeddings"]),
            norm_epsilon=float(config["layer_norm_eps"]),
        )
    except KeyError as error:
        raise BrokenCheckpoint(f"config.json lacks {error}: restore the file.") from error


@dataclass(frozen=True, slots=True)
class BertBlock:
    """One layer of the body."""

    project: Layer  # (n, length, width) -> (n, length, 3 * width): query, key, value side by side
    attention_output: Layer
    attention_norm: Layer
    intermediate: Layer
    output: Layer
    output_norm: Layer


@dataclass(frozen=True, slots=True)
class Bert:
    """A body ready to run; nothing in it changes between calls, so threads may share it."""

    shape: BertShape
    words: Layer
    positions: "Tensor"  # (max_positions, width)
    segments: "Tensor"  # (2, width)
    embedding_norm: Layer
    blocks: tuple[BertBlock, ...]

    def hidden(self, ids: "Tensor", mask: "Tensor", segments: "Tensor") -> "Tensor":
        """Last hidden states (n, length, width) of padded rows (n, length)."""
        state = self.words(ids) + self.segments[segments] + self.positions[: ids.shape[1]]
        real = mask.bool()
        if bool(real.all()):
            return self._run_blocks(state, scaled_dot_product)
        if state.is_cpu:
            return self._without_padding(state, real)
        attended = real[:, None, None, :]  # (n, 1, 1, length), broadcast over heads and query positions
        return self._run_blocks(state, partial(scaled_dot_product, attended=attended))

    def _without_padding(self, state: "Tensor", real: "Tensor") -> "Tensor":
        """The same for (n, length, width) with padding: only real tokens are computed, each row as if it were alone.

        A processor gains from that as much as there is padding, and attention over a masked row differs in its last
        bits from one over a short row, which rounding to int8 would make visible.
        """
        import torch

        lengths = real.sum(1).tolist()

        def attend(query: "Tensor", key: "Tensor", value: "Tensor") -> "Tensor":
            parts = (torch.split(part, lengths, dim=2) for part in (query, key, value))
            return torch.cat([scaled_dot_product(*row) for row in zip(*parts, strict=True)], dim=2)

        padded = torch.zeros_like(state)
        padded[real] = self._run_blocks(state[real][None], attend)[0]  # all rows end to end, as one
        return padded

    def _run_blocks(self, state: "Tensor", attend: Attention) -> "Tensor":
        state = self.embedding_norm(state)
        for block in self.blocks:
            state = self._run_block(block, state, attend)
        return state

    def _run_block(self, block: BertBlock, state: "Tensor", attend: Attention) -> "Tensor":
        from torch.nn.functional import gelu

        n, length, width = state.shape
        # (n, length, 3 * width) -> three of (n, heads, length, width / heads)
        query, key, value = block.project(state).view(n, length, 3, self.shape.heads, -1).permute(2, 0, 3, 1, 4)
        mixed = attend(query, key, value).transpose(1, 2).reshape(n, length, width)
        state = block.attention_norm(block.attention_output(mixed) + state)
        return block.output_norm(block.output(gelu(block.intermediate(state))) + state)


def scaled_dot_product(query: "Tensor", key: "Tensor", value: "Tensor", attended: "Tensor | None" = None) -> "Tensor":
    """Attention of (n, heads, length, d) within each row; `attended` tells which keys count."""
    from torch.nn.functional import scaled_dot_product_attention

    return scaled_dot_product_attention(query, key, value, attn_mask=attended)


class BertBuilder:
    """Turns the tensors of a packaged checkpoint into a body, on one device and in one number type."""

    def __init__(self, tensors: dict[str, "Tensor"], shape: BertShape, int8: bool) -> None:
        self._tensors = tensors
        self._shape = shape
        self._make_linear = int8_linear if int8 else float_linear

    def body(self) -> Bert:
        """The whole body."""
        return Bert(
            shape=self._shape,
            words=int8_embedding(*self._rows(WORD_EMBEDDINGS)),
            positions=self.matrix("embeddings.position_embeddings.weight"),
            segments=self.matrix("embeddings.token_type_embeddings.weight"),
            embedding_norm=self._norm("embeddings.LayerNorm"),
            blocks=tuple(self._block(f"encoder.layer.{layer}") for layer in range(self._shape.layers)),
        )

    def matrix(self, name: str) -> "Tensor":
        """A matrix as float32."""
        rows, scale = self._rows(name)
        return rows.float() * scale.float()[:, None]

    def vector(self, name: str) -> "Tensor":
        """A vector as float32."""
        return self._tensor(name).float()

    def _block(self, prefix: str) -> BertBlock:
        return BertBlock(
            project=self._linear(*(f"{prefix}.attention.self.{part}" for part in ("query", "key", "value"))),
            attention_output=self._linear(f"{prefix}.attention.output.dense"),
            attention_norm=self._norm(f"{prefix}.attention.output.LayerNorm"),
            intermediate=self._linear(f"{prefix}.intermediate.dense"),
            output=self._linear(f"{prefix}.output.dense"),
            output_norm=self._norm(f"{prefix}.output.LayerNorm"),
        )

    def _linear(self, *names: str) -> Layer:
        """One layer out of one or several side by side: a large product costs less than three small ones."""
        import torch

        parts = [self._rows(f"{name}.weight") for name in names]
        rows = torch.cat([rows for rows, _ in parts])
        scale = torch.cat([scale for _, scale in parts])
        return self._make_linear(rows, scale, torch.cat([self.vector(f"{name}.bias") for name in names]))

    def _norm(self, name: str) -> Layer:
        from torch.nn.functional import layer_norm

        weight, bias = self.vector(f"{name}.weight"), self.vector(f"{name}.bias")
        return lambda state: layer_norm(state, weight.shape, weight, bias, self._shape.norm_epsilon)

    def _rows(self, name: str) -> tuple["Tensor", "Tensor"]:
        return self._tensor(name), self._tensor(name + SCALE_SUFFIX)

    def _tensor(self, name: str) -> "Tensor":
        if name not in self._tensors:
            raise BrokenCheckpoint(f"the checkpoint lacks the tensor {name}: it is not a whole BERT; restore it.")
        return self._tensors[name]
