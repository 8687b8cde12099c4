"""How often each language uses each common word: tables that `chatbot.training.language_words` makes."""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

WORD_FOLDER = Path(__file__).with_name("words")
LEVELS_PER_NAT = 3
"""Frequencies are stored as one letter: minus the natural logarithm, in thirds."""
LOWEST_LEVEL = ord("0")

_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|[\u0300-\u036f\u064b-\u065f\u0900-\u0903\u093a-\u094f\u0962\u0963'’\u200c])*")
# Letters that Unicode does not split into a plain letter and a mark.
_UNSPLIT = str.maketrans({"ı": "i", "ł": "l", "đ": "d", "Đ": "D", "ß": "ss", "ø": "o", "Ł": "L"})


@dataclass(frozen=True, slots=True)
class WordTable:
    """Log frequencies: row `rows[word]` of `log_frequencies` (words, languages)."""

    languages: tuple[str, ...]
    rows: dict[str, int]
    log_frequencies: NDArray[np.float32]


def load_word_table(script: str) -> WordTable:
    """The table of one script."""
    header, *lines = (WORD_FOLDER / f"{script}.tsv").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("\t") for line in lines]
    languages = tuple(header.split("\t")[1:])
    levels = np.frombuffer("".join(letters for _, letters in pairs).encode("ascii"), dtype=np.uint8)
    nats = (levels.reshape(len(pairs), len(languages)).astype(np.float32) - LOWEST_LEVEL) / np.float32(LEVELS_PER_NAT)
    return WordTable(languages, {word: row for row, (word, _) in enumerate(pairs)}, -nats)


def find_words(text: str) -> list[str]:
    """The words as written."""
    return [match.rstrip("'’") for match in _WORD.findall(text)]


def words_of(text: str) -> list[str]:
    """The words in the form in which the tables hold them."""
    return [fold(word) for word in find_words(text)]


def fold(word: str) -> str:
    """Lower case; a dotted capital I becomes a plain i, not i with a mark."""
    return word.replace("İ", "i").lower().replace("’", "'")


def plain(text: str) -> str:
    """Without accents, as people type in a hurry; marks of scripts that need them stay."""
    split = unicodedata.normalize("NFD", text.translate(_UNSPLIT))
    return unicodedata.normalize("NFC", "".join(char for char in split if not "\u0300" <= char <= "\u036f"))
