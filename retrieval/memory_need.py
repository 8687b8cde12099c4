"""How much memory a network takes, computed from its size: before it is downloaded, and without torch.

    words    vocabulary * width                                    the word embedding
    linear   layers * (4 * width^2 + 2 * width * feed_forward)     query, key, value, output; up and down
             (3 instead of 2 where the feed-forward part is gated)
    rest     positions * width + a few vectors a layer             stays in the type that is computed in

Bytes a number: float32 4; float16 and bfloat16 2; int8 1, and a scale for each row; nf4 a half, and a float32 scale
for each 64 numbers. bitsandbytes leaves the word embedding alone; this program makes int8 rows of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

COMPUTE_BYTES = {"float32": 4.0, "float16": 2.0, "bfloat16": 2.0}
NF4_BYTES = 0.5 + 4 / 64
SCALE_BYTES = 2.0
"""A float16 scale for each int8 row; bitsandbytes' float32 ones add less than a thousandth."""

GATED_TYPES = frozenset({"modernbert"})

BATCH_TOKENS = 4096
"""Padded tokens in one batch of the reader and the reranker; the encoder's are smaller."""
LAYER_BUFFERS = 8
"""Arrays of (tokens, width) alive at the widest point of a layer: input, query, key, value, output, sums."""

PROGRAM_BYTES = 700 << 20
"""Python with torch, transformers and gradio, before any model."""
GPU_CONTEXT_BYTES = 500 << 20
"""What CUDA and its kernels take on the GPU, before any model."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The size of a transformer encoder."""

    vocabulary: int
    width: int
    layers: int
    feed_forward: int
    positions: int
    """Learnt positions; 0 where they are computed."""
    gated: bool = False

    @property
    def word_numbers(self) -> int:
        """Numbers in the word embedding."""
        return self.vocabulary * self.width

    @property
    def linear_numbers(self) -> int:
        """Numbers in the matrices of all layers."""
        feed_forward = (3 if self.gated else 2) * self.width * self.feed_forward
        return self.layers * (4 * self.width**2 + feed_forward)

    @property
    def other_numbers(self) -> int:
        """Positions, biases and norms."""
        return self.positions * self.width + self.layers * (9 * self.width + self.feed_forward)

    @property
    def parameters(self) -> int:
        """All numbers."""
        return self.word_numbers + self.linear_numbers + self.other_numbers


@dataclass(frozen=True, slots=True)
class MemoryNeed:
    """Bytes that one network takes."""

    held: int
    """While it is used."""
    loading: int
    """At most, while it is loaded."""
    working: int
    """More while a batch runs."""


def network_need(shape: Shape, weights: str, compute: str, *, gpu: bool, packaged: bool = False) -> MemoryNeed:
    """What a network of this size takes. `weights`: none | int8 | nf4; `compute`: the type that is computed in.

    Packaged checkpoints hold their words as int8 whatever is asked, and are read as int8. Others are loaded whole in
    the type of computing on a processor; on a GPU bitsandbytes makes the matrices small one by one, words come last.
    """
    full = COMPUTE_BYTES[compute]
    word_rows = shape.word_numbers + shape.vocabulary * SCALE_BYTES
    linear = shape.linear_numbers * {"none": full, "int8": 1.0, "nf4": NF4_BYTES}[weights]
    other = shape.other_numbers * full
    words = shape.word_numbers * full if weights == "none" and not packaged else word_rows
    held = words + linear + other
    if packaged:
        loading = held + word_rows + shape.linear_numbers  # the file's own int8 arrays beside what is made of them
    elif gpu or weights == "nf4":
        loading = shape.word_numbers * full + linear + other
    else:
        loading = shape.parameters * full + (held if weights != "none" else 0)
    working = BATCH_TOKENS * (LAYER_BUFFERS * shape.width + 2 * shape.feed_forward) * full
    return MemoryNeed(round(held), round(max(loading, held)), round(working))


def peak_need(*networks: MemoryNeed) -> int:
    """Bytes at the worst moment of networks in one program, loaded one after the other."""
    peak = held = 0
    for network in networks:
        peak = max(peak, held + network.loading)
        held += network.held
    return max(peak, held + max(network.working for network in networks))


def shape_of_config(config: Mapping[str, Any]) -> Shape | None:
    """The size that a config.json describes; None when it names its parts in a way that is not known here."""
    try:
        return Shape(
            vocabulary=int(config["vocab_size"]),
            width=int(config["hidden_size"]),
            layers=int(config["num_hidden_layers"]),
            feed_forward=int(config["intermediate_size"]),
            positions=0 if config.get("model_type") in GATED_TYPES else int(config.get("max_position_embeddings", 0)),
            gated=config.get("model_type") in GATED_TYPES,
        )
    except (KeyError, TypeError, ValueError):
        return None
