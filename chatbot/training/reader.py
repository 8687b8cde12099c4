"""`train reader`: fine-tune the span reader on English questions, all embedding rows frozen."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch.nn.functional import cross_entropy
from transformers import BertForQuestionAnswering

from chatbot.training.english import EnglishMix, EnglishQuestions
from chatbot.training.measure import score
from chatbot.training.windows import TextTokens, Window
from retrieval.training.checkpoints import load_reader, save_plain
from retrieval.training.english_qa import QAExample, load_english_qa
from retrieval.training.loop import LoopSettings, StatelessStage, adamw, train_loop
from retrieval.training.overlap import evaluation_texts, refuse_overlap
from retrieval.training.runs import add_run_arguments, batches_by_length, pad, prepare_run
from retrieval.training.written import load_training_questions

DEV_SQUAD_QUESTIONS = 300  # enough to see two points of F1, cheap enough for a CPU
DEV_UNANSWERABLE_QUESTIONS = 150
CHUNK_WINDOWS = 4096  # windows sorted by length together; more would make the order of an epoch less random


@dataclass(frozen=True, slots=True)
class WindowBatch:
    """Padded windows with their answer positions."""

    ids: NDArray[np.int64]  # (n, length)
    mask: NDArray[np.int64]
    segments: NDArray[np.int64]
    start: NDArray[np.int64]  # (n,)
    end: NDArray[np.int64]

    @property
    def token_count(self) -> int:
        """Padded tokens."""
        return int(self.ids.size)


def collate(windows: Sequence[Window], pad_id: int) -> WindowBatch:
    """Windows -> one padded batch."""
    ids = pad([window.ids for window in windows], pad_id)
    positions = np.arange(ids.shape[1])[None]
    mask = positions < np.array([len(window.ids) for window in windows])[:, None]
    segments = mask & (positions >= np.array([window.passage_start for window in windows])[:, None])
    return WindowBatch(
        ids,
        mask.astype(np.int64),
        segments.astype(np.int64),
        np.array([window.start for window in windows]),
        np.array([window.end for window in windows]),
    )


def span_logits(model: BertForQuestionAnswering, batch: WindowBatch) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Start and end logits (n, length), padding at minus infinity, and last hidden states (n, length, width)."""
    device = model.device
    mask = torch.from_numpy(batch.mask).to(device)
    hidden = model.bert(
        input_ids=torch.from_numpy(batch.ids).to(device),
        attention_mask=mask,
        token_type_ids=torch.from_numpy(batch.segments).to(device),
    ).last_hidden_state
    logits = model.qa_outputs(hidden).float().masked_fill(mask[:, :, None] == 0, float("-inf"))
    return logits[:, :, 0], logits[:, :, 1], hidden


class EnglishStage(StatelessStage):
    """Cross-entropy of start and end over English windows."""

    def __init__(
        self, model: BertForQuestionAnswering, questions: EnglishQuestions, pad_id: int, batch_tokens: int
    ) -> None:
        self._model = model
        self._questions = questions
        self._pad_id = pad_id
        self._batch_tokens = batch_tokens

    def batches(self, generator: np.random.Generator, count: int | None = None) -> list[WindowBatch]:
        """One epoch, or only about the first `count` batches of it."""
        windows = self._questions.epoch(generator, None if count is None else count * self._batch_tokens)
        batches: list[WindowBatch] = []
        for begin in range(0, len(windows), CHUNK_WINDOWS):
            chunk = windows[begin : begin + CHUNK_WINDOWS]
            for numbers in batches_by_length([len(w.ids) for w in chunk], self._batch_tokens, generator):
                batches.append(collate([chunk[n] for n in numbers], self._pad_id))
        return batches

    def loss(self, batch: WindowBatch) -> torch.Tensor:
        """Mean of the two cross-entropies."""
        start, end, _ = span_logits(self._model, batch)
        device = start.device
        first = cross_entropy(start, torch.from_numpy(batch.start).to(device))
        second = cross_entropy(end, torch.from_numpy(batch.end).to(device))
        return (first + second) / 2


def freeze(model: BertForQuestionAnswering, layers: int) -> None:
    """Keep every row, which the encoder shares and English text never shows all of, and the lowest layers."""
    for module in (model.bert.embeddings, *model.bert.encoder.layer[:layers]):
        for parameter in module.parameters():
            parameter.requires_grad = False


def dev_sample(examples: Sequence[QAExample], seed: int = 0) -> dict[str, list[QAExample]]:
    """The fixed dev questions: some of SQuAD's, all that were written for the project."""
    generator = np.random.default_rng(seed)

    def some(source: str, count: int) -> list[QAExample]:
        rows = [example for example in examples if example.source == source]
        return [rows[n] for n in generator.permutation(len(rows))[:count]]

    squad = some("squad1.1-dev", DEV_SQUAD_QUESTIONS)
    squad += some("squad2.0-dev-unanswerable", DEV_UNANSWERABLE_QUESTIONS)
    return {
        "squad": squad,
        "support": [example for example in examples if example.source == "written-support"],
        "general": [example for example in examples if example.source == "written-general"],
    }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `train reader`."""
    add_run_arguments(parser, tokens=4_000_000, batch_tokens=2560)
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder with english_qa/ (default: data)")
    parser.add_argument("--start", type=Path, required=True, help="checkpoint folder to start from")
    parser.add_argument("--learning-rate", type=float, default=1.5e-4)
    parser.add_argument("--window", type=int, default=176, help="longest window in tokens")
    parser.add_argument("--dropout", type=float, default=0.0, help="costs a third of the speed on a CPU")
    parser.add_argument("--frozen-layers", type=int, default=0, help="lowest layers kept as they are; saves time")


def run(arguments: argparse.Namespace) -> None:
    """Train the reader and write `model/` and `scores.json` into the run's folder."""
    train = load_training_questions(arguments.data, arguments.written)
    dev = load_english_qa(arguments.data / "english_qa" / "dev.jsonl.gz")
    texts = (text for example in train for text in (example.question, example.context))
    refuse_overlap(texts, evaluation_texts(arguments.data), f"{arguments.data} or {arguments.written}")
    budget = prepare_run(arguments)
    model, tokenizer_file = load_reader(arguments.start, arguments.dropout)
    freeze(model, arguments.frozen_layers)
    tokens = TextTokens(Tokenizer.from_file(str(tokenizer_file)))
    questions = EnglishQuestions(train, tokens, EnglishMix(arguments.window))
    stage = EnglishStage(model, questions, tokens.pad, arguments.batch_tokens)
    rates = [adamw([p for p in model.parameters() if p.requires_grad], arguments.learning_rate)]
    train_loop(model, stage, rates, LoopSettings(arguments.out, budget, arguments.seed))
    save_plain(arguments.out / "model", model, tokenizer_file)
    write_scores(arguments.out, model, tokens, dev)


def write_scores(
    folder: Path, model: BertForQuestionAnswering, tokens: TextTokens, dev: Sequence[QAExample]
) -> dict[str, list[float]]:
    """Measure on the dev questions (F1, exact, AUROC) and write `scores.json`."""
    measured = {name: score(model, tokens, rows) for name, rows in dev_sample(dev).items() if rows}
    scores = {name: [round(value, 3) for value in (s.f1, s.exact, s.auroc)] for name, s in measured.items()}
    (folder / "scores.json").write_text(json.dumps(scores, indent=2) + "\n")
    print(json.dumps(scores), flush=True)  # noqa: T201 - the result of the command
    return scores
