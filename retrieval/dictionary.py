"""Words of 22 languages with the English words that stand for them: keyword search and reading across languages.

A probabilistic structured query (Darwish & Oard 2003): every word of the question counts as its English
translations, each as much as it is likely. Learnt from aligned text by `retrieval.training.dictionary`.

A dictionary is a folder of `LANGUAGE.tsv.xz`, lines sorted by word:
`word<TAB>english percent english percent ...`, most likely first.
"""

import hashlib
import lzma
import re
import threading
import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path

from retrieval.packaged import BrokenCheckpoint

FILE_SUFFIX = ".tsv.xz"
ACCENTED_LANGUAGES = frozenset(["de", "el", "es", "fr", "id", "it", "nl", "pl", "pt", "ro", "sw", "tr", "vi"])
"""Where people leave accents out when they type; in Indian scripts and Arabic they are letters."""

UNSPACED_LANGUAGES = frozenset(["ja", "th", "zh"])
SYLLABLE_LANGUAGES = frozenset(["vi"])
"""Written with a space between the syllables of a word."""

MAX_SYLLABLES = 3
MAX_ENDING = 3
"""Letters that an unknown word may lose at its end to become a known one: "nyumbani" -> "nyumba"."""

MIN_STEM = 4
MIN_STEMS = {"ko": 2}
"""A syllable of Hangul is two or three letters, and particles stick to words: "반품은" -> "반품"."""

MAX_QUESTION_CHARS = 2000
"""What is translated at all: nobody asks in more, and a pasted letter must not cost seconds."""

_FILE = re.compile(r"(?:[^\t\n]+\t\S+ \d+(?: \S+ \d+)*\n)*")

Translations = tuple[tuple[str, float], ...]
"""English words with their probability, most likely first."""


class _Separators(dict[int, str | int]):
    """For `str.translate`: whatever is neither letter, accent nor digit parts words."""

    def __missing__(self, code: int) -> str | int:
        kept = unicodedata.category(chr(code))[0] in "LMN"
        self[code] = code if kept else " "
        return self[code]


_SEPARATORS = _Separators()


def words_between_spaces(text: str) -> list[str]:
    """The words of a text in lower case, punctuation and apostrophes left out."""
    return unicodedata.normalize("NFKC", text).lower().translate(_SEPARATORS).split()


def without_accents(text: str) -> str:
    """Base letters alone."""
    decomposed = unicodedata.normalize("NFD", text)
    return "".join(character for character in decomposed if not unicodedata.combining(character))


class WordList:
    """One language: words, sorted, and what each stands for."""

    def __init__(self, language: str, lines: Sequence[str]) -> None:
        """`lines`: as in the file, sorted."""
        self._lines = lines
        self._unspaced = language in UNSPACED_LANGUAGES
        self._syllables = MAX_SYLLABLES if language in SYLLABLE_LANGUAGES else 1
        self._min_stem = MIN_STEMS.get(language, MIN_STEM)
        self._accented: dict[str, str] = {}
        """Words as they are typed without accents, and the first that is meant."""
        for word in (line[: line.index("\t")] for line in lines if language in ACCENTED_LANGUAGES):
            if not word.isascii():
                self._accented.setdefault(without_accents(word), word)
        self._longest = max((line.index("\t") for line in lines), default=0) if self._unspaced else 0

    def words(self, text: str) -> list[str]:
        """The words of a text; where spaces do not part words, the longest known ones from the left."""
        apart = words_between_spaces(text)
        if not self._unspaced:
            return self._join(apart) if self._syllables > 1 else apart
        return [word for run in apart for word in ([run] if run.isascii() else self._cut(run))]

    def translations(self, word: str) -> Translations:
        """What a word stands for; the same word with a shorter ending where it is unknown itself."""
        shortest = len(word) if self._unspaced or self._syllables > 1 else max(self._min_stem, len(word) - MAX_ENDING)
        for length in range(len(word), min(shortest, len(word)) - 1, -1):
            line = self._line(word[:length]) or self._line(self._accented.get(word[:length], word))
            if line:
                fields = line.split("\t")[1].split(" ")
                return tuple((fields[n], int(fields[n + 1]) / 100) for n in range(0, len(fields), 2))
        return ()

    def _join(self, syllables: list[str]) -> list[str]:
        words, begin = [], 0
        while begin < len(syllables):
            joined = (" ".join(syllables[begin : begin + n]) for n in range(self._syllables, 1, -1))
            words.append(next(filter(self._line, joined), syllables[begin]))
            begin += words[-1].count(" ") + 1
        return words

    def _cut(self, run: str) -> list[str]:
        words, begin, unknown = [], 0, ""
        while begin < len(run):
            length = next((n for n in range(self._longest, 0, -1) if self._line(run[begin : begin + n])), 0)
            if not length:
                unknown += run[begin]
                begin += 1
                continue
            words += [unknown, run[begin : begin + length]]
            unknown = ""
            begin += length
        return [word for word in [*words, unknown] if word]

    def _line(self, word: str) -> str:
        wanted = word + "\t"
        place = bisect_left(self._lines, wanted)
        found = self._lines[place] if place < len(self._lines) else ""
        return found if found.startswith(wanted) else ""


class Dictionary:
    """All languages of a folder, each read when it is first asked for. Threads may share it."""

    def __init__(self, folder: Path) -> None:
        self._files = {path.name.removesuffix(FILE_SUFFIX): path for path in sorted(folder.glob("*" + FILE_SUFFIX))}
        self._lists: dict[str, WordList] = {}
        self._reading = threading.Lock()
        self._translated = lru_cache(maxsize=1024)(self._translate)

    @cached_property
    def fingerprint(self) -> str:
        """Of all its files: two dictionaries with the same one are the same."""
        content = hashlib.sha256()
        for code, path in self._files.items():
            content.update(code.encode() + path.read_bytes())
        return content.hexdigest()[:16]

    @property
    def languages(self) -> tuple[str, ...]:
        """ISO 639-1 codes it has words of."""
        return tuple(self._files)

    def terms(self, question: str, language: str | None) -> dict[str, float]:
        """The English words of a question, each with its highest probability; {} in English and unknown languages."""
        terms: dict[str, float] = {}
        for _, translations in self._translated(question[:MAX_QUESTION_CHARS], language):
            for english, probability in translations:
                terms[english] = max(probability, terms.get(english, 0.0))
        return terms

    def gloss(self, question: str, language: str | None) -> str:
        """The most likely English word for each word of a question, in its order; "" where nothing is known.

        Not a translation: it stands beside the question where a model reads it, and is shown to nobody as an answer.
        """
        translated = self._translated(question[:MAX_QUESTION_CHARS], language)
        if not any(translations for _, translations in translated):
            return ""
        words = [translations[0][0] if translations else word for word, translations in translated]
        return " ".join(word for n, word in enumerate(words) if not n or words[n - 1] != word)

    def _translate(self, question: str, language: str | None) -> tuple[tuple[str, Translations], ...]:
        if language is None or language not in self._files:
            return ()
        words = self._list(language)
        return tuple((word, words.translations(word)) for word in words.words(question))

    def _list(self, language: str) -> WordList:
        with self._reading:
            if language not in self._lists:
                self._lists[language] = read_words(self._files[language], language)
            return self._lists[language]


def with_gloss(question: str, language: str | None, dictionary: Dictionary) -> str:
    """A question with its gloss behind it, as a reader trained on that reads it; alone where there is none."""
    gloss = dictionary.gloss(question, language)
    return f"{question} {gloss}" if gloss else question


def read_words(path: Path, language: str) -> WordList:
    """One file; raises BrokenCheckpoint when it is not what it should be."""
    try:
        text = lzma.decompress(path.read_bytes()).decode("utf-8")
        lines = text.split("\n")[:-1]
        if not _FILE.fullmatch(text) or lines != sorted(lines):
            raise ValueError("its lines are not sorted words, each with English words and percents")
    except (lzma.LZMAError, EOFError, ValueError) as error:
        raise BrokenCheckpoint(
            f"{path} is not a dictionary: {error}. Fetch the file again, or make it with "
            "`python main.py train encoder dictionary`."
        ) from error
    return WordList(language, lines)
