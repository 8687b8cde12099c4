"""`train encoder dictionary`: learn from aligned text which English words stand for a word (IBM Model 1)."""

import argparse
import lzma
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from tqdm import tqdm

from retrieval.dictionary import (
    FILE_SUFFIX,
    MAX_SYLLABLES,
    SYLLABLE_LANGUAGES,
    UNSPACED_LANGUAGES,
    WordList,
    words_between_spaces,
)
from retrieval.training.alignment import align, number_words
from retrieval.training.overlap import load_languages
from retrieval.training.parallel import LanguagePairs, Pair
from retrieval.training.runs import add_written_argument

MAX_PAIRS, MAX_PAIR_WORDS = 90_000, 20  # seconds a language; long pairs cost most and align worst
LEXICON_TIMES = 2  # a lexicon says outright what sentences only suggest
MIN_PROBABILITY, MAX_TRANSLATIONS = 0.1, 3
MIN_COUNT = 2  # what stands in one text only is as likely an accident of it
MAX_WORD_LETTERS = 24

Cutter = Callable[[str], list[str]]


def learn(language: str, pairs: LanguagePairs) -> list[str]:
    """The lines of one language's file."""
    lines = [*pairs.to_align(MAX_PAIRS, MAX_PAIR_WORDS), *list(pairs.lexicon) * LEXICON_TIMES]
    cut = _cutter(language, pairs)
    ours = number_words(cut(pair.translation) for pair in lines)
    english = number_words(words_between_spaces(pair.english) for pair in lines)
    found = align(ours.rows, english.rows)
    counts = Counter(number for row in ours.rows for number in row)
    result = []
    for word, places in found.by_piece():
        choices = sorted(zip(found.probability[places], found.english[places], strict=True), reverse=True)
        good = [(english.names[n], p) for p, n in choices[:MAX_TRANSLATIONS] if p >= MIN_PROBABILITY]
        if counts[word] >= MIN_COUNT and _says_something(ours.names[word], [name for name, _ in good]):
            result.append(f"{ours.names[word]}\t" + " ".join(f"{name} {100 * p:.0f}" for name, p in good))
    return sorted(result)


def _says_something(word: str, english: Sequence[str]) -> bool:
    """Numbers and names that are the same in English are found without a dictionary."""
    return bool(english) and english[0] != word and len(word) <= MAX_WORD_LETTERS and not word.isdecimal()


def _cutter(language: str, pairs: LanguagePairs) -> Cutter:
    if language not in UNSPACED_LANGUAGES | SYLLABLE_LANGUAGES:
        return words_between_spaces
    most = MAX_SYLLABLES if language in SYLLABLE_LANGUAGES else 1
    known = {*_short_texts(pairs.lexicon, most), *_short_texts(filter(_is_short, pairs.train), most)}
    return WordList(language, sorted(f"{word}\t? 0" for word in known)).words


def _is_short(pair: Pair) -> bool:
    return len(pair.english.split()) <= 2


def _short_texts(pairs: Iterable[Pair], most_parts: int) -> list[str]:
    """Translations that are one word: no more parts, not long."""
    texts = (words_between_spaces(pair.translation) for pair in pairs)
    short = (" ".join(parts) for parts in texts if len(parts) <= most_parts)
    return [text for text in short if 1 < len(text) <= MAX_WORD_LETTERS]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `train encoder dictionary`."""
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder with parallel/")
    parser.add_argument("--out", type=Path, required=True, help="folder for LANGUAGE.tsv.xz")
    add_written_argument(parser)


def run(arguments: argparse.Namespace) -> None:
    """Write one file a language."""
    arguments.out.mkdir(parents=True, exist_ok=True)
    for code, pairs in tqdm(
        load_languages(arguments.data, arguments.written).items(), desc="dictionaries", unit="language"
    ):
        content = "".join(line + "\n" for line in learn(code, pairs)).encode()
        (arguments.out / (code + FILE_SUFFIX)).write_bytes(lzma.compress(content, preset=9 | lzma.PRESET_EXTREME))
