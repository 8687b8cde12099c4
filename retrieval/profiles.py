"""Which checkpoints are known, what each of them expects, and the pairs of encoder and reader that have a name.

Data and pure decisions: knows nothing of torch, of the network, or of where the packaged weights lie.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.hub import cached_folder
from retrieval.memory_need import Shape, shape_of_config
from retrieval.packaged import CONFIG_FILE, CheckpointError, read_config
from retrieval.training_languages import english_only, read_card

PACKAGED = "packaged"
"""Stands for the packaged checkpoint in a pair; the program knows where that lies."""
AUTO = "auto"
NO_RERANKER = "none"
UNKNOWN = "unknown"
"""The licence of a checkpoint that is not listed here."""

POOLING_FILE = "1_Pooling/config.json"
PROMPTS_FILE = "config_sentence_transformers.json"
LENGTH_FILE = "sentence_bert_config.json"
"""What sentence-transformers, in whose layout encoders are published, keeps beside the weights."""
POOLING_KEY = "pooling_mode"
SAME_POOLING = {"cls_token": "cls", "mean_tokens": "mean", "mean_sqrt_len_tokens": "mean"}
"""Its names of what is done here; how long a vector is before it is scaled to 1 does not matter."""

XLM_R_VOCABULARY = 250_002
XLM_R_BASE = Shape(XLM_R_VOCABULARY, width=768, layers=12, feed_forward=3072, positions=514)
XLM_R_LARGE = Shape(XLM_R_VOCABULARY, width=1024, layers=24, feed_forward=4096, positions=514)
PACKAGED_SHAPE = Shape(87_186, width=384, layers=6, feed_forward=1536, positions=512)


class UnknownProfile(CheckpointError):
    """The name given for the models is neither a profile nor a pair."""


@dataclass(frozen=True, slots=True)
class EncoderFacts:
    """How an encoder was trained, which is how it must be used."""

    id: str
    licence: str
    shape: Shape | None
    """None = nobody wrote it down and there is no config to read it from."""
    max_tokens: int | None = None
    """Longest input it was trained on; None = what its config says."""
    question_prefix: str = ""
    passage_prefix: str = ""
    pooling: str = "mean"
    note: str = ""

    @property
    def dim(self) -> int | None:
        """Length of a vector."""
        return self.shape.width if self.shape else None


@dataclass(frozen=True, slots=True)
class ReaderFacts:
    """What is known of a reader."""

    id: str
    licence: str
    shape: Shape | None
    english_only: bool | None
    """Fine-tuned on English questions and passages alone; None = unknown."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class RerankerFacts:
    """What is known of a reranker."""

    id: str
    licence: str
    shape: Shape | None


@dataclass(frozen=True, slots=True)
class ModelPair:
    """An encoder and a reader, each `packaged`, a hub id or a folder."""

    name: str
    encoder: str
    reader: str
    reranker: str = NO_RERANKER
    """What goes with them when one is wanted."""

    @property
    def ids(self) -> tuple[str, ...]:
        """What the hub or a folder must give for the two."""
        return tuple(part for part in (self.encoder, self.reader) if part != PACKAGED)


@dataclass(frozen=True, slots=True)
class Choice:
    """The pair that runs here, and why."""

    pair: ModelPair
    reason: str


_E5 = {"licence": "MIT", "question_prefix": "query: ", "passage_prefix": "passage: ", "max_tokens": 512}
_E5_NOTE = "unrelated texts score 0.7 to 0.8: only the order of its similarities means something"

ENCODERS: tuple[EncoderFacts, ...] = (
    EncoderFacts(PACKAGED, "Apache-2.0", PACKAGED_SHAPE, 512),
    EncoderFacts(
        "intfloat/multilingual-e5-small",
        shape=Shape(250_037, width=384, layers=12, feed_forward=1536, positions=512),
        note=_E5_NOTE,
        **_E5,  # type: ignore[arg-type]
    ),
    EncoderFacts("intfloat/multilingual-e5-base", shape=XLM_R_BASE, note=_E5_NOTE, **_E5),  # type: ignore[arg-type]
    EncoderFacts("intfloat/multilingual-e5-large", shape=XLM_R_LARGE, note=_E5_NOTE, **_E5),  # type: ignore[arg-type]
    EncoderFacts(
        "ibm-granite/granite-embedding-97m-multilingual-r2",
        "Apache-2.0",
        # Its card says 97M parameters and some 180,000 words; the rest follows from its ModernBERT layers.
        Shape(180_000, width=384, layers=12, feed_forward=1536, positions=0, gated=True),
        32_768,
        pooling="cls",
    ),
    EncoderFacts(
        "BAAI/bge-m3",
        "MIT",
        Shape(XLM_R_VOCABULARY, width=1024, layers=24, feed_forward=4096, positions=8194),
        8192,
        pooling="cls",
        note="published as pickle, which is refused: convert it to safetensors and name the folder",
    ),
)

READERS: tuple[ReaderFacts, ...] = (
    ReaderFacts(PACKAGED, "Apache-2.0", PACKAGED_SHAPE, english_only=True),
    ReaderFacts("deepset/xlm-roberta-base-squad2", "CC-BY-4.0", XLM_R_BASE, english_only=True),
    ReaderFacts("deepset/xlm-roberta-large-squad2", "CC-BY-4.0", XLM_R_LARGE, english_only=True),
    ReaderFacts(
        "timpal0l/mdeberta-v3-base-squad2",
        "MIT",
        Shape(251_000, width=768, layers=12, feed_forward=3072, positions=512),
        english_only=True,
        note="computes in bfloat16 or float32 only: its activations overflow float16",
    ),
)

RERANKERS: tuple[RerankerFacts, ...] = (
    RerankerFacts(
        "BAAI/bge-reranker-v2-m3",
        "Apache-2.0",
        Shape(XLM_R_VOCABULARY, width=1024, layers=24, feed_forward=4096, positions=8194),
    ),
)

PROFILES: tuple[ModelPair, ...] = (
    ModelPair("large", "intfloat/multilingual-e5-large", "deepset/xlm-roberta-large-squad2", "BAAI/bge-reranker-v2-m3"),
    ModelPair("base", "intfloat/multilingual-e5-small", "deepset/xlm-roberta-base-squad2"),
    ModelPair(PACKAGED, PACKAGED, PACKAGED),
)
"""Largest first: where memory runs out, the next one is tried."""


def find_pair(models: str) -> ModelPair:
    """The profile or the pair `ENCODER,READER` that a name stands for. Raises UnknownProfile."""
    known = {pair.name: pair for pair in PROFILES}
    if models in known:
        return known[models]
    parts = [part.strip() for part in models.split(",")]
    if len(parts) == 2 and all(parts):
        return ModelPair(models, *parts)
    raise UnknownProfile(
        f"There are no models named {models!r}: choose {', '.join(sorted(known))} or {AUTO}, "
        "or name an encoder and a reader as ENCODER,READER, each a hub id, a folder or 'packaged'."
    )


def choose(models: str, *, gpu: bool, obtainable: bool) -> Choice:
    """Decide which pair runs. `obtainable`: the large pair is cached or the hub answers; asked for by `auto` alone."""
    if models != AUTO:
        return Choice(find_pair(models), "as asked")
    if not gpu:
        return Choice(find_pair(PACKAGED), "there is no CUDA GPU, and the packaged models are made for a processor")
    if not obtainable:
        return Choice(find_pair(PACKAGED), "the large models are not cached and the hub cannot be reached")
    return Choice(find_pair("large"), "there is a CUDA GPU, and the large models are cached or the hub can be reached")


def smaller_pairs(pair: ModelPair) -> list[ModelPair]:
    """What to try in turn when a pair does not fit into memory; after a pair of one's own, the packaged one."""
    names = [profile.name for profile in PROFILES]
    if pair.name in names:
        return list(PROFILES[names.index(pair.name) + 1 :])
    return [find_pair(PACKAGED)]


def encoder_facts(checkpoint: str) -> EncoderFacts:
    """How to use an encoder: from the list here, else from what lies in its folder, else plain mean pooling."""
    known = next((facts for facts in ENCODERS if _same(facts.id, checkpoint)), None)
    if known is not None:
        return known
    folder = Path(checkpoint)
    prompts = _json(folder / PROMPTS_FILE).get("prompts") or {}
    longest = _json(folder / LENGTH_FILE).get("max_seq_length")
    return EncoderFacts(
        checkpoint,
        UNKNOWN,
        folder_shape(folder),
        longest if isinstance(longest, int) and longest > 0 else None,
        question_prefix=str(prompts.get("query") or ""),
        passage_prefix=str(prompts.get("passage") or prompts.get("document") or ""),
        pooling=_pooling(_json(folder / POOLING_FILE)),
    )


def _pooling(settings: Mapping[str, Any]) -> str:
    """What sentence-transformers wrote of pooling, by our name where there is one; several have a plus between them."""
    flag = f"{POOLING_KEY}_"  # before version 6 a flag for each
    flagged = [name.removeprefix(flag) for name, on in settings.items() if name.startswith(flag) and on]
    modes = settings.get(POOLING_KEY) or flagged or ["mean"]
    named = modes if isinstance(modes, list) else [str(modes)]
    return "+".join(SAME_POOLING.get(mode, mode) for mode in named)


def reader_facts(checkpoint: str) -> ReaderFacts:
    """What is known of a reader."""
    known = next((facts for facts in READERS if _same(facts.id, checkpoint)), None)
    if known is not None:
        return known
    folder = Path(checkpoint) if Path(checkpoint).is_dir() else cached_folder(checkpoint)
    card = read_card(folder) if folder else {}
    return ReaderFacts(checkpoint, UNKNOWN, folder_shape(Path(checkpoint)), english_only(checkpoint, card))


def reranker_facts(checkpoint: str) -> RerankerFacts:
    """What is known of a reranker."""
    known = next((facts for facts in RERANKERS if _same(facts.id, checkpoint)), None)
    return known or RerankerFacts(checkpoint, UNKNOWN, folder_shape(Path(checkpoint)))


def reader_warning(facts: ReaderFacts) -> str | None:
    """What must be said of a reader before its scores are believed."""
    if facts.english_only:
        return None
    english = ", ".join(known.id for known in READERS if known.english_only)
    if facts.english_only is None:
        return (
            f"Whether {facts.id} was trained on English alone is unknown: only then do its scores tell how well "
            f"English training carries over. Readers of which it is known: {english}."
        )
    return (
        f"{facts.id} was trained on other languages than English, or on a test set: its scores do not tell "
        f"how well English training carries over. Readers trained on English alone: {english}."
    )


def folder_shape(folder: Path) -> Shape | None:
    """The size of the network in a folder, if its config says so."""
    return shape_of_config(read_config(folder)) if (folder / CONFIG_FILE).is_file() else None


def _same(known: str, checkpoint: str) -> bool:
    # A copy in a folder keeps the conventions of the id whose name it bears; "packaged" is no such name.
    folder = Path(checkpoint)
    return known == checkpoint or (
        "/" in known and folder.is_dir() and folder.resolve().name == known.rpartition("/")[2]
    )


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # beside the weights, and optional
    return content if isinstance(content, dict) else {}
