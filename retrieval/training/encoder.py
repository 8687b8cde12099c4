"""`train encoder`: teach translations to stand where the English text stands, and English to stay there.

With a share of questions beside that, which must come nearest to the passages that answer them.
The teacher is the untouched English encoder; the student starts as the same network with more rows.
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
from torch.nn.functional import cross_entropy, normalize
from transformers import BertModel

from retrieval.dictionary import Dictionary
from retrieval.training.asked import AskedBatch, AskedPassages
from retrieval.training.checkpoints import load_encoder, save_plain
from retrieval.training.english_qa import QAExample, TrainingDataError
from retrieval.training.loop import LoopSettings, Rate, adamw, train_loop
from retrieval.training.mix import ParallelMix
from retrieval.training.overlap import load_languages
from retrieval.training.parallel import LanguagePairs
from retrieval.training.runs import add_run_arguments, batches_by_length, pad, prepare_run, share
from retrieval.training.switching import WordSwitcher
from retrieval.training.vocabulary import english_pieces, english_tokenizer, special_id
from retrieval.training.written import load_training_questions

TEMPERATURE = 0.05  # Reimers & Gurevych's scale of 20
COSINE_WEIGHT = 4.0  # beside the contrastive loss, so that vectors match and not only rank
ENGLISH_WEIGHT = 2.0
REMEMBERED_VECTORS = 3072  # the teacher never moves, so its earlier vectors serve as wrong answers at no cost
EPOCH_PAIRS = 8_000  # pairs drawn, sorted by length and shuffled together
ENGLISH_PER_PAIR = 0.12  # English texts that must stay in place, for each pair
PASSAGE_SHARE = 0.35  # of those, stretches of passages; the rest are questions and sentences
PASSAGE_WORDS = 45
MAX_TEXT_TOKENS = 64
LONG_SHARE = 0.3  # of the batches hold a few whole passages instead: in use the English is as long as that
LONG_PASSAGES = 4
LONG_WORDS = 130
MAX_LONG_TOKENS = 180
MAX_BATCH_PAIRS = 192


@dataclass(frozen=True, slots=True)
class TextBatch:
    """Token id rows: translations, their English, and English that must not move."""

    translated: list[list[int]]
    english: list[list[int]]
    kept: list[list[int]]
    kept_before: list[list[int]]
    """The same as `kept`, cut as the teacher cuts it."""

    @property
    def token_count(self) -> int:
        """Padded student tokens."""
        return sum(len(rows) * max(map(len, rows)) for rows in (self.translated, self.kept) if rows)


class EncoderStage:
    """Sentence distillation into a student whose body and new rows move; with `asked`, questions over passages too."""

    def __init__(
        self,
        models: tuple[BertModel, BertModel],
        sources: tuple["TextRows", ParallelMix, AskedPassages | None],
        batch_tokens: int,
        asked_share: float = 0.0,
    ) -> None:
        """`models`: student and teacher; `asked_share`: of the tokens, those of questions over passages."""
        student, teacher = models
        self.student = student
        self.teacher = teacher.train(False)
        self._texts, self._mix, self._asked = sources
        self._batch_tokens, self._asked_share = batch_tokens, asked_share
        rows = student.embeddings.word_embeddings.weight
        self._english_rows = rows.detach()[: english_pieces(student.config)].clone()
        self._remembered = torch.zeros(0, rows.shape[1], device=rows.device)

    def batches(self, generator: np.random.Generator) -> list[TextBatch | AskedBatch]:
        """One epoch of draws."""
        lines = self._mix.draw(EPOCH_PAIRS, generator)
        translated = self._texts.rows([line.pair.translation for line in lines], MAX_TEXT_TOKENS)
        english = self._texts.teacher_rows([line.pair.english for line in lines], MAX_TEXT_TOKENS)
        grouped = batches_by_length([len(row) for row in translated], self._batch_tokens, generator)
        batches: list[TextBatch | AskedBatch] = []
        for numbers in grouped:
            numbers = numbers[:MAX_BATCH_PAIRS]
            kept = self._texts.english_to_keep(max(2, int(ENGLISH_PER_PAIR * len(numbers))), generator)
            batches.append(TextBatch([translated[n] for n in numbers], [english[n] for n in numbers], *kept))
        if self._asked is None:
            return batches
        missing = self._asked_share / (1 - self._asked_share) * sum(batch.token_count for batch in batches)
        while missing > 0:
            batches.append(self._asked.batch(generator))
            missing -= batches[-1].token_count
        return [batches[number] for number in generator.permutation(len(batches))]

    def loss(self, batch: TextBatch | AskedBatch) -> torch.Tensor:
        """Contrast and cosine for translations, cosine for English, contrast for questions over passages."""
        return self._asked_loss(batch) if isinstance(batch, AskedBatch) else self._text_loss(batch)

    def _asked_loss(self, batch: AskedBatch) -> torch.Tensor:
        questions, passages = (
            embed(self.student, rows, self._texts.pad_id) for rows in (batch.questions, batch.passages)
        )
        also = torch.from_numpy(batch.also).to(questions.device)
        scores = (questions @ passages.T / TEMPERATURE).masked_fill(also, float("-inf"))
        return cross_entropy(scores, torch.from_numpy(batch.own).to(scores.device))

    def _text_loss(self, batch: TextBatch) -> torch.Tensor:
        with torch.no_grad():
            wanted = embed(self.teacher, batch.english, self._texts.pad_id)
            in_place = embed(self.teacher, batch.kept_before, self._texts.pad_id)
        ours = embed(self.student, batch.translated, self._texts.pad_id)
        others = torch.cat([wanted, self._remembered])
        same = (wanted @ others.T) > 0.98  # the same English twice is not a wrong answer
        same[:, : len(wanted)].fill_diagonal_(False)
        scores = (ours @ others.T / TEMPERATURE).masked_fill(same, float("-inf"))
        contrast = cross_entropy(scores, torch.arange(len(ours), device=scores.device))
        cosine = 1 - (ours * wanted).sum(1).mean()
        english = 1 - (embed(self.student, batch.kept, self._texts.pad_id) * in_place).sum(1).mean()
        self._remembered = torch.cat([wanted, self._remembered])[:REMEMBERED_VECTORS]
        return contrast + COSINE_WEIGHT * cosine + ENGLISH_WEIGHT * COSINE_WEIGHT * english

    def after_step(self) -> None:
        """English rows stay what they were: the reader shares them."""
        with torch.no_grad():
            self.student.embeddings.word_embeddings.weight[: len(self._english_rows)] = self._english_rows

    def state(self) -> dict[str, torch.Tensor]:
        """The teacher's latest vectors."""
        return {"remembered": self._remembered}

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """Go on with them."""
        self._remembered = state["remembered"].to(self._remembered.device)


class TextRows:
    """Texts as token rows with [CLS] and [SEP], cut as the student or as the teacher cuts them."""

    def __init__(self, tokenizer_file: Path, pieces: int, english: Sequence[QAExample]) -> None:
        self._tokenizer = Tokenizer.from_file(str(tokenizer_file))
        self._teachers = english_tokenizer(tokenizer_file, pieces)
        self._start, self._end = (special_id(self._tokenizer, token) for token in ("[CLS]", "[SEP]"))
        self.pad_id = special_id(self._tokenizer, "[PAD]")
        self._passages = list(dict.fromkeys(example.context for example in english))
        self._questions = [example.question for example in english]

    def rows(self, texts: Sequence[str], most: int) -> list[list[int]]:
        """Token ids of the extended vocabulary, cut at `most`."""
        return self._rows(self._tokenizer, texts, most)

    def teacher_rows(self, texts: Sequence[str], most: int) -> list[list[int]]:
        """Token ids of the English vocabulary, cut at `most`."""
        return self._rows(self._teachers, texts, most)

    def english_to_keep(self, count: int, generator: np.random.Generator) -> tuple[list[list[int]], list[list[int]]]:
        """Questions and stretches of passages, or a few whole passages, as student and as teacher read them."""
        if generator.random() < LONG_SHARE:
            texts, most = [self._stretch(LONG_WORDS, generator) for _ in range(LONG_PASSAGES)], MAX_LONG_TOKENS
        else:
            texts, most = [self._short(generator) for _ in range(count)], MAX_TEXT_TOKENS
        return self.rows(texts, most), self.teacher_rows(texts, most)

    def _short(self, generator: np.random.Generator) -> str:
        if generator.random() < PASSAGE_SHARE:
            return self._stretch(PASSAGE_WORDS, generator)
        return self._questions[int(generator.integers(0, len(self._questions)))]

    def _stretch(self, length: int, generator: np.random.Generator) -> str:
        words = self._passages[int(generator.integers(0, len(self._passages)))].split()
        begin = int(generator.integers(0, max(1, len(words) - length // 2)))
        return " ".join(words[begin : begin + length])

    def _rows(self, tokenizer: Tokenizer, texts: Sequence[str], most: int) -> list[list[int]]:
        encodings = tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [[self._start, *encoding.ids[: most - 2], self._end] for encoding in encodings]


def embed(model: BertModel, rows: Sequence[Sequence[int]], pad_id: int) -> torch.Tensor:
    """Unit vectors (n, width): the mean over all tokens."""
    ids: NDArray[np.int64] = pad(rows, pad_id)
    device = model.device
    tokens = torch.from_numpy(ids).to(device)
    lengths = torch.tensor([len(row) for row in rows], device=device)
    mask = (torch.arange(ids.shape[1], device=device)[None] < lengths[:, None]).long()
    hidden = model(input_ids=tokens, attention_mask=mask).last_hidden_state.float()
    return normalize((hidden * mask[:, :, None]).sum(1) / lengths[:, None], dim=1)


def held_out_accuracy(
    model: BertModel, texts: TextRows, languages: dict[str, LanguagePairs], most: int = 200
) -> dict[str, float]:
    """Per language: percent of held-out translations whose nearest English text is their own."""
    model.train(False)
    result = {}
    for code, pairs in languages.items():
        unique = list({pair.english: pair for pair in pairs.held_out if pair.is_sentence}.values())[:most]
        if unique:
            sides = ([pair.translation for pair in unique], [pair.english for pair in unique])
            found, wanted = (_embed_sorted(model, texts, side) for side in sides)
            nearest = (found @ wanted.T).argmax(1)
            result[code] = round(100 * float((nearest == np.arange(len(unique))).mean()), 1)
    return result


def _embed_sorted(model: BertModel, texts: TextRows, side: Sequence[str]) -> NDArray[np.float32]:
    rows = texts.rows(side, MAX_TEXT_TOKENS)
    order = np.argsort([len(row) for row in rows], kind="stable")
    vectors = np.zeros((len(rows), model.config.hidden_size), dtype=np.float32)
    with torch.no_grad():
        for begin in range(0, len(rows), 50):
            numbers = order[begin : begin + 50]
            vectors[numbers] = embed(model, [rows[n] for n in numbers], texts.pad_id).cpu().numpy()
    return vectors


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `train encoder`."""
    add_run_arguments(parser, tokens=20_000_000, batch_tokens=2048)
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder with parallel/ and english_qa/")
    parser.add_argument("--start", type=Path, required=True, help="checkpoint folder to start from")
    parser.add_argument("--teacher", type=Path, help="English encoder to follow (default: the start)")
    parser.add_argument("--dictionary", type=Path, help="dictionary folder: most translations stand beside their gloss")
    parser.add_argument("--body-rate", type=float, default=1e-4, help="learning rate of the body; 0 keeps it")
    parser.add_argument("--row-rate", type=float, default=5e-4, help="learning rate of the new rows; 0 keeps them")
    parser.add_argument("--rows-until", type=float, default=1.0, help="share of the run after which rows rest")
    parser.add_argument(
        "--asked-share", type=share, default=0.0, help="share of the tokens that are questions over English passages"
    )


def run(arguments: argparse.Namespace) -> None:
    """Train the encoder and write `model/` and `scores.json` into the run's folder."""
    languages = load_languages(arguments.data, arguments.written)
    english = load_training_questions(arguments.data, arguments.written)
    budget = prepare_run(arguments)
    student, tokenizer_file = load_encoder(arguments.start)
    teacher, _ = load_encoder(arguments.teacher or arguments.start)
    texts = TextRows(tokenizer_file, english_pieces(student.config), english)
    dictionary = Dictionary(arguments.dictionary) if arguments.dictionary else None
    switcher = WordSwitcher(languages)
    mix = ParallelMix(languages, switcher, [example.question for example in english], dictionary)
    asked = AskedPassages(english, texts.rows, switcher, dictionary) if arguments.asked_share else None
    if asked is not None and not len(asked):
        raise TrainingDataError("english_qa/train.jsonl.gz holds no question with a passage that answers it")
    stage = EncoderStage((student, teacher), (texts, mix, asked), arguments.batch_tokens, arguments.asked_share)
    train_loop(student, stage, _rates(student, arguments), LoopSettings(arguments.out, budget, arguments.seed))
    save_plain(arguments.out / "model", student, tokenizer_file)
    scores = held_out_accuracy(student, texts, languages)
    (arguments.out / "scores.json").write_text(json.dumps(scores, indent=2) + "\n")
    print(json.dumps(scores))  # noqa: T201 - the result of the command


def _rates(student: BertModel, arguments: argparse.Namespace) -> list[Rate]:
    """Rows of the batch's pieces, and the body; positions, types and norm of the embeddings stay as they are."""
    for parameter in student.embeddings.parameters():
        parameter.requires_grad = False
    rates = []
    if arguments.row_rate:
        words = student.embeddings.word_embeddings
        words.sparse = True
        words.weight.requires_grad = True
        rates.append(Rate(torch.optim.SparseAdam([words.weight]), arguments.row_rate, arguments.rows_until))
    body = list(student.encoder.parameters())
    if arguments.body_rate:
        rates.append(adamw(body, arguments.body_rate))
    else:
        for parameter in body:
            parameter.requires_grad = False
    return rates
