"""Training windows: a question, a stretch of passage around the answer, and where in it the answer lies, in tokens."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from tokenizers import Tokenizer

from retrieval.training.english_qa import QAExample
from retrieval.training.vocabulary import special_id

MAX_QUESTION_TOKENS = 72  # a question with its gloss is twice as long as alone; fewer than in use, for speed


@dataclass(frozen=True, slots=True)
class Window:
    """One row of a reader batch; start = end = 0 means the window does not answer the question."""

    ids: list[int]
    passage_start: int  # first token of segment 1
    start: int
    end: int  # inclusive


@dataclass(frozen=True, slots=True)
class TokenText:
    """A tokenized text without special tokens."""

    ids: list[int]
    offsets: list[tuple[int, int]]


class TextTokens:
    """Tokenizes texts once and remembers them: a passage has many questions and many epochs."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._known: dict[str, TokenText] = {}
        self.start = special_id(tokenizer, "[CLS]")
        self.separator = special_id(tokenizer, "[SEP]")
        self.pad = special_id(tokenizer, "[PAD]")

    def learn(self, texts: Sequence[str]) -> None:
        """Tokenize many at once, which is many times faster than one by one."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        for text, encoding in zip(new, self._tokenizer.encode_batch(new, add_special_tokens=False), strict=True):
            self._known[text] = TokenText(encoding.ids, encoding.offsets)

    def __getitem__(self, text: str) -> TokenText:
        if text not in self._known:
            self.learn([text])
        return self._known[text]


def training_window(
    example: QAExample, lead: str, tokens: TextTokens, max_tokens: int, generator: np.random.Generator
) -> Window:
    """Cut a random window that holds the first answer whole; `lead` stands before the passage and is never an answer.

    An answer too long for a window is cut at the window's end.
    """
    question = tokens[example.question].ids[:MAX_QUESTION_TOKENS]
    passage = tokens[example.context]
    lead_ids = tokens[lead].ids if lead else []
    room = max(1, max_tokens - len(question) - len(lead_ids) - 3)
    span = _answer_tokens(example, passage)
    begin = _random_begin(len(passage.ids), room, span, generator)
    prefix = [tokens.start, *question, tokens.separator]
    shift = len(prefix) + len(lead_ids) - begin
    ids = [*prefix, *lead_ids, *passage.ids[begin : begin + room], tokens.separator]
    if span is None:
        return Window(ids, len(prefix), 0, 0)
    return Window(ids, len(prefix), span[0] + shift, min(span[1], begin + room - 1) + shift)


def _answer_tokens(example: QAExample, passage: TokenText) -> tuple[int, int] | None:
    if not example.answers:
        return None
    answer = example.answers[0]
    stop = answer.start + len(answer.text)
    inside = [n for n, (left, right) in enumerate(passage.offsets) if left < stop and right > answer.start]
    return (inside[0], inside[-1]) if inside else None


def _random_begin(length: int, room: int, span: tuple[int, int] | None, generator: np.random.Generator) -> int:
    last = max(0, length - room)
    if span is None:
        return int(generator.integers(0, last + 1))
    low = max(0, min(span[1] + 1 - room, span[0]))
    return int(generator.integers(min(low, last), min(span[0], last) + 1))
