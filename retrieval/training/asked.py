"""Questions and the English passages that answer them: retrieval as it is used, not only translation.

A question, in English or retold word by word in another language beside its gloss, must come nearer to its own passage
than to the others of its batch, which are near it in words (Karpukhin et al. 2020, *Dense passage retrieval*).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.dictionary import Dictionary, with_gloss
from retrieval.training.english_qa import QAExample
from retrieval.training.lexical import WordIndex
from retrieval.training.switching import WordSwitcher

VAGUE_SOURCES = ("policyqa", "fairytaleqa")
"""Their questions ("Who collects it?", "What did the king do?") only make sense beside their passage."""

OFTEN = {"written-support": 4, "written-help": 3, "written-general": 2, "written-encyclopedia": 2}
"""Times that a passage is drawn in one round; each of the others once."""

GROUPS, NEAR_PASSAGES = 4, 6  # of each batch: passages drawn, and how many stand near each of them
QUESTIONS_PER_PASSAGE = 4
ENGLISH_SHARE = 0.3  # of the questions; the others are retold
WINDOW_WORDS = 110
TITLE_SHARE = 0.5  # in use the passage is preceded by "Title > Heading"
MAX_QUESTION_TOKENS, MAX_PASSAGE_TOKENS = 72, 160

Rows = Callable[[Sequence[str], int], list[list[int]]]


@dataclass(frozen=True, slots=True)
class AskedBatch:
    """Token id rows of n questions and p passages."""

    questions: list[list[int]]
    passages: list[list[int]]
    own: NDArray[np.int64]  # (n,) the passage that answers
    also: NDArray[np.bool_]  # (n, p) passages that hold the same answer's words and may answer too

    @property
    def token_count(self) -> int:
        """Padded student tokens."""
        return sum(len(rows) * max(map(len, rows)) for rows in (self.questions, self.passages))


class AskedPassages:
    """Draws batches of passages that lie near each other, with their questions."""

    def __init__(
        self, english: Sequence[QAExample], rows: Rows, switcher: WordSwitcher, dictionary: Dictionary | None
    ) -> None:
        self._rows, self._switcher, self._dictionary = rows, switcher, dictionary
        asked: dict[str, list[QAExample]] = {}
        for example in english:
            if example.answers and example.source not in VAGUE_SOURCES:
                asked.setdefault(example.context, []).append(example)
        self._asked = list(asked.values())
        self._draws = [n for n, examples in enumerate(self._asked) for _ in range(OFTEN.get(examples[0].source, 1))]
        self._index = WordIndex(list(asked))

    def __len__(self) -> int:
        """Passages that can be drawn."""
        return len(self._asked)

    def batch(self, generator: np.random.Generator) -> AskedBatch:
        """Independent draws."""
        numbers: dict[int, None] = {}
        for place in generator.integers(0, len(self._draws), GROUPS):
            first = self._draws[int(place)]
            context = self._asked[first][0].context
            numbers |= dict.fromkeys([first, *self._index.nearest(context, NEAR_PASSAGES)])
        windows, questions, own, answers = [], [], [], []
        for row, number in enumerate(numbers):
            examples = self._asked[number]
            chosen = [examples[int(n)] for n in generator.permutation(len(examples))[:QUESTIONS_PER_PASSAGE]]
            windows.append(_window(chosen, generator))
            questions += [self._wording(example.question, generator) for example in chosen]
            answers += [example.answers[0].text.lower() for example in chosen]
            own += [row] * len(chosen)
        also = np.array([[answer in window.lower() for window in windows] for answer in answers])
        also[np.arange(len(own)), own] = False
        asked, passages = self._rows(questions, MAX_QUESTION_TOKENS), self._rows(windows, MAX_PASSAGE_TOKENS)
        return AskedBatch(asked, passages, np.array(own), also)

    def _wording(self, question: str, generator: np.random.Generator) -> str:
        if generator.random() < ENGLISH_SHARE or not self._switcher.languages:
            return question
        code = self._switcher.languages[int(generator.integers(0, len(self._switcher.languages)))]
        retold = self._switcher.switched(question, code, generator).translation
        return with_gloss(retold, code, self._dictionary) if self._dictionary else retold


def _window(examples: Sequence[QAExample], generator: np.random.Generator) -> str:
    """A stretch of the passage around the answer of one of the questions, perhaps behind the title."""
    example = examples[0]
    words = example.context.split()
    before = len(example.context[: example.answers[0].start].split())
    low, high = max(0, before - WINDOW_WORDS + 1), min(before, max(0, len(words) - WINDOW_WORDS))
    begin = int(generator.integers(min(low, high), high + 1))
    lead = f"{example.title}. " if example.title and generator.random() < TITLE_SHARE else ""
    return lead + " ".join(words[begin : begin + WINDOW_WORDS])
