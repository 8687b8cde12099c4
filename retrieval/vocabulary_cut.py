"""A tokenizer.json with fewer pieces: which ids stay, and the file with everything that names an id renumbered.

Pure: works on the file's JSON. WordPiece and Unigram (SentencePiece) are known. In both, a text whose pieces all stay
is cut as before: WordPiece takes the longest piece at every place, Unigram the likeliest row of pieces, and neither
gains a rival when others leave.
"""

import copy
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from retrieval.packaged import CheckpointError

CONTINUED = "##"
SPACE = "▁"
"""How SentencePiece writes the space before a word."""
BYTE_PIECE = re.compile(r"<0x[0-9A-F]{2}>")
UNUSED_PIECE = re.compile(r"\[unused\d+\]")
"""BERT's reserve: no text has them."""

Settings = dict[str, Any]


class UnsupportedTokenizer(CheckpointError):
    """The vocabulary is of a kind that cannot be cut this way."""


def pieces_by_id(settings: Mapping[str, Any]) -> dict[int, str]:
    """Every piece of the model and every added token. Raises UnsupportedTokenizer."""
    model = settings["model"]
    kind = model.get("type")
    if kind == "WordPiece":
        pieces = {int(number): piece for piece, number in model["vocab"].items()}
    elif kind == "Unigram":
        pieces = {number: piece for number, (piece, _) in enumerate(model["vocab"])}
    else:
        raise UnsupportedTokenizer(
            f"the tokenizer is of the kind {kind}, WordPiece and Unigram (SentencePiece) can be trimmed: "
            "choose another checkpoint, such as intfloat/multilingual-e5-small."
        )
    return {**pieces, **{int(token["id"]): token["content"] for token in settings.get("added_tokens") or []}}


def kept_ids(settings: Mapping[str, Any], seen: Iterable[int], is_letter_kept: Callable[[str], bool]) -> list[int]:
    """Ids that stay, ascending: seen in text, English, special, and single characters that `is_letter_kept` wants."""
    pieces = pieces_by_id(settings)
    kept = {number for number in seen if number in pieces} | _needed(settings)
    kept.update(number for number, piece in pieces.items() if _always_kept(piece, is_letter_kept))
    return sorted(kept)


def is_english(piece: str) -> bool:
    """Whether English text may hold it: letters without accents, digits, and punctuation and symbols of any kind.

    All of these stay, so whatever English text comes, it is cut as before.
    """
    bare = bare_piece(piece)
    return not UNUSED_PIECE.fullmatch(bare) and all(
        character.isascii() or unicodedata.category(character)[0] in "PS" for character in bare
    )


def bare_piece(piece: str) -> str:
    """The characters of a piece, without the marks that say where in a word it stands."""
    return piece.removeprefix(CONTINUED).replace(SPACE, "")


def cut_tokenizer(settings: Mapping[str, Any], kept: list[int]) -> Settings:
    """The same tokenizer with the kept pieces alone, numbered from 0 in their old order."""
    new = {old: number for number, old in enumerate(kept)}
    cut: Settings = copy.deepcopy({name: part for name, part in settings.items() if name != "model"})
    cut["model"] = _cut_model(settings["model"], kept, new)
    cut["added_tokens"] = [{**t, "id": new[int(t["id"])]} for t in settings.get("added_tokens") or []]
    if cut.get("padding"):
        cut["padding"]["pad_id"] = new[int(cut["padding"]["pad_id"])]
    _renumber_processor(cut.get("post_processor"), new)
    return cut


def _cut_model(model: Mapping[str, Any], kept: list[int], new: Mapping[int, int]) -> Settings:
    cut = {name: value for name, value in model.items() if name != "vocab"}
    if model["type"] == "WordPiece":
        cut["vocab"] = {piece: new[number] for piece, number in model["vocab"].items() if number in new}
        return cut
    vocabulary = model["vocab"]
    cut["vocab"] = [vocabulary[number] for number in kept if number < len(vocabulary)]
    if model.get("unk_id") is not None:
        cut["unk_id"] = new[int(model["unk_id"])]
    return cut


def _renumber_processor(processor: Any, new: Mapping[int, int]) -> None:
    """In place: the ids that a post-processor puts around texts; it may hold others."""
    if not processor:
        return
    for part in processor.get("processors") or []:
        _renumber_processor(part, new)
    for token in (processor.get("special_tokens") or {}).values():
        token["ids"] = [new[int(number)] for number in token["ids"]]
    for side in ("sep", "cls"):  # BertProcessing, RobertaProcessing: [token, id]
        if side in processor:
            processor[side][1] = new[int(processor[side][1])]


def _processor_ids(processor: Any) -> set[int]:
    if not processor:
        return set()
    found = {int(n) for token in (processor.get("special_tokens") or {}).values() for n in token["ids"]}
    found.update(int(processor[side][1]) for side in ("sep", "cls") if side in processor)
    return found.union(*(_processor_ids(part) for part in processor.get("processors") or []))


def _needed(settings: Mapping[str, Any]) -> set[int]:
    """Special tokens, the unknown piece, and the rarest: Unigram derives from it what an unknown character costs."""
    model = settings["model"]
    needed = {int(token["id"]) for token in settings.get("added_tokens") or []}
    needed |= _processor_ids(settings.get("post_processor"))
    if settings.get("padding"):
        needed.add(int(settings["padding"]["pad_id"]))
    if model["type"] == "WordPiece":
        unknown = model["vocab"].get(model.get("unk_token"))
        return needed if unknown is None else needed | {int(unknown)}
    scores = [score for _, score in model["vocab"]]
    needed.add(scores.index(min(scores)))
    return needed if model.get("unk_id") is None else needed | {int(model["unk_id"])}


def _always_kept(piece: str, is_letter_kept: Callable[[str], bool]) -> bool:
    if BYTE_PIECE.fullmatch(piece) or is_english(piece):
        return True
    bare = bare_piece(piece)
    return len(bare) == 1 and (not bare.isalpha() or is_letter_kept(bare))
