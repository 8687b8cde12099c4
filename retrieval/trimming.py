"""Cuts a multilingual checkpoint down to the pieces that the served languages need, and proves that nothing moved.

In multilingual models the word embedding is half to four fifths of the weights, and most of its rows belong to
languages that nobody here writes. What is written is a standard checkpoint folder. Knows nothing of which text or
letters a language has: it is told.
"""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

from retrieval.encoder import text_batches
from retrieval.export import export, is_free
from retrieval.model_types import EncoderNetwork, FloatArray, IntArray
from retrieval.packaged import (
    CONFIG_FILE,
    READABLE_BY_ALL,
    TOKENIZER_FILE,
    WEIGHTS_FILE,
    BrokenCheckpoint,
    CheckpointError,
    is_packaged,
    read_config,
)
from retrieval.pretrained import resolve_checkpoint
from retrieval.profiles import POOLING_FILE, PROMPTS_FILE, encoder_facts
from retrieval.tokenizer import read_tokenizer
from retrieval.transformer import load_encoder_network
from retrieval.vocabulary_cut import Settings, cut_tokenizer, kept_ids, pieces_by_id

WORD_ROWS = "word_embeddings.weight"
WORD_HEADS = ("lm_head.", "cls.predictions.")
"""Tensors of a masked-word head have a row for each piece too."""

COPIED = (
    "special_tokens_map.json", "modules.json", "sentence_bert_config.json", POOLING_FILE, PROMPTS_FILE,
    "README.md", "LICENSE",
)  # fmt: skip
"""What goes with a checkpoint unchanged. SentencePiece's own file would bring the old vocabulary back."""

TEXT_BATCH = 10_000
"""Lines cut into pieces at once: enough for all cores, little memory."""
PROOF_BATCH_TOKENS = 2048

Progress = Callable[[int, int, str], None]


class TrimError(CheckpointError):
    """The checkpoint cannot be trimmed, or not into that folder."""


class ProofFailed(CheckpointError):
    """The trimmed checkpoint does not compute what the whole one computes."""


@dataclass(frozen=True, slots=True)
class Size:
    """Before and after."""

    pieces: tuple[int, int]
    file_bytes: tuple[int, int]
    """Weights on disk."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a set of questions says about a trimmed checkpoint."""

    questions: int
    same_tokens: int
    """Questions that are cut into the same pieces; the output of all of these is the same, number for number."""


@dataclass(frozen=True, slots=True)
class Trimmed:
    """What was done."""

    size: Size
    texts: int
    """Lines counted."""
    proof: Proof


def trim(
    checkpoint: str,
    out: Path,
    texts: Iterable[str],
    is_letter_kept: Callable[[str], bool],
    questions: Sequence[str],
    on_progress: Progress = lambda done, total, name: None,
) -> Trimmed:
    """Write the trimmed folder `out`, after proving on `questions` that it computes the same.

    Raises CheckpointError; then `out` is not made.
    """
    if not is_free(out):
        raise TrimError(f"{out} exists and is not empty: name a new folder.")
    out.parent.mkdir(parents=True, exist_ok=True)
    # Beside the final place, so that it is moved there in one step, and only when it is proven.
    with tempfile.TemporaryDirectory(prefix=".trim-", dir=out.parent) as work:
        source = resolve_checkpoint(checkpoint).folder
        if is_packaged(source):
            export(source, Path(work) / "plain")
            source = Path(work) / "plain"
        settings = _read_settings(source)
        seen, lines = _count(source, texts, on_progress)
        kept = kept_ids(settings, seen | _special_ids(read_config(source), settings), is_letter_kept)
        made = Path(work) / "trimmed"
        _write_folder(source, made, settings, kept, checkpoint)
        proof = prove(source, made, kept, questions)
        size = Size((len(pieces_by_id(settings)), len(kept)), (_weight_bytes(source), _weight_bytes(made)))
        if out.exists():
            out.rmdir()  # empty: checked above
        made.replace(out)
    return Trimmed(size, lines, proof)


def prove(whole: Path, trimmed: Path, kept: Sequence[int], questions: Sequence[str]) -> Proof:
    """Run both over the questions that they cut alike. Raises ProofFailed on the first number that differs."""
    old_ids = np.asarray(kept, dtype=np.int64)
    network = load_encoder_network(trimmed, "none")
    after = [tokens.ids for tokens in network.tokenizer.tokenize(questions)]
    original = load_encoder_network(whole, "none")
    before = [tokens.ids for tokens in original.tokenizer.tokenize(questions)]
    same = [place for place, ids in enumerate(before) if np.array_equal(ids, old_ids[after[place]])]
    expected = list(_outputs(original, [before[place] for place in same]))
    for found, wanted in zip(_outputs(network, [after[place] for place in same]), expected, strict=True):
        if not np.array_equal(found, wanted):
            raise ProofFailed(
                f"the trimmed checkpoint computes something else for texts of the same pieces (by up to "
                f"{float(np.abs(found - wanted).max()):.3g}), so nothing was written: please report this checkpoint."
            )
    return Proof(len(questions), len(same))


def _outputs(network: EncoderNetwork, rows: Sequence[IntArray]) -> Iterator[FloatArray]:
    """Hidden states of every batch; the same lengths give the same batches."""
    for _, batch in text_batches(network.tokenizer, rows, PROOF_BATCH_TOKENS):
        yield network.hidden(batch)


def _read_settings(folder: Path) -> Settings:
    path = folder / TOKENIZER_FILE
    if not path.is_file():
        raise TrimError(f"{folder} has no {TOKENIZER_FILE}: use a checkpoint with a fast tokenizer.")
    try:
        settings: Settings = json.loads(path.read_text(encoding="utf-8"))
        pieces_by_id(settings)
    except (ValueError, KeyError, TypeError) as error:
        raise BrokenCheckpoint(f"{path} is not a tokenizer file ({error!r}): restore the file.") from error
    return settings


def _count(folder: Path, texts: Iterable[str], on_progress: Progress) -> tuple[set[int], int]:
    """Ids that occur in the texts, and how many texts there were."""
    tokenizer = read_tokenizer(folder / TOKENIZER_FILE)
    seen: set[int] = set()
    lines = 0
    remaining = iter(texts)
    while batch := list(islice(remaining, TEXT_BATCH)):
        for encoding in tokenizer.encode_batch(batch, add_special_tokens=False):
            seen.update(encoding.ids)
        lines += len(batch)
        on_progress(lines, lines, "counting")
    return seen, lines


def _special_ids(config: Mapping[str, Any], settings: Settings) -> set[int]:
    """Special tokens that the config or, by their usual names, BERT's vocabulary has without listing them."""
    named = {value for key, value in config.items() if key.endswith("_token_id") and isinstance(value, int)}
    usual = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "<s>", "</s>", "<pad>", "<unk>", "<mask>"}
    return named | {number for number, piece in pieces_by_id(settings).items() if piece in usual}


def _write_folder(source: Path, made: Path, settings: Settings, kept: list[int], checkpoint: str) -> None:
    made.mkdir()
    new = {old: number for number, old in enumerate(kept)}
    try:
        _write_weights(source, made / WEIGHTS_FILE, kept)
        config = {name: _renumbered(name, value, new) for name, value in read_config(source).items()}
        _write_json(made / CONFIG_FILE, {**config, "vocab_size": len(kept)})
        _write_json(made / TOKENIZER_FILE, cut_tokenizer(settings, kept))
        _write_tokenizer_config(source, made, new)
        for name in COPIED:
            if (source / name).is_file():
                (made / name).parent.mkdir(exist_ok=True)
                shutil.copyfile(source / name, made / name)
        _keep_conventions(made, checkpoint)
    except (OSError, SafetensorError) as error:
        raise TrimError(f"the trimmed checkpoint could not be written ({error}): is the disk full?") from error


def _renumbered(name: str, value: Any, new: Mapping[int, int]) -> Any:
    # bool is an int to Python, and some defaults name ids that the vocabulary never had
    known = name.endswith("_token_id") and isinstance(value, int) and value in new
    return new[value] if known else value


def _write_weights(source: Path, path: Path, kept: list[int]) -> None:
    from safetensors.torch import save_file

    tensors: dict[str, Any] = {}
    for part in sorted(source.glob("*.safetensors")):
        try:
            with safe_open(part, framework="pt") as stored:
                tensors.update({name: stored.get_tensor(name) for name in stored.keys()})  # noqa: SIM118 (not a dict)
        except (SafetensorError, OSError, ValueError) as error:
            raise BrokenCheckpoint(f"{part} is not a whole safetensors file ({error}): restore it.") from error
    rows = {len(tensor) for name, tensor in tensors.items() if name.endswith(WORD_ROWS)}
    if len(rows) != 1:
        raise TrimError(f"{source} has {len(rows)} word embeddings (*.{WORD_ROWS}), one was expected.")
    pieces = rows.pop()
    if kept[-1] >= pieces:
        raise BrokenCheckpoint(f"{source} has {pieces} word rows, its tokenizer names row {kept[-1]}: restore it.")
    for name, tensor in tensors.items():
        of_words = name.endswith(WORD_ROWS) or (name.startswith(WORD_HEADS) and len(tensor) == pieces)
        tensors[name] = tensor[kept] if of_words else tensor
    save_file(tensors, path, metadata={"format": "pt"})
    path.chmod(READABLE_BY_ALL)


def _write_tokenizer_config(source: Path, made: Path, new: Mapping[int, int]) -> None:
    path = source / "tokenizer_config.json"
    if not path.is_file():
        return
    settings = json.loads(path.read_text(encoding="utf-8"))
    listed = settings.get("added_tokens_decoder")
    if listed:
        settings["added_tokens_decoder"] = {str(new[int(old)]): token for old, token in listed.items()}
    _write_json(made / path.name, settings)


def _keep_conventions(made: Path, checkpoint: str) -> None:
    """Prefixes and pooling that are known by the checkpoint's id alone: the folder will bear another name."""
    facts = encoder_facts(checkpoint)
    if not (made / PROMPTS_FILE).is_file() and (facts.question_prefix or facts.passage_prefix):
        prompts = {"query": facts.question_prefix, "passage": facts.passage_prefix}
        _write_json(made / PROMPTS_FILE, {"prompts": prompts})
    if not (made / POOLING_FILE).is_file() and facts.pooling == "cls":
        (made / POOLING_FILE).parent.mkdir(exist_ok=True)
        _write_json(made / POOLING_FILE, {"pooling_mode_cls_token": True})


def _weight_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*.safetensors"))


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
