"""English reader training: which questions are asked how often, over which passages."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from chatbot.training.altered import altered
from chatbot.training.windows import TextTokens, Window, training_window
from retrieval.training.english_qa import QAExample
from retrieval.training.lexical import WordIndex

SOURCE_WEIGHTS = {
    "written-support": 2.0,  # the product's own domain
    "written-help": 1.5,  # the same, three in nine without an answer
    "written-general": 1.5,
    "written-encyclopedia": 1.5,
    "squad1.1-train": 1.0,
    "squad2.0-train": 1.0,
    "written-near-miss": 1.0,  # the unanswerable half that the parts of SQuAD lack
    "covid-qa": 0.7,
    "fairytaleqa": 0.25,  # long passages, answers often whole clauses
    "policyqa": 0.12,  # answers are whole sentences
    "qamr": 0.04,  # a third of the data, but short facts of single sentences
}
DEFAULT_WEIGHT = 1.0  # sources not named above
WRONG_PASSAGE_SHARE = 0.17  # one question in six meets a passage that does not answer it
ALTERED_SHARE = 0.04  # few are changed so that their passage nearly answers them: written near misses are better
NEAR_PASSAGES = 12  # a wrong passage is one of the nearest that do not hold the answer
LEAD_SHARE = 0.5  # in use the passage is preceded by "Title > Heading"
NO_QUESTION_MARK_SHARE = 0.15  # customers leave it out


@dataclass(frozen=True, slots=True)
class EnglishMix:
    """What an epoch of English is made of."""

    max_window_tokens: int
    wrong_passage_share: float = WRONG_PASSAGE_SHARE
    altered_share: float = ALTERED_SHARE


class EnglishQuestions:
    """Draws epochs of training windows from English question answering data."""

    def __init__(self, examples: Sequence[QAExample], tokens: TextTokens, mix: EnglishMix) -> None:
        self._examples = examples
        self._tokens = tokens
        self._mix = mix
        self._sources: dict[str, _SourcePassages] = {}
        for source in dict.fromkeys(example.source for example in examples):
            self._sources[source] = _SourcePassages([e for e in examples if e.source == source])
        tokens.learn([text for example in examples for text in (example.question, example.context)])

    def epoch(self, generator: np.random.Generator, most_tokens: int | None = None) -> list[Window]:
        """One pass: every source as often as its weight says, in random order, windows cut anew.

        With `most_tokens` the pass ends early.
        """
        chosen: list[QAExample] = []
        for example in self._examples:
            weight = SOURCE_WEIGHTS.get(example.source, DEFAULT_WEIGHT)
            times = int(weight) + int(generator.random() < weight - int(weight))
            chosen.extend([example] * times)
        windows: list[Window] = []
        tokens = 0
        for number in generator.permutation(len(chosen)):
            if most_tokens is not None and tokens >= most_tokens:
                break
            windows.append(self.window(chosen[int(number)], generator))
            tokens += len(windows[-1].ids)
        return windows

    def window(self, example: QAExample, generator: np.random.Generator) -> Window:
        """One training window of this question, with this passage or a wrong one, or of one that is nearly this."""
        lot = generator.random() if example.answers else 1.0
        if lot < self._mix.wrong_passage_share:
            example = self._with_wrong_passage(example, generator)
        elif lot < self._mix.wrong_passage_share + self._mix.altered_share:
            example = self._altered(example, generator)
        if generator.random() < NO_QUESTION_MARK_SHARE:
            example = replace(example, question=example.question.rstrip(" ?"))
        lead = f"{example.title}." if example.title and generator.random() < LEAD_SHARE else ""
        return training_window(example, lead, self._tokens, self._mix.max_window_tokens, generator)

    def _altered(self, example: QAExample, generator: np.random.Generator) -> QAExample:
        other = self._examples[int(generator.integers(0, len(self._examples)))].context
        return altered(example, other, generator) or example

    def _with_wrong_passage(self, example: QAExample, generator: np.random.Generator) -> QAExample:
        wrong = self._sources[example.source].without_answer(example)
        if not wrong:
            return example
        other = wrong[int(generator.integers(0, len(wrong)))]
        return replace(example, context=other.context, title=other.title, answers=())


class _SourcePassages:
    """The passages of one source; wrong ones for a question are found when first asked for."""

    def __init__(self, examples: Sequence[QAExample]) -> None:
        self._passages = list({example.context: example for example in examples}.values())
        self._index = WordIndex([passage.context for passage in self._passages])
        self._near: dict[str, list[int]] = {}

    def without_answer(self, example: QAExample) -> list[QAExample]:
        """Near passages that hold none of the answers' words in a row."""
        if example.question not in self._near:
            self._near[example.question] = self._index.nearest(example.question, NEAR_PASSAGES)
        answers = [answer.text.lower() for answer in example.answers]
        near = [self._passages[number] for number in self._near[example.question]]
        return [
            passage
            for passage in near
            if passage.context != example.context and not any(answer in passage.context.lower() for answer in answers)
        ]
