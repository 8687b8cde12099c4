"""English questions retold word by word in another language: text of the product's own kind in every language.

Parallel text holds few questions that customers ask; the English questions hold thousands. Word order stays English
and some words do too, but each replaced word stands in a context that says what it means (code switching). Which word
stands for which is learnt from the parallel text by IBM Model 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from retrieval.dictionary import UNSPACED_LANGUAGES
from retrieval.training.alignment import align, number_words
from retrieval.training.parallel import LanguagePairs, Pair

SOURCE = "switched"
REPLACED_SHARE = 0.9  # of the words that have a translation
MIN_PROBABILITY = 0.12  # below, a translation is noise of the sentences that a word occurs in
MAX_PAIRS, MAX_PAIR_WORDS = 60_000, 14  # seconds a language; long pairs cost most and align worst
MARKS = " .,;:!?\"'()[]…؟،。、？！"


@dataclass(frozen=True, slots=True)
class Choices:
    """Translations of a word with their probabilities, which sum to 1."""

    words: tuple[str, ...]
    probabilities: NDArray[np.float64]


class WordSwitcher:
    """Translates what it knows of a text and leaves the rest in English.

    Languages written without spaces are left out: their pieces, put in English order, are no words.
    """

    def __init__(self, languages: Mapping[str, LanguagePairs]) -> None:
        spaced = {code: pairs for code, pairs in languages.items() if code not in UNSPACED_LANGUAGES}
        progress = tqdm(spaced.items(), desc="word translations", unit="language")
        self._words = {code: word_translations(pairs) for code, pairs in progress}

    @property
    def languages(self) -> list[str]:
        """Codes of the languages that it can retell in."""
        return list(self._words)

    def __contains__(self, language: str) -> bool:
        return language in self._words

    def switched(self, english: str, language: str, generator: np.random.Generator) -> Pair:
        """The text and its gloss."""
        known = self._words[language]
        gloss = []
        for word in english.split():
            choices = known.get(word.strip(MARKS).lower())
            if choices and generator.random() < REPLACED_SHARE:
                gloss.append(choices.words[int(generator.choice(len(choices.words), p=choices.probabilities))])
            else:
                gloss.append(word.rstrip("?"))
        mark = "?" if english.rstrip().endswith("?") else ""
        return Pair(english, " ".join(gloss) + mark, SOURCE)


def word_translations(pairs: LanguagePairs) -> dict[str, Choices]:
    """English words, lower case, with the words that stand for them."""
    lines = [*pairs.to_align(MAX_PAIRS, MAX_PAIR_WORDS), *pairs.lexicon]
    ours = number_words(_words(pair.translation) for pair in lines)
    english = number_words(_words(pair.english) for pair in lines)
    found = align(english.rows, ours.rows)
    choices: dict[str, Choices] = {}
    for piece, places in found.by_piece():
        good = found.probability[places] >= MIN_PROBABILITY
        if good.any():
            weights = found.probability[places][good]
            words = tuple(ours.names[number] for number in found.english[places][good])
            choices[english.names[piece]] = Choices(words, weights / weights.sum())
    return choices


def _words(text: str) -> list[str]:
    return [word for word in (part.strip(MARKS).lower() for part in text.split()) if word]
