"""Text -> tokens with exact character offsets, over the Rust tokenizers of Hugging Face.

The library's offsets are kept exact for the original text where it alone would lose characters:
decomposed accents and Hangul lie outside its tokens, and some vocabularies put the space inside.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from tokenizers import Encoding
from tokenizers import Tokenizer as RustTokenizer

from retrieval.model_types import PairTemplate, Tokens
from retrieval.packaged import BrokenCheckpoint, CheckpointFileMissing

# A Python string can hold half a surrogate pair (from JSON "\ud83d"); UTF-8, and so Rust, cannot.
LONE_SURROGATE = re.compile("[\ud800-\udfff]")
REPLACEMENT_CHARACTER = "\ufffd"

# Composition (NFC, NFKC) joins these to the character before them, and the library drops them from the offsets.
MARK_CATEGORIES = frozenset({"Mn", "Mc", "Me"})
JOINING_CHARACTERS = frozenset("\uff9e\uff9f") | frozenset(map(chr, range(0x1160, 0x1200)))  # kana marks, Hangul jamo


class FastTokenizer:
    """The tokenizer of a checkpoint. Holds no state that a call changes, so threads may share it."""

    def __init__(self, backend: RustTokenizer, max_tokens: int, pad_id: int, uses_segments: bool = True) -> None:
        self._backend = backend
        self.max_tokens = max_tokens
        self.pad_id = pad_id
        self.template = pair_template(backend, uses_segments)

    def tokenize(self, texts: Sequence[str]) -> list[Tokens]:
        """Cut each text into tokens, without special tokens and without truncation."""
        clean = [LONE_SURROGATE.sub(REPLACEMENT_CHARACTER, text) for text in texts]
        encodings = self._backend.encode_batch(clean, add_special_tokens=False)
        return [_tokens(text, encoding) for text, encoding in zip(clean, encodings, strict=True)]


def read_tokenizer(path: Path) -> RustTokenizer:
    """The tokenizer.json of a checkpoint, with truncation and padding off."""
    if not path.is_file():
        raise CheckpointFileMissing(f"{path} is missing: restore the file or name another checkpoint.")
    try:
        backend = RustTokenizer.from_file(str(path))
    except Exception as error:  # the library raises bare Exception
        raise BrokenCheckpoint(f"{path} is not a tokenizer file ({error}): restore the file.") from error
    return without_limits(backend)


def without_limits(backend: RustTokenizer) -> RustTokenizer:
    """Truncation and padding stored with a tokenizer would silently cut and fill our texts."""
    backend.no_truncation()
    backend.no_padding()
    return backend


def pair_template(backend: RustTokenizer, uses_segments: bool = True) -> PairTemplate:
    """What the checkpoint puts around and between two texts, learnt from a probe pair."""
    probe = backend.encode("a", "b")
    owners = probe.sequence_ids  # None = special token, 0 = first text, 1 = second
    first = [i for i, owner in enumerate(owners) if owner == 0]
    second = [i for i, owner in enumerate(owners) if owner == 1]
    if not first or not second:
        raise BrokenCheckpoint(
            "the tokenizer cannot encode the pair ('a', 'b'), so question and passage cannot be joined: "
            "use a checkpoint with a complete tokenizer.json."
        )
    return PairTemplate(
        start=tuple(probe.ids[: first[0]]),
        between=tuple(probe.ids[first[-1] + 1 : second[0]]),
        end=tuple(probe.ids[second[-1] + 1 :]),
        passage_segment=probe.type_ids[second[0]] if uses_segments else 0,
    )


def _tokens(text: str, encoding: Encoding) -> Tokens:
    ids = np.array(encoding.ids, dtype=np.int64)
    offsets = np.array(encoding.offsets, dtype=np.int64).reshape(-1, 2)
    if len(ids):
        for index, start in _starts_after_spaces(text, offsets):
            offsets[index, 0] = start
        if not text.isascii():
            for index, end in _ends_after_marks(text, offsets):
                offsets[index, 1] = end
    return Tokens(ids, offsets)


def _starts_after_spaces(text: str, offsets: np.ndarray) -> Iterator[tuple[int, int]]:
    """Tokens whose characters begin with white space, with the start they should have."""
    for index, (start, end) in enumerate(offsets.tolist()):
        moved = start
        while moved < end and text[moved].isspace():
            moved += 1
        if moved != start:
            yield index, moved


def _ends_after_marks(text: str, offsets: np.ndarray) -> Iterator[tuple[int, int]]:
    """Tokens followed by marks that no token covers, with the end they should have."""
    next_starts = [*offsets[1:, 0].tolist(), len(text)]
    for index, (end, limit) in enumerate(zip(offsets[:, 1].tolist(), next_starts, strict=True)):
        moved = end
        while moved < limit and _joins_the_previous(text[moved]):
            moved += 1
        if moved != end:
            yield index, moved


def _joins_the_previous(character: str) -> bool:
    return unicodedata.category(character) in MARK_CATEGORIES or character in JOINING_CHARACTERS
