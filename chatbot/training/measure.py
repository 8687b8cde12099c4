"""How a reader in training does on English dev questions: F1, exact match, and telling answerable from not."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import BertForQuestionAnswering

from chatbot.evaluation.metrics import exact_match, f1, separation
from chatbot.training.windows import MAX_QUESTION_TOKENS, TextTokens
from retrieval.training.english_qa import QAExample
from retrieval.training.runs import pad

MAX_ANSWER_TOKENS = 30
MAX_PASSAGE_TOKENS = 320  # a dev passage longer than this is cut; none of the chosen ones is
ROWS_PER_BATCH = 16


@dataclass(frozen=True, slots=True)
class ReaderScores:
    """Dev scores of questions some of which have answers, percent; `auroc` from 0 to 1, NaN where all have."""

    f1: float
    exact: float
    auroc: float


@dataclass(frozen=True, slots=True)
class Reading:
    """The best span of a passage for one question."""

    text: str
    margin: float  # span score minus the score of "not answered here"


def read_all(
    model: BertForQuestionAnswering, tokens: TextTokens, questions: Sequence[tuple[str, str]]
) -> list[Reading]:
    """Read (question, passage) pairs; results in the order asked."""
    tokens.learn([text for pair in questions for text in pair])
    order = sorted(range(len(questions)), key=lambda n: len(tokens[questions[n][1]].ids))
    readings: dict[int, Reading] = {}
    model.train(False)
    for begin in range(0, len(order), ROWS_PER_BATCH):
        numbers = order[begin : begin + ROWS_PER_BATCH]
        readings.update(zip(numbers, _read_batch(model, tokens, [questions[n] for n in numbers]), strict=True))
    return [readings[number] for number in range(len(questions))]


def score(
    model: BertForQuestionAnswering, tokens: TextTokens, examples: Sequence[QAExample], questions: Sequence[str] = ()
) -> ReaderScores:
    """Score examples; `questions` replaces their wording, for instance by a translation."""
    asked = list(questions) or [example.question for example in examples]
    pairs = [(question, example.context) for question, example in zip(asked, examples, strict=True)]
    readings = read_all(model, tokens, pairs)
    answerable = [(r, e) for r, e in zip(readings, examples, strict=True) if e.answers]
    answered = [(reading.text, [answer.text for answer in example.answers]) for reading, example in answerable]
    apart = separation([reading.margin for reading in readings], [bool(example.answers) for example in examples])
    return ReaderScores(
        100 * float(np.mean([f1(text, answers) for text, answers in answered])),
        100 * float(np.mean([exact_match(text, answers) for text, answers in answered])),
        float("nan") if apart is None else apart,
    )


def _read_batch(model: BertForQuestionAnswering, tokens: TextTokens, pairs: Sequence[tuple[str, str]]) -> list[Reading]:
    rows, starts = [], []
    for question, passage in pairs:
        head = [tokens.start, *tokens[question].ids[:MAX_QUESTION_TOKENS], tokens.separator]
        rows.append([*head, *tokens[passage].ids[:MAX_PASSAGE_TOKENS], tokens.separator])
        starts.append(len(head))
    ids = torch.from_numpy(pad(rows, tokens.pad))
    lengths = torch.tensor([len(row) for row in rows])[:, None]
    positions = torch.arange(ids.shape[1])[None]
    device = model.device
    with torch.no_grad():
        output = model(
            input_ids=ids.to(device),
            attention_mask=(positions < lengths).long().to(device),
            token_type_ids=((positions >= torch.tensor(starts)[:, None]) & (positions < lengths)).long().to(device),
        )
    starts_np, ends_np = output.start_logits.float().cpu().numpy(), output.end_logits.float().cpu().numpy()
    return [
        _best(starts_np[n], ends_np[n], starts[n], len(rows[n]) - 1, (tokens, pairs[n][1])) for n in range(len(rows))
    ]


def _best(
    start: NDArray[np.float32],
    end: NDArray[np.float32],
    first: int,
    stop: int,
    passage: tuple[TextTokens, str],
) -> Reading:
    table = start[first:stop, None] + end[None, first:stop]  # (passage tokens, passage tokens)
    table = np.where(np.tri(len(table), len(table), MAX_ANSWER_TOKENS - 1, dtype=bool), table, -np.inf)
    table = np.where(np.tri(len(table), len(table), -1, dtype=bool), -np.inf, table)
    left, right = divmod(int(table.argmax()), table.shape[1])
    offsets = passage[0][passage[1]].offsets
    text = passage[1][offsets[left][0] : offsets[right][1]]
    return Reading(text, float(table[left, right] - start[0] - end[0]))
