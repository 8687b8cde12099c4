"""`train transfer`: let the reader read a translated question as it reads the English one.

The teacher is the finished English reader, frozen: it reads an English sentence with an English passage; the student
reads the translation with the same passage and must come to the same start and end scores and the same states of the
passage tokens. Nothing but English has answers, and those come from English data alone.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch.nn.functional import cosine_similarity, kl_div, log_softmax, softmax
from transformers import BertForQuestionAnswering

from chatbot.evaluation.metrics import f1
from chatbot.training.english import EnglishMix, EnglishQuestions
from chatbot.training.measure import read_all
from chatbot.training.pseudo import PseudoQuestion, PseudoQuestions, PseudoRow, pseudo_row
from chatbot.training.reader import EnglishStage, WindowBatch, collate, freeze, span_logits, write_scores
from chatbot.training.windows import TextTokens, Window
from retrieval.dictionary import Dictionary
from retrieval.training.checkpoints import load_encoder, load_reader, save_plain
from retrieval.training.english_qa import QAExample, load_english_qa
from retrieval.training.loop import LoopSettings, StatelessStage, adamw, train_loop
from retrieval.training.overlap import load_languages
from retrieval.training.parallel import LanguagePairs
from retrieval.training.runs import add_run_arguments, batches_by_length, prepare_run, share
from retrieval.training.switching import WordSwitcher
from retrieval.training.written import load_training_questions

TEMPERATURE = 2.0  # the teacher's second and third choices say most about what it understood
STATE_WEIGHT = 4.0  # of the passage states' cosine beside the span scores
NULL_WEIGHT = 0.3  # of the scores with "not answered here" among the choices
EPOCH_QUESTIONS = 3_000  # drawn, sorted by length and shuffled together
HELD_OUT_PER_LANGUAGE = 16


@dataclass(frozen=True, slots=True)
class TransferBatch:
    """Two padded readings of the same passages."""

    student: WindowBatch
    teacher: WindowBatch
    student_begin: NDArray[np.int64]  # (n,) first passage token
    teacher_begin: NDArray[np.int64]
    lengths: NDArray[np.int64]  # (n,) passage tokens

    @property
    def token_count(self) -> int:
        """Student tokens; the teacher's cost a third and are not counted."""
        return self.student.token_count


class TransferStage(StatelessStage):
    """Distillation from English questions to translations, mixed with English questions that have answers."""

    def __init__(
        self,
        models: tuple[BertForQuestionAnswering, BertForQuestionAnswering],
        sources: tuple[PseudoQuestions, EnglishStage],
        tokens: TextTokens,
        settings: tuple[int, float],
    ) -> None:
        self._student, self._teacher = models
        self._teacher.train(False)
        self._pseudo, self._english = sources
        self._tokens = tokens
        self._batch_tokens, self._english_share = settings

    def batches(self, generator: np.random.Generator) -> list[TransferBatch | WindowBatch]:
        """Pseudo questions, and English batches so that they hold the share asked for."""
        drawn = self._pseudo.draw(EPOCH_QUESTIONS, generator)
        self._tokens.learn([text for question in drawn for text in (question.passage, question.english)])
        rows = [pseudo_row(question, self._tokens) for question in drawn]
        grouped = batches_by_length([len(row.student) for row in rows], self._batch_tokens, generator)
        pseudo = [pair_up([rows[n] for n in numbers], self._tokens.pad) for numbers in grouped]
        count = int(len(pseudo) * self._english_share / (1 - self._english_share))
        mixed: list[TransferBatch | WindowBatch] = [*pseudo, *self._english.batches(generator, count)]
        return [mixed[number] for number in generator.permutation(len(mixed))]

    def loss(self, batch: TransferBatch | WindowBatch) -> torch.Tensor:
        """Distillation for pseudo questions, cross-entropy for English ones."""
        if isinstance(batch, WindowBatch):
            return self._english.loss(batch)
        with torch.no_grad():
            wanted = passage_view(self._teacher, batch.teacher, batch.teacher_begin, batch.lengths)
        ours = passage_view(self._student, batch.student, batch.student_begin, batch.lengths)
        return distance(ours, wanted)


@dataclass(frozen=True, slots=True)
class PassageView:
    """What a reader makes of the passage tokens."""

    start: torch.Tensor  # (n, longest), minus infinity behind a passage's end
    end: torch.Tensor
    null: torch.Tensor  # (n, 2) start and end score of "not answered here"
    states: torch.Tensor  # (n, longest, width)
    mask: torch.Tensor  # (n, longest)


def passage_view(
    model: BertForQuestionAnswering, batch: WindowBatch, begin: NDArray[np.int64], lengths: NDArray[np.int64]
) -> PassageView:
    """Run the network and cut out the passage, so that two readings lie token on token."""
    start, end, hidden = span_logits(model, batch)
    offsets = np.arange(int(lengths.max()))[None]
    mask = torch.from_numpy(offsets < lengths[:, None]).to(start.device)
    where = np.minimum(begin[:, None] + offsets, batch.ids.shape[1] - 1)
    columns = torch.from_numpy(where).to(start.device)
    return PassageView(
        start.gather(1, columns).masked_fill(~mask, float("-inf")),
        end.gather(1, columns).masked_fill(~mask, float("-inf")),
        torch.stack([start[:, 0], end[:, 0]], dim=1),
        hidden.gather(1, columns[:, :, None].expand(-1, -1, hidden.shape[2])),
        mask,
    )


def distance(ours: PassageView, wanted: PassageView) -> torch.Tensor:
    """Span distributions within the passage, the same with the null choice, and the passage tokens' states."""
    spans = _divergence(ours.start, wanted.start, ours.mask) + _divergence(ours.end, wanted.end, ours.mask)
    everything = torch.nn.functional.pad(ours.mask, (1, 0), value=True)
    with_null = torch.zeros((), device=spans.device)
    for side, (mine, theirs) in enumerate(((ours.start, wanted.start), (ours.end, wanted.end))):
        both = [torch.cat([view.null[:, side : side + 1], s], 1) for view, s in ((ours, mine), (wanted, theirs))]
        with_null = with_null + _divergence(both[0], both[1], everything)
    similar = cosine_similarity(ours.states.float(), wanted.states.float(), dim=2)
    states = 1 - (similar * ours.mask).sum() / ours.mask.sum()
    return (spans + NULL_WEIGHT * with_null) / 2 + STATE_WEIGHT * states


def _divergence(ours: torch.Tensor, wanted: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    target = softmax(wanted / TEMPERATURE, dim=1)
    logged = log_softmax(ours / TEMPERATURE, dim=1).masked_fill(~mask, 0.0)
    return kl_div(logged, target, reduction="batchmean") * TEMPERATURE**2


def pair_up(rows: Sequence[PseudoRow], pad_id: int) -> TransferBatch:
    """Rows -> padded student and teacher batches."""
    lengths = np.array([row.passage_length for row in rows])

    def side(ids: list[list[int]]) -> tuple[WindowBatch, NDArray[np.int64]]:
        begin = np.array([len(row) for row in ids]) - 1 - lengths
        return collate([Window(row, int(b), 0, 0) for row, b in zip(ids, begin, strict=True)], pad_id), begin

    student, student_begin = side([row.student for row in rows])
    teacher, teacher_begin = side([row.teacher for row in rows])
    return TransferBatch(student, teacher, student_begin, teacher_begin, lengths)


def agreement(
    models: tuple[BertForQuestionAnswering, BertForQuestionAnswering],
    tokens: TextTokens,
    questions: Sequence[PseudoQuestion],
) -> dict[str, float]:
    """Per language: percent of word overlap between the student's span and the teacher's on held-out text."""
    if not questions:
        return {}
    ours = read_all(models[0], tokens, [(question.translation, question.passage) for question in questions])
    wanted = read_all(models[1], tokens, [(question.english, question.passage) for question in questions])
    scores: dict[str, list[float]] = {}
    for question, mine, theirs in zip(questions, ours, wanted, strict=True):
        scores.setdefault(question.language, []).append(f1(mine.text, [theirs.text]))
    result = {code: round(100 * float(np.mean(values)), 1) for code, values in scores.items()}
    return {**result, "mean": round(float(np.mean(list(result.values()))), 2)}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `train transfer`."""
    add_run_arguments(parser, tokens=10_000_000, batch_tokens=2048)
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder with english_qa/ and parallel/")
    parser.add_argument("--start", type=Path, required=True, help="the finished English reader; also the teacher")
    parser.add_argument("--encoder", type=Path, required=True, help="checkpoint folder whose rows are used")
    parser.add_argument("--dictionary", type=Path, help="dictionary folder: questions are read beside their gloss")
    parser.add_argument("--learning-rate", type=float, default=1.5e-4)
    parser.add_argument("--window", type=int, default=160, help="longest English window in tokens")
    parser.add_argument("--english-share", type=share, default=0.25, help="share of batches with English answers")


def run(arguments: argparse.Namespace) -> None:
    """Train and write `model/`, `scores.json` and `agreement.json` into the run's folder."""
    languages = load_languages(arguments.data, arguments.written)
    train = load_training_questions(arguments.data, arguments.written)
    dev = load_english_qa(arguments.data / "english_qa" / "dev.jsonl.gz")
    budget = prepare_run(arguments)
    (student, tokenizer_file), (teacher, _) = (load_with_rows(arguments.start, arguments.encoder) for _ in range(2))
    freeze(student, 0)
    tokens = TextTokens(Tokenizer.from_file(str(tokenizer_file)))
    english = EnglishStage(
        student, EnglishQuestions(train, tokens, EnglishMix(arguments.window)), tokens.pad, arguments.batch_tokens
    )
    dictionary = Dictionary(arguments.dictionary) if arguments.dictionary else None
    pseudo = PseudoQuestions(languages, train, WordSwitcher(languages), dictionary=dictionary)
    stage = TransferStage(
        (student, teacher),
        (pseudo, english),
        tokens,
        (arguments.batch_tokens, arguments.english_share),
    )
    asked = held_out_questions(languages, train, dictionary)
    before = agreement((student, teacher), tokens, asked)
    print(json.dumps({"before": before}), flush=True)  # noqa: T201 - the result of the command
    rates = [adamw([p for p in student.parameters() if p.requires_grad], arguments.learning_rate)]
    train_loop(student, stage, rates, LoopSettings(arguments.out, budget, arguments.seed))
    save_plain(arguments.out / "model", student, tokenizer_file)
    after = agreement((student, teacher), tokens, asked)
    (arguments.out / "agreement.json").write_text(json.dumps({"before": before, "after": after}, indent=2) + "\n")
    print(json.dumps({"after": after}), flush=True)  # noqa: T201
    write_scores(arguments.out, student, tokens, dev)


def held_out_questions(
    languages: dict[str, LanguagePairs], english: Sequence[QAExample], dictionary: Dictionary | None = None
) -> list[PseudoQuestion]:
    """A fixed sample of held-out text, the same number for every language."""
    generator = np.random.default_rng(0)
    source = PseudoQuestions(languages, english, held_out=True, dictionary=dictionary)
    return [q for code in languages for q in source.of_language(code, HELD_OUT_PER_LANGUAGE, generator)]


def load_with_rows(reader: Path, encoder: Path) -> tuple[BertForQuestionAnswering, Path]:
    """The reader's body over the encoder's rows."""
    model, _ = load_reader(reader)
    rows, tokenizer_file = load_encoder(encoder)
    model.bert.embeddings.word_embeddings = rows.embeddings.word_embeddings
    model.config.vocab_size = rows.config.vocab_size
    return model, tokenizer_file
