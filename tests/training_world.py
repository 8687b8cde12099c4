"""A small made-up world for the training tests: a tiny network, its vocabulary, and a data folder of two languages."""

import gzip
import json
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertForQuestionAnswering, BertModel

COLOURS = {"red": "rot", "blue": "blau", "green": "grün", "black": "schwarz", "white": "weiß", "grey": "grau"}
THINGS = {"door": "tür", "house": "haus", "table": "tisch", "lamp": "lampe", "chair": "stuhl", "book": "buch"}
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789?.,"
ENGLISH = ["the", "is", "what", "colour", "of", "and", "a", *COLOURS, *THINGS]


def write_checkpoint(folder: Path, *, reader: bool = False) -> Path:
    """A network of 2 layers, width 32, that knows English words only."""
    vocabulary = [*SPECIAL, *LETTERS, *(f"##{letter}" for letter in LETTERS), *ENGLISH]
    pieces = {piece: number for number, piece in enumerate(dict.fromkeys(vocabulary))}
    tokenizer = Tokenizer(models.WordPiece(pieces, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", pieces["[CLS]"]), ("[SEP]", pieces["[SEP]"])],
    )
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(pieces),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=128,
        english_pieces=len(pieces),
    )
    model = BertForQuestionAnswering(config) if reader else BertModel(config, add_pooling_layer=False)
    model.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def write_data(folder: Path) -> Path:
    """Parallel text of two languages and English questions over two-sentence passages."""
    (folder / "parallel").mkdir(parents=True)
    (folder / "english_qa").mkdir()
    statements = [
        (f"the {thing} number {n} is {colour}", f"{ding} nummer {n} ist {farbe}")
        for thing, ding in THINGS.items()
        for colour, farbe in COLOURS.items()
        for n in range(20)
    ]
    questions = [
        (f"what colour is the {thing} number {n} ?", f"welche farbe hat {ding} nummer {n} ?")
        for thing, ding in THINGS.items()
        for n in range(20)
    ]
    for code in ("de", "nl"):
        lines = [f"{english}\t{other}\tmade_up\n" for english, other in (*statements, *questions)]
        _write_gzip(folder / "parallel" / f"{code}.sentences.tsv.gz", lines)
        words = [f"{english}\t{other}\tlex\n" for english, other in (*COLOURS.items(), *THINGS.items())]
        _write_gzip(folder / "parallel" / f"{code}.lexicon.tsv.gz", words)
    write_english_qa(folder, "made-up")
    return folder


def write_english_qa(folder: Path, source: str) -> None:
    """Training questions of this source, and dev questions."""
    _write_gzip(folder / "english_qa" / "train.jsonl.gz", [_qa(n, source) for n in range(120)])
    _write_gzip(folder / "english_qa" / "dev.jsonl.gz", [_qa(n, "written-support") for n in range(120, 140)])


def _qa(number: int, source: str) -> str:
    thing, colour = list(THINGS)[number % 6], list(COLOURS)[number // 6 % 6]
    other, shade = list(THINGS)[(number + 1) % 6], list(COLOURS)[(number // 6 + 1) % 6]
    context = f"The {thing} number {number} is {colour}. The {other} is {shade}."
    answers = [{"text": colour, "answer_start": context.index(f" {colour}.") + 1}]
    question = f"What colour is the {thing} number {number}?"
    return json.dumps({"source": source, "question": question, "context": context, "answers": answers}) + "\n"


def _write_gzip(path: Path, lines: list[str]) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as stream:
        stream.writelines(lines)
