"""What an epoch of parallel text is made of: which languages, which lines, and what is done to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from retrieval.dictionary import ACCENTED_LANGUAGES, Dictionary, with_gloss, without_accents
from retrieval.training.parallel import LanguagePairs, Pair
from retrieval.training.switching import WordSwitcher

SIZE_POWER = 0.3  # of a language's share: 1 would follow the amount of text, 0 would treat all alike
WEAK_LANGUAGES = {"sw": 1.6, "th": 1.8, "ur": 1.5, "vi": 1.4, "ko": 1.8, "ja": 1.4, "ar": 1.5, "zh": 1.2, "hi": 1.2}
# Shares of a language's lines: what customers write comes first.
QUESTION_SHARE, SENTENCE_SHARE, STRING_SHARE, WORD_SHARE = 0.35, 0.48, 0.09, 0.08
SWITCHED_SHARE = 0.12  # of all lines: English questions with their words replaced
MAX_ENGLISH_WORDS = 28  # longer lines cost most and are nothing that anybody asks
PLAIN_QUESTION_SHARE = 0.15  # typed without the mark at the end
GLOSSED_SHARE = 0.9  # with a dictionary: texts beside their gloss, as in use; the others alone
NO_ACCENT_SHARE = 0.1  # typed without accents
LATIN_LANGUAGES = ACCENTED_LANGUAGES - {"el"}


@dataclass(frozen=True, slots=True)
class Line:
    """A pair with its language."""

    language: str
    pair: Pair


class ParallelMix:
    """Draws pairs of all languages, some of them made from English questions."""

    def __init__(
        self,
        languages: Mapping[str, LanguagePairs],
        switcher: WordSwitcher,
        questions: Sequence[str],
        dictionary: Dictionary | None = None,
    ) -> None:
        """`dictionary`: most translations stand beside their gloss, as questions do in use."""
        self._dictionary = dictionary
        self._switcher = switcher
        self._questions = questions
        self._kinds = {code: _kinds(pairs) for code, pairs in languages.items()}
        sizes = np.array([len(pairs.train) for pairs in languages.values()], dtype=np.float64)
        weights = sizes**SIZE_POWER * np.array([WEAK_LANGUAGES.get(code, 1.0) for code in languages])
        self._codes = list(languages)
        self._shares = weights / weights.sum()

    def draw(self, count: int, generator: np.random.Generator) -> list[Line]:
        """Independent draws: language first, kind of line second, line last."""
        lines = []
        for number in generator.choice(len(self._codes), size=count, p=self._shares):
            code = self._codes[int(number)]
            if code in self._switcher and generator.random() < SWITCHED_SHARE:
                question = self._questions[int(generator.integers(0, len(self._questions)))]
                lines.append(Line(code, self._switcher.switched(question, code, generator)))
                continue
            kinds, shares = self._kinds[code]
            pairs = kinds[int(generator.choice(len(kinds), p=shares))]
            pair = pairs[int(generator.integers(0, len(pairs)))]
            lines.append(Line(code, as_typed(pair, code, generator)))
        return [self._glossed(line, generator) for line in lines]

    def _glossed(self, line: Line, generator: np.random.Generator) -> Line:
        if self._dictionary is None or generator.random() >= GLOSSED_SHARE:
            return line
        text = with_gloss(line.pair.translation, line.language, self._dictionary)
        return replace(line, pair=replace(line.pair, translation=text))


def as_typed(pair: Pair, language: str, generator: np.random.Generator) -> Pair:
    """Sometimes what people leave out when they type: the question mark, the accents."""
    text = pair.translation
    if pair.is_question and generator.random() < PLAIN_QUESTION_SHARE:
        text = text.rstrip(" ?؟？。") or text
    if language in LATIN_LANGUAGES and generator.random() < NO_ACCENT_SHARE:
        text = without_accents(text)
    return replace(pair, translation=text)


def _kinds(pairs: LanguagePairs) -> tuple[list[Sequence[Pair]], np.ndarray]:
    usable = [pair for pair in pairs.train if len(pair.english.split()) <= MAX_ENGLISH_WORDS]
    groups = [
        (QUESTION_SHARE, [pair for pair in usable if pair.is_question]),
        (SENTENCE_SHARE, [pair for pair in usable if pair.is_sentence and not pair.is_question]),
        (STRING_SHARE, [pair for pair in usable if not pair.is_sentence and not pair.is_question]),
        (WORD_SHARE, list(pairs.lexicon)),
    ]
    filled = [(share, group) for share, group in groups if group]
    shares = np.array([share for share, _ in filled])
    return [group for _, group in filled], shares / shares.sum()
