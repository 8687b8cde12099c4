"""Everything that the cards of the packaged models state beside what `main.py evaluate` measures.

Run: python tests/benchmarks/packaged_models.py DATA [--skip-speed] [--out FILE.json]

DATA holds `english_qa/dev.jsonl.gz`, `eval/mkqa_questions.tsv` and `eval/xquad/`. Hashes and the sample that a test
measures again go to tests/data/packaged_scores.json.
"""

import argparse
import csv
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from packaged_sample import ENCODER, READER, RECORDED, measure_sample, weight_hashes  # noqa: E402

from chatbot.evaluation.metrics import exact_match, f1, separation  # noqa: E402
from chatbot.evaluation.provenance import provenance  # noqa: E402
from chatbot.evaluation.xquad import load_xquad  # noqa: E402
from chatbot.reader import Reader  # noqa: E402
from chatbot.training.reader import dev_sample  # noqa: E402
from knowledge_base.documents import Passage  # noqa: E402
from retrieval.dictionary import Dictionary  # noqa: E402
from retrieval.encoder import Encoder  # noqa: E402
from retrieval.model_types import TokenBatch  # noqa: E402
from retrieval.training.english_qa import QAExample, load_english_qa  # noqa: E402
from retrieval.transformer import load_encoder_network, load_reader_network  # noqa: E402

LENGTHS = {"short": (20, 64), "long": (180, 8)}  # tokens a row, rows
REPEATS = 5
ENGLISH = "en"


def main() -> None:
    options = _options()
    started = time.perf_counter()
    dictionary = Dictionary(ENCODER / "dictionary")
    encoder = Encoder(load_encoder_network(ENCODER), dictionary=dictionary)
    reader = Reader(load_reader_network(READER), dictionary=dictionary)
    record = {**provenance(), "load_s": round(time.perf_counter() - started, 2)}
    record["hashes"], record["sample"] = weight_hashes(), measure_sample()
    RECORDED.write_text(json.dumps({key: record[key] for key in ("hashes", "sample")}, indent=1) + "\n")
    record["search_questions_accuracy@1"] = search_questions(encoder, options.data / "eval" / "mkqa_questions.tsv")
    record["xquad_encoder_alone_recall"] = {
        name: encoder_alone(one, options.data / "eval" / "xquad")
        for name, one in (("glossed", encoder), ("question_alone", Encoder(encoder.network)))
    }
    examples = dev_sample(load_english_qa(options.data / "english_qa" / "dev.jsonl.gz"))
    record["english_dev"] = {name: english_dev(reader, rows) for name, rows in examples.items()}
    record["english_dev"]["all"] = english_dev(reader, [row for rows in examples.values() for row in rows])
    if not options.skip_speed:
        record["tokens_per_s"] = speeds()
    text = json.dumps(record, indent=1, ensure_ascii=False)
    if options.out:
        options.out.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")


def encoder_alone(encoder: Encoder, folder: Path) -> dict[str, list[float]]:
    """Per language: percent of questions whose passage comes first, and among the first five, by vectors alone."""
    asked = load_xquad(folder)
    places = {document.id: n for n, document in enumerate(asked.documents)}
    passages = encoder.encode_passages([document.text for document in asked.documents])
    recall: dict[str, list[float]] = {}
    for language in dict.fromkeys(question.language for question in asked.questions):
        questions = [question for question in asked.questions if question.language == language]
        texts = [question.text for question in questions]
        scores = encoder.encode_questions(texts, [language] * len(texts)) @ passages.T  # (n, passages)
        gold = scores[np.arange(len(questions)), [places[question.document or ""] for question in questions]]
        ranks = (scores > gold[:, None]).sum(axis=1)
        recall[language] = [round(100 * float((ranks < k).mean()), 1) for k in (1, 5)]
    others = [pair for language, pair in recall.items() if language != ENGLISH]
    return {**recall, "mean": [round(float(mean), 1) for mean in np.mean(others, axis=0)]}


def search_questions(encoder: Encoder, path: Path) -> dict[str, float]:
    """Percent of questions whose nearest English question is their own original, per language."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    english = encoder.encode_questions([row[ENGLISH] for row in rows])
    scores: dict[str, float] = {}
    for language in [name for name in list(rows[0])[1:] if name != ENGLISH]:  # the first column is an id
        asked = encoder.encode_questions([row[language] for row in rows], [language] * len(rows))
        nearest = (asked @ english.T).argmax(axis=1)
        same = [rows[n][ENGLISH] == row[ENGLISH] for n, row in zip(nearest, rows, strict=True)]
        scores[language] = round(100 * float(np.mean(same)), 1)
    return {**scores, "mean": round(float(np.mean(list(scores.values()))), 1)}


def english_dev(reader: Reader, examples: Sequence[QAExample]) -> dict[str, float | int | None]:
    """Percent over the answerable ones; AUROC of the no-answer score over all."""
    passages = [Passage(0, str(n), "", (), 0, len(e.context), e.context) for n, e in enumerate(examples)]
    found = reader.read_batch([(e.question, p) for e, p in zip(examples, passages, strict=True)])
    best = [max(spans, key=lambda span: span.margin) if spans else None for spans in found]
    answers = [[answer.text for answer in e.answers] for e in examples]
    asked = [(span.text if span else None, golds) for span, golds in zip(best, answers, strict=True) if golds]
    apart = separation([span.margin if span else -100.0 for span in best], [bool(golds) for golds in answers])
    return {
        "n": len(examples),
        "answerable": len(asked),
        "f1": round(100 * float(np.mean([f1(text, golds) for text, golds in asked])), 1),
        "em": round(100 * float(np.mean([exact_match(text, golds) for text, golds in asked])), 1),
        "auroc": None if apart is None else round(apart, 3),
    }


def speeds() -> dict[str, float]:
    """Tokens a second of encoder and reader, by number type, threads and length of the rows."""
    found = {}
    for quantization in ("int8", "none"):
        encoder, reader = load_encoder_network(ENCODER, quantization), load_reader_network(READER, quantization)
        for threads in (1, 2):
            torch.set_num_threads(threads)
            for length, (tokens, rows) in LENGTHS.items():
                name = f"{quantization}, threads {threads}, {length}"
                found[f"encoder, {name}"] = _tokens_per_second(encoder.hidden, _batch(tokens, rows))
                found[f"reader, {name}"] = _tokens_per_second(reader.span_scores, _batch(tokens, rows))
    return found


def _tokens_per_second(run: Callable[[TokenBatch], object], batch: TokenBatch) -> float:
    run(batch)
    spent = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        run(batch)
        spent.append(time.perf_counter() - started)
    return round(batch.ids.size / float(np.median(spent)))


def _batch(tokens: int, rows: int) -> TokenBatch:
    ids = np.random.default_rng(0).integers(1000, 80000, (rows, tokens))
    return TokenBatch(ids, np.ones_like(ids), np.zeros_like(ids))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path, help="folder with english_qa/ and eval/")
    parser.add_argument("--skip-speed", action="store_true", help="scores only")
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write the JSON here")
    return parser.parse_args()


if __name__ == "__main__":
    main()
