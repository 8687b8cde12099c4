"""Pseudo questions for the reader's transfer: a text in two languages over one English passage. No answers.

The texts are translations, and English questions retold word by word over their own passage.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from chatbot.training.english import DEFAULT_WEIGHT, SOURCE_WEIGHTS
from chatbot.training.windows import MAX_QUESTION_TOKENS, TextTokens
from retrieval.dictionary import Dictionary, with_gloss
from retrieval.training.english_qa import QAExample
from retrieval.training.lexical import WordIndex
from retrieval.training.mix import GLOSSED_SHARE, Line, as_typed
from retrieval.training.parallel import LanguagePairs, Pair
from retrieval.training.switching import WordSwitcher

STRETCH_WORDS = 55  # of passage: enough for wrong words to choose from, a third of the cost of whole passages
STRETCH_STEP_WORDS = 45
NEAR_STRETCHES = 4  # the passage is one of the nearest to the English sentence
SENTENCE_INSIDE_SHARE = 0.4  # of statements: the passage holds the English sentence itself, to be found again
QUESTION_SHARE = 0.6
SWITCHED_SHARE = 0.35  # English questions with their words replaced
OWN_PASSAGE_SHARE = 0.8  # of those; the others meet a near passage
MIN_WORDS, MAX_WORDS = 3, 24
LANGUAGE_WEIGHTS = {"sw": 1.5, "th": 1.7, "ur": 1.3, "ko": 1.5, "ja": 1.3, "ar": 1.5, "zh": 1.4, "hi": 1.3, "el": 1.2}


@dataclass(frozen=True, slots=True)
class PseudoQuestion:
    """One English sentence, its translation, and an English passage that both are read with."""

    language: str
    english: str
    translation: str
    passage: str


@dataclass(frozen=True, slots=True)
class PseudoRow:
    """The same passage after the translation (student) and after the English (teacher), as tokens."""

    student: list[int]
    teacher: list[int]
    passage_length: int
    """Passage tokens; both rows end with them and one separator."""


class PseudoQuestions:
    """Draws pseudo questions of all languages; without a switcher, translations alone; with a dictionary, glossed."""

    def __init__(
        self,
        languages: dict[str, LanguagePairs],
        english: Sequence[QAExample],
        switcher: WordSwitcher | None = None,
        held_out: bool = False,
        dictionary: Dictionary | None = None,
    ) -> None:
        self._switcher = switcher
        self._dictionary = dictionary
        self._english = english
        by_source = np.array([SOURCE_WEIGHTS.get(example.source, DEFAULT_WEIGHT) for example in self._english])
        self._english_shares = by_source / by_source.sum()
        self._stretches = stretches(list(dict.fromkeys(example.context for example in english)))
        self._index = WordIndex(self._stretches)
        self._pairs: dict[str, tuple[list[Pair], list[Pair]]] = {}
        for code, pairs in languages.items():
            usable = [p for p in (pairs.held_out if held_out else pairs.train) if _fits(p.english)]
            self._pairs[code] = ([p for p in usable if p.is_question], [p for p in usable if not p.is_question])
        self._codes = [code for code, groups in self._pairs.items() if any(groups)]
        weights = np.array([LANGUAGE_WEIGHTS.get(code, 1.0) for code in self._codes])
        self._shares = weights / weights.sum()

    def draw(self, count: int, generator: np.random.Generator) -> list[PseudoQuestion]:
        """Independent draws: a language by weight, a question or a statement, a near passage."""
        numbers = generator.choice(len(self._codes), size=count, p=self._shares)
        return [self._one(self._codes[int(number)], generator) for number in numbers]

    def of_language(self, code: str, count: int, generator: np.random.Generator) -> list[PseudoQuestion]:
        """The same for one language; none where it has no text."""
        return [self._one(code, generator) for _ in range(count if code in self._codes else 0)]

    def _one(self, code: str, generator: np.random.Generator) -> PseudoQuestion:
        question = self._drawn(code, generator)
        if self._dictionary is None or generator.random() >= GLOSSED_SHARE:
            return question
        return replace(question, translation=with_gloss(question.translation, code, self._dictionary))

    def _drawn(self, code: str, generator: np.random.Generator) -> PseudoQuestion:
        if self._switcher is not None and code in self._switcher and generator.random() < SWITCHED_SHARE:
            return self._switched(self._switcher, code, generator)
        return self._translated(code, generator)

    def _switched(self, switcher: WordSwitcher, code: str, generator: np.random.Generator) -> PseudoQuestion:
        example = self._english[int(generator.choice(len(self._english), p=self._english_shares))]
        own = generator.random() < OWN_PASSAGE_SHARE
        passage = own_stretch(example, generator) if own else self._passage(example.question, generator)
        pair = as_typed(switcher.switched(example.question, code, generator), code, generator)
        return PseudoQuestion(code, example.question, pair.translation, passage)

    def _translated(self, code: str, generator: np.random.Generator) -> PseudoQuestion:
        questions, statements = self._pairs[code]
        use_question = bool(questions) and (not statements or generator.random() < QUESTION_SHARE)
        group = questions if use_question else statements
        line = Line(code, group[int(generator.integers(0, len(group)))])
        passage = self._passage(line.pair.english, generator)
        if not use_question and generator.random() < SENTENCE_INSIDE_SHARE:
            passage = _with_inside(passage, line.pair.english, generator)
        return PseudoQuestion(code, line.pair.english, as_typed(line.pair, code, generator).translation, passage)

    def _passage(self, english: str, generator: np.random.Generator) -> str:
        near = self._index.nearest(english, NEAR_STRETCHES)
        number = (
            near[int(generator.integers(0, len(near)))] if near else int(generator.integers(0, len(self._stretches)))
        )
        return self._stretches[number]


def stretches(passages: Sequence[str]) -> list[str]:
    """Cut passages into overlapping stretches."""
    cut = []
    for passage in passages:
        words = passage.split()
        for begin in range(0, max(1, len(words) - STRETCH_WORDS // 2), STRETCH_STEP_WORDS):
            cut.append(" ".join(words[begin : begin + STRETCH_WORDS]))
    return cut


def own_stretch(example: QAExample, generator: np.random.Generator) -> str:
    """A stretch of the question's passage: one with the first answer (its beginning, if long), or any without one."""
    words = example.context.split()
    low, high = 0, max(0, len(words) - STRETCH_WORDS // 2)
    if example.answers:
        answer = example.answers[0]
        first = len(example.context[: answer.start].split())
        last = first + len(answer.text.split())
        low, high = max(0, min(last - STRETCH_WORDS, first)), min(first, high)
    begin = int(generator.integers(min(low, high), max(low, high) + 1))
    return " ".join(words[begin : begin + STRETCH_WORDS])


def pseudo_row(question: PseudoQuestion, tokens: TextTokens) -> PseudoRow:
    """Tokens of both readings."""
    passage = tokens[question.passage].ids

    def row(text: str) -> list[int]:
        head = [tokens.start, *tokens[text].ids[:MAX_QUESTION_TOKENS], tokens.separator]
        return [*head, *passage, tokens.separator]

    return PseudoRow(row(question.translation), row(question.english), len(passage))


def _with_inside(passage: str, sentence: str, generator: np.random.Generator) -> str:
    words = passage.split()
    place = int(generator.integers(0, max(1, len(words) - len(sentence.split()))))
    return " ".join([*words[:place], sentence, *words[place + len(sentence.split()) :]])


def _fits(english: str) -> bool:
    return MIN_WORDS <= len(english.split()) <= MAX_WORDS
