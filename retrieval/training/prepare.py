"""`train vocabulary`: a checkpoint whose vocabulary reaches the other languages, each new piece with a first row.

Starts from an English BERT (nothing but MiniLM) or from a checkpoint that was extended before, whose rows are kept.
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tqdm import tqdm
from transformers import BertModel

from retrieval.training.alignment import align, average_rows
from retrieval.training.checkpoints import load_encoder
from retrieval.training.overlap import load_languages
from retrieval.training.parallel import LanguagePairs
from retrieval.training.vocabulary import (
    appended,
    count_pieces,
    english_pieces,
    english_tokenizer,
    letter_pieces,
    new_tokenizer,
    trained_pieces,
    without_rare,
)

PIECES = 3200  # of a language; gives 15 to 22 tokens a question where English has 12.5
COUNTED_EVERY = 5  # texts; a fifth shows well enough which pieces are used
MAX_ALIGNED_WORDS = 24  # longer pairs cost most and align worst

Rows = NDArray[np.float32]


def wanted_pieces(
    languages: Mapping[str, LanguagePairs], vocabulary: Mapping[str, int], pieces: Mapping[str, int]
) -> dict[str, int]:
    """The extended vocabulary: letters first, then the pieces that each language asks for."""
    wanted = letter_pieces()
    for code, count in pieces.items():
        wanted.extend(trained_pieces(_texts(languages[code]), count))
    return appended(vocabulary, wanted)


def first_rows(
    languages: Mapping[str, LanguagePairs], tokenizers: tuple[Tokenizer, Tokenizer], known: Rows, new: set[int]
) -> dict[int, Rows]:
    """Rows for new pieces, averaged over the languages in which a piece was aligned."""
    found: dict[int, list[Rows]] = {}
    for code, pairs in tqdm(languages.items(), desc="aligning", unit="language"):
        lines = [pair for pair in (*pairs.lexicon, *pairs.train) if len(pair.english.split()) <= MAX_ALIGNED_WORDS]
        ours = _ids(tokenizers[0], [pair.translation for pair in lines])
        chosen = [number for number, ids in enumerate(ours) if not new.isdisjoint(ids)]
        if not chosen:
            continue
        english = _ids(tokenizers[1], [lines[number].english for number in chosen])
        translations = align([ours[number] for number in chosen], english)
        for piece, row in average_rows(translations, known).items():
            if piece in new:
                found.setdefault(piece, []).append(row)
        tqdm.write(f"{code}: {len(chosen)} pairs, {len(found)} rows so far")
    return {piece: np.mean(rows, axis=0) for piece, rows in found.items()}


def grown(model: BertModel, old: Mapping[str, int], vocabulary: Mapping[str, int], rows: Mapping[int, Rows]) -> None:
    """Give the model a row for every piece: its own by name, else the aligned one, else the mean row."""
    before = model.embeddings.word_embeddings.weight.detach().cpu().numpy()
    table = np.tile(before.mean(axis=0), (len(vocabulary), 1)).astype(np.float32)
    for piece, number in vocabulary.items():
        if piece in old:
            table[number] = before[old[piece]]
        elif number in rows:
            table[number] = rows[number]
    model.config.vocab_size = len(vocabulary)
    model.embeddings.word_embeddings = torch.nn.Embedding(len(table), table.shape[1], _weight=torch.from_numpy(table))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `train vocabulary`."""
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder with parallel/")
    parser.add_argument("--start", type=Path, required=True, help="checkpoint folder whose vocabulary is extended")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--pieces", default="", help="pieces per language, ko=6000,sw=3600; default all at 3200")
    parser.add_argument("--drop-rare", action="store_true", help="drop earlier additions that the text hardly uses")


def run(arguments: argparse.Namespace) -> None:
    """Write the extended checkpoint."""
    languages = load_languages(arguments.data)
    model, tokenizer_file = load_encoder(arguments.start)
    old = json.loads(tokenizer_file.read_text(encoding="utf-8"))["model"]["vocab"]
    base, english = dict(old), english_pieces(model.config)
    if arguments.drop_rare:
        sample = [text for pairs in languages.values() for text in _texts(pairs)[::COUNTED_EVERY]]
        counts = count_pieces(Tokenizer.from_file(str(tokenizer_file)), sample)
        base = without_rare(old, counts, english)
    asked = dict(part.split("=") for part in arguments.pieces.split(",")) if arguments.pieces else {}
    pieces = {code: int(count) for code, count in asked.items()} or dict.fromkeys(languages, PIECES)
    vocabulary = wanted_pieces(languages, base, pieces)
    tokenizer = new_tokenizer(vocabulary, tokenizer_file)
    new = {number for piece, number in vocabulary.items() if piece not in old}
    known = model.embeddings.word_embeddings.weight.detach().cpu().numpy()
    rows = first_rows(languages, (tokenizer, english_tokenizer(tokenizer_file, english)), known, new)
    grown(model, old, vocabulary, rows)
    model.save_pretrained(arguments.out)
    tokenizer.save(str(arguments.out / "tokenizer.json"))
    print(f"{len(vocabulary)} pieces, {len(new)} new, {len(rows)} of them aligned")  # noqa: T201


def _texts(pairs: LanguagePairs) -> list[str]:
    return [pair.translation for pair in (*pairs.train, *pairs.lexicon)]


def _ids(tokenizer: Tokenizer, texts: list[str]) -> list[list[int]]:
    return [encoding.ids for encoding in tokenizer.encode_batch(texts, add_special_tokens=False)]
