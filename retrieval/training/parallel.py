"""Text aligned with English: reading `parallel/`, keeping some of it back, and what of it is worth more."""

import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path

from retrieval.training.english_qa import TrainingDataError

LANGUAGES = (
    "ar",
    "bg",
    "de",
    "el",
    "es",
    "fr",
    "hi",
    "id",
    "it",
    "ja",
    "ko",
    "nl",
    "pl",
    "pt",
    "ro",
    "ru",
    "sw",
    "th",
    "tr",
    "ur",
    "vi",
    "zh",
)
SENTENCE_FILES = ("sentences", "more")
LEXICON_FILE = "lexicon"
HELD_OUT_SHARE = 200  # one English text in this many is kept back, in all languages at once
WHOLE_SENTENCE_WORDS = 4  # fewer words: a label or a name rather than a sentence
MAX_BAD_SHARE = 0.01  # a few empty translations are in the nature of collected text
MIN_PAIRS = 20  # a language with fewer is a broken file
QUESTION_SOURCES = ("mkqa", "written")
WRITTEN_TIMES = 6  # a question written for the project counts as so many pairs: nothing else sounds like a customer


@dataclass(frozen=True, slots=True)
class Pair:
    """An English text and its translation."""

    english: str
    translation: str
    source: str

    @property
    def is_question(self) -> bool:
        """A question, with or without its mark, which customers and search questions often lack."""
        return self.english.endswith("?") or self.source in QUESTION_SOURCES

    @property
    def is_sentence(self) -> bool:
        """Long enough to say something."""
        return len(self.english.split()) >= WHOLE_SENTENCE_WORDS


@dataclass(frozen=True, slots=True)
class LanguagePairs:
    """One language's text: to train on, held out, and single words."""

    train: tuple[Pair, ...]
    held_out: tuple[Pair, ...]
    lexicon: tuple[Pair, ...]

    def to_align(self, most_pairs: int, most_words: int) -> list[Pair]:
        """Texts to train on with at most `most_words` English words, evenly thinned to about `most_pairs`.

        Once each: what counts several times in training is no second witness of what a word means.
        """
        short = [pair for pair in dict.fromkeys(self.train) if len(pair.english.split()) <= most_words]
        return short[:: 1 + len(short) // most_pairs]


def load_language(data: Path, language: str, written: Path | None = None) -> LanguagePairs:
    """Everything of one language; raises TrainingDataError where there is too little to learn from.

    `written`: folder with `LANGUAGE.questions.tsv`, where that language has one.
    """
    files = [data / "parallel" / f"{language}.{kind}.tsv.gz" for kind in SENTENCE_FILES]
    pairs = [pair for path in files if path.is_file() for pair in _read(path)]
    if len(pairs) < MIN_PAIRS:
        raise TrainingDataError(f"{files[0]} and {files[1].name} hold {len(pairs)} pairs; at least {MIN_PAIRS} wanted")
    lexicon_file = data / "parallel" / f"{language}.{LEXICON_FILE}.tsv.gz"
    lexicon = _read(lexicon_file) if lexicon_file.is_file() else []
    held_out = [pair for pair in pairs if is_held_out(pair.english)]
    if written is not None and (own := written / f"{language}.questions.tsv").is_file():
        pairs += WRITTEN_TIMES * _read(own)
    train = [pair for pair in pairs if not is_held_out(pair.english)]
    return LanguagePairs(tuple(train), tuple(held_out), tuple(p for p in lexicon if not is_held_out(p.english)))


def languages_in(data: Path) -> tuple[str, ...]:
    """The languages that the data folder has text of, in the product's order."""
    found = tuple(code for code in LANGUAGES if (data / "parallel" / f"{code}.sentences.tsv.gz").is_file())
    if not found:
        raise TrainingDataError(f"{data / 'parallel'} holds no <language>.sentences.tsv.gz")
    return found


def is_held_out(english: str) -> bool:
    """Decided by the text itself, so that a text is kept back in every language and every run."""
    return zlib.crc32(english.strip().lower().encode()) % HELD_OUT_SHARE == 0


def _read(path: Path) -> list[Pair]:
    pairs, bad = [], []
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="\n") as lines:
        for number, line in enumerate(lines, 1):
            fields = line.rstrip("\n").split("\t")
            if len(fields) == 3 and fields[0].strip() and fields[1].strip():
                pairs.append(Pair(*fields))
            else:
                bad.append(number)
    if len(bad) > MAX_BAD_SHARE * (len(pairs) + len(bad)):
        raise TrainingDataError(
            f"{path}: {len(bad)} lines, the first being {bad[0]}, are not english<TAB>translation<TAB>source"
        )
    return pairs
